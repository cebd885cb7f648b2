import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as route53 from 'aws-cdk-lib/aws-route53';
import { IDependable } from 'constructs';

/** A name that leads to a load balancer. */
export interface BalancedName {
  /** Construct id of its zone and record. */
  readonly id: string;
  /** Property that it comes from. */
  readonly property: string;
  readonly name: string;
  readonly target: route53.IAliasRecordTarget;
}

/** A name that stands for another. */
export interface AliasName {
  readonly property: string;
  readonly name: string;
  readonly target: string;
}

export interface PrivateNamesHost {
  readonly vpc: ec2.IVpc;
  readonly balanced: readonly BalancedName[];
  readonly alias?: AliasName;
}

/** What nodes have to wait for: the database's alias, which their products connect to. */
export type PrivateNamesConfig = readonly IDependable[];
