import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Rehearsal } from '../rehearsal';
import { aws } from './command-lines';

let folder: string;

beforeEach(() => { folder = fs.mkdtempSync(path.join(os.tmpdir(), 'command-lines-')); });
afterEach(() => fs.rmSync(folder, { recursive: true }));

/** A rehearsal whose machine has this program under the name of the AWS CLI. */
function rehearsalWith(program?: string): Rehearsal {
  if (program !== undefined) fs.writeFileSync(path.join(folder, 'aws'), `#!/bin/sh\n${program}\n`, { mode: 0o755 });
  return { emulator: { url: 'http://127.0.0.1:1', environment: () => ({ PATH: folder }) } } as unknown as Rehearsal;
}

test('asks the emulator, for JSON', async () => {
  const rehearsal = rehearsalWith('printf \'{"arguments": "%s"}\' "$*"');
  await expect(aws(rehearsal, 'sts', 'get-caller-identity')).resolves
    .toEqual({ arguments: 'sts get-caller-identity --endpoint-url http://127.0.0.1:1 --output json' });
});

test('a call without an answer has an empty one', async () => {
  await expect(aws(rehearsalWith('true'), 'logs', 'delete-log-group')).resolves.toEqual({});
});

test('a call that fails says what it was, and why', async () => {
  const failing = aws(rehearsalWith('echo "no such group" >&2; exit 254'), 'logs', 'delete-log-group', '--log-group-name', 'x');
  await expect(failing).rejects.toThrow(/^'logs delete-log-group --log-group-name x \.\.\.' of aws ended with 254: no such group$/);
});

test('a machine without the AWS CLI is told so', async () => {
  await expect(aws(rehearsalWith(), 'logs', 'delete-log-group')).rejects.toThrow(/^there is no aws on this machine, .* install it$/);
});
