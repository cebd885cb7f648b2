import { Rehearsal, RehearsedNode } from '../rehearsal';
import { inService, nodesOf, oneCluster, strangers } from './checks';
import { must, pause, Scenario, SETTLE_SECONDS, until } from './scenario';

/** How long a cluster that was split at its start may take to merge before it counts as split. */
const MERGE_SECONDS = 15;

export const simultaneous: Scenario = {
  name: 'simultaneous', ci: false, about: 'all servers start in the same second, again and again: one cluster each time',
  async run(context) {
    const rehearsal = await context.start({ boot: false });
    const nodes = nodesOf(rehearsal);
    let whole = 0;
    const seen: string[] = [];
    for (let time = 1; time <= context.times; time++) {
      // First the machines boot together; afterwards only their servers, which is what may split and takes a third of the time.
      await (time === 1 ? boot(rehearsal, nodes) : startTogether(rehearsal, nodes));
      await pause(MERGE_SECONDS);
      const problems = await strangers(rehearsal, nodes);
      if (problems.length === 0) whole++;
      seen.push(...problems);
      context.step(`${time} of ${context.times}: ${problems.length === 0 ? 'one cluster' : problems.join('; ')}`);
    }
    context.show(`one cluster ${whole} of ${context.times} times, ${MERGE_SECONDS} s after all were members`);
    must(whole === context.times, `split ${context.times - whole} of ${context.times} times: ${seen.join('; ')}`);
    await oneCluster(rehearsal, nodes);
  },
};

async function boot(rehearsal: Rehearsal, nodes: readonly RehearsedNode[]): Promise<void> {
  await rehearsal.command('boot');
  await rehearsal.settled(SETTLE_SECONDS);
  await inService(nodes);
}

async function startTogether(rehearsal: Rehearsal, nodes: readonly RehearsedNode[]): Promise<void> {
  const all = (...words: string[]): Promise<{ code: number; stdout: string }[]> =>
    Promise.all(nodes.map(each => rehearsal.command('exec', { node: each.id, argv: ['systemctl', ...words, 'carbon.service'] })));
  await all('stop');
  await all('start', '--no-block');
  // A start ends when the server is a member.
  await until(`not all servers were members again within ${SETTLE_SECONDS} s`, SETTLE_SECONDS, async () =>
    (await all('show', '--property', 'ActiveState', '--value')).every(each => each.stdout.trim() === 'active'));
}
