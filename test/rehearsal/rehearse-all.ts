/**
 * `npm run rehearse:all -- [name ...] [--ci] [--json] [--times N]`: what must hold when things go wrong, one scenario after the
 * other. Exit codes: 0 all passed, 1 not all passed, 2 wrong usage, 3 this machine cannot rehearse, 130 interrupted.
 */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { LOCAL_FOLDER } from '../emulator/emulator';
import { LOGS } from './rehearsal';
import { SCENARIOS } from './scenarios';
import { Scenario, ScenarioContext } from './scenarios/scenario';

interface Options { readonly ci?: boolean; readonly json?: boolean; readonly times: number; readonly minutes: number }

interface Result {
  readonly scenario: string;
  readonly about: string;
  readonly outcome: 'passed' | 'failed';
  readonly shown: readonly string[];
  readonly seconds: number;
  readonly problem?: string;
}

const WRONG_USAGE = 2;
const UNABLE = 3;
const INTERRUPTED = 130;

class Interrupted extends Error {}

const program = new Command('rehearse-all')
  .description('Rehearses what must hold when things go wrong.')
  .argument('[name...]', `scenarios, of: ${SCENARIOS.map(each => each.name).join(', ')}`)
  .option('--ci', 'those that together fit ten minutes')
  .option('--json', 'print the results as JSON and nothing else; progress goes to the standard error')
  .option('--times <number>', 'how often simultaneous starts all nodes', positive, 5)
  .option('--minutes <number>', 'how long AWS does not answer in aws-away; 15 is what is promised, and takes that long', positive, 3)
  .action(main);

function positive(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('give a whole number above 0');
  return number;
}

function chosen(names: readonly string[], options: Options): Scenario[] {
  const unknown = names.find(name => !SCENARIOS.some(each => each.name === name));
  if (unknown) throw new Error(`scenario '${unknown}' is not known, use some of ${SCENARIOS.map(each => each.name).join(', ')}`);
  const named = SCENARIOS.filter(each => names.length === 0 || names.includes(each.name));
  return options.ci ? named.filter(each => each.ci) : named;
}

async function main(names: string[], options: Options): Promise<void> {
  const scenarios = chosen(names, options);
  const able = spawnSync('python3', ['-B', path.join(__dirname, 'machine', 'main.py'), 'check'], { encoding: 'utf8' });
  if (able.status !== 0) {
    console.error(able.stdout?.trim() || 'A rehearsal needs Linux, root and Python 3.11 or later.');
    process.exitCode = UNABLE;
    return;
  }
  const began = Date.now();
  const print = options.json ? console.error : console.log;
  const say = (line: string): void => print(`[${((Date.now() - began) / 1000).toFixed(1).padStart(6)} s] ${line}`);
  const results: Result[] = [];
  try {
    for (const each of scenarios) results.push(await tried(each, options, say));
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    say('interrupted; everything is stopped and removed');
    // Everything is closed; what still waits for something waits in vain.
    process.exit(INTERRUPTED);
  }
  console.log(options.json ? JSON.stringify(results, null, 1) : resultText(results));
  process.exitCode = results.some(each => each.outcome === 'failed') ? 1 : 0;
}

/** A gate that is wrong for the machine's sake helps nobody: with --ci a failure is tried once more, and the table says so. */
async function tried(scenario: Scenario, options: Options, say: (line: string) => void): Promise<Result> {
  const first = await rehearse(scenario, options, say);
  if (first.outcome !== 'failed' || !options.ci) return first;
  say(`${scenario.name}: once more`);
  const second = await rehearse(scenario, options, say);
  return { ...second, shown: [`FIRST TRY FAILED: ${first.problem}`, ...second.shown] };
}

async function rehearse(scenario: Scenario, options: Options, say: (line: string) => void): Promise<Result> {
  const base = { scenario: scenario.name, about: scenario.about };
  say(`${scenario.name}: ${scenario.about}`);
  const began = Date.now();
  const seconds = (): number => Math.round((Date.now() - began) / 100) / 10;
  const context = new ScenarioContext(scenario.name, say, options.times, options.ci, options.minutes);
  const problem = await outcome(scenario, context);
  if (problem instanceof Interrupted) throw problem;
  const logs = keepLogs(scenario, began);
  if (problem) {
    say(`${scenario.name}: FAILED: ${problem.message}; logs: ${logs}`);
    return { ...base, outcome: 'failed', shown: context.shown, seconds: seconds(), problem: problem.message };
  }
  say(`${scenario.name}: passed after ${seconds().toFixed(0)} s`);
  return { ...base, outcome: 'passed', shown: context.shown, seconds: seconds() };
}

/** What went wrong, when everything that the scenario started has ended. */
async function outcome(scenario: Scenario, context: ScenarioContext): Promise<Error | undefined> {
  const stopped = interruption();
  try {
    await Promise.race([scenario.run(context), stopped.promise]);
    return undefined;
  } catch (error) {
    return error as Error;
  } finally {
    await context.close();
    stopped.forget();
  }
}

function interruption(): { promise: Promise<never>; forget: () => void } {
  let stop = (): void => {};
  const promise = new Promise<never>((_, reject) => { stop = () => reject(new Interrupted()); });
  promise.catch(() => {});
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, stop);
  return { promise, forget: () => { for (const signal of signals) process.off(signal, stop); } };
}

/** The next scenario's rehearsal removes the logs of the one before; what is older than this one is not its own. */
function keepLogs(scenario: Scenario, began: number): string {
  const kept = path.join(LOCAL_FOLDER, 'rehearsal', `logs-${scenario.name}`);
  fs.rmSync(kept, { recursive: true, force: true });
  if (!fs.existsSync(LOGS) || fs.statSync(LOGS).birthtimeMs < began) return 'none';
  fs.cpSync(LOGS, kept, { recursive: true });
  return path.relative(process.cwd(), kept);
}

function resultText(results: readonly Result[]): string {
  const rows = results.flatMap(each => {
    const lines = each.problem ? [...each.shown, each.problem] : each.shown;
    const first = [each.scenario, `${each.seconds.toFixed(0)} s`, each.outcome === 'failed' ? 'FAILED' : each.outcome, lines[0] ?? ''];
    return [first, ...lines.slice(1).map(line => ['', '', '', line])];
  });
  const all = [['scenario', 'seconds', 'passed', 'what was shown'], ...rows];
  const widths = [0, 1, 2].map(column => Math.max(...all.map(row => row[column].length)));
  const text = all.map(row => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd());
  const failed = results.filter(each => each.outcome === 'failed').length;
  return ['', ...text, '', failed === 0 ? 'All passed.' : `${failed} of ${results.length} NOT passed.`].join('\n');
}

program.parseAsync().catch(error => { console.error((error as Error).message); process.exitCode = WRONG_USAGE; });
