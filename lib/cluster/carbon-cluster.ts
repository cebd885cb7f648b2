import { Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as rds from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';
import { CarbonClusterProps } from './carbon-cluster-props';
import { ClusterContent, HEALTH_MARGIN, NodeContentBuilder, portShift } from './node-content';
import { checkPorts } from './ports';
import { checkUnique } from './unique-identity';
import { ClusterDatabase } from '../database/cluster-database';
import { JdbcDriver } from '../database/jdbc-driver';
import { ApplicationBalancer } from '../load-balancing/application-balancer';
import { Membership } from '../membership/membership';
import { MembershipConfig } from '../membership/membership-host';
import { ClusterIdentity, clusterIdentity } from '../network/cluster-identity';
import { ClusterSecurityGroup } from '../network/cluster-security-group';
import { checkDifferentHostNames, checkHostAlias, checkHostName } from '../network/host-names';
import { ICarbonNodeGroup } from '../nodes/carbon-node-group';
import { checkCount, NodeGroup } from '../nodes/node-group';
import { defaultImage } from '../nodes/node-image';
import { HealthCheckDescription, NodeRole } from '../products/product-version';

const MINIMUM_HIGHLY_AVAILABLE_WORKERS = 2;

/**
 * A cluster of WSO2 Carbon servers: one manager, two or more workers.
 *
 * Resources deployed
 * - a security group with an explicit name, whose member ports are open to itself only;
 * - for the manager and for the workers: a role, a launch template (encrypted volume, no public address, IMDSv2 only) and
 *   an auto scaling group that waits until its nodes say that they are in service;
 * - a policy with `ec2:DescribeInstances`; for the `aws` membership scheme on Hazelcast 3.5 an IAM user with it, its access key in
 *   a secret;
 * - an application load balancer with a TLS listener on port 443, a rule and a target group for each host name;
 * - an RDS for MySQL instance, its administrator's secret, and a secret for the user of each database.
 *
 * What to guard
 * - whoever may read the secrets, or be a node, may read and write the databases;
 * - the management host name leads to the console of the product: limit `clients`, and change the password of the
 *   product's administrator;
 * - the pack's bucket: whoever may write the pack and the checksum beside it decides what the nodes run.
 */
export class CarbonCluster extends Construct implements ec2.IConnectable {
  /** Security group of all members. */
  public readonly securityGroup: ec2.ISecurityGroup;
  /** The members' connections; port 443 of the load balancer is `loadBalancer.connections`. */
  public readonly connections: ec2.Connections;
  /** The manager. */
  public readonly manager: ICarbonNodeGroup;
  /** The workers. */
  public readonly workers: ICarbonNodeGroup;
  /** The load balancer of both host names. */
  public readonly loadBalancer: elbv2.ApplicationLoadBalancer;
  /** The database instance. */
  public readonly database: rds.DatabaseInstance;
  /** Key of the tag that tells this cluster's instances from all others. */
  public readonly tagKey: string;
  /** Value of that tag. */
  public readonly tagValue: string;
  /** Hazelcast group name. */
  public readonly domain: string;

  private readonly props: CarbonClusterProps;
  private readonly identity: ClusterIdentity;
  private readonly membership: MembershipConfig;
  private readonly clusterDatabase: ClusterDatabase;
  private readonly jdbcDriver: JdbcDriver;

  public constructor(scope: Construct, id: string, props: CarbonClusterProps) {
    super(scope, id);
    validate(props);
    this.props = props;
    this.jdbcDriver = props.jdbcDriver ?? JdbcDriver.inPack();
    this.identity = clusterIdentity(this, props);
    this.tagKey = this.identity.tagKey;
    this.tagValue = this.identity.tagValue;
    this.domain = this.identity.domain;
    checkUnique(this);

    const membership = props.membership ?? Membership._default(props.product._facts);
    this.membership = membership._bind(new Construct(this, 'Membership'), { product: props.product._facts, identity: this.identity });
    checkPorts(props, this.membership.localMemberPort);
    const securityGroup = new ClusterSecurityGroup(this, 'SecurityGroup', {
      vpc: props.vpc,
      securityGroupName: this.identity.securityGroupName,
      memberPorts: this.membership.memberPorts,
    });
    this.securityGroup = securityGroup;
    this.connections = securityGroup.connections;
    this.clusterDatabase = this.createDatabase();
    this.database = this.clusterDatabase.instance;

    const manager = this.createGroup('Manager', 'manager', 1);
    const workers = this.createGroup('Workers', 'worker', props.workerCount ?? MINIMUM_HIGHLY_AVAILABLE_WORKERS);
    // The manager makes what all share (databases, the registry's paths) before a worker looks for it.
    workers.node.addDependency(manager);
    this.manager = manager;
    this.workers = workers;
    this.loadBalancer = this.createBalancer(manager, workers).loadBalancer;
  }

  private createDatabase(): ClusterDatabase {
    const props = this.props;
    return new ClusterDatabase(this, 'Database', {
      vpc: props.vpc,
      vpcSubnets: props.databaseSubnets,
      client: this,
      databases: props.product._sharedDatabases(),
      engineVersion: props.databaseEngineVersion ?? rds.MysqlEngineVersion.VER_8_4_8,
      instanceType: props.databaseInstanceType ?? ec2.InstanceType.of(ec2.InstanceClass.T4G, ec2.InstanceSize.MEDIUM),
      multiAz: props.highAvailability ?? true,
      backupRetention: props.databaseBackupRetention ?? Duration.days(7),
      deletionProtection: props.deletionProtection ?? true,
      removalPolicy: props.removalPolicy ?? RemovalPolicy.SNAPSHOT,
    });
  }

  private createGroup(id: string, role: NodeRole, count: number): NodeGroup {
    const props = this.props;
    const instanceType = props.instanceType ?? ec2.InstanceType.of(ec2.InstanceClass.M7I, ec2.InstanceSize.LARGE);
    return new NodeGroup(this, id, {
      vpc: props.vpc,
      vpcSubnets: props.vpcSubnets ?? { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
      securityGroup: this.securityGroup,
      identity: this.identity,
      instanceType,
      machineImage: props.machineImage ?? defaultImage(this, instanceType.architecture),
      rootDeviceName: props.rootDeviceName ?? '/dev/xvda',
      rootVolumeSize: props.rootVolumeSize ?? Size.gibibytes(30),
      encryptionKey: props.encryptionKey,
      count,
      needsImdsV1: this.membership.needsImdsV1,
      bootTimeout: this.bootTimeout(),
      content: (groupScope, nodeRole, values) => new NodeContentBuilder(this.content(), role, groupScope, nodeRole, values).build(),
    });
  }

  private content(): ClusterContent {
    return {
      props: this.props,
      domain: this.domain,
      membership: this.membership,
      database: this.clusterDatabase,
      jdbcDriver: this.jdbcDriver,
      bootTimeout: this.bootTimeout(),
    };
  }

  private createBalancer(manager: NodeGroup, workers: NodeGroup): ApplicationBalancer {
    const props = this.props;
    const [managerProfile, workerProfile] = [props.product._profileOf('manager'), props.product._profileOf('worker')];
    const internetFacing = props.internetFacing ?? false;
    const balancer = new ApplicationBalancer(this, 'LoadBalancer', {
      vpc: props.vpc,
      vpcSubnets: props.loadBalancerSubnets,
      certificates: props.certificates,
      internetFacing,
      clients: props.clients ?? [internetFacing ? ec2.Peer.anyIpv4() : ec2.Peer.ipv4(props.vpc.vpcCidrBlock)],
      deletionProtection: props.deletionProtection ?? true,
    });
    balancer.addGroup({
      id: 'Workers',
      hostName: props.hostName,
      priority: 10,
      port: workerProfile.ports.serviceHttps + portShift(props, workerProfile),
      healthCheck: shifted(workerProfile.health, portShift(props, workerProfile)),
      target: workers.autoScalingGroup,
    });
    balancer.addGroup({
      id: 'Manager',
      hostName: props.managementHostName,
      priority: 20,
      port: managerProfile.ports.servletHttps + portShift(props, managerProfile),
      healthCheck: shifted(managerProfile.health, portShift(props, managerProfile)),
      sessionCookie: managerProfile.sessionCookie,
      target: manager.autoScalingGroup,
    });
    return balancer;
  }

  private bootTimeout(): Duration {
    return this.props.bootTimeout ?? Duration.minutes(20);
  }
}

function shifted(check: HealthCheckDescription, shift: number): HealthCheckDescription {
  return { ...check, port: check.port + shift };
}

function validate(props: CarbonClusterProps): void {
  checkHostName('hostName', props.hostName);
  checkHostName('managementHostName', props.managementHostName);
  checkDifferentHostNames(props.hostName, props.managementHostName);
  if (props.certificates.length === 0) {
    throw new Error('certificates is empty, give at least one ACM certificate: the TLS listener on port 443 needs it');
  }
  props.hostAliases?.forEach(checkHostAlias);
  checkSynchronizer(props);
  checkPortMapping(props);
  checkWorkers(props);
  checkJava(props);
  checkBootTimeout(props);
}

function checkWorkers(props: CarbonClusterProps): void {
  if (props.workerCount === undefined) return;
  checkCount('workerCount', props.workerCount, 1);
  if (props.workerCount >= MINIMUM_HIGHLY_AVAILABLE_WORKERS || props.highAvailability === false) return;
  throw new Error(`workerCount ${props.workerCount} is not highly available, give at least ${MINIMUM_HIGHLY_AVAILABLE_WORKERS} `
    + 'or set highAvailability to false');
}

function checkSynchronizer(props: CarbonClusterProps): void {
  if (!props.deploymentSynchronizer || props.product._facts.deploymentSynchronizer) return;
  throw new Error(`deploymentSynchronizer: ${props.product} has none, deploy its artifacts with the pack`);
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

function checkBootTimeout(props: CarbonClusterProps): void {
  const timeout = props.bootTimeout;
  if (timeout === undefined || (timeout.toMinutes() > HEALTH_MARGIN.toMinutes() && timeout.toHours({ integral: false }) <= 1)) return;
  throw new Error(`bootTimeout of ${timeout.toMinutes({ integral: false })} minutes is outside 6 to 60 minutes, give one between`);
}
