import { forget, inService, nodesOf, oneCluster, strangers } from './checks';
import { must, pause, Scenario, SETTLE_SECONDS } from './scenario';

/** How long a cluster that was split at its start may take to merge before it counts as split. */
const MERGE_SECONDS = 15;

export const simultaneous: Scenario = {
  name: 'simultaneous', ci: false, about: 'all nodes start in the same second, again and again: one cluster each time',
  async run(context) {
    const rehearsal = await context.start({ boot: false });
    let whole = 0;
    const seen: string[] = [];
    for (let time = 1; time <= context.times; time++) {
      if (time > 1) await rehearsal.command('renew');
      const nodes = nodesOf(rehearsal).map(each => forget(rehearsal, each));
      await rehearsal.command('boot');
      await rehearsal.settled(SETTLE_SECONDS);
      await inService(nodes);
      await pause(MERGE_SECONDS);
      const problems = await strangers(rehearsal, nodes);
      if (problems.length === 0) whole++;
      seen.push(...problems);
      context.step(`${time} of ${context.times}: ${problems.length === 0 ? 'one cluster' : problems.join('; ')}`);
    }
    context.show(`one cluster ${whole} of ${context.times} times, ${MERGE_SECONDS} s after all were in service`);
    must(whole === context.times, `split ${context.times - whole} of ${context.times} times: ${seen.join('; ')}`);
    await oneCluster(rehearsal, nodesOf(rehearsal));
  },
};
