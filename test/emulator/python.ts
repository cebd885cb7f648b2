import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { EMULATOR } from '../places';
import { EmulatorError, run } from './processes';

const SERVER = path.join(EMULATOR, 'server.py');
const REQUIREMENTS = path.join(EMULATOR, 'requirements.txt');
const COMMANDS = ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python'];

/** The exit codes of `server.py --check`. */
const enum Check { READY = 0, WITHOUT_MOTO = 2 }

/** A Python that can run the server. */
export interface Python {
  readonly command: string;
  /** Variables to take away: a foreign library path would win over what a virtual environment holds. */
  readonly unset: readonly string[];
}

/** How to find one. */
export interface PythonOptions {
  /** The folder that may hold a virtual environment. */
  readonly localFolder: string;
  readonly onProgress: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** Takes a Python with a moto of a known version, or else makes a virtual environment with one. */
export async function findPython(options: PythonOptions): Promise<Python> {
  let base: string | undefined;
  for (const command of COMMANDS) {
    const { code } = await run(command, [SERVER, '--check'], { env: quiet(process.env), signal: options.signal });
    if (code === Check.READY) {
      return { command, unset: [] };
    }
    base ??= code === Check.WITHOUT_MOTO ? command : undefined;
  }
  if (base === undefined) {
    throw new EmulatorError(`the emulator needs Python 3.10 or newer, and none of ${COMMANDS.join(', ')} is one: install it or add it to the PATH`);
  }
  return makeEnvironment(base, options);
}

/** Nothing that Python compiles is to be left among the sources. */
export function quiet(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...env, PYTHONDONTWRITEBYTECODE: '1' };
}

async function makeEnvironment(base: string, options: PythonOptions): Promise<Python> {
  const folder = path.join(options.localFolder, 'venv');
  const python: Python = { command: path.join(folder, 'bin', 'python3'), unset: ['PYTHONPATH', 'PYTHONHOME'] };
  const marker = path.join(folder, 'requirements.sha256');
  const wanted = createHash('sha256').update(fs.readFileSync(REQUIREMENTS)).digest('hex');
  if (fs.existsSync(marker) && fs.readFileSync(marker, 'utf8') === wanted) {
    return python;
  }
  options.onProgress(`installing the emulator into ${path.relative(process.cwd(), folder)} (once, about half a minute)`);
  const env = { ...quiet(without(process.env, python.unset)), PIP_CACHE_DIR: path.join(options.localFolder, 'pip') };
  await succeed(base, ['-m', 'venv', '--clear', folder], env, options);
  await succeed(python.command, ['-m', 'pip', 'install', '--disable-pip-version-check', '-q', '-r', REQUIREMENTS], env, options);
  fs.writeFileSync(marker, wanted);
  return python;
}

/** A copy of an environment without some of its variables. */
export function without(env: NodeJS.ProcessEnv, names: readonly string[]): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)));
}

async function succeed(command: string, args: readonly string[], env: NodeJS.ProcessEnv, options: PythonOptions): Promise<void> {
  const { code, lines } = await run(command, args, { env, signal: options.signal });
  if (code === 0) {
    return;
  }
  const reason = lines.filter(line => line.trim() !== '').pop() ?? `exit code ${code}`;
  throw new EmulatorError(`the emulator could not be installed with ${command}: ${reason}; `
    + `install what ${path.relative(process.cwd(), REQUIREMENTS)} lists by hand, or make the package index reachable`);
}
