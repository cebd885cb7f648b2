import { ChildProcess, spawn, SpawnOptions } from 'node:child_process';
import * as readline from 'node:readline';

/** How long a process may take to end by itself once it was asked to. */
const PATIENCE_MS = 5000;

/** What went wrong, in one sentence for the person at the terminal. */
export class EmulatorError extends Error {}

/** Ends with Ctrl-C, and with whatever else asks a process to end. */
export function abortOnSignals(): AbortController {
  const abort = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => abort.abort());
  }
  return abort;
}

/** Of an option that may be repeated, all values. */
export function addValue(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

/** Starts a process as the leader of a group of its own, so that its children can be ended with it. */
export function startGroup(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  return spawn(command, args, { ...options, detached: true });
}

/** Ends the whole group of a process, kindly at first, and waits until its leader is gone. */
export async function stopGroup(child: ChildProcess): Promise<void> {
  const gone = hasEnded(child) ? Promise.resolve() : new Promise<void>(resolve => child.once('exit', () => resolve()));
  signalGroup(child, 'SIGTERM');
  const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), PATIENCE_MS);
  await gone;
  clearTimeout(timer);
}

/** Whether a process has ended, by itself or not. */
export function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) {
    return;
  }
  try {
    process.kill(-child.pid, signal);
  } catch {
    // Nobody is left in the group.
  }
}

/** What a finished command said. */
export interface Finished {
  /** Its exit code; 127 when it could not be started at all. */
  readonly code: number;
  /** Every line of both its outputs, in the order of arrival. */
  readonly lines: readonly string[];
}

/** How to run a command. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Is told each line as it comes. */
  readonly onLine?: (line: string) => void;
  /** Ends the command early. */
  readonly signal?: AbortSignal;
}

/** Runs a command to its end; an exit code other than 0 is an answer, not an error. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  options.signal?.throwIfAborted();
  const child = startGroup(command, args, { cwd: options.cwd, env: options.env, stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = () => void stopGroup(child);
  options.signal?.addEventListener('abort', stop);
  try {
    return await collect(child, options);
  } finally {
    options.signal?.removeEventListener('abort', stop);
    options.signal?.throwIfAborted();
  }
}

async function collect(child: ChildProcess, options: RunOptions): Promise<Finished> {
  const lines: string[] = [];
  for (const stream of [child.stdout!, child.stderr!]) {
    readline.createInterface({ input: stream }).on('line', line => {
      lines.push(line);
      options.onLine?.(line);
    });
  }
  const code = await new Promise<number>(resolve => {
    child.once('error', () => resolve(127));
    child.once('close', status => resolve(status ?? 1));
  });
  return { code, lines };
}
