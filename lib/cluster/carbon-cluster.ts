import { Annotations, Duration, Size, Stack } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct, IDependable } from 'constructs';
import { CarbonClusterProps } from './carbon-cluster-props';
import { bindPrivateNames } from './cluster-names';
import { ClusterContent, NodeContentBuilder, portShift } from './node-content';
import { checkPorts } from './ports';
import { checkStackLimits } from './stack-limits';
import { bootTimeoutOf, checkBootTimeout, HEALTH_MARGIN } from './start-time';
import { managementHostName, PlannedGroup, plannedGroups, PlannedNodes, plannedNodes, servingRole } from './topology';
import { checkUnique } from './unique-identity';
import { acknowledgeFindings } from '../access/findings';
import { allowThrough, allowVolumes, checkClusterKey } from '../access/key-access';
import { collectMissingStatements } from '../access/resource-policies';
import { SynchronizerConfig } from '../artifacts/synchronizer-host';
import { AdminCredentials, adminCredentials } from '../credentials/admin-credentials';
import { groupPassword } from '../credentials/group-password';
import { Keystore } from '../credentials/keystore';
import { KeystoreConfig } from '../credentials/keystore-host';
import { ClusterDatabase } from '../database/cluster-database';
import { Database } from '../database/database';
import { JdbcDriver } from '../database/jdbc-driver';
import { LocalRegistry } from '../database/local-registry';
import { defaultNodeType } from '../facts/regional-types';
import { IClusterLoadBalancer } from '../load-balancing/cluster-load-balancer';
import { LoadBalancing } from '../load-balancing/load-balancing';
import {
  BALANCER_ROLE, BalancedHost, BalancedTargets, BalancerInstancesProps, LoadBalancingConfig, LoadBalancingHost, Purpose,
} from '../load-balancing/load-balancing-host';
import { comparesGroupPasswords } from '../membership/hazelcast';
import { Membership } from '../membership/membership';
import { MembershipConfig, WellKnownNode } from '../membership/membership-host';
import { ClusterIdentity, clusterIdentity } from '../network/cluster-identity';
import { ClusterSecurityGroup } from '../network/cluster-security-group';
import { FixedInterface } from '../network/fixed-interface';
import { checkHostAlias, checkHostName } from '../network/host-names';
import { PrivateNamesConfig } from '../network/private-names-host';
import { ICarbonNodeGroup } from '../nodes/carbon-node-group';
import { NodeGroup, NodeGroupProps } from '../nodes/node-group';
import { defaultImage } from '../nodes/node-image';
import { IClusterOperations } from '../operations/cluster-operations';
import { Operations } from '../operations/operations';
import { OperationsConfig, WatchedGroup } from '../operations/operations-host';
import { DatabaseDescription, NodeRole } from '../products/product-version';
import { DeletionProtection } from '../protection/deletion-protection';
import { BackEndTls, backEndTls } from '../tls/back-end-tls';

/** Ids of target groups, and with them logical ids. */
const TARGET_IDS: Readonly<Record<NodeRole, string>> = { manager: 'Manager', worker: 'Workers', node: 'Nodes' };

type MachineProps = Pick<NodeGroupProps, 'vpc' | 'vpcSubnets' | 'instanceType' | 'machineImage' | 'rootDeviceName' | 'rootVolumeSize'
| 'encryptionKey' | 'bootTimeout'>;

/** A node that keeps its address, and the interface that has it. */
interface KnownNode extends WellKnownNode {
  readonly groupId: string;
  readonly fixedInterface: FixedInterface;
}

/**
 * A cluster of WSO2 Carbon servers: a manager and workers, or nodes that are all alike.
 *
 * Resources deployed
 * - a security group with an explicit name, whose member ports are open to itself only;
 * - for the manager and for the workers, or for the nodes that are alike: a role, a launch template (encrypted volume, no public
 *   address, IMDSv2 only) and an auto scaling group that waits until its nodes say that they are in service;
 * - a policy with `ec2:DescribeInstances`; for the `aws` membership scheme on Hazelcast 3.5 an IAM user with it, its access key in
 *   a secret, and a Lambda function that rotates it;
 * - what `loadBalancing` makes; without a choice an application load balancer with a TLS listener on port 443, a rule and a target
 *   group for each host name;
 * - what `database` makes; without a choice an RDS for MySQL instance and its administrator's secret; a secret for the user of each
 *   database; and a Lambda function that creates databases, tables and users before the first node boots, with a role and a security group;
 * - a secret for the key pair of the servers, a Lambda function that makes the key pair, and a secret for the product's administrator;
 * - for Hazelcast 3.5 a secret for the password of its group;
 * - what `operations` makes; without a choice log groups, metric filters, alarms, a topic with a key, and a dashboard;
 * - what `deploymentSynchronizer`, `privateNames` and `scaling` make; nothing without;
 * - a Lambda function that protects database and load balancer against deletion once the nodes are in service; see `deletionProtection`.
 *
 * What to guard
 * - whoever may read the secrets, or be a node, may read and write the databases;
 * - the management host name leads to the console of the product: limit `clients`;
 * - the pack's bucket: whoever may write the pack and the checksum beside it decides what the nodes run.
 */
