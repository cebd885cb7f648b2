/** The extension's own tests, run by the Python that runs the emulator. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Ledger } from '../rehearsal/authorization/ledger';
import { secondOpinion } from '../rehearsal/authorization/second-opinion';
import { LOCAL_FOLDER, PROJECT } from './emulator';
import { findPython, quiet, without } from './python';

const ACCOUNT = '123456789012';
const ledger = path.join(LOCAL_FOLDER, `ledger-${process.pid}.json`);

afterAll(() => fs.rmSync(ledger, { force: true }));

test('every type that the extension adds or repairs is read back through the API', async () => {
  const python = await findPython({ localFolder: LOCAL_FOLDER, onProgress: line => console.log(line) });
  const run = spawnSync(python.command, ['-m', 'unittest', 'discover', '-s', path.join(PROJECT, 'test', 'emulator')],
    { encoding: 'utf8', env: { ...quiet(without(process.env, python.unset)), CARBON_EMULATOR_LEDGER: ledger } });
  expect(run.stderr).toMatch(/Ran \d+ tests[\s\S]*OK/);
  expect(run.status).toBe(0);
}, 600_000);

test('an evaluator that is not ours decides all checks of the judge\'s tests the same way', async () => {
  const opinion = await secondOpinion(JSON.parse(fs.readFileSync(ledger, 'utf8')) as Ledger, ACCOUNT);
  expect(opinion?.differences).toEqual([]);
  expect(opinion?.asked).toBeGreaterThan(60);
});
