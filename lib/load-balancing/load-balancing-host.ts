import { Duration } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as route53 from 'aws-cdk-lib/aws-route53';
import { Construct, IDependable } from 'constructs';
import { LateBoundValues } from '../boot/late-bound-values';
import { NodeContent } from '../boot/node-document';
import { StaticMember } from '../configuration/plan';
import { KeystoreConfig } from '../credentials/keystore-host';
import { ClusterIdentity } from '../network/cluster-identity';
import { PortRange } from '../network/cluster-security-group';
import { FixedInterface } from '../network/fixed-interface';
import { HealthCheckDescription, NodeRole, ProductVersion } from '../products/product-version';
import { BackEndClient } from '../tls/back-end-client';
import { TlsPolicy } from '../tls/tls-policy';
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
  /** The service, and the console where it has a name of its own. */
  readonly hosts: readonly BalancedHost[];
  /** Major versions of Java that the nodes may run. */
  readonly java: readonly number[];
  readonly certificates: readonly acm.ICertificate[];
  /** What the TLS listener offers to clients; the strategy's own choice where absent. */
  readonly tlsPolicy?: TlsPolicy;
  readonly internetFacing: boolean;
  /** Who may connect to the load balancer. */
  readonly clients: readonly ec2.IPeer[];
  readonly highAvailability: boolean;
  /** The nodes' key pair; absent where it is that of their pack. */
  readonly keystore?: KeystoreConfig;
  /** Ports of the nodes' Hazelcast members. */
  readonly memberPorts: readonly PortRange[];
  /** Where the members are, for memberships that write it down; absent for those that look for them. */
  readonly memberAddresses?: (values: LateBoundValues) => readonly StaticMember[];
  /** Of the nodes, and with them of their image. */
  readonly architecture: ec2.InstanceArchitecture;
  /** Time that an instance may take until it is healthy, once it has all that it needs. */
  readonly healthTimeout: Duration;
  /** Subnets of the nodes, and of instances of the strategy's own. */
  readonly instanceSubnets: readonly ec2.ISubnet[];
  /** Makes instances of the strategy's own as the cluster makes its nodes; they are no members. */
  readonly instances: (scope: Construct, id: string, props: BalancerInstancesProps) => autoscaling.AutoScalingGroup;
}

/** Instances that balance load. */
export interface BalancerInstancesProps {
  readonly count: number;
  readonly securityGroup: ec2.ISecurityGroup;
  /** Interface of the one instance, whose address it keeps; it decides about the subnet. */
  readonly fixedInterface?: FixedInterface;
  readonly instanceType: ec2.InstanceType;
  /** The nodes' image where absent. */
  readonly machineImage?: ec2.IMachineImage;
  readonly rootDeviceName?: string;
  /** Grants what an instance needs to the role, and says what it will be. */
  readonly content: (scope: Construct, role: iam.IRole, values: LateBoundValues) => NodeContent;
}

/** Value of the role tag of such instances. */
export const BALANCER_ROLE = 'load-balancer';

/** A host name, and what the nodes behind it are; they do not exist yet. */
export interface BalancedHost {
  /** Part of logical ids: `Workers`, `Manager`. */
  readonly id: string;
  readonly purpose: Purpose;
  /** Value of the nodes' role tag. */
  readonly role: NodeRole;
  readonly hostName: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** All ports of HTTP that such a node tells the members of its group. */
  readonly publishedPorts: readonly number[];
  readonly healthCheck: HealthCheckDescription;
  /** Cookie of the product's session, where requests of one session must reach one node. */
  readonly sessionCookie?: string;
  readonly nodeCount: number;
}

/** The same with its nodes. */
export interface BalancedGroup extends BalancedHost {
  readonly targets: readonly autoscaling.AutoScalingGroup[];
}

/** What CloudWatch is told of the targets behind a host name: the nodes, or the instances before them. */
export interface BalancedTargets {
  /** Part of logical ids. */
  readonly id: string;
  readonly name: string;
  readonly purpose: Purpose;
  readonly healthy: cloudwatch.IMetric;
  readonly unhealthy: cloudwatch.IMetric;
  /** Where requests are counted for each target: by what name, and what must exist before it does. */
  readonly requests?: { readonly label: string; readonly after: IDependable };
}

/** What a load balancing strategy made of it. */
export interface LoadBalancingConfig {
  /** Ports at which clients connect; without them addresses hold the node's own. */
  readonly proxyPorts?: { readonly http?: number; readonly https: number };
  /** Node port by load balancer port, for nodes that tell it to the members of their group. */
  readonly portMapping?: (role: NodeRole) => Readonly<Record<string, number>>;
  /** A member of the nodes' group that all of them must know; its address is known only to CloudFormation. */
  readonly member?: { readonly address: string; readonly port: number };
  /** What connects to the nodes over TLS. */
  readonly backEndClient: BackEndClient;
  /** How long it takes until it sends requests to a node that answers. @default - nobody knows */
  readonly settlingTime?: Duration;
  /** Its opinion of what a node answers reaches the node's auto scaling group. @default false */
  readonly tellsGroup?: boolean;
  /** Nodes have RSA key exchange on also where their Java disables it. */
  readonly rsaKeyExchange?: boolean;
  /** Absent where nothing stands before the nodes. */
  readonly loadBalancer?: IClusterLoadBalancer;
  /** Sends each host name to its nodes, and lets the load balancer in at exactly their ports. */
  readonly balance: (groups: readonly BalancedGroup[]) => readonly BalancedTargets[];
  /** What a name of that purpose is an alias of. */
  readonly aliasTarget?: (purpose: Purpose) => route53.IAliasRecordTarget;
}
