/**
 * What one node is to be configured with, in the field's terms and as plain data. The room's functions turn it into a plan.
 */
import { Members, StaticMember, Value } from './plan';

/** A parameter of the clustering element (axis2.xml) or a key of `[clustering.properties]` (deployment.toml). */
export interface Parameter { readonly name: string; readonly value: Value }

export interface ClusteringModel {
  /** Value of `membershipScheme`. */
  readonly scheme: string;
  /** Hazelcast group name. */
  readonly domain: Value;
  /** The node's own private address. */
  readonly localMemberHost: Value;
  readonly localMemberPort: number;
  /** Parameters of the scheme, in the spelling that this kernel reads. */
  readonly parameters: readonly Parameter[];
  /** Well-known members; none for schemes that find members by themselves. */
  readonly members?: Members;
  /** Sub-domain of the node: `mgt` or `worker`. */
  readonly subDomain?: string;
  /** Where services and console are reached, for management tools that read the group's properties. */
  readonly backendServerUrl?: string;
  readonly managementConsoleUrl?: string;
  /** Node port by load balancer port, for `port.mapping.*`; read only by the WSO2 load balancer. */
  readonly portMapping?: Readonly<Record<string, number>>;
}

export interface TransportModel {
  /** Port at which clients reach the servlet HTTP transport through the load balancer. */
  readonly httpProxyPort?: number;
  /** Port at which clients reach the servlet HTTPS transport through the load balancer. */
  readonly httpsProxyPort?: number;
  /** JSSE cipher suite names, in order of preference; the connector's default without. */
  readonly cipherSuites?: readonly string[];
  /** JSSE protocol names. */
  readonly protocols?: readonly string[];
  /** Prefix of the endpoint addresses in generated WSDLs of the pass-through transports. */
  readonly wsdlEndpointPrefix?: { readonly http?: Value; readonly https?: Value };
}

/** The key pair of the servers, in a file of the folder repository/resources/security. */
export interface KeystoreModel {
  readonly fileName: string;
  /** `JKS` or `PKCS12`. */
  readonly type: string;
  readonly alias: Value;
  /** Of the file and of the key, for which Tomcat has only one. */
  readonly password: Value;
  /** What deployment.toml calls the file: `file_name`, and `name` in the first versions that have it. */
  readonly tomlNames: readonly string[];
}

export interface DatasourceModel {
  /** Name of the data source, `WSO2AM_DB`. */
  readonly name: string;
  readonly description: string;
  readonly jndiName: string;
  readonly url: Value;
  readonly username: Value;
  readonly password: Value;
  readonly driverClassName: string;
  readonly defaultAutoCommit?: boolean;
  /** Name of the `[database.<name>]` table in deployment.toml. */
  readonly tomlName?: string;
  /** File of the data source in the configuration folder; datasources/master-datasources.xml where absent. */
  readonly file?: string;
  /** Elements elsewhere whose text must be the JNDI name. */
  readonly references?: readonly { readonly file: string; readonly namespace: string; readonly path: string }[];
  readonly pool: Readonly<Record<string, string>>;
}

export interface RegistryMountModel { readonly path: string; readonly targetPath: string }

export interface RegistryModel {
  /** JNDI name of the shared registry's data source. */
  readonly datasource: string;
  /** `user@jdbcUrl`; caches stay coherent only where all nodes have the same. */
  readonly cacheId: Value;
  readonly readOnly: boolean;
  readonly mounts: readonly RegistryMountModel[];
}

export interface UserManagementModel {
  /** JNDI name of the user store's data source; the product's own where absent. */
  readonly datasource?: string;
  readonly adminUserName?: Value;
  readonly adminPassword?: Value;
  /** Properties outside user-mgt.xml that hold name and password. */
  readonly properties?: readonly { readonly file: string; readonly property: string; readonly value: Value }[];
}

export type HazelcastLogLevelName = 'WARNING' | 'INFO' | 'FINE' | 'FINEST';

export interface DeploymentSynchronizerModel {
  readonly autoCommit: boolean;
  readonly svnUrl: Value;
  readonly svnUser: Value;
  readonly svnPassword: Value;
}

export interface NodeModel {
  readonly layout: ConfigurationLayout;
  readonly hostName: string;
  readonly managementHostName: string;
  readonly portOffset?: number;
  readonly clustering: ClusteringModel;
  readonly transport: TransportModel;
  /** As in the pack where absent. */
  readonly keystore?: KeystoreModel;
  readonly datasources: readonly DatasourceModel[];
  readonly registry?: RegistryModel;
  readonly userManagement?: UserManagementModel;
  readonly deploymentSynchronizer?: DeploymentSynchronizerModel;
  readonly hazelcastProperties?: Readonly<Record<string, string>>;
  /** Level of com.hazelcast in the words of java.util.logging, as in WSO2's guide. */
  readonly hazelcastLogLevel?: HazelcastLogLevelName;
  readonly kernelTuning?: boolean;
  readonly hosts?: readonly { readonly address: Value; readonly names: readonly string[] }[];
}

/** Where a product version keeps its configuration and how it is written. */
export interface ConfigurationLayout {
  readonly style: 'xml' | 'toml';
  /** Folder of the configuration files, relative to the product's home. */
  readonly folder: string;
  /** The product's message transports are the pass-through transports of Synapse. */
  readonly passThrough: boolean;
  readonly log4j: 1 | 2;
}

export type { StaticMember };
