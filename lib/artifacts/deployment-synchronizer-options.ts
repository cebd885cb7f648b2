import { Duration } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as kms from 'aws-cdk-lib/aws-kms';
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
}

/** Options of `DeploymentSynchronizer.rsync`. */
export interface RsyncDeploymentSynchronizerOptions extends FolderOptions {
  /**
   * Secret with an ed25519 key pair as `ssh-keygen -t ed25519 -N ''` makes it, in the JSON fields `privateKey` and `publicKey`. It is
   * the host key, which members know of each other beforehand, and the key with which they log in.
   */
  readonly keyPairSecret: secretsmanager.ISecret;

  /**
   * Port of an SSH server on each member that gives these folders and nothing else, to members only.
   *
   * @default 2222
   */
  readonly port?: number;

  /**
   * How often workers look for changes, 10 seconds at least.
   *
   * @default Duration.minutes(1)
   */
  readonly interval?: Duration;
}
