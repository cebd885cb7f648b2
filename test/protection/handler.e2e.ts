/**
 * The function that Lambda runs, with the actions of its deployed role, called as CloudFormation calls it, against an emulator that
 * enforces policies. What the emulator has no states for, the status of a stack that is rolled back, the tests say themselves.
 */
import * as fs from 'node:fs';
import * as http from 'node:http';
import { AddressInfo } from 'node:net';
import * as path from 'node:path';
import { CloudFormationClient, DescribeStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient, DeleteRetentionPolicyCommand, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeLoadBalancerAttributesCommand, ElasticLoadBalancingV2Client, ModifyLoadBalancerAttributesCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import * as iam from '@aws-sdk/client-iam';
import { DescribeDBInstancesCommand, ModifyDBInstanceCommand, RDSClient } from '@aws-sdk/client-rds';
import type { ProtectionServices } from '../../lib/protection/handler/deletion-protection';
import { bootstrap, deploy } from '../emulator/cdk';
import { Emulator, LOCAL_FOLDER } from '../emulator/emulator';

// eslint-disable-next-line @typescript-eslint/no-require-imports
const { handle } = require('../../lib/protection/handler/function/index.js') as { handle: (event: object, services: Partial<ProtectionServices>) => Promise<void> };

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

interface Key { readonly accessKeyId: string; readonly secretAccessKey: string }
interface Answer { readonly Status: string; readonly Reason?: string; readonly PhysicalResourceId: string }
interface Protected { readonly database: boolean; readonly balancer: boolean }

const ADMINISTRATOR = { accessKeyId: 'testing', secretAccessKey: 'testing' };
const ON = { database: true, balancer: true };
const OFF = { database: false, balancer: false };

let emulator: Emulator;
let workFolder: string;
let settings: { endpoint: string; region: string; credentials: Key };
let stackId: string;
let function_: Key;
let names: { readonly DatabaseInstance: string; readonly LoadBalancer: string };
/** A second pair, which comes into the place of the first by an update. */
let others: typeof names;

beforeAll(async () => {
  fs.mkdirSync(LOCAL_FOLDER, { recursive: true });
  workFolder = fs.mkdtempSync(path.join(LOCAL_FOLDER, 'protection-'));
  emulator = await Emulator.start({ logFile: path.join(workFolder, 'emulator.log') });
  settings = { endpoint: emulator.url, region: emulator.region, credentials: ADMINISTRATOR };
  await bootstrap({ env: emulator.environment(), workFolder, account: emulator.account, region: emulator.region });
  await deploy({ env: emulator.environment(), workFolder, app: 'test/protection/fixture/app.ts' });
  const { StackResources: resources } = await new CloudFormationClient(settings).send(new DescribeStackResourcesCommand({ StackName: 'Protected' }));
  const idOf = (part: string): string => resources!.find(each => each.LogicalResourceId!.startsWith(part) && /::(DBInstance|LoadBalancer)$/.test(each.ResourceType!))!.PhysicalResourceId!;
  stackId = resources![0].StackId!;
  names = { DatabaseInstance: idOf('Database0'), LoadBalancer: idOf('Balancer0') };
  others = { DatabaseInstance: idOf('Database1'), LoadBalancer: idOf('Balancer1') };
  function_ = await makeCaller(new iam.IAMClient(settings));
});

afterAll(async () => {
  await emulator?.stop();
  fs.rmSync(workFolder, { recursive: true, force: true });
});

beforeEach(async () => {
  await emulator.relaxIam();
  for (const each of [names, others]) await setProtection(each, OFF);
  Object.assign(process.env, emulator.variables(), { AWS_ACCESS_KEY_ID: function_.accessKeyId, AWS_SECRET_ACCESS_KEY: function_.secretAccessKey });
  await emulator.enforceIam();
});

/** A user that may do what the deployed role may, on anything, since the emulator knows no resources of IAM. */
async function makeCaller(admin: iam.IAMClient): Promise<Key> {
  const { Roles } = await admin.send(new iam.ListRolesCommand({}));
  const role = Roles!.map(each => each.RoleName!).find(name => name.includes('ProtectionRole'))!;
  const { PolicyNames: [policy] = [] } = await admin.send(new iam.ListRolePoliciesCommand({ RoleName: role }));
  const { PolicyDocument: document } = await admin.send(new iam.GetRolePolicyCommand({ RoleName: role, PolicyName: policy }));
  const statements = JSON.parse(decodeURIComponent(document!)).Statement;
  await admin.send(new iam.CreateUserCommand({ UserName: 'function' }));
  await admin.send(new iam.PutUserPolicyCommand({ UserName: 'function', PolicyName: 'deployed', PolicyDocument: JSON.stringify({
    Version: '2012-10-17', Statement: statements.map((each: object) => ({ ...each, Resource: '*' })),
  }) }));
  const { AccessKey: key } = await admin.send(new iam.CreateAccessKeyCommand({ UserName: 'function' }));
  return { accessKeyId: key!.AccessKeyId!, secretAccessKey: key!.SecretAccessKey! };
}

async function asAdministrator<T>(question: () => Promise<T>): Promise<T> {
  await emulator.relaxIam();
  try {
    return await question();
  } finally {
    await emulator.enforceIam();
  }
}

async function setProtection({ DatabaseInstance, LoadBalancer }: typeof names, { database, balancer }: Protected): Promise<void> {
  await new RDSClient(settings).send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: DatabaseInstance, DeletionProtection: database }));
  await new ElasticLoadBalancingV2Client(settings).send(new ModifyLoadBalancerAttributesCommand({
    LoadBalancerArn: LoadBalancer, Attributes: [{ Key: 'deletion_protection.enabled', Value: String(balancer) }],
  }));
}

