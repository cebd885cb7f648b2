import { Json } from '../cluster-document';
import { urlTo } from '../host-paths';
import { askedFrom, carbonLog, inService, nodesOf, oneCluster, reportPasses, targetState, workersOf } from './checks';
import { relaunched } from './emulated';
import { comesUp } from './examples';
import { label, must, pause, Scenario, SETTLE_SECONDS, until } from './scenario';

const LOAD_SECONDS = 20;
const AFTER_SECONDS = 8;

function failedOf(load: Json): number {
  return load.requests - (load.statuses['200'] ?? 0);
}

export const killed: Scenario = {
  name: 'killed', ci: true, about: 'the gateway example comes up; a worker is killed under load, and replaced by a fresh instance',
  async run(context) {
    const rehearsal = await context.start();
    await comesUp(context, rehearsal, 'api-manager-gateway');
    const victim = workersOf(rehearsal)[0];
    const others = nodesOf(rehearsal).filter(each => each !== victim);
    const url = urlTo(rehearsal, victim.id);
    const asking = askedFrom(rehearsal, others[0]);
    await rehearsal.command('wait-healthy', { nodes: [...rehearsal.nodes.keys()], timeout: 60 });

    const loading: Promise<Json> = rehearsal.command('load', { url, seconds: LOAD_SECONDS, perSecond: 10, timeout: 5, ...asking });
    loading.catch(() => {});
    await pause(2);
    context.step(`killing ${label(victim)}`);
    await rehearsal.command('kill', { node: victim.id });
    const leaving = until(`the others did not log 'Member left'`, 90, async () => {
      const logs = await Promise.all(others.map(each => carbonLog(rehearsal, each)));
      return logs.every(log => log.includes('Member left'));
    });
    leaving.catch(() => {});
    const out = await until(`the load balancer did not take ${label(victim)} out of rotation`, 30,
      async () => await targetState(rehearsal, victim.id) === 'unhealthy');
    context.show(`out of rotation ${out.toFixed(1)} s after the kill (health checks 5 times faster than the template's)`);
    const after: Json = await rehearsal.command('load', { url, seconds: AFTER_SECONDS, perSecond: 10, timeout: 5, ...asking });
    must(failedOf(after) === 0, `${failedOf(after)} of ${after.requests} requests failed after the worker was out of rotation: ${JSON.stringify(after.statuses)}`);
    const left = await leaving;
    await oneCluster(rehearsal, others);
    context.show(`the ${others.length} others logged 'Member left' ${left.toFixed(1)} s after the kill and are one cluster`);
    const load = await loading;
    context.show(`until then ${failedOf(load)} of ${load.requests} requests failed ${JSON.stringify(load.statuses)}; afterwards 0 of ${after.requests}`);

    const fresh = await relaunched(rehearsal, victim);
    must(fresh.privateIp !== victim.privateIp, 'the new instance has the address of the old one, so nothing is shown');
    context.step(`replaced by ${fresh.instanceId} ${fresh.privateIp}`);
    rehearsal.nodes.delete(victim.id);
    const joining = rehearsal.addNode(fresh);
    await rehearsal.command('replace', { node: victim.id, changes: fresh });
    await rehearsal.settled(SETTLE_SECONDS, [joining.id]);
    await inService([joining]);
    await oneCluster(rehearsal, nodesOf(rehearsal));
    await reportPasses(rehearsal);
    context.show(`${fresh.instanceId} at ${fresh.privateIp} joined and is in service after ${joining.phases['in service']!.toFixed(1)} s`);
  },
};
