/** What the clustering guides put around a cluster, deployed, and read into the document that the machine room boots. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as iam from '@aws-sdk/client-iam';
import { clusterDocument, Json } from '../rehearsal/cluster-document';
import { hostPathsOf } from '../rehearsal/host-paths';
import { bootstrap, deploy } from './cdk';
import { Emulator, LOCAL_FOLDER } from './emulator';

let emulator: Emulator;
let workFolder: string;
let document: Json;

beforeAll(async () => {
  fs.mkdirSync(LOCAL_FOLDER, { recursive: true });
  workFolder = fs.mkdtempSync(path.join(LOCAL_FOLDER, 'surroundings-'));
  emulator = await Emulator.start({ logFile: path.join(workFolder, 'emulator.log') });
  const options = { env: emulator.environment(), workFolder };
  await bootstrap({ ...options, account: emulator.account, region: emulator.region });
  await deploy({ ...options, app: 'test/emulator/fixture/surroundings.ts' });
  document = await clusterDocument(emulator, { healthCheckSpeed: 5, java: [] });
});

afterAll(async () => {
  await emulator?.stop();
  fs.rmSync(workFolder, { recursive: true, force: true });
});

function nodesOf(role: string): Json[] {
  return document.nodes.filter((each: Json) => each.tags['carbon-cluster-role'] === role);
}

/** Texts of the inline policies of a role. */
async function policiesOf(RoleName: string): Promise<string[]> {
  const credentials = { accessKeyId: 'testing', secretAccessKey: 'testing' };
  const client = new iam.IAMClient({ endpoint: emulator.url, region: emulator.region, credentials });
  const { PolicyNames: names = [] } = await client.send(new iam.ListRolePoliciesCommand({ RoleName }));
  const answers = await Promise.all(names.map(PolicyName => client.send(new iam.GetRolePolicyCommand({ RoleName, PolicyName }))));
  return answers.map(each => decodeURIComponent(each.PolicyDocument!));
}

function balancerOf(type: string): Json {
  return document.loadBalancers.find((each: Json) => each.type === type);
}

function groupsOf(balancer: Json): Json[] {
  const ids = balancer.listeners.map((each: Json) => each.defaultAction.targetGroup);
  return document.targetGroups.filter((each: Json) => ids.includes(each.id));
}

test('instances of both roles, the front ones as targets of the network load balancer', () => {
  expect([nodesOf('node').length, nodesOf('load-balancer').length]).toEqual([1, 2]);
  const balancer = balancerOf('network');
  expect(balancer).toMatchObject({ scheme: 'internal', listeners: [{ port: 443, protocol: 'TCP' }] });
  expect(balancer.dnsName).toMatch(/\.elb\.us-east-1\.amazonaws\.com$/);
  const [group] = groupsOf(balancer);
  expect(group).toMatchObject({ port: 443, protocol: 'TCP', health: { protocol: 'TCP', interval: 10 } });
  expect([...group.targets].sort()).toEqual(nodesOf('load-balancer').map(each => each.instanceId).sort());
});

test('a Classic load balancer with its policies, its check and the instances of its group', () => {
  const balancer = balancerOf('classic');
  expect(balancer).toMatchObject({ scheme: 'internal', idleTimeout: 60, listeners: [{
    port: 443, protocol: 'HTTPS', sslPolicy: 'ELBSecurityPolicy-TLS-1-2-2017-01', certificateNames: ['classic.guides.internal'],
  }] });
  expect(balancer.subnets).toEqual(document.network.subnets.map((each: Json) => each.cidr));
  const [group] = groupsOf(balancer);
  expect(group).toMatchObject({
    port: 9443, protocol: 'HTTPS', stickiness: { type: 'app_cookie', cookie: 'JSESSIONID' }, algorithm: 'least_outstanding_requests',
    health: { protocol: 'HTTPS', port: 9443, path: '/services/Version', interval: 10, timeout: 4, healthy: 2 },
  });
  expect(group.targets).toEqual(nodesOf('node').map(each => each.instanceId));
});

test('the names of the zone lead where they should', () => {
  const names = Object.fromEntries(document.names.map((each: Json) => [each.name, each.alias?.replace('dualstack.', '') ?? each.addresses]));
  expect(names).toEqual({
    'am.guides.internal': balancerOf('network').dnsName.toLowerCase(),
    'classic.guides.internal': balancerOf('classic').dnsName.toLowerCase(),
    'mgt.guides.internal': 'am.guides.internal',
    'svn.guides.internal': ['10.0.0.200'],
  });
  expect(hostPathsOf(document).map(each => [each.url, each.internal, each.insecure])).toEqual(expect.arrayContaining([
    ['https://am.guides.internal/services/Version', true, true], ['https://mgt.guides.internal/services/Version', true, true],
    ['https://classic.guides.internal/services/Version', true, false],
  ]));
});

test('the address of an interface is nobody else\'s', () => {
  expect(document.network.reserved).toHaveLength(3); // its own and those of two mount targets
  const all = [...document.network.reserved, ...document.nodes.map((each: Json) => each.privateIp)];
  expect(new Set(all).size).toBe(all.length);
});

test('a file system, and who may mount it', async () => {
  const [system] = document.fileSystems;
  expect(system.mountTargets.map((each: Json) => each.zone).sort()).toEqual(['us-east-1a', 'us-east-1b']);
  expect(system.accessPoints).toMatchObject([{ path: '/server', owner: { uid: 802, gid: 802, permissions: '750' } }]);
  const [node] = nodesOf('node');
  expect((await policiesOf(node.role.name)).join()).toContain(system.arn);
});

test('a repository and a database server that the app only names', () => {
  expect(document.svnServers).toMatchObject([{ url: 'svn://svn.guides.internal/artifacts', users: [
    { name: { field: 'username' }, password: { field: 'password' } },
  ] }]);
  expect(document.databases).toMatchObject([{
    endpoint: 'carbondb.guides.internal', port: 3306, engine: 'mysql', master: { user: 'root' }, parameters: { require_secure_transport: 'ON' },
  }]);
  // Passwords stay in their secrets.
  expect(JSON.stringify(document)).not.toContain('of the fixture');
});