export class CarbonCluster extends Construct implements ec2.IConnectable {
  /** Security group of all members. */
  public readonly securityGroup: ec2.ISecurityGroup;
  /** The members' connections; those of the load balancer are `loadBalancer.connections`. */
  public readonly connections: ec2.Connections;
  /** All groups of nodes, in the order in which they start. */
  public readonly nodeGroups: ICarbonNodeGroup[];
  /** What stands before the nodes; nothing with `LoadBalancing.none()`. */
  public readonly loadBalancer?: IClusterLoadBalancer;
  /** The database instance; none where the databases are on a server that exists. */
  public readonly database?: rds.DatabaseInstance;
  /** Name and password of the product's administrator; none with `shippedAdminCredentials`. */
  public readonly adminSecret?: secretsmanager.ISecret;
  /** The JSON field `password` of the members' Hazelcast group; none with `shippedGroupPassword`, and where Hazelcast does not compare it. */
  public readonly groupPasswordSecret?: secretsmanager.ISecret;
  /** The servers' key store, its password and its alias; none with `Keystore.shipped()`. */
  public readonly keystoreSecret?: secretsmanager.ISecret;
  /** Logs, their metrics, alarms and dashboard; none with `Operations.none()`. */
  public readonly operations?: IClusterOperations;
  /** Key of the tag that tells this cluster's instances from all others. */
  public readonly tagKey: string;
  /** Value of that tag. */
  public readonly tagValue: string;
  /** Hazelcast group name. */
  public readonly domain: string;

  private readonly props: CarbonClusterProps;
  private readonly identity: ClusterIdentity;
  private readonly planned: readonly PlannedNodes[];
  private readonly observed: OperationsConfig;
  private readonly membership: MembershipConfig;
  private readonly balancing: LoadBalancingConfig;
  private readonly tls: BackEndTls;
  private readonly administrator?: AdminCredentials;
  private readonly keystore?: KeystoreConfig;
  private readonly databases: readonly DatabaseDescription[];
  private readonly clusterDatabase: ClusterDatabase;
  private readonly synchronizer?: SynchronizerConfig;
  /** What must be there before the first node boots, and is in no reference to it. */
  private readonly prerequisites: readonly IDependable[];
  private readonly jdbcDriver: JdbcDriver;
  private readonly plannedGroups: readonly PlannedGroup[];
  private readonly wellKnown: readonly KnownNode[];
  private readonly groups = new Map<NodeRole, NodeGroup[]>();
  private readonly balancers: WatchedGroup[] = [];

