import { axis2 } from './axis2';
import { carbon } from './carbon';
import { catalinaServer } from './catalina-server';
import { deploymentToml } from './deployment-toml';
import { hazelcastProperties } from './hazelcast-properties';
import { hazelcastLogging } from './logging';
import { datasourceFiles } from './master-datasources';
import { NodeModel } from './node-model';
import { operatingSystem } from './operating-system';
import { ConfigurationPlan, FileEdits, planOf } from './plan';
import { registry } from './registry';
import { administratorFiles, userMgt } from './user-mgt';

/** The plan of one node. `overlays` are the user's own edits, applied last. */
export function configurationPlan(node: NodeModel, overlays: readonly FileEdits[] = []): ConfigurationPlan {
  const product = node.layout.style === 'toml' ? [deploymentToml(node)] : xmlFiles(node);
  return planOf(node.clustering.members, [
    ...product,
    ...hazelcastLogging(node.layout, node.hazelcastLogLevel),
    ...operatingSystem(node),
    ...overlays,
  ]);
}

function xmlFiles(node: NodeModel): FileEdits[] {
  return [
    axis2(node.layout, node.clustering, node.transport, node.keystore),
    carbon(node),
    catalinaServer(node.layout, node.transport, node.keystore),
    ...datasourceFiles(node.layout, node.datasources),
    registry(node.layout, node.registry),
    userMgt(node.layout, node.userManagement),
    ...administratorFiles(node.layout, node.userManagement),
    hazelcastProperties(node.layout, node.hazelcastProperties),
  ];
}
