import * as fs from 'node:fs';
import * as path from 'node:path';
import { PROJECT } from '../../emulator/emulator';
import { VARIANTS } from '../../examples/variants';
import { nodesOf, reportPasses } from './checks';
import { nothingLeaks, ProcessSamples } from './leaks';
import { Scenario, ScenarioContext, SETTLE_SECONDS } from './scenario';

/** A new example is rehearsed as soon as it is there. */
function apps(): [string, string][] {
  const folder = path.join(PROJECT, 'examples');
  const names = fs.existsSync(folder) ? fs.readdirSync(folder).sort() : [];
  const found = names.map((name): [string, string] => [name, `examples/${name}/app.ts`]).filter(([, app]) => fs.existsSync(path.join(PROJECT, app)));
  // The app in bin/ is one of them.
  return found;
}

async function rehearse(context: ScenarioContext, name: string, app: string, variant: Readonly<Record<string, string>> = {}): Promise<void> {
  const rehearsal = await context.start({ app, context: variant });
  try {
    const samples = new ProcessSamples(rehearsal);
    await rehearsal.settled(SETTLE_SECONDS);
    await reportPasses(rehearsal);
    const secrets = await nothingLeaks(rehearsal, samples);
    const slowest = Math.max(...nodesOf(rehearsal).map(each => each.phases['in service']!));
    context.show(`${[name, ...Object.values(variant)].join(' ')}: ${rehearsal.nodes.size} nodes, in service after ${slowest.toFixed(0)} s, ${secrets} secret values told nowhere`);
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
  } finally {
    await rehearsal.close();
  }
}

export const examples: Scenario = {
  name: 'examples', ci: true, about: 'every example comes up as its template says, and tells no secret',
  async run(context) {
    for (const [name, app] of apps()) {
      await rehearse(context, name, app);
      if (VARIANTS[name]) await rehearse(context, name, app, VARIANTS[name]);
    }
  },
};
