/** How a product is configured. */
export enum CarbonConfigurationStyle {
  /** XML files of the kernel and of the product. */
  XML = 'xml',
  /** deployment.toml, from which the product writes its XML files at each start. */
  TOML = 'toml',
}

/** What a product uses a database for. */
export enum CarbonDatabasePurpose {
  /** The registry that the nodes share. */
  REGISTRY = 'registry',
  /** User management. */
  USER = 'user',
  /** Registry and user management together. */
  SHARED = 'shared',
  /** The product's own data. */
  PRODUCT = 'product',
}

/** A database of a product that the library does not know. */
export interface CustomProductDatabase {
  /** Name of the data source, and of the database on the server. Letters, digits and `_`, 32 characters at most. */
  readonly name: string;

  /** JNDI name of the data source, `jdbc/WSO2UMDB`. */
  readonly jndiName: string;

  /** What it is for. */
  readonly purpose: CarbonDatabasePurpose;

  /**
   * Scripts in the pack that make its tables, relative to the product's home, in the order in which to run them. They may create tables,
   * indexes and rows; a script that creates a view, a trigger or a routine fails.
   */
  readonly scripts: string[];

  /**
   * Name of its `[database.<name>]` table in deployment.toml.
   *
   * @default - the name in lower case
   */
  readonly tomlName?: string;

  /**
   * Character set of the database.
   *
   * @default latin1
   */
  readonly characterSet?: string;

  /**
   * `sql_mode` in which the scripts run.
   *
   * @default - the server's own
   */
  readonly sqlMode?: string;

  /**
   * Whether the scripts have foreign keys that refer to columns without a unique key, as those of the message broker's store do. MySQL refuses
   * them from 8.4 on unless its session variable `restrict_fk_on_non_standard_key` is off, which it then is while the scripts load.
   *
   * @default false
   */
  readonly foreignKeysOnNonUniqueKeys?: boolean;

  /**
   * Description of the data source.
   *
   * @default - its name
   */
  readonly description?: string;
}

/** Options of `CarbonProduct.of`. */
export interface CustomProductOptions {
  /** Name of the product, `WSO2 Stream Processor`. */
  readonly productName: string;

  /** Version of the product. */
  readonly version: string;

  /** Version of the Carbon kernel inside, as in `bin/wso2carbon-version.txt`. */
  readonly kernelVersion: string;

  /**
   * Version of Hazelcast inside the kernel, as in the name of its bundle in `repository/components/plugins`.
   *
   * @default - the one that this kernel carries
   */
  readonly hazelcastVersion?: string;

  /**
   * How the product is configured.
   *
   * @default - XML for kernels before 4.5, otherwise TOML
   */
  readonly configurationStyle?: CarbonConfigurationStyle;

  /**
   * Folder of the configuration files, relative to the product's home.
   *
   * @default repository/conf
   */
  readonly configurationFolder?: string;

  /**
   * Start script, relative to the product's home.
   *
   * @default bin/wso2server.sh
   */
  readonly startScript?: string;

  /**
   * Arguments of the start script on every node.
   *
   * @default - none
   */
  readonly startArguments?: string[];

  /**
   * Value of `-Dprofile` on every node.
   *
   * @default - the profiles of the roles if they are given, otherwise none
   */
  readonly profile?: string;

  /**
   * Value of `-Dprofile` on the manager. Needs `workerProfile`.
   *
   * @default - no `-Dprofile`
   */
  readonly managerProfile?: string;

  /**
   * Value of `-Dprofile` on the workers, which do not serve the console. Needs `managerProfile`.
   *
   * @default - no `-Dprofile`; all nodes serve the console
   */
  readonly workerProfile?: string;

  /**
   * The product's message transports are the pass-through transports (API Manager, Enterprise Integrator): clients connect to
   * 8280 and 8243 instead of the servlet ports.
   *
   * @default false
   */
  readonly passThrough?: boolean;

  /**
   * `Ports/Offset` as shipped; it moves all ports.
   *
   * @default 0
   */
  readonly portOffset?: number;

  /**
   * Path that a node in service answers with 200, on the port of the servlet HTTPS transport.
   *
   * @default /carbon/admin/login.jsp
   */
  readonly healthCheckPath?: string;

  /**
   * The same for workers, on the port where clients connect.
   *
   * @default /services/Version
   */
  readonly workerHealthCheckPath?: string;

  /**
   * Major versions of Java that the product runs on; the last is installed where the image has none of them.
   *
   * @default - what the start script of this kernel accepts
   */
  readonly javaVersions?: number[];

  /**
   * Folder that takes JDBC drivers, relative to the product's home.
   *
   * @default repository/components/lib
   */
  readonly driverFolder?: string;

  /**
   * The databases that the nodes share.
   *
   * @default - those of the kernel: WSO2_USER_DB and REGISTRY_DB for XML, WSO2_SHARED_DB for TOML
   */
  readonly databases?: CustomProductDatabase[];
}
