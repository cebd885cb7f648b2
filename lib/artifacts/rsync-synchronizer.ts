import { Duration } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { artifactFolders, checkFolders } from './artifact-folders';
import { RsyncDeploymentSynchronizerOptions } from './deployment-synchronizer-options';
import { SynchronizedNode, SynchronizerConfig, SynchronizerHost } from './synchronizer-host';
import { membershipStatement } from '../access/membership-policy';
import { grantSecretValue, secretId } from '../access/secret-access';
import { ArtifactsModel } from '../boot/node-document';
import { ROLE_TAG } from '../network/cluster-identity';

const DEFAULT_PORT = 2222;
const SHORTEST_SECONDS = 10;

export function checkRsync(options: RsyncDeploymentSynchronizerOptions): void {
  checkFolders(options.folders);
  const { port, interval } = options;
  if (port !== undefined && !(Number.isInteger(port) && port > 1023 && port < 65536)) {
    throw new Error(`port ${port} of the deployment synchronizer is none of its own, give one from 1024 to 65535`);
  }
  if (interval !== undefined && interval.toSeconds() < SHORTEST_SECONDS) {
    throw new Error(`interval of ${interval.toSeconds()} seconds is too short for a look at the manager, give ${SHORTEST_SECONDS} seconds or more`);
  }
}

export function bindRsync(host: SynchronizerHost, options: RsyncDeploymentSynchronizerOptions): SynchronizerConfig {
  if (!host.roles.includes('manager')) {
    throw new Error('deploymentSynchronizer: rsync copies from the manager and nodes that are all alike have none, '
      + 'use DeploymentSynchronizer.efs, or the clusteringPattern with a manager');
  }
  const port = options.port ?? DEFAULT_PORT;
  host.members.connections.allowInternally(ec2.Port.tcp(port), 'Artifacts of other members');
  return { bindNode: node => ({ artifacts: bindNode(node, host, options, port) }) };
}

function bindNode(node: SynchronizedNode, host: SynchronizerHost, options: RsyncDeploymentSynchronizerOptions, port: number): ArtifactsModel {
  grantSecretValue(options.keyPairSecret, node.instanceRole);
  node.instanceRole.addToPrincipalPolicy(membershipStatement(host.region));
  const isManager = node.role === 'manager';
  return {
    keyPair: node.values.name('ArtifactsKeyPair', secretId(options.keyPairSecret)),
    port,
    folders: artifactFolders(host.product, node, options.folders),
    ...(isManager ? {} : { seconds: (options.interval ?? Duration.minutes(1)).toSeconds() }),
    from: {
      tag: node.values.value('ClusterTagKey', host.identity.tagKey),
      value: node.values.value('ClusterTagValue', host.identity.tagValue),
      roleTag: ROLE_TAG,
      role: isManager ? 'worker' : 'manager',
    },
  };
}
