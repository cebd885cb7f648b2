import { urlTo } from '../host-paths';
import { Json } from '../cluster-document';
import { Rehearsal, RehearsedNode } from '../rehearsal';
import { allServing, inService, nodesOf, oneCluster, reportPasses, targetState } from './checks';
import { relaunched } from './emulated';
import { label, must, pause, Scenario, ScenarioContext, SETTLE_SECONDS, until } from './scenario';
import { loadText, underLoad } from './steady-load';

/** The primary of the database stops answering for a moment while it drops the standby that it copied to. */
const DATABASE_PAUSE_SECONDS = 5;
const ALONE_SECONDS = 20;

export const zoneLost: Scenario = {
  name: 'zone-lost', ci: false, about: 'a zone is lost, with two of three nodes and the standby of the database: the third serves, and the groups bring new ones',
  async run(context) {
    const rehearsal = await context.start({ app: 'test/rehearsal/scenarios/rolling.app.ts' });
    await allServing(rehearsal);
    const { lost, kept } = byZone(rehearsal);
    const url = new URL('/stand-in/databases', urlTo(rehearsal, kept.id)).href;
    const began = Date.now();
    let out = 0;
    let alone = 0;
    const load = await underLoad(rehearsal, url, {}, async () => {
      await pause(2);
      context.step(`${lost.map(label).join(' and ')} are lost, and the standby of the database`);
      await Promise.all([...lost.map(each => rehearsal.command('kill', { node: each.id })), standbyLost(rehearsal)]);
      out = await until('the load balancer did not take the lost nodes out of rotation', 60,
        async () => (await Promise.all(lost.map(each => targetState(rehearsal, each.id)))).every(state => state !== 'healthy'));
      alone = await oneCluster(rehearsal, [kept], 120);
    });
    context.show(`out of rotation ${out.toFixed(1)} s after the zone was lost, and a cluster of one ${alone.toFixed(1)} s later; until then ${loadText(load)}`);
    const third = await underLoad(rehearsal, url, {}, () => pause(ALONE_SECONDS));
    must(third.failed === 0, `${third.failed} of ${third.requests} requests failed while ${label(kept)} served alone: ${JSON.stringify(third.statuses)}`);
    context.show(`${label(kept)} served alone: ${loadText(third)}`);

    for (const each of lost) await replace(context, rehearsal, each);
    await rehearsal.settled(SETTLE_SECONDS);
    await inService(nodesOf(rehearsal));
    await oneCluster(rehearsal, nodesOf(rehearsal), 90);
    await rehearsal.command('wait-healthy', { nodes: [...rehearsal.nodes.keys()], timeout: 90 });
    await reportPasses(rehearsal);
    context.show(`three nodes in service as one cluster ${((Date.now() - began) / 1000).toFixed(0)} s after the zone was lost`);
  },
};

/** Nodes whose addresses are in one subnet are in one zone; the zone that has two of the three is lost. */
function byZone(rehearsal: Rehearsal): { lost: RehearsedNode[]; kept: RehearsedNode } {
  const subnet = (node: RehearsedNode): string => node.privateIp.split('.').slice(0, 3).join('.');
  const nodes = nodesOf(rehearsal);
  const kept = nodes.filter(each => nodes.every(other => other === each || subnet(other) !== subnet(each)));
  must(nodes.length === 3 && kept.length === 1, `expected two of three nodes in one zone, got ${nodes.map(label).join(', ')}`);
  return { lost: nodes.filter(each => each !== kept[0]), kept: kept[0] };
}

async function standbyLost(rehearsal: Rehearsal): Promise<void> {
  await rehearsal.command('link', { up: false });
  await pause(DATABASE_PAUSE_SECONDS);
  await rehearsal.command('link', { up: true });
}

async function replace(context: ScenarioContext, rehearsal: Rehearsal, node: RehearsedNode): Promise<void> {
  const fresh: Json = await relaunched(rehearsal, node);
  rehearsal.nodes.delete(node.id);
  context.step(`${label(node)} is replaced by ${label(rehearsal.addNode(fresh))}`);
  await rehearsal.command('replace', { node: node.id, changes: fresh });
}
