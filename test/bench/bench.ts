/** `npm run bench`: prints ratios, each measured in this one run. Exit code 1 if a goal is not met. */
import { cpus, totalmem } from 'node:os';
import { bootBench } from './boot';
import { configurationBench } from './configuration';
import { Figures, markdown } from './figures';
import { growthBench } from './growth';
import { sizesBench } from './sizes';
import { synthesisBench } from './synthesis';

process.env.CDK_VALIDATION ??= 'false';

/** Each by its name, which the command line may give. */
const BENCHES: Readonly<Record<string, () => Figures>> = {
  synthesis: synthesisBench, growth: growthBench, sizes: sizesBench, configuration: configurationBench, boot: bootBench,
};
const wanted = process.argv.slice(2);
const unknown = wanted.filter(each => !(each in BENCHES));
if (unknown.length > 0) throw new Error(`${unknown.join(', ')} is no bench, name some of ${Object.keys(BENCHES).join(', ')}`);

// A rehearsal needs root and minutes, so it is run where it is asked for.
const ONLY_NAMED = ['boot'];

console.log(`${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node.js ${process.version}\n`);
let met = true;
for (const [name, bench] of Object.entries(BENCHES)) {
  if (wanted.length > 0 ? !wanted.includes(name) : ONLY_NAMED.includes(name)) continue;
  const figures = bench();
  console.log(markdown(figures));
  met &&= figures.goals.every(([, each]) => each);
}
process.exitCode = met ? 0 : 1;