/** What AWS says of them. */
const protection = ({ DatabaseInstance, LoadBalancer } = names): Promise<Protected> => asAdministrator(async () => {
  const { DBInstances } = await new RDSClient(settings).send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: DatabaseInstance }));
  const { Attributes } = await new ElasticLoadBalancingV2Client(settings).send(new DescribeLoadBalancerAttributesCommand({ LoadBalancerArn: LoadBalancer }));
  return {
    database: DBInstances![0].DeletionProtection!,
    balancer: Attributes!.some(each => each.Key === 'deletion_protection.enabled' && each.Value === 'true'),
  };
});

/** Status by stack; those that are not there have a root of that name. */
function inStates(...states: [id: string, status: string, rootId?: string][]): ProtectionServices['describeStack'] {
  return async id => {
    const found = states.find(each => each[0] === id);
    if (!found) throw new Error(`nobody may look at ${id}`);
    return { status: found[1], rootId: found[2] };
  };
}

const inState = (status: string): Partial<ProtectionServices> => ({ describeStack: inStates([stackId, status]) });

async function ask(event: object, services: Partial<ProtectionServices> = {}): Promise<Answer> {
  const answers: Answer[] = [];
  const server = http.createServer((message, response) => {
    let body = '';
    message.on('data', part => { body += part; }).on('end', () => {
      answers.push(JSON.parse(body));
      response.writeHead(200).end();
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const ResponseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/answer`;
  try {
    await handle({ StackId: stackId, RequestId: 'request', LogicalResourceId: 'Protection', ...event, ResponseURL }, { pause: async () => {}, log: () => {}, ...services });
  } finally {
    await new Promise(resolve => server.close(resolve));
  }
  expect(answers).toHaveLength(1);
  expect(answers[0]).toMatchObject({ StackId: stackId, RequestId: 'request', LogicalResourceId: 'Protection', PhysicalResourceId: expect.stringMatching(/./) });
  return answers[0];
}

const properties = (Enabled: boolean, more: object = names): object => ({ Enabled: String(Enabled), ServiceToken: 'arn', ...more });
const create = (enabled = true, services = {}): Promise<Answer> => ask({ RequestType: 'Create', ResourceProperties: properties(enabled) }, services);
const remove = (PhysicalResourceId: string, status: string, more: object = names): Promise<Answer> =>
  ask({ RequestType: 'Delete', PhysicalResourceId, ResourceProperties: properties(true, more) }, inState(status));
const update = (now: object, before: object, status = 'UPDATE_IN_PROGRESS'): Promise<Answer> =>
  ask({ RequestType: 'Update', PhysicalResourceId: 'id', ResourceProperties: now, OldResourceProperties: before }, inState(status));

/** Makes calls of a client of the SDK fail before they are sent, in the bundle as everywhere: it uses the SDK that is installed. */
function failing(client: { prototype: { send: unknown } }, failure: (command: { constructor: { name: string } }) => Error | undefined): void {
  const original = client.prototype.send as (this: unknown, command: any) => Promise<unknown>;
  jest.spyOn(client.prototype as any, 'send').mockImplementation(async function (this: unknown, command: any) {
    const problem = failure(command);
    if (problem) throw problem;
    return original.call(this, command);
  });
}

const error = (name: string, message: string): Error => Object.assign(new Error(message), { name });

afterEach(() => jest.restoreAllMocks());

describe('creation', () => {
  test('protects both, and its id says what it has protected', async () => {
    expect(await create()).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'deletion-protection:DatabaseInstance:LoadBalancer' });
    expect(await protection()).toEqual(ON);
  });

  test('protects nothing where protection is off', async () => {
    expect(await create(false)).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'deletion-protection' });
    expect(await protection()).toEqual(OFF);
  });

  test('switches off what a stack of an earlier release had protected', async () => {
    await asAdministrator(() => setProtection(names, ON));
    expect(await create(false)).toMatchObject({ Status: 'SUCCESS' });
    expect(await protection()).toEqual(OFF);
  });

  test('that fails half-way takes back what it did', async () => {
    failing(ElasticLoadBalancingV2Client, ({ constructor }) => constructor.name.startsWith('Modify') ? error('AccessDenied', 'not you') : undefined);
    expect(await create()).toMatchObject({ Status: 'FAILED', Reason: 'not you' });
    jest.restoreAllMocks();
    expect(await protection()).toEqual(OFF);
  });

  test('waits for a database that is busy, and for a service that wants fewer requests', async () => {
    let tries = 0;
    const pauses: number[] = [];
    failing(RDSClient, () => {
      tries += 1;
      return tries > 6 ? undefined : error(tries % 2 ? 'Throttling' : 'InvalidDBInstanceStateFault', 'later');
    });
    expect(await create(true, { pause: async (milliseconds: number) => void pauses.push(milliseconds) })).toMatchObject({ Status: 'SUCCESS' });
    jest.restoreAllMocks();
    expect(pauses).toHaveLength(6);
    expect(await protection()).toEqual(ON);
  });

  test('gives up before Lambda ends it, with the reason', async () => {
    let now = 0;
    failing(RDSClient, ({ constructor }) => constructor.name.startsWith('Modify') ? error('InvalidDBInstanceStateFault', 'it is backing-up') : undefined);
    const answer = await create(true, { now: () => now, pause: async (milliseconds: number) => { now += milliseconds; } });
    expect(answer).toMatchObject({ Status: 'FAILED', Reason: 'it is backing-up' });
    expect(now).toBeGreaterThan(5 * 60 * 1000);
    expect(now).toBeLessThan(11 * 60 * 1000);
  });

  test('waits until the service says that it is so', async () => {
    let asked = 0;
    const send = RDSClient.prototype.send as (this: unknown, command: any) => Promise<any>;
    jest.spyOn(RDSClient.prototype as any, 'send').mockImplementation(async function (this: unknown, command: any) {
      const answer = await send.call(this, command);
      if (command.constructor.name.startsWith('Describe') && ++asked < 4) answer.DBInstances[0].DeletionProtection = false;
      return answer;
    });
    expect(await create()).toMatchObject({ Status: 'SUCCESS' });
    expect(asked).toBe(4);
  });
});

describe('the log group that RDS makes', () => {
  const logGroupName = '/aws/rds/instance/db/error';
  const retention = (): Promise<(number | undefined)[]> => asAdministrator(async () => {
    const { logGroups } = await new CloudWatchLogsClient(settings).send(new DescribeLogGroupsCommand({ logGroupNamePrefix: logGroupName }));
    return logGroups!.map(each => each.retentionInDays);
  });
  const ask90 = (type: string): Promise<Answer> => ask({
    RequestType: type, PhysicalResourceId: 'id', ResourceProperties: properties(false, { ...names, DatabaseLog: logGroupName }), OldResourceProperties: properties(false),
  });

  test('has a retention, whether it is there or not, and from an update on, too', async () => {
    expect(await ask90('Create')).toMatchObject({ Status: 'SUCCESS' });
    expect(await retention()).toEqual([90]);
    await asAdministrator(() => new CloudWatchLogsClient(settings).send(new DeleteRetentionPolicyCommand({ logGroupName })));
    expect(await retention()).toEqual([undefined]);
    expect(await ask90('Update')).toMatchObject({ Status: 'SUCCESS' });
    expect(await retention()).toEqual([90]);
  });

  test('is not touched by a deletion: RDS would make it again', async () => {
    expect(await ask90('Delete')).toMatchObject({ Status: 'SUCCESS' });
    expect(await retention()).toEqual([90]);
  });
});

describe('a creation that is rolled back', () => {
  test('of a stack: takes all off, whatever the id says', async () => {
    await create();
    expect(await remove('made-up-by-CloudFormation', 'ROLLBACK_IN_PROGRESS')).toMatchObject({ Status: 'SUCCESS' });
    expect(await protection()).toEqual(OFF);
  });

  test.each(['UPDATE_ROLLBACK_IN_PROGRESS', 'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS'])('by an update, in %s: takes off what it has put on', async status => {
    const { PhysicalResourceId: id } = await create();
    expect(await remove(id, status)).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: id });
    expect(await protection()).toEqual(OFF);
  });

  test('by an upgrade from an earlier release: what was protected before stays so', async () => {
    await asAdministrator(() => setProtection(names, { database: true, balancer: false }));
    const { PhysicalResourceId: id } = await create();
    expect(id).toBe('deletion-protection:LoadBalancer');
    expect(await protection()).toEqual(ON);
    expect(await remove(id, 'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS')).toMatchObject({ Status: 'SUCCESS' });
    expect(await protection()).toEqual({ database: true, balancer: false });
  });

  test('what is gone already is no obstacle', async () => {
    const gone = { DatabaseInstance: 'never-there', LoadBalancer: names.LoadBalancer.replace(/.$/, 'x') };
    expect(await remove('id', 'ROLLBACK_IN_PROGRESS', gone)).toMatchObject({ Status: 'SUCCESS' });
    expect(await remove('id', 'DELETE_IN_PROGRESS', gone)).toMatchObject({ Status: 'SUCCESS' });
  });

  test('that cannot take it off says so', async () => {
    const { PhysicalResourceId: id } = await create();
    failing(RDSClient, ({ constructor }) => constructor.name.startsWith('Modify') ? error('AccessDenied', 'not you') : undefined);
    expect(await remove(id, 'ROLLBACK_IN_PROGRESS')).toMatchObject({ Status: 'FAILED', Reason: 'not you' });
  });
});

describe('a deletion that somebody asks for', () => {
  test('is refused while protection is on, with the commands that take it off', async () => {
    const { PhysicalResourceId: id } = await create();
    const { Status, Reason } = await remove(id, 'DELETE_IN_PROGRESS');
    expect(Status).toBe('FAILED');
    expect(Reason).toContain(`"aws rds modify-db-instance --db-instance-identifier ${names.DatabaseInstance} --no-deletion-protection"`);
    expect(Reason).toContain(`"aws elbv2 modify-load-balancer-attributes --load-balancer-arn ${names.LoadBalancer} --attributes Key=deletion_protection.enabled,Value=false"`);
    expect(await protection()).toEqual(ON);
  });

  test('is refused while one of them is protected, and names that one only', async () => {
    await asAdministrator(() => setProtection(names, { database: false, balancer: true }));
    const { Status, Reason } = await remove('id', 'DELETE_IN_PROGRESS');
    expect(Status).toBe('FAILED');
    expect(Reason).not.toContain('aws rds');
  });

  test('by an update without the cluster is refused', async () => {
    const { PhysicalResourceId: id } = await create();
    const { Status, Reason } = await remove(id, 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS');
    expect([Status, Reason]).toEqual(['FAILED', expect.stringContaining('set deletionProtection to false and deploy before you remove the cluster from its stack')]);
    expect(await protection()).toEqual(ON);
  });

  test('goes through when protection is off, whoever took it off, without a look at the stack', async () => {
    await create(false);
    const nobody = { describeStack: async () => { throw new Error('nobody may look'); } };
    expect(await ask({ RequestType: 'Delete', PhysicalResourceId: 'id', ResourceProperties: properties(true) }, nobody)).toMatchObject({ Status: 'SUCCESS' });
  });

  test('the status is that of the deployed stack, which the function may ask for', async () => {
    const { PhysicalResourceId: id } = await create();
    const { Status, Reason } = await ask({ RequestType: 'Delete', PhysicalResourceId: id, ResourceProperties: properties(true) });
    expect([Status, Reason]).toEqual(['FAILED', expect.stringContaining('Deletion protection of')]);
  });
});

describe('in a nested stack', () => {
  const nested = (own: string, root: string): Partial<ProtectionServices> => ({ describeStack: inStates([stackId, own, 'root'], ['root', root]) });
  const deleting = (PhysicalResourceId: string, services: Partial<ProtectionServices>): Promise<Answer> =>
    ask({ RequestType: 'Delete', PhysicalResourceId, ResourceProperties: properties(true) }, services);

  test.each([
    ['its root is rolled back', 'DELETE_IN_PROGRESS', 'ROLLBACK_IN_PROGRESS'],
    ['its root takes an update back', 'DELETE_IN_PROGRESS', 'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS'],
    ['it is rolled back while its root still creates', 'ROLLBACK_IN_PROGRESS', 'CREATE_IN_PROGRESS'],
  ])('protection goes when %s', async (_, own, root) => {
    const { PhysicalResourceId: id } = await create();
    expect(await deleting(id, nested(own, root))).toMatchObject({ Status: 'SUCCESS' });
    expect(await protection()).toEqual(OFF);
  });

  test.each(['DELETE_IN_PROGRESS', 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS'])('a deletion is refused when its root is in %s', async root => {
    const { PhysicalResourceId: id } = await create();
    expect(await deleting(id, nested('DELETE_IN_PROGRESS', root))).toMatchObject({ Status: 'FAILED' });
    expect(await protection()).toEqual(ON);
  });
});

describe('an update', () => {
  test('from off to on to off', async () => {
    await create(false);
    expect(await update(properties(true), properties(false))).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'id' });
    expect(await protection()).toEqual(ON);
    expect(await update(properties(false), properties(true))).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'id' });
    expect(await protection()).toEqual(OFF);
  });

  test('that fails half-way takes back what it did', async () => {
    await create();
    failing(ElasticLoadBalancingV2Client, ({ constructor }) => constructor.name.startsWith('Modify') ? error('AccessDenied', 'not you') : undefined);
    expect(await update(properties(false), properties(true))).toMatchObject({ Status: 'FAILED', Reason: 'not you', PhysicalResourceId: 'id' });
    jest.restoreAllMocks();
    expect(await protection()).toEqual(ON);
  });

  test('that replaces both protects the new ones, and leaves the old ones as they are', async () => {
    await create();
    expect(await update(properties(true, others), properties(true))).toMatchObject({ Status: 'SUCCESS' });
    expect([await protection(names), await protection(others)]).toEqual([ON, ON]);
  });

  test('that is taken back frees what it had protected, because CloudFormation deletes it', async () => {
    await create();
    await update(properties(true, others), properties(true));
    expect(await update(properties(true), properties(true, others), 'UPDATE_ROLLBACK_IN_PROGRESS')).toMatchObject({ Status: 'SUCCESS' });
    expect([await protection(names), await protection(others)]).toEqual([ON, OFF]);
  });

  test('brings a database to a cluster that had none', async () => {
    const before = { LoadBalancer: names.LoadBalancer };
    await asAdministrator(() => setProtection(names, { database: false, balancer: true }));
    expect(await update(properties(true), properties(true, before))).toMatchObject({ Status: 'SUCCESS' });
    expect(await protection()).toEqual(ON);
  });
});
