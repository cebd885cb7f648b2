import { inService, nodesOf, oneCluster, reportPasses } from './checks';
import { must, pause, Scenario, SETTLE_SECONDS, until } from './scenario';

/** RDS documents 60 to 120 s for a failover of an instance in two zones; nothing here depends on how long it is, and everybody waits for it. */
const AWAY_SECONDS = 30;
/** An instance that is not promoted yet takes no writes. */
const READ_ONLY_SECONDS = 30;

export const failover: Scenario = {
  name: 'failover', ci: false,
  about: `the database fails over while three nodes boot: it is away for ${AWAY_SECONDS} s, then takes no writes for ${READ_ONLY_SECONDS} s`,
  async run(context) {
    const rehearsal = await context.start({ boot: false });
    const nodes = nodesOf(rehearsal);
    await rehearsal.command('boot');
    await until('no node got as far as the databases', SETTLE_SECONDS, async () => nodes.some(each => each.phases.pack !== undefined));
    await rehearsal.command('database', { action: 'kill' });
    context.step('the database fails over');
    await pause(AWAY_SECONDS);
    must(nodes.every(each => each.phases.join === undefined), 'a server joined while the database was away, so nothing is shown');
    await rehearsal.command('database', { action: 'start-read-only' });
    context.step('the database answers, and takes no writes');
    await pause(READ_ONLY_SECONDS);
    must(nodes.every(each => each.phases.join === undefined), 'a server joined while the database took no writes, so nothing is shown');
    await rehearsal.command('database', { action: 'restart' });
    const back = Date.now();
    context.step('the database takes writes');
    await rehearsal.settled(SETTLE_SECONDS);
    const seconds = ((Date.now() - back) / 1000).toFixed(0);
    await inService(nodes);
    await oneCluster(rehearsal, nodes);
    await reportPasses(rehearsal);
    context.show(`${nodes.length} nodes waited for ${AWAY_SECONDS + READ_ONLY_SECONDS} s in the middle of their boot, and were in service as one cluster ${seconds} s after the database took writes`);
  },
};
