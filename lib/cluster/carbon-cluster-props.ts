import { Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { DeploymentSynchronizer } from '../artifacts/deployment-synchronizer';
import { Distribution } from '../artifacts/distribution';
import { TrustedCertificate } from '../artifacts/trusted-certificate';
import { Keystore } from '../credentials/keystore';
import { Database } from '../database/database';
import { Datasource } from '../database/datasource';
import { JdbcDriver } from '../database/jdbc-driver';
import { LocalRegistry } from '../database/local-registry';
import { LoadBalancing } from '../load-balancing/load-balancing';
import { Membership } from '../membership/membership';
import { PrivateNames } from '../network/private-names';
import { ConfigurationOverlay } from '../nodes/configuration-overlay';
import { NodeScaling } from '../nodes/node-scaling';
import { Operations } from '../operations/operations';
import { CarbonProduct } from '../products/carbon-product';
import { TlsPolicy } from '../tls/tls-policy';

/** Levels of com.hazelcast, in the words of WSO2's guide. */
export enum HazelcastLogLevel {
  /** Trouble only. */
  WARNING = 'WARNING',
  /** Members that come and go. */
  INFO = 'INFO',
  /** More of it. */
  FINE = 'FINE',
  /** Everything: which instances discovery found, which it left out. */
  FINEST = 'FINEST',
}

/** Which nodes there are, in the terms of WSO2's clustering guides. */
export enum ClusteringPattern {
  /** One manager, which serves the console and deploys artifacts, and workers, which serve clients. */
  WORKER_MANAGER = 'workerManager',
  /** Nodes that are all alike: each serves console and clients. */
  NON_WORKER_MANAGER = 'nonWorkerManager',
}

/** A part of the shared registry that the nodes see as theirs. */
export interface RegistryMount {
  /** Path at which a node sees it, `/_system/config`. */
  readonly path: string;
  /** Path in the shared registry. */
  readonly targetPath: string;
}

/** Names for one address. */
export interface HostAlias {
  /** IPv4 or IPv6 address. */
  readonly address: string;
  /** Host names. */
  readonly names: string[];
}

/** Properties of a `CarbonCluster`. */
export interface CarbonClusterProps {
  /** Network of the cluster. */
  readonly vpc: ec2.IVpc;

  /** Product and version that the nodes run. */
  readonly product: CarbonProduct;

  /** The product pack. */
  readonly distribution: Distribution;

  /** Host name of the service; the load balancer sends it to the nodes that serve clients, the workers if there are some. */
  readonly hostName: string;

  /**
   * Host name of the management console; the load balancer sends it to the manager, or to the nodes that are all alike.
   *
   * @default - `hostName`, where the nodes are alike and serve their console at the port of their services; it must be given elsewhere
   */
  readonly managementHostName?: string;

  /**
   * Certificates of the load balancer's TLS listener; they must cover both host names.
   *
   * @default - none; load balancers of AWS with a TLS listener need one
   */
  readonly certificates?: acm.ICertificate[];

  /**
   * What stands before the nodes.
   *
   * @default LoadBalancing.application()
   */
  readonly loadBalancing?: LoadBalancing;

  /**
   * Protocols and ciphers that the TLS listener offers to clients; the nodes' are chosen so that the load balancer can always talk to
   * them. Without a load balancer they are the nodes' own.
   *
   * @default - TLS 1.2 and 1.3 with forward secrecy and authenticated encryption, TlsPolicy.TLS13_1_2_RES_2021_06 on an application load
   * balancer; without a load balancer TlsPolicy.FS_1_2_RES_2019_08
   */
  readonly tlsPolicy?: TlsPolicy;

  /**
   * Cipher suites of the nodes' connectors, in JSSE's names (`TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256`) and in order of preference.
   *
   * @default - those that the load balancer and every build of the nodes' Java have, with forward secrecy where possible
   */
  readonly cipherSuites?: string[];

  /**
   * Which nodes there are.
   *
   * @default ClusteringPattern.WORKER_MANAGER
   */
  readonly clusteringPattern?: ClusteringPattern;

  /**
   * How the members find each other.
   *
   * @default - the `aws` scheme, by this cluster's tag and security group through the EC2 API, wherever the product's Hazelcast can
   * do so with IMDSv2 only; otherwise (Hazelcast 3.12 and 4.2) well-known members that each node discovers by the tag
   */
  readonly membership?: Membership;

  /**
   * Spread over zones: at least two nodes that serve clients, and a standby of the database in another zone.
   *
   * @default true
   */
  readonly highAvailability?: boolean;

  /**
   * Number of workers, beside the manager.
   *
   * @default 2
   */
  readonly workerCount?: number;

  /**
   * Number of nodes of a cluster whose nodes are all alike.
   *
   * @default 2
   */
  readonly nodeCount?: number;

  /**
   * How the number of workers, or of nodes that are all alike, follows the load; `workerCount` or `nodeCount` is then the least there are.
   *
   * @default - it does not
   */
  readonly scaling?: NodeScaling;

  /**
   * Logs, metrics, alarms and a dashboard.
   *
   * @default Operations.cloudWatch()
   */
  readonly operations?: Operations;

  /**
   * Instance type of the nodes. One that EC2 is known not to offer in the stack's region is refused.
   *
   * @default - m7i.large: 8 GiB of memory, of which the server takes about half. In a region without it the nearest type that is
   * offered, m6i.large or m5.large; in a stack without a region m7i.large
   */
  readonly instanceType?: ec2.InstanceType;

  /**
   * Image of the nodes: Amazon Linux 2023, Ubuntu 22.04 or 24.04, or Debian 12. Nodes leave at port 443 only, and stock images of Ubuntu and
   * Debian ask their mirrors at port 80: open it, `cluster.connections.allowToAnyIpv4(ec2.Port.tcp(80))`, or bake in what nodes need.
   *
   * @default - the newest Amazon Linux 2023 at the first synthesis, kept in cdk.context.json. In a stack without account
   * and region it is the newest at each deployment, with the warning `cdk-wso2-cluster:floatingImage`
   */
  readonly machineImage?: ec2.IMachineImage;

  /**
   * Name of the image's root device, whose volume is encrypted.
   *
   * @default - /dev/xvda, as on Amazon Linux and Debian; Ubuntu has /dev/sda1
   */
  readonly rootDeviceName?: string;

  /**
   * Size of the nodes' root volume.
   *
   * @default Size.gibibytes(30)
   */
  readonly rootVolumeSize?: Size;

  /**
   * KMS key that encrypts everything that the cluster stores: the volumes of all instances, the database with its snapshots, the secrets that the
   * library creates, log groups, the alarm topic, the file system of `DeploymentSynchronizer.efs`, and the environment of the function that rotates
   * the access key. Keys of parts, such as `encryptionKey` of `Operations.cloudWatch`, take precedence for their part.
   *
   * It must be a symmetric key in the account and the region of the stack. The cluster adds the statements that AWS services need to the policy of a
   * key of the app. It cannot change the policy of an imported key (`Key.fromKeyArn`): the warning `cdk-wso2-cluster:importedKey` has the statements
   * that its owner must add. To add, remove or change the key of an existing cluster replaces its database and its file system.
   *
   * @default - AWS's own keys of the account, and for the alarm topic a key of its own
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Subnets of the nodes.
   *
   * @default - private subnets with egress
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * Major version of Java, 8 for Java 1.8. A Java of that version that the image has is used, otherwise the
   * distribution's is installed.
   *
   * @default - the version that the product prefers
   */
  readonly javaVersion?: number;

  /**
   * Home of a Java that the image has.
   *
   * @default - found, or installed
   */
  readonly javaHome?: string;

  /**
   * The processes of the product reach the instance metadata service, and with it the credentials of the node's role. Set it for mediation or
   * extensions that call AWS under that role. Boot programs and Systems Manager's agent reach it in any case.
   *
   * @default - only where the Hazelcast of the membership asks for instance metadata: `Membership.aws()` with Hazelcast 3.12, 4.2 and 5
   */
  readonly instanceMetadata?: boolean;

  /**
   * The load balancer has public addresses.
   *
   * @default false
   */
  readonly internetFacing?: boolean;

  /**
   * Subnets of the load balancer.
   *
   * @default - public subnets if internet facing, otherwise private ones
   */
  readonly loadBalancerSubnets?: ec2.SubnetSelection;

  /**
   * Who may connect to the load balancer.
   *
   * @default - anybody if it is internet facing, otherwise the first IPv4 range of the VPC (`vpcCidrBlock`). The CDK does not know ranges that
   * were associated with the VPC later: list them here together with the first. A VPC that was imported without `vpcCidrBlock` needs `clients`
   */
  readonly clients?: ec2.IPeer[];

  /**
   * JDBC driver for MySQL.
   *
   * @default - the pack carries MySQL Connector/J 5.1.49 or 8.0; the nodes check it
   */
  readonly jdbcDriver?: JdbcDriver;

  /**
   * Where the databases are.
   *
   * @default Database.rdsMySql()
   */
  readonly database?: Database;

  /**
   * Where each node keeps its local registry.
   *
   * @default LocalRegistry.embedded()
   */
  readonly localRegistry?: LocalRegistry;

  /**
   * Whether the cluster's own database and load balancer are protected against deletion, once all nodes are in service. A creation
   * that fails is rolled back completely. While it is on, CloudFormation refuses to delete the stack, and nothing of the cluster is lost:
   * set it to `false` and deploy before you delete the stack. Classic load balancers have no such protection.
   *
   * @default true
   */
  readonly deletionProtection?: boolean;

  /**
   * What happens to the cluster's own database and file system, its key pair and its logs when they leave the stack.
   *
   * Nothing is kept when the creation of the cluster is rolled back, except the log group of the boots, which expires, and
   * the snapshot of a database that has the policy `SNAPSHOT`.
   *
   * @default - the file system, the key pair and the logs are kept. The database is kept while `deletionProtection` is on;
   * without it, a snapshot is taken
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Time that the nodes of a group may take from launch to service before the deployment fails, at most 12 hours.
   *
   * One server of a cluster starts first, then all others start at once. It must hold 7.5 minutes, and 2 seconds for each server of the largest
   * group; less is refused. A new group may take all of it. When an update replaces nodes, CloudFormation waits for each of them for an hour at most.
   *
   * @default Duration.minutes(20)
   */
  readonly bootTimeout?: Duration;

  /**
   * Key of the tag that all instances of the cluster carry. Needs `tagValue`.
   *
   * @default carbon-cluster
   */
  readonly tagKey?: string;

  /**
   * Value of the tag that all instances of the cluster carry, and no others.
   *
   * @default - made of the stack's name and the construct's path
   */
  readonly tagValue?: string;

  /**
   * Hazelcast group name, in Carbon's terms the clustering domain. No white space.
   *
   * @default - made of the stack's name and the construct's path
   */
  readonly domain?: string;

  /**
   * Name of the security group that all members are in; unique in the VPC.
   *
   * @default - made of the stack's name and the construct's path
   */
  readonly securityGroupName?: string;

  /**
   * Added to every port of the product, Hazelcast's apart: `Ports/Offset` of carbon.xml.
   *
   * @default - the product's own, 0 for most
   */
  readonly portOffset?: number;

  /**
   * Node port by load balancer port, `{ '443': 8243 }`, as `port.mapping.*` of the clustering properties. Only WSO2's own load
   * balancer reads it.
   *
   * @default - none
   */
  readonly portMapping?: { readonly [loadBalancerPort: string]: number };

  /**
   * How artifacts that are deployed on one node reach the others.
   *
   * @default - they do not: deploy what the nodes need with the pack
   */
  readonly deploymentSynchronizer?: DeploymentSynchronizer;

  /**
   * What of the shared registry is mounted on every node.
   *
   * @default - `/_system/config` and `/_system/governance`, where the product has a database for the registry
   */
  readonly registryMounts?: RegistryMount[];

  /**
   * Data sources of your own.
   *
   * @default - those of the product only
   */
  readonly datasources?: Datasource[];

  /**
   * Settings of the connection pools of all data sources, by name such as `maxActive`.
   *
   * @default - 80 connections at most, each tested before it is used
   */
  readonly datasourcePool?: { readonly [name: string]: string };

  /**
   * Secret with the JSON fields `username` and `password` of the product's administrator, who is made at the very first start. Later a new
   * password goes into the console and into the secret: nodes log in to each other with it. Carbon takes 30 characters at most; for
   * API Manager 2.x they must stand for themselves in a URL.
   *
   * @default - the user admin with a generated password of 28 characters, `adminSecret` of the cluster
   */
  readonly adminSecret?: secretsmanager.ISecret;

  /**
   * The administrator has the pack's name and password, admin and admin. Adds the warning `cdk-wso2-cluster:shippedAdminCredentials`.
   *
   * @default false
   */
  readonly shippedAdminCredentials?: boolean;

  /**
   * Members keep Hazelcast's default group password, which everybody knows. For clusters with Hazelcast 3.5 (kernel 4.4) that are deployed already: a
   * member with a new password cannot join those with the old one, so a rolling update to the generated password fails and is rolled back.
   * docs/upgrading.md says how to change it. Without effect on later versions of Hazelcast, which do not compare group passwords, and behind WSO2
   * Elastic Load Balancer, which joins with the default.
   *
   * @default false - a generated password of 32 characters where Hazelcast compares it, `groupPasswordSecret` of the cluster
   */
  readonly shippedGroupPassword?: boolean;

  /**
   * The key pair of the servers.
   *
   * @default Keystore.generated()
   */
  readonly keystore?: Keystore;

  /**
   * Lines of hazelcast.properties.
   *
   * @default - Hazelcast stops with the server and not before it, and logs through log4j
   */
  readonly hazelcastProperties?: { readonly [name: string]: string };

  /**
   * How much Hazelcast says. `FINEST` shows what discovery asks and gets.
   *
   * @default HazelcastLogLevel.INFO
   */
  readonly hazelcastLogLevel?: HazelcastLogLevel;

  /**
   * Private hosted zones with the host names, which lead to the load balancer, and with the database's `hostAlias`.
   *
   * @default - none: the host names' public DNS is yours
   */
  readonly privateNames?: PrivateNames;

  /**
   * Names that the nodes must resolve and that no name server knows, for /etc/hosts.
   *
   * @default - none
   */
  readonly hostAliases?: HostAlias[];

  /**
   * Heap of the server, minimum and maximum alike.
   *
   * @default - as in the product's start script
   */
  readonly heapSize?: Size;

  /**
   * How long the logs that the server has ended, and a heap dump, stay on a node. In CloudWatch logs stay as long as `retention` of
   * `Operations.cloudWatch` says.
   *
   * @default Duration.days(7)
   */
  readonly nodeLogRetention?: Duration;

  /**
   * Space that the server's logs may take on a node. Beyond it the oldest are removed, and a log that the server still writes is emptied when it
   * alone takes more.
   *
   * @default Size.gibibytes(2)
   */
  readonly nodeLogSize?: Size;

  /**
   * Further options of the Java virtual machine, one each. They come after the library's own: `-XX:-ExitOnOutOfMemoryError` keeps a server that is
   * out of memory.
   *
   * @default - none
   */
  readonly javaOptions?: string[];

  /**
   * Host of a proxy through which the server reaches the APIs of AWS and other HTTPS addresses.
   *
   * @default - none
   */
  readonly httpsProxyHost?: string;

  /**
   * Port of that proxy.
   *
   * @default 3128
   */
  readonly httpsProxyPort?: number;

  /**
   * Hosts that are reached without the proxy; `*` at one end matches any text. The node itself and instance metadata always are.
   *
   * @default - none
   */
  readonly nonProxyHosts?: string[];

  /**
   * Kernel settings of WSO2's performance tuning guide.
   *
   * @default true
   */
  readonly kernelTuning?: boolean;

  /**
   * The server trusts the authorities that its machine's Java trusts, besides those of the pack. Packs of 2018 and before lack
   * the authorities of AWS, without which Hazelcast cannot ask the EC2 API.
   *
   * @default true
   */
  readonly trustSystemCertificates?: boolean;

  /**
   * Certificates that the server shall trust besides those of the pack.
   *
   * @default - none
   */
  readonly trustedCertificates?: TrustedCertificate[];

  /**
   * Edits of your own, applied after those of the cluster, on every node.
   *
   * @default - none
   */
  readonly configurationOverlays?: ConfigurationOverlay[];
}
