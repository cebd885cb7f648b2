import { urlTo } from '../host-paths';
import { Rehearsal, RehearsedNode } from '../rehearsal';
import { allServing, inService, nodesOf, oneCluster, reportPasses, workersOf } from './checks';
import { must, Scenario, ScenarioContext, SETTLE_SECONDS, until } from './scenario';
import { loadText, noFailures, underLoad } from './steady-load';

/** What the runbook says of growing, shrinking and another certificate: none of it touches a node that is there. */
export const changed: Scenario = {
  name: 'changed', ci: false, about: 'a worker more, a worker less and another certificate, under load: nodes that are there stay',
  async run(context) {
    const rehearsal = await context.start({ app: 'test/rehearsal/scenarios/changed.app.ts', followGroups: true });
    await allServing(rehearsal);
    const url = urlTo(rehearsal, workersOf(rehearsal)[0].id);
    await grow(context, rehearsal, url);
    await shrink(context, rehearsal, url);
    await renewCertificate(context, rehearsal, url);
    await reportPasses(rehearsal);
  },
};

async function grow(context: ScenarioContext, rehearsal: Rehearsal, url: string): Promise<void> {
  const before = nodesOf(rehearsal);
  const load = await underLoad(rehearsal, url, {}, async () => {
    await rehearsal.update({ workers: '3' });
    await until('no worker was launched', 120, async () => rehearsal.nodes.size === before.length + 1);
    await rehearsal.settled(SETTLE_SECONDS);
  });
  await inService(nodesOf(rehearsal));
  await oneCluster(rehearsal, nodesOf(rehearsal));
  stayed(rehearsal, before);
  noFailures(load);
  context.show(`a third worker joined, nobody else was replaced: ${loadText(load)}`);
}

async function shrink(context: ScenarioContext, rehearsal: Rehearsal, url: string): Promise<void> {
  const before = nodesOf(rehearsal);
  const load = await underLoad(rehearsal, url, {}, async () => {
    await rehearsal.update({ workers: '2' });
    await until('no worker left', 180, async () => rehearsal.nodes.size === before.length - 1);
  });
  await oneCluster(rehearsal, nodesOf(rehearsal));
  must(workersOf(rehearsal).length === 2, `there are ${workersOf(rehearsal).length} workers instead of 2`);
  noFailures(load);
  context.show(`a worker left in order: ${loadText(load)}`);
}

async function renewCertificate(context: ScenarioContext, rehearsal: Rehearsal, url: string): Promise<void> {
  const before = nodesOf(rehearsal);
  const load = await underLoad(rehearsal, url, {}, () => rehearsal.update({ workers: '2', certificate: 'second' }));
  stayed(rehearsal, before);
  must(rehearsal.nodes.size === before.length, 'another certificate launched a node');
  noFailures(load);
  context.show(`another certificate for the load balancer, and no node was replaced: ${loadText(load)}`);
}

function stayed(rehearsal: Rehearsal, before: readonly RehearsedNode[]): void {
  const gone = before.filter(each => !rehearsal.nodes.has(each.id));
  must(gone.length === 0, `${gone.map(each => each.name).join(', ')} went`);
}
