import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CONTEXT, ENV } from '../gateway';

/** The one test with aws-cdk-lib's own template validation on: it takes seconds, and must have nothing to say. */
test('the app in bin/ synthesizes without a warning', () => {
  const root = join(__dirname, '..', '..');
  const out = mkdtempSync(join(tmpdir(), 'carbon-warnings-'));
  const run = spawnSync(join(root, 'node_modules/.bin/tsx'), ['bin/gateway.ts'], {
    cwd: root,
    encoding: 'utf8',
    env: {
      ...process.env, CDK_VALIDATION: 'true', CDK_OUTDIR: out, CDK_DEFAULT_ACCOUNT: ENV.account, CDK_DEFAULT_REGION: ENV.region,
      CDK_CONTEXT_JSON: JSON.stringify(CONTEXT),
    },
  });
  const said = run.stderr.split('\n').filter(line => line.trim() !== '' && !line.startsWith('npm warn'));
  expect([run.status, said]).toEqual([0, []]);
  const manifest = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8'));
  expect(manifest.missing).toBeUndefined();
  expect(JSON.stringify(manifest)).not.toContain('aws:cdk:warning');
  rmSync(out, { recursive: true });
}, 60_000);