  public constructor(scope: Construct, id: string, props: CarbonClusterProps) {
    super(scope, id);
    validate(props);
    this.props = props;
    this.planned = plannedNodes(props);
    this.jdbcDriver = props.jdbcDriver ?? JdbcDriver.inPack();
    this.identity = clusterIdentity(this, props);
    this.tagKey = this.identity.tagKey;
    this.tagValue = this.identity.tagValue;
    this.domain = this.identity.domain;
    checkUnique(this);

    const warnOfMissingStatements = collectMissingStatements(this);
    if (props.encryptionKey) this.prepareKey(props.encryptionKey);
    this.observed = this.bindOperations();
    const membership = props.membership ?? Membership._default(props.product._facts);
    const membershipScope = new Construct(this, 'Membership');
    this.membership = membership._bind(membershipScope, {
      product: props.product._facts, identity: this.identity, roles: this.roles, encryptionKey: props.encryptionKey,
    });
    checkMetadata(props, this.membership);
    this.plannedGroups = plannedGroups(this.planned, this.membership.wellKnownCount ?? (() => 0));
    checkBootTimeout(props, this.plannedGroups);
    checkPorts(props, this.roles, this.membership.localMemberPort);
    const securityGroup = new ClusterSecurityGroup(this, 'SecurityGroup', {
      vpc: props.vpc,
      securityGroupName: this.identity.securityGroupName,
      memberPorts: this.membership.memberPorts,
    });
    this.securityGroup = securityGroup;
    this.connections = securityGroup.connections;
    this.wellKnown = this.createInterfaces(membershipScope);
    checkStackLimits(this, this.wellKnown.length);
    this.administrator = adminCredentials(this, props);
    this.adminSecret = this.administrator?.secret;
    this.keystore = this.bindKeystore();
    this.keystoreSecret = this.keystore?.secret;
    this.databases = props.product._sharedDatabases(this.roles);
    this.clusterDatabase = this.createDatabase();
    this.database = this.clusterDatabase.instance;
    this.balancing = this.bindBalancing();
    this.groupPasswordSecret = this.createGroupPassword();
    this.tls = this.backEndTls();
    this.synchronizer = this.bindSynchronizer();
    this.prerequisites = [this.clusterDatabase.prepared, ...this.bindNames(), ...this.madeForNodes()];
    this.nodeGroups = this.createGroups();
    this.loadBalancer = this.balancing.loadBalancer;
    const targets = this.balancing.balance(
      this.hosts().map(host => ({ ...host, targets: this.groups.get(host.role)!.map(each => each.autoScalingGroup) })),
    );
    this.scale(targets);
    this.operations = this.observed.watch?.({
      groups: [...this.plannedGroups.map((each, index) => ({
        id: each.id, autoScalingGroup: this.nodeGroups[index].autoScalingGroup, bootTimeout: bootTimeoutOf(props),
      })), ...this.balancers],
      targets: targets.map(each => ({ ...each, bootTimeout: bootTimeoutOf(props) })),
      database: this.database,
    });
    this.protect();
    warnOfMissingStatements();
  }

  /** The manager. @throws if all nodes are alike */
  public get manager(): ICarbonNodeGroup {
    return this.groupOf('manager');
  }

  /** The workers. @throws if all nodes are alike */
  public get workers(): ICarbonNodeGroup {
    return this.groupOf('worker');
  }

  /** The nodes that are all alike. @throws if there are manager and workers */
  public get nodes(): ICarbonNodeGroup {
    return this.groupOf('node');
  }

  private get roles(): NodeRole[] {
    return this.planned.map(each => each.role);
  }

  private groupOf(role: NodeRole): ICarbonNodeGroup {
    const groups = this.groups.get(role);
    if (groups) return groups[groups.length - 1];
    throw new Error(`${this.node.path} has no ${role}s, its groups of nodes are ${this.plannedGroups.map(each => each.id).join(' and ')}`);
  }

  /** What is of all clusters. The rest is said where a key encrypts something. */
  private prepareKey(key: kms.IKey): void {
    checkClusterKey('encryptionKey', key, this);
    allowVolumes(this, key);
    allowThrough(this, key, 'secretsmanager');
  }

  /** After everything else, so that a creation that fails is rolled back, and a deletion is refused before anything is lost. */
  private protect(): void {
    const loadBalancer = this.loadBalancer?.applicationLoadBalancer ?? this.loadBalancer?.networkLoadBalancer;
    if (!this.database && !loadBalancer) return;
    new DeletionProtection(this, 'Protection', {
      enabled: this.props.deletionProtection ?? true,
      database: this.database,
      loadBalancer,
      encryptionKey: this.props.encryptionKey,
      after: [this, this.props.vpc.selectSubnets(this.vpcSubnets()).internetConnectivityEstablished],
    });
  }

  private bindOperations(): OperationsConfig {
    return (this.props.operations ?? Operations.cloudWatch())._bind(new Construct(this, 'Operations'), {
      identity: this.identity,
      removalPolicy: this.props.removalPolicy,
      encryptionKey: this.props.encryptionKey,
    });
  }

  private logsOf(stream: string, home?: string): NodeGroupProps['logs'] {
    const { bindMachines } = this.observed;
    return bindMachines && ((kind, role, values) => bindMachines({ kind, stream, home, role, values }));
  }

  /** By the requests of clients, which reach the group of the services only. */
  private scale(targets: readonly BalancedTargets[]): void {
    const { scaling } = this.props;
    const group = scaling && this.plannedGroups.findIndex(each => each.maxCount > each.count);
    if (!scaling || group === undefined) return;
    const { autoScalingGroup } = this.nodeGroups[group];
    scaling._bind(new Construct(this, 'Scaling'), { autoScalingGroup, requests: targets.find(each => each.purpose === 'service')?.requests });
  }

