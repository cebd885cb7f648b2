import { inService, nodesOf, oneCluster, reportPasses } from './checks';
import { must, Scenario, SETTLE_SECONDS } from './scenario';

export const twoClusters: Scenario = {
  name: 'two-clusters', ci: false, about: 'two clusters in one network do not merge',
  async run(context) {
    const rehearsal = await context.start({ app: 'test/rehearsal/scenarios/two-clusters.app.ts' });
    const nodes = nodesOf(rehearsal);
    // By construct, not by what the nodes were told: two clusters with one domain must not pass as one.
    const clusters = ['First', 'Second'].map(id => nodes.filter(each => each.name.includes(`/${id}/`)));
    must(clusters.every(each => each.length === 2), `expected two clusters of two nodes, found ${nodes.map(each => each.name).join(', ')}`);
    await rehearsal.settled(SETTLE_SECONDS);
    await inService(nodes);
    for (const cluster of clusters) await oneCluster(rehearsal, cluster);
    await reportPasses(rehearsal);
    context.show(`2 clusters of 2 nodes (${[...new Set(nodes.map(each => each.domain))].join(', ')}); each node sees its own cluster only`);
  },
};
