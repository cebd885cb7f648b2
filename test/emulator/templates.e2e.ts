/**
 * What aws-cdk-lib's own validation and the constructs say of every example, as it is synthesized for an account whose zones and image
 * were looked up. The other tests have the validation off: it takes seconds. cfn-lint judges the examples in `npm run test:regions`.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { LOCAL_FOLDER } from './emulator';
import { ALL, synthesize } from '../examples/example';

let folder: string;

beforeAll(() => {
  fs.mkdirSync(LOCAL_FOLDER, { recursive: true });
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
});
