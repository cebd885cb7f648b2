/** The commands of docs/runbook.md, by the programs that its reader has. */
import { execFile } from 'node:child_process';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { PROJECT } from '../../places';
import { Json } from '../cluster-document';
import { Rehearsal } from '../rehearsal';
import { ScenarioFailure } from './scenario';

const run = promisify(execFile);
const TSX = path.join(PROJECT, 'node_modules', 'tsx', 'dist', 'cli.mjs');
const MOST_OUTPUT = 1 << 26;
/** Exit code of `carbon-cluster verify`. */
const NOT_ALL_ANSWERED = 4;

/** What the AWS CLI of this machine answers. */
export async function aws(rehearsal: Rehearsal, ...argv: string[]): Promise<Json> {
  // An old one does not know the variable, and would ask AWS.
  const output = await said(rehearsal, 'aws', [...argv, '--endpoint-url', rehearsal.emulator.url, '--output', 'json']);
  return output.trim() === '' ? {} : JSON.parse(output);
}

/** What `carbon-cluster verify` finds: JSON. */
export async function verify(rehearsal: Rehearsal, stack: string): Promise<readonly Json[]> {
  const program = [TSX, path.join(PROJECT, 'bin', 'carbon-cluster.ts')];
  const output = await said(rehearsal, process.execPath, [...program, 'verify', stack, '--json'], [0, NOT_ALL_ANSWERED]);
  return (JSON.parse(output).clusters as Json[]).flatMap(each => each.findings as Json[]);
}

async function said(rehearsal: Rehearsal, program: string, argv: readonly string[], accepted: readonly unknown[] = [0]): Promise<string> {
  const env = { ...rehearsal.emulator.environment(), AWS_PAGER: '' };
  try {
    return (await run(program, argv, { env, maxBuffer: MOST_OUTPUT })).stdout;
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string };
    if (accepted.includes(code)) return stdout;
    if (code === 'ENOENT') throw new ScenarioFailure(`there is no ${program} on this machine, so the runbook's commands cannot be run: install it`);
    throw new ScenarioFailure(`'${argv.slice(0, 4).join(' ')} ...' of ${path.basename(program)} ended with ${code}: ${`${stdout}${stderr}`.trim().slice(-600)}`);
  }
}
