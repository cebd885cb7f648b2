/** Where the server is, and how to come in. CloudFormation makes texts of all values. */
export interface ServerProperties {
  readonly Endpoint: string;
  readonly Port: string;
  /** Secret with `username` and `password` of the administrator. */
  readonly AdminSecret: string;
  /** Range of addresses that the users may connect from, or % for any. Absent where it is that of the nodes' VPC. */
  readonly ClientNetwork?: string;
  /** Subnets of the nodes, whose VPC has that range. Absent with `ClientNetwork`. */
  readonly Subnets?: readonly string[];
  /** Who signs the server's certificate. Any certificate is accepted where absent. */
  readonly Authorities?: FileProperties;
}

/** A file in a bucket. */
export interface FileProperties {
  readonly Bucket: string;
  readonly Key: string;
  /** The checksum is in the object of the same key with `.sha256` appended where absent. */
  readonly Sha256?: string;
  /** Whoever may write the bucket of the assets is an administrator already: nothing is verified. */
  readonly Asset?: string;
}

export interface SchemaProperties {
  readonly Name: string;
  readonly CharacterSet: string;
  /** Session `sql_mode` with which the scripts load; the server's own where absent. */
  readonly SqlMode?: string;
  /** `true`: the scripts have foreign keys that refer to columns without a unique key. */
  readonly ForeignKeysOnNonUniqueKeys?: string;
  /** Secret with `username` and `password` of the database's user. */
  readonly Secret: string;
  readonly Privileges: readonly string[];
  /** In the pack, relative to the product's home. */
  readonly Scripts: readonly string[];
}

/** What the custom resource says. */
export interface PreparationProperties extends ServerProperties {
  readonly Pack: FileProperties;
  /** Secret of the user with whom servers take turns when they start. */
  readonly StartSecret: string;
  readonly Schemas: readonly SchemaProperties[];
}

/** By hand: a password that was replaced in a secret is set in the database. */
export interface PasswordRequest {
  /** Name or ARN of the secret of a database user of this cluster. */
  readonly secret: string;
}
