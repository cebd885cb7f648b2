/** The extension's own tests, run by the Python that runs the emulator. */
import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { LOCAL_FOLDER, PROJECT } from './emulator';
import { findPython, quiet, without } from './python';

test('every type that the extension adds or repairs is read back through the API', async () => {
  const python = await findPython({ localFolder: LOCAL_FOLDER, onProgress: line => console.log(line) });
  const run = spawnSync(python.command, ['-m', 'unittest', 'discover', '-s', path.join(PROJECT, 'test', 'emulator')],
    { encoding: 'utf8', env: quiet(without(process.env, python.unset)) });
  expect(run.stderr).toMatch(/Ran \d+ tests[\s\S]*OK/);
  expect(run.status).toBe(0);
}, 600_000);
