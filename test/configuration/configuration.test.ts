import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configurationPlan } from '../../lib/configuration/configuration';
import { NodeModel } from '../../lib/configuration/node-model';
import { GATEWAY_WORKER } from './gateway-worker';
import { planOf, referencesIn } from '../../lib/configuration/plan';

const GOLDEN = join(__dirname, 'golden');

/** Golden files are written by running with UPDATE_GOLDEN=1, and read by people in review. */
function golden(name: string, value: unknown): void {
  const file = join(GOLDEN, name);
  const text = `${JSON.stringify(value, null, 1)}\n`;
  if (process.env.UPDATE_GOLDEN) writeFileSync(file, text);
  expect(existsSync(file)).toBe(true);
  expect(text).toBe(readFileSync(file, 'utf8'));
}

test('the plan of a gateway worker', () => {
  golden('gateway-worker.json', configurationPlan(GATEWAY_WORKER));
});

test('what is not asked for is not edited', () => {
  const bare: NodeModel = { ...GATEWAY_WORKER, transport: {}, datasources: [], layout: { ...GATEWAY_WORKER.layout, passThrough: false } };
  expect(configurationPlan(bare).files.map(each => each.file)).toEqual(['repository/conf/axis2/axis2.xml', 'repository/conf/carbon.xml']);
});

test('overlays come last', () => {
  const overlay = { file: 'repository/conf/carbon.xml', edits: [{ set: '/Server/Name', text: 'mine' }] };
  const carbon = configurationPlan(GATEWAY_WORKER, [overlay]).files.find(each => each.file.endsWith('carbon.xml'))!;
  expect(carbon.edits.at(-1)).toEqual(overlay.edits[0]);
});

test('edits of one file are brought together, files without an edit left out', () => {
  const plan = planOf(undefined, [
    { file: 'a', edits: [{ remove: '/x' }] }, { file: 'b', edits: [] }, { file: 'a', edits: [{ remove: '/y' }] },
  ]);
  expect(plan).toEqual({ files: [{ file: 'a', edits: [{ remove: '/x' }, { remove: '/y' }] }] });
});

test('references are found wherever they are', () => {
  const plan = configurationPlan(GATEWAY_WORKER);
  expect(referencesIn(plan, 'secret')).toEqual(['MembershipCredentials', 'Am']);
  expect(referencesIn(plan, 'env')).toEqual(['Region', 'DatabaseEndpoint']);
  expect(referencesIn(plan, 'metadata')).toEqual(['local-ipv4']);
});