  /** WSO2 Elastic Load Balancer is a member with Hazelcast's default password, and cannot be told of a different one. */
  private createGroupPassword(): secretsmanager.ISecret | undefined {
    const { product, shippedGroupPassword, encryptionKey } = this.props;
    if (shippedGroupPassword || this.balancing.member || !comparesGroupPasswords(product._facts.hazelcast)) return undefined;
    return groupPassword(this, encryptionKey);
  }

  private createDatabase(): ClusterDatabase {
    const props = this.props;
    const localRegistry = props.localRegistry ?? LocalRegistry.embedded();
    return new ClusterDatabase(this, 'Database', {
      database: props.database ?? Database.rdsMySql(),
      databases: this.databases,
      groupDatabases: localRegistry._databases(props.product._facts, this.plannedGroups.map(each => ({ id: each.id, count: each.maxCount }))),
      vpc: props.vpc,
      vpcSubnets: this.vpcSubnets(),
      distribution: props.distribution,
      client: this,
      highAvailability: props.highAvailability ?? true,
      deletionProtection: props.deletionProtection ?? true,
      removalPolicy: props.removalPolicy,
      encryptionKey: props.encryptionKey,
    });
  }

  private createGroups(): NodeGroup[] {
    const groups = this.plannedGroups.map(planned => {
      const group = this.createGroup(planned);
      this.groups.set(planned.role, [...this.groups.get(planned.role) ?? [], group]);
      return group;
    });
    groups.forEach(each => each.node.addDependency(...this.prerequisites));
    // The first makes what all share (databases, the registry's paths) before another looks for it. And an update that changes all
    // of them takes one node after the other: a node that keeps its address is away while it is replaced.
    groups.slice(1).forEach((each, index) => each.node.addDependency(groups[index]));
    return groups;
  }

  /** One after the other over the zones. */
  private createInterfaces(scope: Construct): KnownNode[] {
    const { subnets } = this.props.vpc.selectSubnets(this.vpcSubnets());
    return this.plannedGroups.filter(each => each.wellKnown).map(({ id, role }, index) => {
      const fixedInterface = new FixedInterface(scope, id, {
        subnet: subnets[index % subnets.length], securityGroup: this.securityGroup, description: `${this.node.path} ${id}`,
      });
      return { groupId: id, role, address: fixedInterface.address, fixedInterface };
    });
  }

  private vpcSubnets(): ec2.SubnetSelection {
    return this.props.vpcSubnets ?? { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS };
  }

  private createGroup(planned: PlannedGroup): NodeGroup {
    const { id, role, count, maxCount } = planned;
    const known = this.wellKnown.find(each => each.groupId === id);
    return new NodeGroup(this, id, {
      ...this.machines(this.instanceType()),
      fixedInterface: known?.fixedInterface,
      securityGroup: this.securityGroup,
      identity: this.identity,
      role,
      count,
      // Two managers would both write to the registry, and both commit artifacts.
      alone: role === 'manager',
      maxCount,
      needsImdsV1: this.membership.needsImdsV1,
      logs: this.logsOf(id, this.props.product._profileOf(role).home),
      content: (groupScope, nodeRole, values) =>
        new NodeContentBuilder(this.content(), { groupId: id, role, ownAddress: known?.address }, groupScope, nodeRole, values).build(),
    });
  }

  /** What all machines of the cluster have in common. */
  private machines(instanceType: ec2.InstanceType): MachineProps {
    const props = this.props;
    return {
      vpc: props.vpc,
      vpcSubnets: this.vpcSubnets(),
      instanceType,
      machineImage: props.machineImage ?? defaultImage(this, instanceType.architecture),
      rootDeviceName: props.rootDeviceName ?? '/dev/xvda',
      rootVolumeSize: props.rootVolumeSize ?? Size.gibibytes(30),
      encryptionKey: props.encryptionKey,
      bootTimeout: bootTimeoutOf(props),
    };
  }

  private content(): ClusterContent {
    return {
      props: this.props,
      managementHostName: this.managementHostName(),
      balancing: this.balancing,
      tls: this.tls,
      domain: this.domain,
      identity: this.identity,
      memberPorts: [...new Set(this.roles.map(this.membership.localMemberPort))],
      membership: this.membership,
      wellKnown: this.wellKnown,
      database: this.clusterDatabase,
      databases: this.databases,
      synchronizer: this.synchronizer,
      keystore: this.keystore,
      administrator: this.administrator,
      groupPassword: this.groupPasswordSecret,
      jdbcDriver: this.jdbcDriver,
    };
  }

