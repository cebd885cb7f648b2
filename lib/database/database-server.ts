import { RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { DatabaseOptions } from './database-options';

/** What a database strategy is told of its cluster. */
export interface DatabaseHost {
  readonly vpc: ec2.IVpc;
  /** The members. */
  readonly client: ec2.IConnectable;
  readonly highAvailability: boolean;
  /** The instance will be protected once the nodes are in service; the strategy itself protects nothing. */
  readonly deletionProtection: boolean;
  readonly removalPolicy?: RemovalPolicy;
  /** The cluster's key. */
  readonly encryptionKey?: kms.IKey;
}

/** The server that a strategy made or found. */
export interface DatabaseServer extends DatabaseOptions {
  readonly host: string;
  readonly port: string;
  /** Holds `username` and `password`. */
  readonly adminSecret: secretsmanager.ISecret;
  /** Absent where the server is not ours. */
  readonly instance?: rds.DatabaseInstance;
  /** Opens the server's port. Absent where to let in the members is not ours. */
  readonly letIn?: (client: ec2.IConnectable, description: string) => void;
  readonly databasePrefix?: string;
  readonly clientNetwork?: string;
  readonly acceptAnyCertificate?: boolean;
}
