import { RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { IDependable } from 'constructs';
import { LateBoundValues } from '../boot/late-bound-values';
import { KeystoreDocument } from '../boot/node-document';
import { KeystoreModel } from '../configuration/node-model';

/** What a key store strategy is told of its cluster. */
export interface KeystoreHost {
  /** Names under which the servers are reached. */
  readonly hostNames: readonly string[];
  /** Carbon kernel, `4.4.26`. */
  readonly kernel: string;
  readonly removalPolicy?: RemovalPolicy;
  /** The cluster's key. */
  readonly encryptionKey?: kms.IKey;
}

/** One node, as its key store sees it. */
export interface KeystoreNode {
  readonly instanceRole: iam.IRole;
  readonly values: LateBoundValues;
  /** Carbon home relative to the product's home; absent where they are the same. */
  readonly home?: string;
}

/** What a key store strategy made of it. */
export interface KeystoreConfig {
  readonly secret: secretsmanager.ISecret;
  /** What must be complete before a node reads the secret. */
  readonly dependencies: readonly IDependable[];
  /** The node's share: grants to its role, what its files say, what its boot does. */
  readonly bindNode: (node: KeystoreNode) => NodeKeystore;
}

export interface NodeKeystore {
  readonly model: KeystoreModel;
  readonly document: KeystoreDocument;
}