  private madeForNodes(): IDependable[] {
    return [...this.keystore?.dependencies ?? [], ...this.synchronizer?.dependencies ?? []];
  }

  private bindKeystore(): KeystoreConfig | undefined {
    const { props } = this;
    return (props.keystore ?? Keystore.generated())._bind(new Construct(this, 'Keystore'), {
      hostNames: [props.hostName, this.managementHostName()],
      kernel: props.product._facts.kernel,
      removalPolicy: props.removalPolicy,
      encryptionKey: props.encryptionKey,
    });
  }

  private bindBalancing(): LoadBalancingConfig {
    const props = this.props;
    const internetFacing = props.internetFacing ?? false;
    const balancing = props.loadBalancing ?? LoadBalancing.application();
    const scope = new Construct(this, 'LoadBalancer');
    if (!props.clients && !internetFacing) {
      acknowledgeFindings(scope, { id: 'AwsSolutions-EC23', reason: 'Open to the VPC only, whose range is no literal that cdk-nag reads' });
    }
    return balancing._bind(scope, {
      vpc: props.vpc,
      vpcSubnets: props.loadBalancerSubnets,
      product: props.product._facts,
      identity: this.identity,
      hosts: this.hosts(),
      java: this.javaVersions(),
      certificates: props.certificates ?? [],
      tlsPolicy: props.tlsPolicy,
      internetFacing,
      clients: props.clients ?? [internetFacing ? ec2.Peer.anyIpv4() : ec2.Peer.ipv4(rangeOf(props.vpc))],
      highAvailability: props.highAvailability ?? true,
      keystore: this.keystore,
      memberPorts: this.membership.memberPorts,
      memberAddresses: this.memberAddresses(),
      architecture: this.instanceType().architecture,
      healthTimeout: this.healthTimeout(),
      instanceSubnets: props.vpc.selectSubnets(this.vpcSubnets()).subnets,
      instances: (scope, id, instances) => this.createBalancers(scope, id, instances),
    });
  }

  private memberAddresses(): LoadBalancingHost['memberAddresses'] {
    const { addresses } = this.membership;
    return addresses && (values => addresses(values, this.wellKnown));
  }

  private createBalancers(scope: Construct, id: string, instances: BalancerInstancesProps): autoscaling.AutoScalingGroup {
    const group = new NodeGroup(scope, id, {
      ...this.machines(instances.instanceType),
      ...(instances.machineImage ? { machineImage: instances.machineImage } : {}),
      ...(instances.rootDeviceName ? { rootDeviceName: instances.rootDeviceName } : {}),
      securityGroup: instances.securityGroup,
      fixedInterface: instances.fixedInterface,
      // No member may find them by the cluster's tag, so theirs has another key.
      identity: { ...this.identity, tagKey: `${this.identity.tagKey}-${BALANCER_ROLE}` },
      role: BALANCER_ROLE,
      count: instances.count,
      needsImdsV1: false,
      content: instances.content,
      logs: this.logsOf('LoadBalancer'),
    });
    group.node.addDependency(...this.keystore?.dependencies ?? []);
    this.balancers.push({ id: 'LoadBalancer', autoScalingGroup: group.autoScalingGroup, bootTimeout: bootTimeoutOf(this.props) });
    return group.autoScalingGroup;
  }

  private bindSynchronizer(): SynchronizerConfig | undefined {
    const props = this.props;
    const synchronizer = props.deploymentSynchronizer?._bind(new Construct(this, 'Artifacts'), {
      vpc: props.vpc,
      vpcSubnets: this.vpcSubnets(),
      members: this,
      product: props.product._facts,
      identity: this.identity,
      region: Stack.of(this).region,
      roles: this.roles,
      removalPolicy: props.removalPolicy,
      encryptionKey: props.encryptionKey,
    });
    this.checkRemovalPolicy(synchronizer);
    return synchronizer;
  }

  private checkRemovalPolicy(synchronizer?: SynchronizerConfig): void {
    const { removalPolicy } = this.props;
    if (removalPolicy === undefined || this.database || synchronizer?.keepsData) return;
    throw new Error(`removalPolicy '${removalPolicy}' is for a database or file system of the cluster's own and it has neither, leave it out`);
  }

