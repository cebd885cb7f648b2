import { Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { CarbonClusterProps, RegistryMount } from './carbon-cluster-props';
import { javaOptions } from './java-options';
import { bootTimeoutOf, HEALTH_MARGIN } from './start-time';
import { grantSecretValue, secretId } from '../access/secret-access';
import { fileSource } from '../artifacts/file-source';
import { SynchronizerConfig } from '../artifacts/synchronizer-host';
import { LateBoundValues } from '../boot/late-bound-values';
import { logLimits } from '../boot/log-limits';
import { NodeContent, NodeDocument } from '../boot/node-document';
import { configurationPlan } from '../configuration/configuration';
import { DatasourceModel, NodeModel, Parameter, RegistryModel, TransportModel, UserManagementModel } from '../configuration/node-model';
import { FileEdits, Members } from '../configuration/plan';
import { AdminCredentials } from '../credentials/admin-credentials';
import { KeystoreConfig, NodeKeystore } from '../credentials/keystore-host';
import { ClusterDatabase, DatabaseClient } from '../database/cluster-database';
import { checkJndiNames, datasourceModel } from '../database/datasource-model';
import { JdbcDriver } from '../database/jdbc-driver';
import { LoadBalancingConfig } from '../load-balancing/load-balancing-host';
import { MembershipConfig, WellKnownNode } from '../membership/membership-host';
import { ClusterIdentity } from '../network/cluster-identity';
import { DatabaseDescription, NodeRole, ProfileDescription } from '../products/product-version';
import { BackEndTls } from '../tls/back-end-tls';

/** A node that answers nobody for so long is replaced: longer than a database fails over, or Java collects garbage. */
const PATIENCE = Duration.minutes(5);

const MOUNTS: readonly RegistryMount[] = [
  { path: '/_system/config', targetPath: '/_system/config' },
  { path: '/_system/governance', targetPath: '/_system/governance' },
];

/** The last line of Carbon's clustering agent when it starts, the same in every kernel. */
const JOINED = 'Cluster initialization completed';
const LOG = 'repository/logs/wso2carbon.log';
/** Security properties that the server's Java reads after its own. */
const JAVA_SECURITY = '/etc/carbon-cluster/java.security';
const TRUST_STORE = 'repository/resources/security/client-truststore.jks';

/** Carbon stops Hazelcast itself, after what still needs it. */
const HAZELCAST_PROPERTIES: Readonly<Record<string, string>> = { 'hazelcast.shutdownhook.enabled': 'false' };

/** What all nodes of a cluster have in common. */
export interface ClusterContent {
  readonly props: CarbonClusterProps;
  readonly managementHostName: string;
  readonly balancing: LoadBalancingConfig;
  readonly tls: BackEndTls;
  readonly domain: string;
  readonly identity: ClusterIdentity;
  /** Ports of the members, whatever their role. */
  readonly memberPorts: readonly number[];
  readonly membership: MembershipConfig;
  readonly wellKnown: readonly WellKnownNode[];
  readonly database: ClusterDatabase;
  readonly databases: readonly DatabaseDescription[];
  readonly synchronizer?: SynchronizerConfig;
  readonly keystore?: KeystoreConfig;
  readonly administrator?: AdminCredentials;
  /** Hazelcast group password, where the members compare it. */
  readonly groupPassword?: secretsmanager.ISecret;
  readonly jdbcDriver: JdbcDriver;
}

/** Which of the cluster's nodes it is about. */
export interface NodePlace {
  readonly groupId: string;
  readonly role: NodeRole;
  /** Private address that the node keeps, where it does. */
  readonly ownAddress?: string;
}

/** What the product's own offset is replaced by, as a difference to the ports of the catalogue. */
export function portShift(props: CarbonClusterProps, profile: ProfileDescription): number {
  return props.portOffset === undefined ? 0 : props.portOffset - profile.portOffset;
}

/** One node's document: what it runs, and what it is configured with. */
export class NodeContentBuilder {
  private readonly props: CarbonClusterProps;
  private readonly profile: ProfileDescription;

  public constructor(
    private readonly cluster: ClusterContent,
    private readonly place: NodePlace,
    private readonly scope: Construct,
    private readonly nodeRole: iam.IRole,
    private readonly values: LateBoundValues,
  ) {
    this.props = cluster.props;
    this.profile = cluster.props.product._profileOf(place.role);
  }

  public build(): NodeContent {
    const facts = this.props.product._facts;
    const driver = this.cluster.jdbcDriver._bind(this.scope, this.nodeRole);
    const accepted = this.props.javaVersion ? [this.props.javaVersion] : facts.java.accepted;
    const options = [
      ...javaOptions(this.props, accepted, this.profile.home),
      ...(this.cluster.tls.javaSecurity ? [`-Djava.security.properties=${JAVA_SECURITY}`] : []),
    ];
    const trusted = this.props.trustedCertificates ?? [];
    const synchronizer = this.cluster.synchronizer?.bindNode({
      role: this.place.role, profile: this.profile, instanceRole: this.nodeRole, values: this.values,
    });
    const keystore = this.cluster.keystore?.bindNode({ instanceRole: this.nodeRole, values: this.values, home: this.profile.home });
    return {
      product: {
        title: `${facts.title} ${facts.version} ${this.profile.name}`,
        script: this.profile.startScript,
        arguments: this.profile.arguments,
        ...(options.length > 0 ? { environment: { JAVA_OPTS: options.join(' ') } } : {}),
        ...(this.props.instanceMetadata ?? this.cluster.membership.needsMetadata ? {} : { metadata: 'closed' }),
      },
      pack: fileSource(this.values, 'Pack', this.props.distribution.bind(this.scope, this.nodeRole)),
      driver: {
        folder: facts.driverFolder,
        className: this.cluster.jdbcDriver.className,
        ...(driver ? { source: fileSource(this.values, 'Driver', driver) } : {}),
      },
      java: {
        version: this.props.javaVersion ?? facts.java.preferred,
        accepted,
        ...(this.props.javaHome ? { home: this.props.javaHome } : {}),
      },
      trust: {
        store: this.below(TRUST_STORE),
        systemRoots: this.props.trustSystemCertificates ?? true,
        certificates: trusted.map((each, index) => ({
          alias: each.alias,
          source: fileSource(this.values, `Trusted${index}`, each._bind(this.scope, this.nodeRole)),
        })),
      },
      ...(keystore ? { keystore: keystore.document } : {}),
      ...(synchronizer?.artifacts ? { artifacts: synchronizer.artifacts } : {}),
      databases: this.cluster.database.bindNode(this.databaseClient()),
      start: {
        cluster: this.values.value('ClusterDomain', this.cluster.domain),
        tag: this.values.value('ClusterTagKey', this.cluster.identity.tagKey),
        value: this.values.value('ClusterTagValue', this.cluster.identity.tagValue),
        ports: this.cluster.memberPorts,
        ...this.wellKnown(),
      },
      join: { log: this.below(LOG), line: JOINED },
      health: this.health(),
      logLimits: logLimits(this.props.nodeLogRetention, this.props.nodeLogSize, this.profile.home),
      configuration: configurationPlan(this.model(synchronizer?.carbon, keystore), this.overlays()),
    };
  }

  /** Without a load balancer that is a member, which joins the nodes and not they it. */
  private wellKnown(): Pick<NonNullable<NodeDocument['start']>, 'wellKnown'> {
    const { addresses, wellKnownCount } = this.cluster.membership;
    if (!addresses) return {};
    return { wellKnown: { hosts: addresses(this.values, this.cluster.wellKnown), ...(wellKnownCount ? { nodes: true } : {}) } };
  }

  private model(deploymentSynchronizer: NodeModel['deploymentSynchronizer'], keystore: NodeKeystore | undefined): NodeModel {
    const { props } = this;
    const datasources = this.datasources();
    return {
      layout: this.profile.layout,
      hostName: props.hostName,
      managementHostName: this.cluster.managementHostName,
      portOffset: props.portOffset,
      clustering: this.clustering(),
      transport: this.transport(),
      keystore: keystore?.model,
      datasources,
      registry: this.registry(datasources),
      userManagement: this.userManagement(),
      deploymentSynchronizer,
      hazelcastProperties: props.hazelcastProperties ?? { ...HAZELCAST_PROPERTIES, 'hazelcast.logging.type': this.loggingType() },
      hazelcastLogLevel: props.hazelcastLogLevel ?? 'INFO',
      kernelTuning: props.kernelTuning ?? true,
      hosts: this.hosts(),
    };
  }

  private hosts(): NodeModel['hosts'] {
    const given = this.props.hostAliases?.map(({ address, names }, index) => ({ address: this.values.value(`HostAlias${index}`, address), names }));
    const { alias } = this.cluster.database;
    return alias?.isAddress ? [...given ?? [], { address: alias.target, names: [alias.name] }] : given;
  }

  private clustering(): NodeModel['clustering'] {
    const membership = this.cluster.membership.bindNode(this.nodeRole, this.values, { role: this.place.role, wellKnown: this.cluster.wellKnown });
    const { hostName } = this.props;
    return {
      scheme: this.cluster.membership.scheme,
      domain: this.values.value('ClusterDomain', this.cluster.domain),
      localMemberHost: this.place.ownAddress === undefined ? { metadata: 'local-ipv4' } : this.values.value('OwnAddress', this.place.ownAddress),
      localMemberPort: this.cluster.membership.localMemberPort(this.place.role),
      parameters: [...membership.parameters, ...this.groupPassword()],
      members: this.members(membership.members),
      subDomain: this.place.role === 'worker' ? 'worker' : 'mgt',
      backendServerUrl: `https://${hostName}/services/`,
      managementConsoleUrl: `https://${this.cluster.managementHostName}/`,
      portMapping: this.portMapping(),
    };
  }

  /** The same name in every kernel (carbon-kernel, HazelcastConstants.GROUP_PASSWORD). */
  private groupPassword(): Parameter[] {
    const secret = this.cluster.groupPassword;
    if (!secret) return [];
    grantSecretValue(secret, this.nodeRole);
    return [{ name: 'groupPassword', value: { secret: this.values.name('GroupPassword', secretId(secret)), field: 'password' } }];
  }

  /** A load balancer that learns of its nodes by being a member is one that all of them know. */
  private members(members: Members | undefined): Members | undefined {
    const { member } = this.cluster.balancing;
    if (!member || !members || !('hosts' in members)) return members;
    return { hosts: [...members.hosts, { host: this.values.value('LoadBalancerAddress', member.address), port: String(member.port) }] };
  }

  private portMapping(): Readonly<Record<string, number>> | undefined {
    const own = this.cluster.balancing.portMapping?.(this.place.role);
    return own ? { ...own, ...this.props.portMapping } : this.props.portMapping;
  }

  private transport(): TransportModel {
    return {
      httpProxyPort: this.cluster.balancing.proxyPorts?.http,
      httpsProxyPort: this.cluster.balancing.proxyPorts?.https,
      cipherSuites: this.cluster.tls.cipherSuites,
      protocols: this.cluster.tls.protocols,
      wsdlEndpointPrefix: { https: `https://${this.props.hostName}` },
    };
  }

  private datasources(): DatasourceModel[] {
    const { database, jdbcDriver } = this.cluster;
    const pool = this.props.datasourcePool ?? {};
    const own = database.datasources(this.databaseClient(), jdbcDriver).map(each => ({ ...each, pool: { ...each.pool, ...pool } }));
    const defaults = { driverClassName: jdbcDriver.className, pool: { ...database.pool, ...pool } };
    const others = (this.props.datasources ?? []).map(each => datasourceModel(each, defaults, this.nodeRole, this.values));
    checkJndiNames([...own, ...others]);
    return [...own, ...others];
  }

  private databaseClient(): DatabaseClient {
    return { scope: this.scope, groupId: this.place.groupId, role: this.nodeRole, values: this.values };
  }

  private databaseFor(purpose: DatabaseDescription['purpose']): DatabaseDescription | undefined {
    return this.cluster.databases.find(each => each.purpose === purpose);
  }

  private registry(datasources: readonly DatasourceModel[]): RegistryModel | undefined {
    const database = this.databaseFor('registry');
    const mounts = this.props.registryMounts ?? MOUNTS;
    if (!database && this.props.registryMounts && mounts.length > 0) {
      throw new Error(`registryMounts has '${mounts[0].path}' but ${this.props.product} has no database for the registry, `
        + 'add one to the product or leave the mounts out');
    }
    if (!database) return undefined;
    const datasource = datasources.find(each => each.name === database.name)!;
    return {
      datasource: database.jndiName,
      cacheId: { join: [datasource.username, '@', datasource.url] },
      // Only the manager writes, so that workers never wait for each other.
      readOnly: this.place.role === 'worker',
      mounts: [...mounts],
    };
  }

  private userManagement(): UserManagementModel {
    const { administrator } = this.cluster;
    const datasource = this.databaseFor('user')?.jndiName;
    if (!administrator) return { datasource };
    grantSecretValue(administrator.secret, this.nodeRole);
    const secret = this.values.name('AdminSecret', secretId(administrator.secret));
    const adminUserName = administrator.userName ?? { secret, field: 'username' };
    const adminPassword = { secret, field: 'password' };
    return {
      datasource,
      adminUserName,
      adminPassword,
      properties: (this.props.product._facts.administratorProperties ?? []).map(({ file, property, before, after }) => ({
        file, property, value: { join: [before, adminUserName, ':', adminPassword, after] },
      })),
    };
  }

  private overlays(): FileEdits[] {
    const { javaSecurity } = this.cluster.tls;
    const own = javaSecurity ? [{ file: JAVA_SECURITY, edits: [{ content: javaSecurity }] }] : [];
    const users = (this.props.configurationOverlays ?? []).map((each, index) => each._bind(this.nodeRole, this.values, index + 1));
    return [...own, ...users];
  }

  /** Of a path in the profile's Carbon home, the one in the product's. */
  private below(path: string): string {
    return this.profile.home ? `${this.profile.home}/${path}` : path;
  }

  private health(): NodeDocument['health'] {
    const { settlingTime, tellsGroup } = this.cluster.balancing;
    // While it is replaced, only those before and after it serve; it must not depend on a count, which replaces nobody.
    const settles = settlingTime !== undefined && this.place.ownAddress !== undefined && this.place.role !== 'manager';
    return {
      url: this.healthUrl(),
      seconds: bootTimeoutOf(this.props).minus(HEALTH_MARGIN).toSeconds(),
      ...(settles ? { settling: settlingTime.toSeconds() } : {}),
      ...(tellsGroup ? {} : { patience: PATIENCE.toSeconds() }),
    };
  }

  private loggingType(): string {
    return this.profile.layout.log4j === 1 ? 'log4j' : 'log4j2';
  }

  private healthUrl(): string {
    const { protocol, port, path } = this.profile.health;
    return `${protocol.toLowerCase()}://localhost:${port + portShift(this.props, this.profile)}${path ?? ''}`;
  }
}
