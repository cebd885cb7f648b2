import { Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { SvnDeploymentSynchronizerOptions } from './deployment-synchronizer-options';
import { SynchronizerConfig, SynchronizerHost } from './synchronizer-host';
import { grantSecretValue, secretId } from '../access/secret-access';

const ADDRESS = /^(https?|svn(?:\+ssh)?):\/\/[^\s/:]+(?::(\d+))?(?:\/\S*)?$/;
const PORTS: Readonly<Record<string, number>> = { http: 80, https: 443, svn: 3690, 'svn+ssh': 22 };
/** Open to every member already. */
const HTTPS = 443;

export function checkSvn(url: string): void {
  if (Token.isUnresolved(url) || ADDRESS.test(url)) return;
  throw new Error(`url '${url}' of the deployment synchronizer is no address of Subversion, give one such as https://svn.example.com/x`);
}

export function bindSvn(host: SynchronizerHost, options: SvnDeploymentSynchronizerOptions): SynchronizerConfig {
  const { title, version, deploymentSynchronizer } = host.product;
  if (!deploymentSynchronizer) {
    throw new Error(`deploymentSynchronizer: ${title} ${version} has none for Subversion, use DeploymentSynchronizer.efs, `
      + 'or deploy its artifacts with the pack');
  }
  if (host.roles.includes('node')) {
    throw new Error('deploymentSynchronizer: Subversion takes one node that commits and nodes that are all alike have none, '
      + 'use DeploymentSynchronizer.efs, or the clusteringPattern with a manager');
  }
  const port = portOf(options.url);
  if (port !== HTTPS) host.members.connections.allowTo(ec2.Peer.anyIpv4(), ec2.Port.tcp(port), 'Subversion of the deployment synchronizer');
  return {
    bindNode: ({ role, instanceRole, values }) => {
      const commits = role === 'manager';
      const user = commits ? options.secret : options.workerSecret ?? options.secret;
      grantSecretValue(user, instanceRole);
      const secret = values.name('SvnSecret', secretId(user));
      return {
        carbon: {
          autoCommit: commits,
          svnUrl: values.value('SvnUrl', options.url),
          svnUser: { secret, field: 'username' },
          svnPassword: { secret, field: 'password' },
        },
      };
    },
  };
}

function portOf(url: string): number {
  const [, scheme, port] = ADDRESS.exec(url) ?? [];
  return port ? Number(port) : PORTS[scheme] ?? HTTPS;
}
