import { Duration, Names, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { artifactFolders, checkFolders } from './artifact-folders';
import { BucketDeploymentSynchronizerOptions } from './deployment-synchronizer-options';
import { SynchronizerConfig, SynchronizerHost } from './synchronizer-host';
import { acknowledgeFindings } from '../access/findings';
import { allowThrough, grantThrough } from '../access/key-access';

const SHORTEST_SECONDS = 10;
const DEFAULT_INTERVAL = Duration.minutes(1);
/** How long a version that was replaced, or an artifact that was removed, can be brought back. */
const NONCURRENT_VERSIONS = Duration.days(90);
/** Object that says that the manager's artifacts are complete (boot/programs/node_bucket.py). */
const PUBLISHED = 'published';

export function checkBucket(options: BucketDeploymentSynchronizerOptions): void {
  checkFolders(options.folders);
  const seconds = options.interval?.toSeconds({ integral: false });
  if (seconds !== undefined && !(Number.isInteger(seconds) && seconds >= SHORTEST_SECONDS)) {
    throw new Error(`interval must be a number of whole seconds from ${SHORTEST_SECONDS} on, got ${seconds}`);
  }
}

export function bindBucket(scope: Construct, host: SynchronizerHost, options: BucketDeploymentSynchronizerOptions): SynchronizerConfig {
  if (!host.roles.includes('manager')) {
    throw new Error('deploymentSynchronizer: a bucket has what the manager publishes, and nodes that are all alike have no manager: '
      + 'use DeploymentSynchronizer.efs, or the clusteringPattern with a manager');
  }
  const bucket = options.bucket ?? createBucket(scope, host);
  // Another cluster's artifacts may be beside them.
  const prefix = Names.uniqueResourceName(scope, { maxLength: 90, separator: '-' });
  return {
    dependencies: [bucket],
    keepsData: !options.bucket,
    bindNode: node => {
      const publishes = node.role === 'manager';
      const folders = artifactFolders(host.product, node, options.folders);
      grant(bucket, node.instanceRole, prefix, folders, publishes);
      return {
        artifacts: {
          bucket: node.values.value('ArtifactsBucket', bucket.bucketName),
          prefix,
          folders,
          seconds: (options.interval ?? DEFAULT_INTERVAL).toSeconds(),
          ...(publishes ? { publishes: true } : {}),
        },
      };
    },
  };
}

/** What is removed stays as a version, because nobody may delete versions. */
function grant(bucket: s3.IBucket, role: iam.IRole, prefix: string, folders: readonly string[], publishes: boolean): void {
  iam.Grant.addToPrincipal({
    grantee: role,
    actions: ['s3:GetObject', ...(publishes ? ['s3:PutObject', 's3:DeleteObject'] : [])],
    resourceArns: [bucket.arnForObjects(`${prefix}/*`)],
  });
  iam.Grant.addToPrincipal({
    grantee: role,
    actions: ['s3:ListBucket'],
    resourceArns: [bucket.bucketArn],
    conditions: { StringEquals: { 's3:prefix': [`${prefix}/${PUBLISHED}`, ...folders.map(folder => `${prefix}/${folder}/`)] } },
  });
  if (bucket.encryptionKey) grantThrough(role, bucket.encryptionKey, 's3', ['kms:Decrypt', ...(publishes ? ['kms:GenerateDataKey'] : [])]);
}

function createBucket(scope: Construct, host: SynchronizerHost): s3.Bucket {
  const { encryptionKey } = host;
  const bucket = new s3.Bucket(scope, 'Bucket', {
    versioned: true,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    ...(encryptionKey
      ? { encryption: s3.BucketEncryption.KMS, encryptionKey, bucketKeyEnabled: true }
      : { encryption: s3.BucketEncryption.S3_MANAGED }),
    lifecycleRules: [{ noncurrentVersionExpiration: NONCURRENT_VERSIONS, abortIncompleteMultipartUploadAfter: Duration.days(1) }],
    // CloudFormation deletes no bucket that has objects, whatever the cluster's policy is.
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
  if (encryptionKey) allowThrough(scope, encryptionKey, 's3');
  acknowledgeFindings(bucket, {
    id: 'AwsSolutions-S1', reason: 'Only the manager writes to it and every version stays: an access log of its own would tell little more',
  });
  return bucket;
}
