import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { Template } from 'aws-cdk-lib/assertions';
import { testing } from '../../lib';
import { gateway, testStack } from '../gateway';

expect.addSnapshotSerializer(new testing.TemplateSnapshot());

test('the gateway', () => {
  const stack = testStack();
  gateway(stack);
  expect(Template.fromStack(stack)).toMatchSnapshot();
});

test('two syntheses from different folders give the same bytes', () => {
  const root = join(__dirname, '..', '..');
  const folders = ['one', 'another/and deeper'].map(name => join(mkdtempSync(join(tmpdir(), 'carbon-')), name));
  const outputs = folders.map(folder => {
    for (const part of ['lib', 'bin', 'examples', 'package.json', 'tsconfig.json']) cpSync(join(root, part), join(folder, part), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    return synthesize(folder);
  });
  expect(Object.keys(outputs[0]).length).toBeGreaterThan(0);
  expect(outputs[0]).toEqual(outputs[1]);
  for (const folder of folders) rmSync(dirname(folder), { recursive: true });
});

function synthesize(folder: string): Record<string, string> {
  const out = join(folder, 'out');
  execFileSync(join(folder, 'node_modules/.bin/tsx'), ['bin/gateway.ts'], {
    cwd: folder,
    stdio: 'pipe',
    env: { ...process.env, CDK_OUTDIR: out, CDK_DEFAULT_ACCOUNT: '111111111111', CDK_DEFAULT_REGION: 'eu-west-1', CDK_VALIDATION: 'false' },
  });
  const files = readdirSync(out).filter(name => name.endsWith('.template.json') || name.endsWith('.assets.json'));
  return Object.fromEntries(files.map(name => [name, readFileSync(join(out, name), 'utf8')]));
}