  private bindNames(): PrivateNamesConfig {
    return bindPrivateNames(this, this.props, {
      managementHostName: this.managementHostName(), balancing: this.balancing, databaseAlias: this.clusterDatabase.alias,
    });
  }

  /** Major versions that the nodes may run. */
  private javaVersions(): readonly number[] {
    const { javaVersion, product } = this.props;
    return javaVersion === undefined ? product._facts.java.accepted : [javaVersion];
  }

  private hosts(): BalancedHost[] {
    return [this.balanced('service'), ...(this.oneNameServesAll() ? [] : [this.balanced('console')])];
  }

  private backEndTls(): BackEndTls {
    const { backEndClient: client, rsaKeyExchange } = this.balancing;
    const tls = backEndTls({ client, java: this.javaVersions(), cipherSuites: this.props.cipherSuites, rsaKeyExchange });
    if (tls.caution) Annotations.of(this).addWarningV2('cdk-wso2-cluster:backEndTls', tls.caution);
    return tls;
  }

  private balanced(purpose: Purpose): BalancedHost {
    const role = servingRole(this.roles, purpose);
    const profile = this.props.product._profileOf(role);
    const shift = portShift(this.props, profile);
    const { servletHttp, servletHttps, serviceHttp, serviceHttps } = profile.ports;
    const [http, https] = purpose === 'service' ? [serviceHttp, serviceHttps] : [servletHttp, servletHttps];
    const all = [serviceHttp, serviceHttps, servletHttp, servletHttps];
    return {
      id: role === 'node' && purpose === 'console' ? 'Console' : TARGET_IDS[role],
      purpose,
      role,
      hostName: purpose === 'service' ? this.props.hostName : this.managementHostName(),
      httpPort: http + shift,
      httpsPort: https + shift,
      publishedPorts: [...new Set(all.map(each => each + shift))],
      healthCheck: { ...profile.health, port: profile.health.port + shift },
      sessionCookie: profile.sessionCookie,
      nodeCount: this.planned.find(each => each.role === role)!.maxCount,
    };
  }

  private managementHostName(): string {
    return managementHostName(this.props, this.props.product._profileOf(servingRole(this.roles, 'console')));
  }

  private oneNameServesAll(): boolean {
    return this.managementHostName() === this.props.hostName;
  }

  private instanceType(): ec2.InstanceType {
    return this.props.instanceType ?? defaultNodeType(this);
  }

  private healthTimeout(): Duration {
    return bootTimeoutOf(this.props).minus(HEALTH_MARGIN);
  }
}

function validate(props: CarbonClusterProps): void {
  checkHostName('hostName', props.hostName);
  if (props.managementHostName !== undefined) checkHostName('managementHostName', props.managementHostName);
  props.hostAliases?.forEach(checkHostAlias);
  checkPortMapping(props);
  checkJava(props);
}

/** @throws if the VPC was imported without its range, for which the CDK names no property of ours */
function rangeOf(vpc: ec2.IVpc): string {
  try {
    return vpc.vpcCidrBlock;
  } catch {
    throw new Error('clients must be given, because the range of the VPC is not known: Vpc.fromVpcAttributes has no vpcCidrBlock. '
      + 'Add it there, or list the clients, for example ec2.Peer.ipv4(\'10.0.0.0/8\')');
  }
}

function checkMetadata({ instanceMetadata, product }: CarbonClusterProps, { needsMetadata }: MembershipConfig): void {
  if (instanceMetadata !== false || !needsMetadata) return;
  throw new Error(`instanceMetadata must not be false, because Hazelcast ${product._facts.hazelcast} of ${product} asks for instance metadata in `
    + 'Membership.aws(): leave it out, or use Membership.discovered()');
}

function checkPortMapping(props: CarbonClusterProps): void {
  for (const [from, to] of Object.entries(props.portMapping ?? {})) {
    if ([Number(from), to].every(port => Number.isInteger(port) && port > 0 && port < 65536)) continue;
    throw new Error(`portMapping from '${from}' to ${to} names no two ports, give numbers from 1 to 65535`);
  }
}

function checkJava(props: CarbonClusterProps): void {
  const { accepted } = props.product._facts.java;
  if (props.javaVersion === undefined || accepted.includes(props.javaVersion)) return;
  throw new Error(`javaVersion ${props.javaVersion} does not run ${props.product}, give one of ${accepted.join(', ')}`);
}
