import { RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { IDependable } from 'constructs';
import { LateBoundValues } from '../boot/late-bound-values';
import { ArtifactsModel } from '../boot/node-document';
import { DeploymentSynchronizerModel } from '../configuration/node-model';
import { ClusterIdentity } from '../network/cluster-identity';
import { NodeRole, ProductVersion, ProfileDescription } from '../products/product-version';

/** What a synchronizer is told of its cluster. */
export interface SynchronizerHost {
  readonly vpc: ec2.IVpc;
  /** Subnets of the nodes. */
  readonly vpcSubnets: ec2.SubnetSelection;
  readonly members: ec2.IConnectable;
  readonly product: ProductVersion;
  readonly identity: ClusterIdentity;
  readonly region: string;
  readonly roles: readonly NodeRole[];
  readonly removalPolicy?: RemovalPolicy;
  /** The cluster's key, for what has no key of its own. */
  readonly encryptionKey?: kms.IKey;
}

/** One node, as its synchronizer sees it. */
export interface SynchronizedNode {
  readonly role: NodeRole;
  readonly profile: ProfileDescription;
  readonly instanceRole: iam.IRole;
  readonly values: LateBoundValues;
}

/** What a synchronizer made of it. */
export interface SynchronizerConfig {
  /** What must be there before a node boots. */
  readonly dependencies?: readonly IDependable[];
  /** There is a file system of the cluster's own. */
  readonly keepsData?: boolean;
  /** The node's share: grants to its role, and what it is told. */
  readonly bindNode: (node: SynchronizedNode) => NodeSynchronizer;
}

export interface NodeSynchronizer {
  /** Carbon's own synchronizer. */
  readonly carbon?: DeploymentSynchronizerModel;
  /** What the boot does about the product's folders. */
  readonly artifacts?: ArtifactsModel;
}
