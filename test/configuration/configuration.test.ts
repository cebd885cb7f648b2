import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configurationPlan } from '../../lib/configuration/configuration';
import { NodeModel } from '../../lib/configuration/node-model';
import { GATEWAY_WORKER } from './gateway-worker';
import { expanded, planOf, referencesIn } from '../../lib/configuration/plan';

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
  const layout = { ...GATEWAY_WORKER.layout, passThrough: false };
  const bare: NodeModel = { ...GATEWAY_WORKER, transport: {}, keystore: undefined, userManagement: undefined, datasources: [], layout };
  expect(configurationPlan(bare).files.map(each => each.file)).toEqual(['repository/conf/axis2/axis2.xml', 'repository/conf/carbon.xml']);
});

describe('the key store', () => {
  const keystore = GATEWAY_WORKER.keystore!;
  const editsOf = (node: NodeModel, file: string): any[] => configurationPlan(node).files.find(each => each.file.endsWith(file))!.edits.flatMap(expanded);
  const tables = (more: Partial<typeof keystore>): any[] => editsOf({
    ...GATEWAY_WORKER, layout: { ...GATEWAY_WORKER.layout, style: 'toml' }, keystore: { ...keystore, ...more },
  }, 'deployment.toml').filter(each => each.table.startsWith('keystore'));

  test('is in each of the three tables of deployment.toml', () => {
    const password = { xml: { secret: 'Keystore', field: 'password' } };
    const values = { file_name: 'carbon-cluster.jks', type: 'JKS', password, alias: { xml: 'wso2carbon' }, key_password: password };
    expect(tables({})).toEqual(['primary', 'tls', 'internal'].map(each => ({ table: `keystore.${each}`, values })));
  });

  test('has the name that the first versions of deployment.toml read, too', () => {
    const names = { file_name: 'carbon-cluster.jks', name: 'carbon-cluster.jks' };
    expect(tables({ tomlNames: ['file_name', 'name'] }).map(each => each.values)).toMatchObject([names, names, names]);
  });

  test('tells the connector its type where that is none of Java\'s own', () => {
    const [, https] = editsOf({ ...GATEWAY_WORKER, keystore: { ...keystore, fileName: 'carbon-cluster.p12', type: 'PKCS12' } }, 'catalina-server.xml');
    expect(https.attributes).toMatchObject({ keystoreFile: '${carbon.home}/repository/resources/security/carbon-cluster.p12', keystoreType: 'PKCS12' });
  });
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
  expect(referencesIn(plan, 'secret')).toEqual(['MembershipCredentials', 'Keystore', 'Am', 'Admin']);
  expect(referencesIn(plan, 'env')).toEqual(['Region', 'DatabaseEndpoint']);
  expect(referencesIn(plan, 'metadata')).toEqual(['local-ipv4']);
});
