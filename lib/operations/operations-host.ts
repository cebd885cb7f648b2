import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as rds from 'aws-cdk-lib/aws-rds';
import { IClusterOperations } from './cluster-operations';
import { LateBoundValues } from '../boot/late-bound-values';
import { LogsModel, MachineDocument } from '../boot/node-document';
import { ClusterIdentity } from '../network/cluster-identity';

/** What operations are told of their cluster before there are nodes. */
export interface OperationsHost {
  readonly identity: ClusterIdentity;
  readonly removalPolicy?: RemovalPolicy;
  /** The cluster's key, for what has no key of its own. */
  readonly encryptionKey?: kms.IKey;
}

/** What a machine is besides a member of the cluster. */
export type MachineKind = MachineDocument['kind'];

/** One group of machines, as its logs see it. */
export interface LoggingMachines {
  readonly kind: MachineKind;
  /** What its log streams are named after. */
  readonly stream: string;
  /** Where the product is below its folder, if it is. */
  readonly home?: string;
  readonly role: iam.IRole;
  readonly values: LateBoundValues;
}

/** Nodes behind a host name, as their load balancer sees them. */
export interface WatchedTargets {
  readonly id: string;
  readonly name: string;
  readonly healthy: cloudwatch.IMetric;
  readonly unhealthy: cloudwatch.IMetric;
  /** Time that the nodes behind it may take to boot. */
  readonly bootTimeout: Duration;
}

export interface WatchedGroup {
  readonly id: string;
  readonly autoScalingGroup: autoscaling.AutoScalingGroup;
  /** Time that its machines may take to boot. */
  readonly bootTimeout: Duration;
}

/** The whole cluster, when all of it exists. */
export interface WatchedCluster {
  readonly groups: readonly WatchedGroup[];
  readonly targets: readonly WatchedTargets[];
  /** Absent where the server is not ours. */
  readonly database?: rds.DatabaseInstance;
}

/** What operations made of it. */
export interface OperationsConfig {
  /** Grants what sending logs needs to the role, and says which; absent where logs stay on the machines. */
  readonly bindMachines?: (machines: LoggingMachines) => LogsModel;
  /** Alarms and dashboard. */
  readonly watch?: (cluster: WatchedCluster) => IClusterOperations;
}
