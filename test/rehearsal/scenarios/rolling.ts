import { urlTo } from '../host-paths';
import { uploadPack } from '../pack';
import { Rehearsal, RehearsedNode } from '../rehearsal';
import { allServing, carbonLog, gone, inService, nodesOf, oneCluster, reportPasses, workersOf } from './checks';
import { stackEvents } from './emulated';
import { label, must, Scenario, ScenarioContext, until } from './scenario';
import { loadText, noFailures, underLoad } from './steady-load';

const APP = 'test/rehearsal/scenarios/rolling.app.ts';
/** What Carbon's log says when its Hazelcast leaves in order: the others hear of it before the connection breaks. */
const LEFT = 'Member left';
/** The pack of the update, under another name, as the runbook says. */
const PACK = 'wso2am-2.2.0-1.zip';

export const rolling: Scenario = {
  name: 'rolling', ci: false, about: 'every node is replaced by an update under load, and an update whose workers do not boot is taken back',
  async run(context) {
    const rehearsal = await context.start({
      app: APP, followGroups: true,
      async upload(emulator, wanted, pack) {
        for (const key of [wanted.key, PACK]) await uploadPack(emulator, { ...wanted, key }, pack);
      },
    });
    await allServing(rehearsal);
    const url = urlTo(rehearsal, workersOf(rehearsal)[0].id);
    const [first] = nodesOf(rehearsal);
    await replaceAll(context, rehearsal, url);
    await takeBack(context, rehearsal, url, first);
  },
};

async function replaceAll(context: ScenarioContext, rehearsal: Rehearsal, url: string): Promise<void> {
  const before = nodesOf(rehearsal);
  context.step('deploying a pack of another name, and another JVM setting');
  const began = Date.now();
  const load = await underLoad(rehearsal, url, {}, async () => {
    await rehearsal.update({ revision: '2', pack: PACK });
    await gone(rehearsal, before);
  });
  const nodes = nodesOf(rehearsal);
  must(nodes.length === before.length, `there are ${nodes.length} nodes instead of ${before.length}`);
  await inService(nodes);
  await oneCluster(rehearsal, nodes);
  for (const each of nodes) {
    const unit = await rehearsal.command('exec', { node: each.id, argv: ['systemctl', 'show', '--property', 'Environment', 'carbon.service'] });
    must(unit.stdout.includes('-Drevision=2'), `${label(each)} runs with the setting from before`);
    const downloaded = await rehearsal.command('exec', { node: each.id, argv: ['cat', '/opt/carbon-cluster/node.json'] });
    must(downloaded.stdout.includes(PACK), `${label(each)} has the pack from before`);
  }
  const logs = await Promise.all(nodes.map(each => carbonLog(rehearsal, each)));
  must(logs.some(log => log.includes(LEFT)), `no node logged '${LEFT}', so nothing is known of how the others left`);
  await reportPasses(rehearsal);
  noFailures(load);
  context.show(`an update replaced ${before.length} nodes in ${((Date.now() - began) / 1000).toFixed(0)} s: ${loadText(load)}`);
}

/** @param first a node that was there at the start, for whose stack it is */
async function takeBack(context: ScenarioContext, rehearsal: Rehearsal, url: string, first: RehearsedNode): Promise<void> {
  const before = workersOf(rehearsal);
  context.step('deploying a revision whose workers do not boot');
  let problem = '';
  const load = await underLoad(rehearsal, url, {}, async () => {
    await rehearsal.update({ revision: '2', pack: PACK, broken: 'yes' }).catch(error => { problem = (error as Error).message; });
    await until('the node that failed did not go', 180, async () => workersOf(rehearsal).length === before.length);
  });
  must(problem !== '', 'the update with workers that do not boot was not refused');
  const reasons = await stackEvents(rehearsal, first);
  must(/Received FAILURE signal with UniqueId i-\w+:configuration:/.test(reasons), 'the stack\'s events do not name the phase that failed');
  must(/UPDATE_ROLLBACK_COMPLETE/.test(reasons), 'the stack did not go back');
  must(before.every(each => rehearsal.nodes.has(each.id)), 'a worker that served was replaced on the way back');
  await oneCluster(rehearsal, nodesOf(rehearsal));
  noFailures(load);
  context.show(`an update whose workers do not boot went back, the workers from before serve on: ${loadText(load)}`);
}
