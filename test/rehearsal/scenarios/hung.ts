import { Json } from '../cluster-document';
import { urlTo } from '../host-paths';
import { Rehearsal, RehearsedNode } from '../rehearsal';
import { allJoined, inService, nodesOf, oneCluster, reportPasses, targetState, workersOf } from './checks';
import { label, must, pause, Scenario, ScenarioContext, SETTLE_SECONDS, until } from './scenario';
import { loadText, underLoad } from './steady-load';

/** Stops every thread of the server; its ports still take connections, until their queues are full. */
const HANG = 'pkill -STOP -u wso2carbon java';
const AFTER_SECONDS = 8;

export const hung: Scenario = {
  name: 'hung', ci: false, about: 'a server hangs: its load balancer, or where there is none its node, has it replaced',
  async run(context) {
    await behindLoadBalancer(context, await started(context, 'test/rehearsal/scenarios/rolling.app.ts'));
    await withoutLoadBalancer(context, await started(context, 'test/rehearsal/scenarios/hung.app.ts'));
  },
};

async function started(context: ScenarioContext, app: string): Promise<Rehearsal> {
  const rehearsal = await context.start({ app, followGroups: true });
  await allJoined(rehearsal);
  return rehearsal;
}

async function behindLoadBalancer(context: ScenarioContext, rehearsal: Rehearsal): Promise<void> {
  const [victim] = workersOf(rehearsal);
  const url = urlTo(rehearsal, victim.id);
  await rehearsal.command('wait-healthy', { nodes: [...rehearsal.nodes.keys()], timeout: 90 });
  const known = new Set(rehearsal.nodes.keys());
  const began = Date.now();
  let out = 0;
  const hanging = await underLoad(rehearsal, url, {}, async () => {
    await pause(2);
    await hang(context, rehearsal, victim);
    out = await until(`the load balancer did not take ${label(victim)} out of rotation`, 60, async () => await targetState(rehearsal, victim.id) !== 'healthy');
  });
  const after: Json = await rehearsal.command('load', { url, seconds: AFTER_SECONDS, perSecond: 10, timeout: 10 });
  must((after.statuses['200'] ?? 0) === after.requests, `${JSON.stringify(after.statuses)} of ${after.requests} requests after ${label(victim)} was out of rotation`);
  context.show(`out of rotation ${out.toFixed(1)} s after the server hung; until then ${loadText(hanging)}; afterwards 0 of ${after.requests} failed`);
  await replaced(context, rehearsal, victim, known, began);
  await rehearsal.close();
}

async function withoutLoadBalancer(context: ScenarioContext, rehearsal: Rehearsal): Promise<void> {
  const [victim] = workersOf(rehearsal);
  const known = new Set(rehearsal.nodes.keys());
  const began = Date.now();
  await hang(context, rehearsal, victim);
  await replaced(context, rehearsal, victim, known, began);
}

async function hang(context: ScenarioContext, rehearsal: Rehearsal, victim: RehearsedNode): Promise<void> {
  context.step(`the server of ${label(victim)} hangs`);
  const done = await rehearsal.command('exec', { node: victim.id, script: HANG });
  must(done.code === 0, `no server of ${label(victim)} could be stopped: ${done.stderr}`);
}

/** Another instance is in service, the one that hung has ended, and all are one cluster. */
async function replaced(
  context: ScenarioContext, rehearsal: Rehearsal, victim: RehearsedNode, known: ReadonlySet<string>, began: number,
): Promise<void> {
  const fresh = (): RehearsedNode | undefined => nodesOf(rehearsal).find(each => !known.has(each.id));
  await until(`${label(victim)} was not replaced`, 180, async () => fresh() !== undefined);
  const noticed = (Date.now() - began) / 1000;
  await rehearsal.settled(SETTLE_SECONDS, [fresh()!.id]);
  await inService([fresh()!]);
  const served = (Date.now() - began) / 1000;
  await until(`${label(victim)} did not end`, 180, async () => !rehearsal.nodes.has(victim.id));
  await oneCluster(rehearsal, nodesOf(rehearsal), 90);
  await reportPasses(rehearsal);
  context.show(`${rehearsal.targetGroups.length > 0 ? 'with' : 'without'} a load balancer: a new instance was there ${noticed.toFixed(0)} s after the server hung `
    + `and in service after ${served.toFixed(0)} s; all are one cluster`);
}
