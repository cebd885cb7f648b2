import { Names, RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { artifactFolders, checkFolders } from './artifact-folders';
import { EfsDeploymentSynchronizerOptions } from './deployment-synchronizer-options';
import { SynchronizerConfig, SynchronizerHost } from './synchronizer-host';
import { checkVpcDns } from '../network/vpc-dns';

/** The service's user on the nodes (boot/programs/node_service.py), whom the access point takes everybody for. */
const OWNER = '802';
const CLIENT_ACTIONS = ['elasticfilesystem:ClientMount', 'elasticfilesystem:ClientWrite'];
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
      iam.Grant.addToPrincipal({
        grantee: node.instanceRole,
        actions: CLIENT_ACTIONS,
        resourceArns: [fileSystem.fileSystemArn],
        conditions: { StringEquals: { 'elasticfilesystem:AccessPointArn': accessPoint.accessPointArn } },
      });
      return {
        artifacts: {
          fileSystem: node.values.value('FileSystem', fileSystem.fileSystemId),
          accessPoint: node.values.value('AccessPoint', accessPoint.accessPointId),
          folders: artifactFolders(host.product, node, options.folders),
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
    kmsKey: options.encryptionKey,
    enableAutomaticBackups: true,
    removalPolicy: host.removalPolicy === RemovalPolicy.DESTROY ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    // aws-cdk-lib would add a statement that lets any principal in; ours lets in nobody but whom the nodes' roles do.
    allowAnonymousAccess: true,
    fileSystemPolicy: fileSystemPolicy(),
  });
}

/** Where a file system has a policy, what it does not allow takes a permission of the client's own. */
function fileSystemPolicy(): iam.PolicyDocument {
  const deny = (sid: string, conditions: Record<string, Record<string, string>>): iam.PolicyStatement => new iam.PolicyStatement({
    sid, effect: iam.Effect.DENY, principals: [new iam.AnyPrincipal()], actions: [...CLIENT_ACTIONS, ROOT_ACCESS], conditions,
  });
  return new iam.PolicyDocument({
    statements: [
      deny('DenyUnencryptedTransport', { Bool: { 'aws:SecureTransport': 'false' } }),
      // Requests without a signature have no such key.
      deny('DenyAnonymous', { Null: { 'aws:PrincipalArn': 'true' } }),
    ],
  });
}
