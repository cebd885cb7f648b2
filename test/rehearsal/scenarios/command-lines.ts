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

/** What the AWS CLI of this machine answers. */
export async function aws(rehearsal: Rehearsal, ...argv: string[]): Promise<Json> {
  // An old one does not know the variable, and would ask AWS.
  const output = await said(rehearsal, 'aws', [...argv, '--endpoint-url', rehearsal.emulator.url, '--output', 'json']);
  return output.trim() === '' ? {} : JSON.parse(output);
}

/** What `carbon-cluster` prints; fails where it ends with another exit code than 0. */
export async function carbonCluster(rehearsal: Rehearsal, ...argv: string[]): Promise<string> {
  return said(rehearsal, process.execPath, [TSX, path.join(PROJECT, 'bin', 'carbon-cluster.ts'), ...argv]);
}

async function said(rehearsal: Rehearsal, program: string, argv: readonly string[]): Promise<string> {
  const env = { ...rehearsal.emulator.environment(), AWS_PAGER: '' };
  try {
    return (await run(program, argv, { env, maxBuffer: MOST_OUTPUT })).stdout;
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string };
    if (code === 'ENOENT') throw new ScenarioFailure(`there is no ${program} on this machine, so the runbook's commands cannot be run: install it`);
    throw new ScenarioFailure(`'${argv.slice(0, 3).join(' ')} ...' of ${path.basename(program)} ended with ${code}: ${`${stdout}${stderr}`.trim().slice(-600)}`);
  }
}
