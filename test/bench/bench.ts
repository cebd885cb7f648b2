/** `npm run bench`: prints ratios, each measured in this one run. Exit code 1 if a goal is not met. */
import { cpus, totalmem } from 'node:os';
import { configurationBench } from './configuration';
import { markdown } from './figures';

process.env.CDK_VALIDATION ??= 'false';

const all = [configurationBench()];
console.log(`${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node.js ${process.version}\n`);
for (const figures of all) console.log(markdown(figures));
process.exitCode = all.every(figures => figures.goals.every(([, met]) => met)) ? 0 : 1;
