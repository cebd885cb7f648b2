import { Rehearsal } from '../rehearsal';
import { nodesOf, reportPasses } from './checks';
import { nothingLeaks, ProcessSamples } from './leaks';
import { Scenario, ScenarioContext, SETTLE_SECONDS } from './scenario';
import { ALL } from '../../examples/example';

/** A cluster that has just been started is in service, reachable and discreet. */
export async function comesUp(context: ScenarioContext, rehearsal: Rehearsal, title: string): Promise<void> {
  const samples = new ProcessSamples(rehearsal);
  await rehearsal.settled(SETTLE_SECONDS);
  await reportPasses(rehearsal);
  const secrets = await nothingLeaks(rehearsal, samples);
  const slowest = Math.max(...nodesOf(rehearsal).map(each => each.phases['in service']!));
  context.show(`${title}: ${rehearsal.nodes.size} nodes, in service after ${slowest.toFixed(0)} s, ${secrets} secret values told nowhere`);
}

async function rehearse(context: ScenarioContext, title: string, name: string, variant: Readonly<Record<string, string>>): Promise<void> {
  const rehearsal = await context.start({ app: `examples/${name}/app.ts`, context: variant });
  try {
    await comesUp(context, rehearsal, title);
  } catch (error) {
    throw new Error(`${title}: ${(error as Error).message}`, { cause: error });
  } finally {
    await rehearsal.close();
  }
}

/** That of the gate, which must end within 20 minutes: a product of today. `killed` begins with api-manager-gateway. */
const CI = ['identity-server'];

export const examples: Scenario = {
  name: 'examples', ci: true, about: 'every example comes up as its template says, and tells no secret',
  async run(context) {
    // A new example is rehearsed as soon as it is there; the app in bin/ is one of them.
    const wanted = ALL.filter(([title]) => !context.ci || CI.includes(title));
    for (const [title, name, variant] of wanted) await rehearse(context, title, name, variant);
  },
};
