import { keystoreEdit } from './keystore';
import { NodeModel } from './node-model';
import { Edit, FileEdits, Value } from './plan';

const NAMESPACE = 'http://wso2.org/projects/carbon/carbon.xml';

/** carbon.xml: host names, port offset, key stores, deployment synchronizer. */
export function carbon(node: NodeModel): FileEdits {
  return {
    file: `${node.layout.folder}/carbon.xml`,
    namespace: NAMESPACE,
    edits: [
      // Both ship inside a comment that is fused with the tag, so they are added, not uncommented.
      { set: '/Server/HostName', text: node.hostName },
      { set: '/Server/MgtHostName', text: node.managementHostName },
      ...(node.portOffset === undefined ? [] : [{ set: '/Server/Ports/Offset', text: String(node.portOffset) }]),
      // Kernels without an internal key store do not look for the second.
      ...(node.keystore ? [keystoreEdit(['/Server/Security/KeyStore', '/Server/Security/InternalKeyStore'], node.keystore)] : []),
      ...synchronizerEdits(node),
    ],
  };
}

function synchronizerEdits(node: NodeModel): Edit[] {
  const model = node.deploymentSynchronizer;
  if (!model) return [];
  const set = (name: string, text: Value): Edit => ({ set: `/Server/DeploymentSynchronizer/${name}`, text });
  return [
    set('Enabled', 'true'),
    set('AutoCommit', String(model.autoCommit)),
    set('AutoCheckout', 'true'),
    set('RepositoryType', 'svn'),
    set('SvnUrl', model.svnUrl),
    set('SvnUser', model.svnUser),
    set('SvnPassword', model.svnPassword),
    set('SvnUrlAppendTenantId', 'true'),
  ];
}
