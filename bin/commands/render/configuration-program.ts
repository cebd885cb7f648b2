import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationPlan } from '../../../lib/configuration/plan';
import { CommandFailure } from '../../command';
import { nodeProgram } from '../../programs';
import { Terminal } from '../../terminal';

const OUTPUT_BYTES = 256 * 1024 * 1024;

/** What the node's program is asked. */
export interface ProgramRequest {
  readonly plan: ConfigurationPlan;
  /** Late-bound values by name. */
  readonly values: ReadonlyMap<string, string>;
  /** The product's home. */
  readonly home: string;
  /** Results are written below it; a diff is returned without. */
  readonly out?: string;
  /** JSON file with env, metadata, secrets and members. */
  readonly resolutions?: string;
  /** What absolute paths are below; a node's bare minimum without. */
  readonly root?: string;
}

/** Runs the very program that runs on the node, and returns what it prints. */
export function runConfigurationProgram(request: ProgramRequest, terminal: Terminal): string {
  const folder = mkdtempSync(join(tmpdir(), 'carbon-cluster-'));
  try {
    return run(commandLine(request, folder), terminal);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function commandLine(request: ProgramRequest, folder: string): string[] {
  const [plan, values] = [join(folder, 'plan.json'), join(folder, 'values')];
  writeFileSync(plan, JSON.stringify(request.plan));
  writeFileSync(values, [...request.values].map(([name, text]) => `${name}=${text}\n`).join(''));
  return [
    nodeProgram('carbon_configuration.py'),
    '--plan', plan,
    '--values', values,
    '--home', request.home,
    '--root', request.root ?? machine(join(folder, 'root')),
    '--placeholders',
    ...(request.resolutions ? ['--resolutions', request.resolutions] : []),
    ...(request.out ? ['--out', request.out] : ['--diff']),
  ];
}

/** This machine's /etc is not the node's, so that a node's hosts file is taken to be the smallest that one has. */
function machine(root: string): string {
  mkdirSync(join(root, 'etc'), { recursive: true });
  writeFileSync(join(root, 'etc', 'hosts'), '127.0.0.1 localhost\n');
  return root;
}

function run(commandLineOfProgram: readonly string[], terminal: Terminal): string {
  // -B: nothing is written beside the programs, which may be in an installed package.
  const result = spawnSync('python3', ['-B', ...commandLineOfProgram], {
    encoding: 'utf8',
    maxBuffer: OUTPUT_BYTES,
    env: { ...terminal.environment, PYTHONIOENCODING: 'utf-8' } as NodeJS.ProcessEnv,
  });
  if (result.error) throw new CommandFailure(startFailure(result.error));
  if (result.status === 0) return result.stdout;
  throw new CommandFailure(result.stderr.trim().replace(/^carbon_configuration: /, '') || `python3 ended with ${result.signal ?? result.status}`);
}

function startFailure(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return 'python3 is not installed: render runs the program that runs on the node, install Python 3.9 or later';
  return `python3 cannot be run: ${error.message}`;
}
