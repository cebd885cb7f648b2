import { inService, nodesOf, oneCluster, reportPasses } from './checks';
import { must, Scenario, SETTLE_SECONDS } from './scenario';

const NODES = 8;

export const eightNodes: Scenario = {
  name: 'eight-nodes', ci: false, about: `a gateway of ${NODES} nodes is one cluster`,
  async run(context) {
    const rehearsal = await context.start({ nodes: NODES });
    const nodes = nodesOf(rehearsal);
    must(nodes.length === NODES, `${nodes.length} nodes were deployed instead of ${NODES}`);
    await rehearsal.settled(SETTLE_SECONDS);
    await inService(nodes);
    await oneCluster(rehearsal, nodes);
    await reportPasses(rehearsal);
    const slowest = Math.max(...nodes.map(each => each.phases['in service']!));
    context.show(`each of ${NODES} nodes sees ${NODES} members; the last in service after ${slowest.toFixed(0)} s`);
  },
};
