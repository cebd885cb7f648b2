import { ConfigurationLayout } from '../configuration/node-model';

/** Which part of a worker/manager separated cluster a node plays. */
export type SeparatedRole = 'manager' | 'worker';

/** The same, or `node` where all nodes are alike. */
export type NodeRole = SeparatedRole | 'node';

export interface HealthCheckDescription {
  readonly protocol: 'HTTPS' | 'HTTP' | 'TCP';
  /** As shipped, the profile's own offset included. */
  readonly port: number;
  /** Absent for TCP. */
  readonly path?: string;
}

/** One way to start the product: a value of `-Dprofile`, or a start script of its own. */
export interface ProfileDescription {
  /** Value of `-Dprofile`, name of the runtime (`integrator`), or `default`. */
  readonly name: string;
  /** Start script relative to the product's home. */
  readonly startScript: string;
  /** Arguments of the start script. */
  readonly arguments: readonly string[];
  /** Carbon home of the profile (logs, key stores, deployment) relative to the product's home; absent where they are the same. */
  readonly home?: string;
  readonly layout: ConfigurationLayout;
  /** `Ports/Offset` of the profile's carbon.xml as shipped. */
  readonly portOffset: number;
  /** Port by transport, offset included. `service*` is where clients of the product's services connect. */
  readonly ports: {
    readonly servletHttp: number;
    readonly servletHttps: number;
    readonly serviceHttp: number;
    readonly serviceHttps: number;
    /** Other listeners by their usual name (`amqp`, `binaryTcp`, ...). */
    readonly others?: Readonly<Record<string, number>>;
  };
  /** The profile serves the management console. */
  readonly console: boolean;
  readonly health: HealthCheckDescription;
  /** Requests of one session must reach one node, by this cookie; none where they need not. */
  readonly sessionCookie?: string;
}

/** An element, outside registry.xml and user-mgt.xml, whose text is the JNDI name of a data source. */
export interface DatasourceReference {
  /** File relative to the folder of the configuration files. */
  readonly file: string;
  readonly namespace: string;
  readonly path: string;
}

export interface DatabaseDescription {
  /** Name of the data source and of the database. */
  readonly name: string;
  readonly jndiName: string;
  /** File with the data source, relative to the folder of the configuration files; absent for datasources/master-datasources.xml. */
  readonly file?: string;
  /** Places that have to name this data source and ship with the name of another. */
  readonly references?: readonly DatasourceReference[];
  /** Name of the `[database.<name>]` table in deployment.toml; absent for products configured by XML. */
  readonly tomlName?: string;
  readonly description: string;
  /** Scripts in the pack that make its tables on MySQL 8, relative to the product's home, in order. */
  readonly scripts: readonly string[];
  /** Character set with which the scripts load. */
  readonly characterSet: string;
  /** Session sql_mode that the scripts need; the server's own where absent. */
  readonly sqlMode?: string;
  /** The scripts have foreign keys to columns without a unique key, which MySQL 8.4 refuses unless told otherwise. */
  readonly foreignKeysOnNonUniqueKeys?: true;
  readonly defaultAutoCommit?: boolean;
  /** The product itself mends its tables when it starts; elsewhere only the administrator changes them. */
  readonly changesTables?: true;
  /** What the product uses it for. `local` databases stay embedded on each node and are not made on the server. */
  readonly purpose: 'registry' | 'user' | 'shared' | 'product' | 'local';
  /** Profiles that use it; all where absent. */
  readonly profiles?: readonly string[];
}

/** A property that holds name and password of the administrator: `before`, the name, a colon, the password, `after`. */
export interface AdministratorProperty {
  /** File relative to the folder of the configuration files. */
  readonly file: string;
  readonly property: string;
  readonly before: string;
  readonly after: string;
}

/** What one product version is. Facts only; every entry of the catalogue names its source. */
export interface ProductVersion {
  /** Name of the pack without the version, `wso2am`. */
  readonly pack: string;
  readonly title: string;
  readonly version: string;
  /** Carbon kernel, `4.4.26`. */
  readonly kernel: string;
  /** Hazelcast inside that kernel, `3.5.4`. */
  readonly hazelcast: string;
  /** Java versions that the start script accepts; the preferred one is installed. */
  readonly java: { readonly accepted: readonly number[]; readonly preferred: number };
  /** Folder that takes JDBC drivers, relative to the product's home. */
  readonly driverFolder: string;
  /** Valid profiles; the first is the one that runs without a choice. */
  readonly profiles: readonly ProfileDescription[];
  /** Profile by role where manager and workers are separated; absent where the product has no such separation. */
  readonly profileByRole?: Readonly<Record<SeparatedRole, string>>;
  readonly databases: readonly DatabaseDescription[];
  /** Where the administrator is named besides user-mgt.xml. */
  readonly administratorProperties?: readonly AdministratorProperty[];
  /** Carbon's SVN deployment synchronizer is in the product. */
  readonly deploymentSynchronizer: boolean;
  /** Where the facts come from, and how sure they are where that is not "read in source". */
  readonly source: string;
}
