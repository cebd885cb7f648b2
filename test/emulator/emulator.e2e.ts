/** Deploys the fixture once with the real `cdk deploy` and asks the API for everything the report tells. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as secrets from '@aws-sdk/client-secrets-manager';
import { bootstrap, deploy, Deployment } from './cdk';
import { Emulator, LOCAL_FOLDER } from './emulator';
import { Credentials, NEEDED_ACTION, tryPermissions } from './permissions';
import { gather, NodeReport, Report } from './report';
import { formatReport } from './report-text';

let emulator: Emulator;
let workFolder: string;
let deployment: Deployment;
let report: Report;
const lines: string[] = [];

beforeAll(async () => {
  fs.mkdirSync(LOCAL_FOLDER, { recursive: true });
  workFolder = fs.mkdtempSync(path.join(LOCAL_FOLDER, 'e2e-'));
  emulator = await Emulator.start({ logFile: path.join(workFolder, 'emulator.log') });
  const options = { env: emulator.environment(), workFolder, onLine: (line: string) => void lines.push(line) };
  await bootstrap({ ...options, account: emulator.account, region: emulator.region });
  deployment = await deploy({ ...options, app: 'test/emulator/fixture/app.ts' });
  report = await gather({ url: emulator.url, region: emulator.region });
});

afterAll(async () => {
  await emulator?.stop();
  fs.rmSync(workFolder, { recursive: true, force: true });
});

function nodesOf(name: string): NodeReport[] {
  return report.nodes.filter(node => node.name.includes(name));
}

test('the stack is complete and its outputs are known', () => {
  expect(lines.some(line => /CREATE_COMPLETE +\| AWS::CloudFormation::Stack/.test(line))).toBe(true);
  expect(Object.keys(deployment.outputs.Fixture)).toEqual(['BalancerName']);
});

test('one manager, and the workers in two zones', () => {
  expect(nodesOf('Manager')).toHaveLength(1);
  expect(nodesOf('Worker').map(node => node.zone)).toEqual(['us-east-1a', 'us-east-1b']);
});

test('every node is as its launch template says', () => {
  for (const node of report.nodes) {
    expect(node).toMatchObject({
      instanceType: 'm6i.large', metadataTokens: 'required', metadataHopLimit: 1, publicAddress: undefined,
      securityGroups: ['fixture-cluster'], tags: { 'carbon:cluster': 'Fixture/Cluster' },
    });
    expect(node.privateAddress).toMatch(/^10\.0\./);
    expect(node.autoScalingGroup).toMatch(/^Fixture-/);
    expect(node.role).toMatch(/^Fixture-(Manager|Worker)Role/);
  }
});

test('every node would find every node', () => {
  const everybody = report.nodes.map(node => node.instanceId).sort();
  for (const node of report.nodes) {
    expect(node.looksFor).toMatchObject({ tagKey: 'carbon:cluster', tagValue: 'Fixture/Cluster', securityGroup: 'fixture-cluster' });
    expect(node.finds).toEqual(everybody);
  }
});

test('the listener sends host names to the right groups', () => {
  const [balancer] = report.loadBalancers;
  expect(balancer).toMatchObject({ type: 'application', scheme: 'internet-facing' });
  const [http, https] = balancer.listeners;
  expect(http.rules).toEqual([{ priority: 'default', condition: 'always', action: 'redirect to HTTPS 443' }]);
  expect(https).toMatchObject({ protocol: 'HTTPS', port: 443, policy: 'ELBSecurityPolicy-TLS13-1-2-2021-06' });
  expect(https.certificates).toHaveLength(2);
  expect(https.rules.map(rule => [rule.priority, rule.condition])).toEqual([
    ['10', 'host-header mgt.am.example.com'], ['20', 'host-header am.example.com'], ['default', 'always'],
  ]);
  const [console, service] = https.rules.map(rule => report.targetGroups.find(group => rule.action === `forward to ${group.name}`));
  expect(console!.targets.map(target => target.id)).toEqual(nodesOf('Manager').map(node => node.instanceId));
  expect(service!.targets.map(target => target.id)).toEqual(nodesOf('Worker').map(node => node.instanceId).sort());
});

test('health checks and stickiness are kept', () => {
  const [console, service] = [9443, 8243].map(port => report.targetGroups.find(group => group.port === port)!);
  expect(console).toMatchObject({ healthCheck: 'HTTPS:traffic-port /carbon/admin/login.jsp every 15 s, 200', stickiness: 'lb_cookie 28800 s' });
  expect(service).toMatchObject({ healthCheck: 'HTTPS:traffic-port /services/Version every 30 s, 200', stickiness: 'none' });
});

test('the database is as asked for', () => {
  expect(report.databases).toEqual([expect.objectContaining({
    engine: 'mysql', version: '8.0.46', encrypted: true, backupDays: 7, deletionProtection: true, publiclyAccessible: false, requiresTls: true,
  })]);
});

test('the secret of the database user holds the connection', async () => {
  const name = report.secrets.find(each => each.includes('DatabaseUser'))!;
  const value = JSON.parse(await readSecret(name));
  expect(value).toMatchObject({ username: 'wso2', engine: 'mysql', port: 3306 });
  expect(report.databases[0].endpoint).toBe(`${value.host}:3306`);
  expect(value.password).toHaveLength(30);
});

test('the report is readable, and names secrets without their values', async () => {
  const text = formatReport(report);
  expect(text).toContain('3 of 3: 10.0.');
  const { secretAccessKey } = await readAccessKey();
  expect(text).not.toContain(secretAccessKey);
  expect(JSON.stringify(report)).not.toContain(secretAccessKey);
});

test('the key of the members may list instances and nothing else', async () => {
  const credentials = await readAccessKey();
  await emulator.enforceIam();
  try {
    const attempts = await tryPermissions(emulator, credentials);
    const outcomes = Object.fromEntries(attempts.map(each => [each.action, each.outcome]));
    expect(outcomes[NEEDED_ACTION]).toBe('allowed');
    const others = attempts.filter(each => each.action !== NEEDED_ACTION);
    expect(others.length).toBeGreaterThanOrEqual(10);
    expect(others.filter(each => each.outcome !== 'denied')).toEqual([]);
  } finally {
    await emulator.relaxIam();
  }
});

test('a wrong key is nobody', async () => {
  const { accessKeyId } = await readAccessKey();
  await emulator.enforceIam();
  try {
    const attempts = await tryPermissions(emulator, { accessKeyId, secretAccessKey: 'wrong' });
    expect(attempts.filter(each => each.outcome === 'allowed')).toEqual([]);
    expect(attempts[0].outcome).toBe('unauthenticated');
  } finally {
    await emulator.relaxIam();
  }
});

async function readAccessKey(): Promise<Credentials> {
  return JSON.parse(await readSecret(report.secrets.find(each => each.includes('AccessKey'))!));
}

async function readSecret(name: string): Promise<string> {
  const client = new secrets.SecretsManagerClient({
    endpoint: emulator.url, region: emulator.region, credentials: { accessKeyId: 'testing', secretAccessKey: 'testing' },
  });
  return (await client.send(new secrets.GetSecretValueCommand({ SecretId: name }))).SecretString!;
}
