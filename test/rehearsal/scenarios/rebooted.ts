import { urlTo } from '../host-paths';
import { askedFrom, carbonLog, count, inService, nodesOf, oneCluster, reportPasses, targetState, workersOf } from './checks';
import { label, must, Scenario, SETTLE_SECONDS, until } from './scenario';

const STARTS = 'Starting WSO2 Carbon';
const BOOT_LOG = '/var/log/carbon-cluster/boot.log';

export const rebooted: Scenario = {
  name: 'rebooted', ci: false, about: 'a worker reboots and comes back by itself',
  async run(context) {
    const rehearsal = await context.start();
    await rehearsal.settled(SETTLE_SECONDS);
    await inService(nodesOf(rehearsal));
    const nodes = nodesOf(rehearsal);
    await oneCluster(rehearsal, nodes);
    const [worker] = workersOf(rehearsal);
    await rehearsal.command('wait-healthy', { nodes: [worker.id], timeout: 60 });
    const firstBoots = async (): Promise<number> =>
      count(await rehearsal.command('read', { node: worker.id, path: BOOT_LOG, bytes: 1 << 20 }), 'phase prepare begins');
    must(await firstBoots() === 1, `user data of ${label(worker)} ran ${await firstBoots()} times before the reboot`);

    context.step(`rebooting ${label(worker)}`);
    const began = Date.now();
    await rehearsal.command('reboot', { node: worker.id });
    await until(`the service of ${label(worker)} did not start again`, 120,
      async () => count(await carbonLog(rehearsal, worker), STARTS) === 2);
    await oneCluster(rehearsal, nodes, 120);
    const member = (Date.now() - began) / 1000;
    await until(`${label(worker)} did not become a healthy target again`, 90, async () => await targetState(rehearsal, worker.id) === 'healthy');
    // The checks may not have noticed that it was away, so only an answer of its own counts.
    const url = urlTo(rehearsal, worker.id);
    await until(`${label(worker)} did not answer through the load balancer`, 30, async () => {
      const answer = await rehearsal.command('request', { url, timeout: 5, ...askedFrom(rehearsal, nodes.find(each => each !== worker)!) });
      return answer.status === 200 && answer.instance === worker.id;
    });
    const healthy = (Date.now() - began) / 1000;
    must(await firstBoots() === 1, `user data of ${label(worker)} ran again after the reboot`);
    await reportPasses(rehearsal);
    context.show(`member again ${member.toFixed(1)} s and answering as a healthy target ${healthy.toFixed(1)} s after the reboot; user data ran once`);
  },
};
