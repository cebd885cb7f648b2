import { Duration } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';

/** Options of `DeploymentSynchronizer.svn`. */
export interface SvnDeploymentSynchronizerOptions {
  /** Address of the repository, `https://svn.example.com/artifacts`. */
  readonly url: string;
  /** Secret with the JSON fields `username` and `password` of a user who may commit. */
  readonly secret: secretsmanager.ISecret;

  /**
   * Secret with the JSON fields `username` and `password` of a user who may only read: with it a worker cannot commit whatever it is
   * told.
   *
   * @default - workers use the manager's
   */
  readonly workerSecret?: secretsmanager.ISecret;
}

/** Options of a synchronizer that works on folders. */
export interface FolderOptions {
  /**
   * The folders, relative to the product's home.
   *
   * @default - `repository/tenants` and `repository/deployment/server` of the Carbon home; of the latter only `userstores` with
   * Identity Server, and with API Manager from 4.0 on, whose gateways load APIs from the control plane
   */
  readonly folders?: string[];
}

/** Options of `DeploymentSynchronizer.efs`. */
export interface EfsDeploymentSynchronizerOptions extends FolderOptions {
  /**
   * A file system that exists. It gets an access point of the cluster's own; its policy and its mount targets stay yours.
   *
   * @default - one of the cluster's own, encrypted, backed up daily, for authorised members over TLS only. It is kept when it
   * leaves the stack, unless `removalPolicy` of the cluster is DESTROY
   */
  readonly fileSystem?: efs.IFileSystem;

  /**
   * Key that encrypts the file system.
   *
   * @default - the cluster's `encryptionKey`; without one the account's key for EFS
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Subnets of the mount targets, one for each zone.
   *
   * @default - one of each zone that has nodes
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * Workers may write to the folders, too. Then whoever takes over a worker decides what the manager runs.
   *
   * @default false - only the manager writes, and workers mount the folders read-only; where nodes are all alike, each of them writes
   */
  readonly workersWrite?: boolean;
}

/** Options of `DeploymentSynchronizer.bucket`. */
export interface BucketDeploymentSynchronizerOptions extends FolderOptions {
  /**
   * A bucket that exists, with versioning, so that a removed artifact can be brought back. The artifacts are below a prefix of the cluster's own.
   * For a bucket that a key of yours encrypts, use `Bucket.fromBucketAttributes()` with `encryptionKey`.
   *
   * @default - one of the cluster's own: versioned, encrypted with the cluster's `encryptionKey` or by S3, over TLS only, without public access.
   * Versions that were replaced or removed stay for 90 days. The bucket is kept when it leaves the stack, because CloudFormation deletes no bucket
   * that has objects
   */
  readonly bucket?: s3.IBucket;

  /**
   * How often the manager and the workers look for changes, 10 seconds at least.
   *
   * @default Duration.minutes(1)
   */
  readonly interval?: Duration;
}
