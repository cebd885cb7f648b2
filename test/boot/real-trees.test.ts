import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { CarbonClusterProps, CarbonProduct, HazelcastLogLevel, Membership, WellKnownMember } from '../../lib';
import { PROGRAMS } from '../../lib/boot/user-data';
import { referencesIn } from '../../lib/configuration/plan';
import { documentOf, gateway, testStack, userDataOf } from '../gateway';

/** The real configuration files of vendor products; a clone has none, and says so. */
const CONF = process.env.CARBON_CONF ?? join(__dirname, '..', '..', '..', 'shared', 'carbon-conf');
const real = existsSync(CONF);
if (!real) console.warn('the tests with real configuration files are skipped: set CARBON_CONF to have them');
const tomllib = spawnSync('python3', ['-c', 'import tomllib']).status === 0;

const PRODUCTS: Record<string, () => CarbonProduct> = {
  'wso2as-5.3.0': () => CarbonProduct.applicationServer('5.3.0'),
  'wso2am-2.2.0': () => CarbonProduct.apiManager('2.2.0'),
  'wso2ei-6.4.0': () => CarbonProduct.enterpriseIntegrator('6.4.0'),
  'wso2greg-5.3.0': () => CarbonProduct.governanceRegistry('5.3.0'),
  'wso2am-3.2.0': () => CarbonProduct.apiManager('3.2.0'),
  'wso2is-5.11.0': () => CarbonProduct.identityServer('5.11.0'),
};

const MEMBERSHIPS: Record<string, () => Membership> = {
  aws: () => Membership.aws(),
  'fixed well-known members': () => Membership.wellKnown({ members: [WellKnownMember.range('10.0.1.5', 7)], localMemberPort: 4100 }),
  'discovered members': () => Membership.discovered(),
};

const everything = (stack: Stack): Partial<CarbonClusterProps> => {
  const secret = new secretsmanager.Secret(stack, 'Own');
  return {
    adminSecret: secret,
    portOffset: 3,
    hazelcastLogLevel: HazelcastLogLevel.FINEST,
    datasources: [{ name: 'ORDERS_DB', jndiName: 'jdbc/Orders', url: 'jdbc:mysql://orders.example.com/orders?a=1&b=<2>', secret }],
  };
};

function planOf(product: CarbonProduct, membership: Membership, role: string): any {
  const stack = testStack();
  gateway(stack, { product, membership, ...everything(stack) });
  return documentOf(userDataOf(Template.fromStack(stack), role)).configuration;
}

/** A different value for each reference, hostile where it may be. */
function resolutions(plan: unknown): any {
  const secrets = referencesIn(plan, 'secret').map(name => [name, Object.fromEntries(
    ['username', 'password', 'accessKeyId', 'secretAccessKey'].map(field => [field, `${name} ${field} <&>"' é€😀`]))]);
  return {
    env: Object.fromEntries(referencesIn(plan, 'env').map(name => [name, `${name}.example.com`])),
    metadata: { 'local-ipv4': '10.0.1.6' },
    secrets: Object.fromEntries(secrets),
    members: [{ host: '10.0.1.6', port: '4000' }, { host: '10.0.1.9', port: '4000' }],
  };
}

interface Run { folder: string; home: string; output: string; again: () => string }

function apply(tree: string, plan: unknown, known: unknown): Run {
  const folder = mkdtempSync(join(tmpdir(), 'carbon-tree-'));
  const home = join(folder, 'home');
  cpSync(join(CONF, tree), home, { recursive: true });
  // Copies of read-only files are read-only; the node owns its files.
  execFileSync('chmod', ['-R', 'u+w', home]);
  mkdirSync(join(folder, 'root'));
  writeFileSync(join(folder, 'plan.json'), JSON.stringify(plan));
  writeFileSync(join(folder, 'resolutions.json'), JSON.stringify(known));
  const again = (): string => execFileSync('python3', [join(PROGRAMS, 'carbon_configuration.py'), '--plan', join(folder, 'plan.json'), '--home', home,
    '--root', join(folder, 'root'), '--resolutions', join(folder, 'resolutions.json')]).toString();
  return { folder, home, output: again(), again };
}

function bytes(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(each => each.isFile());
  return Object.fromEntries(names.map(each => [join(each.parentPath, each.name), readFileSync(join(each.parentPath, each.name), 'latin1')]));
}

const cases = Object.keys(PRODUCTS).flatMap(tree => Object.keys(MEMBERSHIPS).flatMap(membership => ['Manager', 'Workers'].map(role => [tree, membership, role])));

(real ? test : test.skip).each(cases)('%s, %s, %s: every value is there, and a second run changes nothing', (tree, membership, role) => {
  const toml = existsSync(join(CONF, tree, 'repository/conf/deployment.toml'));
  if (toml && !tomllib) return console.warn(`${tree} is skipped: this Python has no tomllib`);
  const plan = planOf(PRODUCTS[tree](), MEMBERSHIPS[membership](), role);
  const known = resolutions(plan);
  const run = apply(tree, plan, known);
  const verified = JSON.parse(execFileSync('python3', [join(__dirname, 'programs/verify_plan.py'), join(run.folder, 'plan.json'),
    join(run.folder, 'resolutions.json'), run.home, join(run.folder, 'root')], { env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' } }).toString());
  expect(verified.wrong).toEqual([]);
  expect(Object.values(verified.compared as Record<string, number>).reduce((sum, each) => sum + each)).toBeGreaterThan(toml ? 20 : 60);
  const before = bytes(run.home);
  expect(run.again().split('\n').filter(line => line !== '' && !line.startsWith('unchanged'))).toEqual([]);
  expect(bytes(run.home)).toEqual(before);
  rmSync(run.folder, { recursive: true });
});

(real ? test : test.skip).each(Object.keys(PRODUCTS))('%s: lines outside the edits are identical', tree => {
  const plan = planOf(PRODUCTS[tree](), MEMBERSHIPS.aws(), 'Workers');
  const run = apply(tree, plan, resolutions(plan));
  const edited = plan.files.map((each: any) => each.file);
  for (const file of readdirSync(join(CONF, tree), { recursive: true, withFileTypes: true }).filter(each => each.isFile())) {
    const path = join(file.parentPath, file.name).slice(join(CONF, tree).length + 1);
    const diff = spawnSync('diff', ['--speed-large-files', join(CONF, tree, path), join(run.home, path)]).stdout.toString('latin1');
    if (!edited.includes(path)) { expect([path, diff]).toEqual([path, '']); continue; }
    const total = readFileSync(join(CONF, tree, path), 'latin1').split('\n').length;
    const removed = diff.split('\n').filter(line => line.startsWith('<')).length;
    // A vendor's data source that is ours now is the largest block that goes; whoever writes a file anew changes most of it.
    expect(removed).toBeLessThan(Math.max(40, total / 8));
  }
  rmSync(run.folder, { recursive: true });
});
