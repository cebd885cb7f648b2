#!/usr/bin/env -S npx tsx
/**
 * `npm run test:creation`: lets every resource of an example fail once while its stack is created in a local AWS emulator, and every
 * node signal a failure in every phase of its boot. Nothing may be left when the stack has been rolled back, and the same stack must
 * be creatable again.
 *
 * Exit codes: 0 nothing is left, 1 something is or a case could not be run, 130 interrupted.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Command } from 'commander';
import { findProblems, formatResults, Result } from './creation-report';
import { LOCAL_FOLDER } from './emulator';
import { abortOnSignals, addValue, EmulatorError, run } from './processes';
import { findPython, quiet, without } from './python';
import { EMULATOR } from '../places';
import { BootPhase } from '../../lib';
import { ALL, synthesize } from '../examples/example';
import { ENV } from '../gateway';

const JUDGE = path.join(EMULATOR, 'judge', 'creation_failures.py');
const DEFAULT_EXAMPLE = 'identity-server';

interface Flags {
  readonly all?: boolean;
  readonly sample?: boolean;
  readonly only: readonly string[];
  readonly jobs: string;
  readonly boot: string;
  readonly start: string;
  readonly queued?: boolean;
  readonly json?: boolean;
}

/** Titles of examples, of which some exist in two variants. */
function chosen(names: readonly string[], flags: Flags): typeof ALL {
  if (flags.all) {
    return ALL;
  }
  const wanted = names.length > 0 ? names : [DEFAULT_EXAMPLE];
  return wanted.map(name => {
    const found = ALL.find(([title]) => title === name);
    if (!found) {
      throw new EmulatorError(`there is no example '${name}'; examples: ${ALL.map(([title]) => `'${title}'`).join(', ')}`);
    }
    return found;
  });
}

async function judge(names: readonly string[], flags: Flags, signal: AbortSignal): Promise<void> {
  const examples = chosen(names, flags);
  fs.mkdirSync(LOCAL_FOLDER, { recursive: true });
  const workFolder = fs.mkdtempSync(path.join(LOCAL_FOLDER, 'creation-'));
  try {
    const assemblies = examples.map(([title, name, context], index) => {
      say(`${title}: synthesizing`);
      const out = path.join(workFolder, String(index));
      synthesize(name, out, context);
      return `${title}=${out}`;
    });
    const results = await runCases(assemblies, flags, signal);
    process.stdout.write(flags.json ? `${JSON.stringify(results, undefined, 2)}\n` : `${formatResults(results)}\n`);
    process.exitCode = results.some(each => findProblems(each).length > 0) ? 1 : 0;
  } finally {
    fs.rmSync(workFolder, { recursive: true, force: true });
  }
}

async function runCases(assemblies: readonly string[], flags: Flags, signal: AbortSignal): Promise<Result[]> {
  const python = await findPython({ localFolder: LOCAL_FOLDER, onProgress: say, signal });
  const results: Result[] = [];
  const errors: string[] = [];
  const { code } = await run(python.command, [
    JUDGE, '--account', ENV.account, '--region', ENV.region, '--jobs', flags.jobs, '--boot', flags.boot, '--start', flags.start,
    ...flags.queued ? ['--queued'] : [], ...flags.sample ? ['--sample'] : [], ...flags.only.flatMap(each => ['--only', each]),
    ...Object.values(BootPhase).flatMap(each => ['--phase', each]), ...assemblies,
  ], {
    env: quiet(without(process.env, python.unset)),
    signal,
    onLine: line => line.startsWith('{') ? results.push(tell(JSON.parse(line) as Result)) : errors.push(line),
  });
  if (code !== 0) {
    throw new EmulatorError(`the judge ended with exit code ${code}:\n${errors.slice(-20).join('\n')}`);
  }
  return results;
}

function tell(result: Result): Result {
  const problems = findProblems(result);
  say(`${result.example} ${result.logicalId} (${result.how}): ${problems.length > 0 ? problems.join('; ') : 'clean'}, ${result.seconds} s`);
  return result;
}

/** One sentence for what a person can do something about; the whole error for what only a developer can. */
function explain(error: unknown): string {
  return error instanceof EmulatorError ? error.message : String((error as Error).stack ?? error);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function main(): Promise<void> {
  const abort = abortOnSignals();
  const program = new Command('creation-failures')
    .description('Lets every resource of an example fail once while its stack is created, and lists what is left.')
    .argument('[example...]', `titles of examples (default: ${DEFAULT_EXAMPLE})`)
    .option('--all', 'every example in every variant')
    .option('--sample', 'only the first resource of each type')
    .option('--only <logical id>', 'only this resource; may be repeated', addValue, [])
    .option('--jobs <count>', 'cases that run at the same time', String(os.cpus().length))
    .option('--boot <seconds>', 'how long a node takes before it starts its server', '180')
    .option('--start <seconds>', 'how long a server takes to start and to join', '90')
    .option('--queued', 'the servers of a group start one after the other')
    .option('--json', 'print the cases as JSON only')
    .addHelpText('after', '\nExit codes: 0 nothing is left, 1 something is or a case could not be run, 130 interrupted.')
    .action((names: string[], flags: Flags) => judge(names, flags, abort.signal));
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = abort.signal.aborted ? 130 : 1;
    say(abort.signal.aborted ? 'interrupted; everything is stopped and removed' : explain(error));
  }
}

void main();
