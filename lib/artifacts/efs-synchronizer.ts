import { Arn, ArnFormat, Names, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { artifactFolders, checkFolders } from './artifact-folders';
import { EfsDeploymentSynchronizerOptions } from './deployment-synchronizer-options';
import { SynchronizerConfig, SynchronizerHost } from './synchronizer-host';
import { allowThrough, checkKey, isOfThisApp } from '../access/key-access';
import { checkVpcDns } from '../network/vpc-dns';

/** The service's user on the nodes (boot/programs/node_service.py), whom the access point takes everybody for. */
const OWNER = '802';
const MOUNT = 'elasticfilesystem:ClientMount';
const WRITE = 'elasticfilesystem:ClientWrite';
const ROOT_ACCESS = 'elasticfilesystem:ClientRootAccess';

export function checkEfs(options: EfsDeploymentSynchronizerOptions): void {
  checkFolders(options.folders);
  if (!options.fileSystem) return;
  for (const name of ['encryptionKey', 'vpcSubnets'] as const) {
    if (options[name] !== undefined) throw new Error(`${name} says nothing of a fileSystem that exists, leave one of them out`);
  }
}

export function bindEfs(scope: Construct, host: SynchronizerHost, options: EfsDeploymentSynchronizerOptions): SynchronizerConfig {
  checkVpcDns('DeploymentSynchronizer.efs', host.vpc);
  if (options.fileSystem) checkPlace(scope, options.fileSystem);
  const fileSystem = options.fileSystem ?? createFileSystem(scope, host, options);
  fileSystem.connections.allowDefaultPortFrom(host.members, 'Members of the cluster');
  const accessPoint = new efs.AccessPoint(scope, 'AccessPoint', {
    fileSystem,
    // Another cluster's folder may be beside it.
    path: `/${Names.uniqueResourceName(scope, { maxLength: 90, separator: '-' })}`,
    posixUser: { uid: OWNER, gid: OWNER },
    createAcl: { ownerUid: OWNER, ownerGid: OWNER, permissions: '0750' },
  });
  return {
    dependencies: [fileSystem.mountTargetsAvailable, accessPoint],
    keepsData: !options.fileSystem,
    bindNode: node => {
      const writes = node.role !== 'worker' || options.workersWrite === true;
      iam.Grant.addToPrincipal({
        grantee: node.instanceRole,
        actions: writes ? [MOUNT, WRITE] : [MOUNT],
        resourceArns: [fileSystem.fileSystemArn],
        conditions: { StringEquals: { 'elasticfilesystem:AccessPointArn': accessPoint.accessPointArn } },
      });
      return {
        artifacts: {
          fileSystem: node.values.value('FileSystem', fileSystem.fileSystemId),
          accessPoint: node.values.value('AccessPoint', accessPoint.accessPointId),
          folders: artifactFolders(host.product, node, options.folders),
          ...(writes ? {} : { readOnly: true }),
        },
      };
    },
  };
}

function createFileSystem(scope: Construct, host: SynchronizerHost, options: EfsDeploymentSynchronizerOptions): efs.FileSystem {
  return new efs.FileSystem(scope, 'FileSystem', {
    vpc: host.vpc,
    vpcSubnets: { ...options.vpcSubnets ?? host.vpcSubnets, onePerAz: true },
    securityGroup: new ec2.SecurityGroup(scope, 'FileSystemSecurityGroup', {
      vpc: host.vpc, description: 'Shared folders of a WSO2 Carbon cluster', allowAllOutbound: false,
    }),
    encrypted: true,
    kmsKey: fileSystemKey(scope, host, options),
    enableAutomaticBackups: true,
    removalPolicy: host.removalPolicy === RemovalPolicy.DESTROY ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    // aws-cdk-lib would add a statement that lets any principal in; ours lets in nobody but whom the nodes' roles do.
    allowAnonymousAccess: true,
    fileSystemPolicy: fileSystemPolicy(),
  });
}

/** The policy of a key of the app already leaves it to IAM who may encrypt with it; that of the cluster's key says so for each service. */
function fileSystemKey(scope: Construct, host: SynchronizerHost, options: EfsDeploymentSynchronizerOptions): kms.IKey | undefined {
  const own = options.encryptionKey;
  if (own) checkKey('encryptionKey of DeploymentSynchronizer.efs', own, scope);
  const key = own ?? host.encryptionKey;
  if (key && !(own && isOfThisApp(own))) allowThrough(scope, key, 'elasticfilesystem');
  return key;
}

/** A file system is mounted, and gets its access point, where it is. */
function checkPlace(scope: Construct, fileSystem: efs.IFileSystem): void {
  const stack = Stack.of(scope);
  // `env` of an imported file system is that of its stack.
  const { account, region } = Arn.split(fileSystem.fileSystemArn, ArnFormat.SLASH_RESOURCE_NAME);
  for (const [what, own, other] of [['account', stack.account, account], ['region', stack.region, region]]) {
    if (Token.isUnresolved(own) || Token.isUnresolved(other) || own === other) continue;
    throw new Error(`fileSystem must be in ${what} ${own}, where the nodes are, got ${what} ${other}: give one there, or leave fileSystem out`);
  }
}

/** Where a file system has a policy, what it does not allow takes a permission of the client's own. */
function fileSystemPolicy(): iam.PolicyDocument {
  const deny = (sid: string, conditions: Record<string, Record<string, string>>): iam.PolicyStatement => new iam.PolicyStatement({
    sid, effect: iam.Effect.DENY, principals: [new iam.AnyPrincipal()], actions: [MOUNT, WRITE, ROOT_ACCESS], conditions,
  });
  return new iam.PolicyDocument({
    statements: [
      deny('DenyUnencryptedTransport', { Bool: { 'aws:SecureTransport': 'false' } }),
      // Requests without a signature have no such key.
      deny('DenyAnonymous', { Null: { 'aws:PrincipalArn': 'true' } }),
    ],
  });
}
