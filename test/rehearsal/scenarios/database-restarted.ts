import { urlTo } from '../host-paths';
import { inService, nodesOf, oneCluster, reportPasses, workersOf } from './checks';
import { label, must, pause, Scenario, SETTLE_SECONDS, until } from './scenario';
import { loadText, underLoad } from './steady-load';

const AWAY_SECONDS = 20;
/** Longer than a pool trusts a connection that it has tested. */
const AFTER_SECONDS = 40;
const BACK_SECONDS = 60;

export const databaseRestarted: Scenario = {
  name: 'database-restarted', ci: false, about: `the database is away for ${AWAY_SECONDS} s under load: the servers recover by themselves`,
  async run(context) {
    const rehearsal = await context.start({ app: 'test/rehearsal/scenarios/rolling.app.ts' });
    await rehearsal.settled(SETTLE_SECONDS);
    const nodes = nodesOf(rehearsal);
    await inService(nodes);
    await oneCluster(rehearsal, nodes);
    await rehearsal.command('wait-healthy', { nodes: [...rehearsal.nodes.keys()], timeout: 90 });
    // A page that asks each database over the server's pool.
    const url = new URL('/stand-in/databases', urlTo(rehearsal, workersOf(rehearsal)[0].id)).href;
    const before = await rehearsal.command('request', { url, timeout: 20 });
    must(before.status === 200, `the databases do not answer before anything has happened: ${before.status} ${before.body}`);
    let back = 0;
    let whole = 0;
    const load = await underLoad(rehearsal, url, {}, async () => {
      await rehearsal.command('database', { action: 'stop' });
      await pause(AWAY_SECONDS);
      const away = await rehearsal.command('request', { url, timeout: 20 });
      must(away.status !== 200, 'the databases answered while their server was away, so nothing is shown');
      await rehearsal.command('database', { action: 'start' });
      const started = Date.now();
      back = await until('no server reached the database again', BACK_SECONDS, async () => (await rehearsal.command('request', { url, timeout: 20 })).status === 200);
      let lastFailure = started;
      while (Date.now() - started < AFTER_SECONDS * 1000) {
        if ((await rehearsal.command('request', { url, timeout: 20 })).status !== 200) lastFailure = Date.now();
        await pause(0.2);
      }
      whole = (lastFailure - started) / 1000;
    });
    const after = await underLoad(rehearsal, url, {}, async () => pause(1));
    must(after.failed === 0, `${after.failed} of ${after.requests} requests failed ${AFTER_SECONDS} s after the database was back: ${JSON.stringify(after.statuses)}`);
    for (const each of nodes) {
      const unit = await rehearsal.command('exec', { node: each.id, argv: ['systemctl', 'show', '--property', 'NRestarts', '--value', 'carbon.service'] });
      must(unit.stdout.trim() === '0', `the server of ${label(each)} was started anew`);
    }
    await oneCluster(rehearsal, nodes);
    await reportPasses(rehearsal);
    context.show(`the database was away for ${AWAY_SECONDS} s: the first answer came ${back.toFixed(1)} s after it was back, the last failure ${whole.toFixed(1)} s after; no server started anew`);
    context.show(`until then ${loadText(load)}; afterwards ${loadText(after)}`);
  },
};
