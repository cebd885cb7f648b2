import { inService, nodesOf, oneCluster, reportPasses } from './checks';
import { label, must, pause, Scenario, SETTLE_SECONDS } from './scenario';

const AWAY_SECONDS = 30;

export const databaseAway: Scenario = {
  name: 'database-away', ci: false, about: `the database is away when the nodes boot, and comes ${AWAY_SECONDS} s later`,
  async run(context) {
    const rehearsal = await context.start({ boot: false });
    const nodes = nodesOf(rehearsal);
    await rehearsal.command('database', { action: 'stop' });
    await rehearsal.command('boot');
    await pause(AWAY_SECONDS);
    const early = nodes.filter(each => each.phases.databases !== undefined || each.failure);
    must(early.length === 0, `${early.map(label).join(', ')} did not wait for the database`);
    must(nodes.every(each => each.phases.pack !== undefined), 'the nodes were not yet at the database when it came, so nothing is shown');
    context.step('the database starts');
    await rehearsal.command('database', { action: 'start' });
    const back = Date.now();
    await rehearsal.settled(SETTLE_SECONDS);
    await inService(nodes);
    await oneCluster(rehearsal, nodes);
    const seconds = ((Date.now() - back) / 1000).toFixed(0);
    await reportPasses(rehearsal);
    context.show(`${nodes.length} nodes waited and were one cluster ${seconds} s after the database came`);
  },
};
