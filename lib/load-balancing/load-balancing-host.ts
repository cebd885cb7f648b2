import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as route53 from 'aws-cdk-lib/aws-route53';
import { ClusterIdentity } from '../network/cluster-identity';
import { HealthCheckDescription, ProductVersion } from '../products/product-version';
import { IClusterLoadBalancer } from './cluster-load-balancer';

/** What a host name is for: the services of the product, or its management console. */
export type Purpose = 'service' | 'console';

/** What a load balancing strategy is told of its cluster. */
export interface LoadBalancingHost {
  readonly vpc: ec2.IVpc;
  /** Subnets of the load balancer; the strategy's own choice where absent. */
  readonly vpcSubnets?: ec2.SubnetSelection;
  readonly product: ProductVersion;
  readonly identity: ClusterIdentity;
  readonly certificates: readonly acm.ICertificate[];
  readonly internetFacing: boolean;
  /** Who may connect to the load balancer. */
  readonly clients: readonly ec2.IPeer[];
  readonly deletionProtection: boolean;
}

/** The nodes behind one host name. */
export interface BalancedGroup {
  /** Part of logical ids: `Workers`, `Manager`. */
  readonly id: string;
  readonly purpose: Purpose;
  readonly hostName: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly healthCheck: HealthCheckDescription;
  /** Cookie of the product's session, where requests of one session must reach one node. */
  readonly sessionCookie?: string;
  readonly targets: readonly autoscaling.AutoScalingGroup[];
}

/** What a load balancing strategy made of it. */
export interface LoadBalancingConfig {
  /** Ports at which clients connect; without them addresses hold the node's own. */
  readonly proxyPorts?: { readonly http?: number; readonly https: number };
  /** Absent where nothing stands before the nodes. */
  readonly loadBalancer?: IClusterLoadBalancer;
  /** Sends each host name to its nodes, and lets the load balancer in at exactly their ports. */
  readonly balance: (groups: readonly BalancedGroup[]) => void;
  /** What a name of that purpose is an alias of. */
  readonly aliasTarget?: (purpose: Purpose) => route53.IAliasRecordTarget;
}
