/**
 * What aws-cdk-lib's own validation, the constructs and cfn-lint say of every example, as it is synthesized for an account whose
 * zones and image were looked up. The other tests have the validation off: it takes seconds.
 */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { LOCAL_FOLDER } from './emulator';
import { findPython, Python, quiet, without } from './python';
import { ALL, synthesize } from '../examples/example';

/**
 * W3005: what CDK depends on by name it also depends on by reference; both hold.
 * W3010: the zones of the VPC are looked up in the account and kept in cdk.context.json; that is how CDK spreads subnets.
 */
const EXPLAINED = ['W3005', 'W3010'];

let python: Python;
let folder: string;

beforeAll(async () => {
  fs.mkdirSync(LOCAL_FOLDER, { recursive: true });
  python = await findPython({ localFolder: LOCAL_FOLDER, onProgress: line => console.warn(line) });
  folder = fs.mkdtempSync(path.join(LOCAL_FOLDER, 'lint-'));
});

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

interface Entry { readonly type: string; readonly data: unknown }

/** What constructs of the assembly warn of: the command line would print it, the app does not. */
function warningsIn(folder: string): string[] {
  const manifest = JSON.parse(fs.readFileSync(path.join(folder, 'manifest.json'), 'utf8'));
  expect(manifest.missing).toBeUndefined();
  const files = fs.readdirSync(folder).filter(file => file.endsWith('.metadata.json'));
  const inFiles = files.map(file => JSON.parse(fs.readFileSync(path.join(folder, file), 'utf8')));
  const inManifest = Object.values<any>(manifest.artifacts).map(artifact => artifact.metadata ?? {});
  const entries = [...inFiles, ...inManifest].flatMap(metadata => Object.entries<Entry[]>(metadata));
  expect(entries.length).toBeGreaterThan(0);
  return entries.flatMap(([where, found]) => found.filter(each => /^aws:cdk:(warning|error)$/.test(each.type)).map(each => `${where}: ${String(each.data)}`));
}

function findings(template: string): { Rule: { Id: string }; Message: string }[] {
  const lint = spawnSync(python.command, ['-c', 'from cfnlint.runner import main; main()', '--format', 'json', template], { env: quiet(without(process.env, python.unset)) });
  if (String(lint.stderr).includes('No module named')) throw new Error('cfn-lint is not there: pip install -r test/emulator/requirements.txt');
  return JSON.parse(String(lint.stdout));
}

describe.each(ALL)('%s', (_title, name, context) => {
  let out: string;
  let said: string;
  beforeAll(() => {
    out = fs.mkdtempSync(path.join(folder, 'assembly-'));
    said = synthesize(name, out, context, { env: { CDK_VALIDATION: 'true' } });
  });

  test('synthesizes without a warning', () => {
    expect(said.split('\n').filter(line => line.trim() !== '' && !line.startsWith('npm warn'))).toEqual([]);
    expect(warningsIn(out)).toEqual([]);
  });

  test('cfn-lint has nothing to say but what is explained', () => {
    const templates = fs.readdirSync(out).filter(file => file.endsWith('.template.json'));
    expect(templates.length).toBeGreaterThan(0);
    const found = templates.flatMap(file => findings(path.join(out, file)));
    expect(found.filter(each => !EXPLAINED.includes(each.Rule.Id)).map(each => `${each.Rule.Id} ${each.Message}`)).toEqual([]);
  });
});

test('a template that is wrong is found', () => {
  const wrong = path.join(folder, 'wrong.json');
  fs.writeFileSync(wrong, JSON.stringify({ Resources: { Bucket: { Type: 'AWS::S3::Bucket', Properties: { NoSuchProperty: 1 } } } }));
  expect(findings(wrong).map(each => each.Rule.Id)).toContain('E3002');
});
