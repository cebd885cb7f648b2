#!/usr/bin/env -S npx tsx
/**
 * `npm run deploy:local`: deploys an app of this repository with the real `cdk deploy` into a local AWS emulator, then asks
 * the emulator's API what exists. Leaves nothing running and nothing behind, unless told to keep the emulator.
 *
 * Exit codes: 0 deployed, 1 something failed (one sentence says what), 130 interrupted.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Command } from 'commander';
import { bootstrap, deploy } from './cdk';
import { Emulator, LOCAL_FOLDER, PROJECT } from './emulator';
import { abortOnSignals, addValue, EmulatorError } from './processes';
import { gather, Report } from './report';
import { formatReport } from './report-text';

interface Flags {
  readonly keep?: boolean;
  readonly json?: boolean;
  readonly app?: string;
  readonly context: readonly string[];
}

interface Phase {
  readonly name: string;
  readonly seconds: number;
}

/** Says what happens, phase by phase, on the standard error: the standard output is for the result. */
class Progress {
  public readonly phases: Phase[] = [];
  private readonly start = Date.now();

  public say(line: string): void {
    process.stderr.write(`[${seconds(this.start).toFixed(1).padStart(6)} s] ${line}\n`);
  }

  public async phase<T>(name: string, work: () => Promise<T>): Promise<T> {
    this.say(`${name} ...`);
    const start = Date.now();
    const result = await work();
    this.phases.push({ name, seconds: seconds(start) });
    return result;
  }

  public summary(): string {
    const lines = this.phases.map(phase => `  ${phase.name.padEnd(12)} ${phase.seconds.toFixed(1).padStart(6)} s`);
    return ['Elapsed time', ...lines, `  ${'total'.padEnd(12)} ${seconds(this.start).toFixed(1).padStart(6)} s`].join('\n');
  }
}

function seconds(since: number): number {
  return Math.round((Date.now() - since) / 100) / 10;
}

/** The app to deploy, as a path below the project. */
function findApp(example: string | undefined, app: string | undefined): string {
  const file = app ?? (example === undefined ? 'bin/gateway.ts' : `examples/${example}/app.ts`);
  if (fs.existsSync(path.resolve(PROJECT, file))) {
    return file;
  }
  const folder = path.join(PROJECT, 'examples');
  const known = fs.existsSync(folder) ? fs.readdirSync(folder).filter(name => fs.existsSync(path.join(folder, name, 'app.ts'))) : [];
  throw new EmulatorError(`there is no ${file}; examples: ${known.join(', ') || 'none'}`);
}

function readContext(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(pairs.map(pair => {
    const at = pair.indexOf('=');
    if (at < 1) {
      throw new EmulatorError(`context '${pair}' is not of the form key=value`);
    }
    return [pair.slice(0, at), pair.slice(at + 1)];
  }));
}

async function deployLocal(example: string | undefined, flags: Flags, signal: AbortSignal): Promise<void> {
  const app = findApp(example, flags.app);
  const context = readContext(flags.context);
  fs.mkdirSync(LOCAL_FOLDER, { recursive: true });
  const workFolder = fs.mkdtempSync(path.join(LOCAL_FOLDER, 'deploy-'));
  const progress = new Progress();
  let emulator: Emulator | undefined;
  let kept = false;
  try {
    emulator = await progress.phase('emulator', () => Emulator.start({
      outlive: flags.keep, logFile: path.join(workFolder, 'emulator.log'), onProgress: line => progress.say(line), signal,
    }));
    const report = await deployInto(emulator, { app, context, workFolder, progress, signal });
    signal.throwIfAborted();
    print(report, progress, flags);
    kept = flags.keep === true;
  } finally {
    if (emulator && kept) {
      emulator.detach();
      explainKept(emulator, workFolder);
    } else {
      await emulator?.stop();
      fs.rmSync(workFolder, { recursive: true, force: true });
    }
  }
}

interface Job {
  readonly app: string;
  readonly context: Readonly<Record<string, string>>;
  readonly workFolder: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

async function deployInto(emulator: Emulator, job: Job): Promise<Report> {
  const { progress, signal } = job;
  progress.say(`emulator answers at ${emulator.url}`);
  const shared = { env: emulator.environment(), workFolder: job.workFolder, signal, onLine: (line: string) => sayOfCdk(progress, line) };
  await progress.phase('bootstrap', () => bootstrap({ ...shared, account: emulator.account, region: emulator.region }));
  await progress.phase('deploy', () => deploy({ ...shared, app: job.app, context: job.context }));
  return progress.phase('report', () => gather({ url: emulator.url, region: emulator.region }));
}

/** A resource is told once, when it is there or has failed. */
function sayOfCdk(progress: Progress, line: string): void {
  if (line.trim() !== '' && !/\| (CREATE|UPDATE)_IN_PROGRESS/.test(line)) {
    progress.say(`  ${line.trimEnd()}`);
  }
}

function print(report: Report, progress: Progress, flags: Flags): void {
  if (flags.json) {
    process.stdout.write(`${JSON.stringify({ ...report, phases: progress.phases }, undefined, 2)}\n`);
    return;
  }
  process.stdout.write(`\n${formatReport(report)}\n${progress.summary()}\n`);
}

function explainKept(emulator: Emulator, workFolder: string): void {
  const exports = Object.entries(emulator.variables()).map(([name, value]) => `  export ${name}=${value}`);
  process.stderr.write([
    '', `The emulator keeps running at ${emulator.url}, process ${emulator.pid}. To point the AWS CLI at it:`, '',
    '  unset AWS_PROFILE AWS_SESSION_TOKEN', ...exports, '',
    `To stop it and remove what it left: kill ${emulator.pid}; rm -r ${path.relative(process.cwd(), workFolder)}`, '',
  ].join('\n'));
}

async function main(): Promise<void> {
  const abort = abortOnSignals();
  const program = new Command('deploy-local')
    .description('Deploys an app into a local AWS emulator with the real cdk deploy, and tells what exists then.')
    .argument('[example]', 'the name of a folder in examples/ (default: the app in bin/)')
    .option('--keep', 'leave the emulator running and tell how to use it')
    .option('--json', 'print the result as JSON only')
    .option('--app <file>', 'deploy another app, a TypeScript file below this project')
    .option('-c, --context <key=value>', 'context for the app; may be repeated', addValue, [])
    .addHelpText('after', '\nExit codes: 0 deployed, 1 failed, 130 interrupted.')
    .action((example: string | undefined, flags: Flags) => deployLocal(example, flags, abort.signal));
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = explain(error, abort.signal);
  }
}

/** One sentence for what a person can do something about; the whole error for what only a developer can. */
function explain(error: unknown, signal: AbortSignal): number {
  if (signal.aborted) {
    process.stderr.write('interrupted; everything is stopped and removed\n');
    return 130;
  }
  process.stderr.write(`${error instanceof EmulatorError ? error.message : (error as Error)?.stack ?? error}\n`);
  return 1;
}

void main();
