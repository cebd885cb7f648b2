/**
 * Synthesis of the gateway example against an app of aws-cdk-lib alone that makes the same resources: as a process, and as the whole
 * `cdk synth`. Both run compiled, and in turns, so that a busy machine is busy for both.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { appEnvironment } from '../gateway';
import { Figures, median, spread } from './figures';
import { Usage, usageOf } from './process';

const ROOT = join(__dirname, '../..');
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 15);
const CDK_ROUNDS = Math.ceil(ROUNDS / 3);
const APPS = { plain: 'test/bench/plain-gateway.ts', library: 'examples/api-manager-gateway/app.ts' };
type Name = keyof typeof APPS;
const GOAL = 1.10;
/** The command line would look up what it is given for an account, so it is given none. */
const NO_ACCOUNT = { CDK_DEFAULT_ACCOUNT: undefined, CDK_DEFAULT_REGION: undefined, CDK_CONTEXT_JSON: undefined, AWS_EC2_METADATA_DISABLED: 'true' };

/** JavaScript, whose library is the compiled one that users have. */
function compile(folder: string, name: Name): string {
  const file = join(folder, `${name}.js`);
  const { code } = transformSync(readFileSync(join(ROOT, APPS[name]), 'utf8'), {
    loader: 'ts', format: 'cjs', target: 'node20', define: { __dirname: JSON.stringify(join(ROOT, 'test/bench')) },
  });
  writeFileSync(file, code.replace('require("../../lib")', `require(${JSON.stringify(join(ROOT, 'dist/lib'))})`));
  return file;
}

function environment(out: string): NodeJS.ProcessEnv {
  return { ...process.env, ...appEnvironment(out), CDK_DISABLE_CLI_TELEMETRY: 'true', CDK_VALIDATION: 'false' };
}

/** Types of resources and how many of each there are, as one text. */
function contents(folder: string): string {
  const { Resources } = JSON.parse(readFileSync(join(folder, 'CarbonGateway.template.json'), 'utf8'));
  const types = Object.values<{ Type: string }>(Resources).map(each => each.Type).sort();
  return types.join('\n');
}

function ratioRow(what: string, usages: Record<Name, Usage[]>, of: (usage: Usage) => number, unit: string): [[string, string, string], number] {
  const [library, plain] = [usages.library.map(of), usages.plain.map(of)];
  const ratio = median(library) / median(plain);
  return [[what, ratio.toFixed(2), `${median(library).toFixed(0)} ${unit} (${spread(library)}), plain ${median(plain).toFixed(0)} ${unit} (${spread(plain)})`], ratio];
}

export function synthesisBench(): Figures {
  const folder = mkdtempSync(join(tmpdir(), 'carbon-synthesis-'));
  try {
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const files: Record<Name, string> = { plain: compile(folder, 'plain'), library: compile(folder, 'library') };
    const out = (name: Name): string => join(folder, `out-${name}`);
    const synth = (name: Name): Usage => usageOf(['node', files[name]], { cwd: folder, env: environment(out(name)) });
    const cdkSynth = (name: Name): Usage => usageOf([join(ROOT, 'node_modules/.bin/cdk'), 'synth', '--quiet', '--app', `node ${files[name]}`, '--output', out(name)],
      { cwd: folder, env: { ...environment(out(name)), ...NO_ACCOUNT } });
    const inTurns = (rounds: number, measure: (name: Name) => Usage): Record<Name, Usage[]> => {
      const usages: Record<Name, Usage[]> = { plain: [], library: [] };
      for (let round = 0; round < rounds; round++) {
        for (const name of round % 2 === 0 ? ['plain', 'library'] as const : ['library', 'plain'] as const) {
          rmSync(out(name), { recursive: true, force: true });
          mkdirSync(out(name));
          usages[name].push(measure(name));
        }
      }
      return usages;
    };
    const app = inTurns(ROUNDS, synth);
    if (contents(out('plain')) !== contents(out('library'))) throw new Error('the plain app makes other resources than the example: make it follow');
    const resources = contents(out('library')).split('\n').length;
    const cdk = inTurns(CDK_ROUNDS, cdkSynth);
    const [cpuRow, cpu] = ratioRow('app, CPU time', app, each => each.cpuMilliseconds, 'ms');
    const [memoryRow, memory] = ratioRow('app, peak memory', app, each => each.peakMebibytes, 'MiB');
    const [cdkRow, whole] = ratioRow(`whole cdk synth, CPU time (${CDK_ROUNDS} rounds)`, cdk, each => each.cpuMilliseconds, 'ms');
    return {
      title: `synthesis: the gateway example against aws-cdk-lib alone, the same ${resources} resources, ${ROUNDS} rounds`,
      rows: [cpuRow, memoryRow, cdkRow],
      goals: [[`CPU time at most ${GOAL.toFixed(2)} times`, cpu <= GOAL], [`peak memory at most ${GOAL.toFixed(2)} times`, memory <= GOAL],
        [`whole cdk synth at most ${GOAL.toFixed(2)} times`, whole <= GOAL]],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
