/** The phases of a node's boot, in their order. */
export enum BootPhase {
  /** Packages, Java, the service's user, kernel settings. */
  PREPARE = 'prepare',
  /** The product pack: download, checksum, unpacking, JDBC driver. */
  PACK = 'pack',
  /** Folders of the product that nodes have in common: a file system, or a first copy. */
  ARTIFACTS = 'artifacts',
  /** Databases, users and tables. */
  DATABASES = 'databases',
  /** The product's configuration files. */
  CONFIGURATION = 'configuration',
  /** The service is installed and started. */
  START = 'start',
  /** The node waits until its server is a member of the cluster. */
  JOIN = 'join',
  /** The node waits for its own health. */
  HEALTH = 'health',
}
