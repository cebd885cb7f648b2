/**
 * The rotation as it was deployed: the very file that Lambda runs, with the environment of the deployed function and the actions of its
 * deployed role, called as Secrets Manager, EventBridge and CloudFormation call it, against an emulator that enforces policies.
 */
import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import * as http from 'node:http';
import { AddressInfo } from 'node:net';
import * as path from 'node:path';
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import * as iam from '@aws-sdk/client-iam';
import * as secrets from '@aws-sdk/client-secrets-manager';
import { testing } from '../../lib';
import { RotatedAccessKeys, RotationServices } from '../../lib/access/rotation/rotated-access-keys';
import { bootstrap, deploy } from '../emulator/cdk';
import { Emulator, LOCAL_FOLDER } from '../emulator/emulator';

// eslint-disable-next-line @typescript-eslint/no-require-imports
const { handler } = require('../../lib/access/rotation/function/index.js') as { handler: (event: object) => Promise<void> };

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

interface Key { readonly accessKeyId: string; readonly secretAccessKey: string }

const DAY = 24 * 60 * 60 * 1000;
const ADMINISTRATOR = { accessKeyId: 'testing', secretAccessKey: 'testing' };

let emulator: Emulator;
let workFolder: string;
let assembly: string;
let settings: { endpoint: string; region: string; credentials: Key };
let user: string;
let secretId: string;
let rotator: Key;
const known: Key[] = [];
const logged: string[] = [];

beforeAll(async () => {
  fs.mkdirSync(LOCAL_FOLDER, { recursive: true });
  workFolder = fs.mkdtempSync(path.join(LOCAL_FOLDER, 'rotation-'));
  emulator = await Emulator.start({ logFile: path.join(workFolder, 'emulator.log') });
  settings = { endpoint: emulator.url, region: emulator.region, credentials: ADMINISTRATOR };
  await bootstrap({ env: emulator.environment(), workFolder, account: emulator.account, region: emulator.region });
  jest.spyOn(console, 'log').mockImplementation(line => void logged.push(String(line)));
});

afterAll(async () => {
  await emulator?.stop();
  fs.rmSync(workFolder, { recursive: true, force: true });
});

/** Each test begins with what a deployment leaves. */
beforeEach(async () => {
  await emulator.relaxIam();
  if (assembly === undefined) ({ assembly } = await deploy({ env: emulator.environment(), workFolder, app: 'test/access/fixture/app.ts' }));
  const admin = new iam.IAMClient(settings);
  const { Users } = await admin.send(new iam.ListUsersCommand({}));
  user = Users!.map(each => each.UserName!).find(name => name.includes('MembershipUser'))!;
  const { SecretList } = await new secrets.SecretsManagerClient(settings).send(new secrets.ListSecretsCommand({}));
  secretId = SecretList![0].ARN!;
  rotator ??= await makeRotator(admin);
  await startAfresh(admin);
  await emulator.enforceIam();
});

/** Whoever the function is: a user that may do what the deployed role may, on anything, since the emulator knows no resources of IAM. */
async function makeRotator(admin: iam.IAMClient): Promise<Key> {
  const { Roles } = await admin.send(new iam.ListRolesCommand({}));
  const role = Roles!.map(each => each.RoleName!).find(name => name.includes('RotationRole'))!;
  const { PolicyNames } = await admin.send(new iam.ListRolePoliciesCommand({ RoleName: role }));
  const documents = await Promise.all(PolicyNames!.map(name => admin.send(new iam.GetRolePolicyCommand({ RoleName: role, PolicyName: name }))));
  const statements = documents.flatMap(each => JSON.parse(decodeURIComponent(each.PolicyDocument!)).Statement);
  await admin.send(new iam.CreateUserCommand({ UserName: 'rotator' }));
  await admin.send(new iam.PutUserPolicyCommand({ UserName: 'rotator', PolicyName: 'deployed', PolicyDocument: JSON.stringify({
    Version: '2012-10-17', Statement: statements.map(each => ({ ...each, Resource: '*' })),
  }) }));
  const { AccessKey: key } = await admin.send(new iam.CreateAccessKeyCommand({ UserName: 'rotator' }));
  return { accessKeyId: key!.AccessKeyId!, secretAccessKey: key!.SecretAccessKey! };
}

/** One key, which the secret holds, never used. */
async function startAfresh(admin: iam.IAMClient): Promise<void> {
  for (const { AccessKeyId } of await keysOf()) await admin.send(new iam.DeleteAccessKeyCommand({ UserName: user, AccessKeyId }));
  const { AccessKey: key } = await admin.send(new iam.CreateAccessKeyCommand({ UserName: user }));
  const first: Key = { accessKeyId: key!.AccessKeyId!, secretAccessKey: key!.SecretAccessKey! };
  await new secrets.SecretsManagerClient(settings).send(new secrets.PutSecretValueCommand({ SecretId: secretId, SecretString: JSON.stringify(first) }));
  Object.assign(process.env, emulator.variables(), {
    USER_NAME: user, MEMBERSHIP_REGION: emulator.region, AWS_ACCESS_KEY_ID: rotator.accessKeyId, AWS_SECRET_ACCESS_KEY: rotator.secretAccessKey,
  });
}

/** Asked with policies off: what tests look at is nobody's permission. */
async function asAdministrator<T>(question: () => Promise<T>): Promise<T> {
  await emulator.relaxIam();
  try {
    return await question();
  } finally {
    await emulator.enforceIam();
  }
}

async function keysOf(): Promise<iam.AccessKeyMetadata[]> {
  const { AccessKeyMetadata: found } = await new iam.IAMClient(settings).send(new iam.ListAccessKeysCommand({ UserName: user }));
  expect(found!.length).toBeLessThanOrEqual(2);
  return found!;
}

const statuses = (): Promise<Record<string, string>> =>
  asAdministrator(async () => Object.fromEntries((await keysOf()).map(each => [each.AccessKeyId!, each.Status!])));

async function value(stage = 'AWSCURRENT'): Promise<Key> {
  const question = new secrets.GetSecretValueCommand({ SecretId: secretId, VersionStage: stage });
  const answer = await asAdministrator(() => new secrets.SecretsManagerClient(settings).send(question));
  known.push(JSON.parse(answer.SecretString!));
  return known.at(-1)!;
}

/** What a member does with a key. */
async function findsMembers(credentials: Key): Promise<boolean> {
  try {
    await new EC2Client({ ...settings, credentials: { ...credentials }, maxAttempts: 1 }).send(new DescribeInstancesCommand({}));
    return true;
  } catch {
    return false;
  }
}

const step = (name: string, token: string): Promise<void> => handler({ Step: name, SecretId: secretId, ClientRequestToken: token });

async function rotate(token: string = randomUUID()): Promise<void> {
  for (const name of ['createSecret', 'setSecret', 'testSecret', 'finishSecret']) await step(name, token);
}

/** The same code, some days later. */
function later(days: number, more: Partial<RotationServices> = {}): RotatedAccessKeys {
  const own = { ...settings, credentials: rotator };
  return new RotatedAccessKeys(user, {
    iam: new iam.IAMClient(own),
    secrets: new secrets.SecretsManagerClient(own),
    tryAsMember: async key => { if (!await findsMembers(key)) throw new Error('not allowed'); },
    now: () => Date.now() + days * DAY,
    pause: async () => {},
    log: console.log,
    ...more,
  });
}

async function rotateLater(days: number): Promise<void> {
  const [keys, token] = [later(days), randomUUID()];
  await keys.createSecret(secretId, token);
  await keys.testSecret(secretId, token);
  await keys.finishSecret(secretId, token);
}

test('the deployed secret says when and by what it is rotated', async () => {
  const described = await asAdministrator(() => new secrets.SecretsManagerClient(settings).send(new secrets.DescribeSecretCommand({ SecretId: secretId })));
  expect(described).toMatchObject({ RotationEnabled: true, RotationRules: { AutomaticallyAfterDays: 30 } });
  expect(described.RotationLambdaARN).toContain(':function:Credentials-MembershipRotationFunction');
});

test('the trial of Secrets Manager passes with the first key, while nothing is pending', async () => {
  await step('testSecret', randomUUID());
  expect(Object.values(await statuses())).toEqual(['Active']);
});

test('a rotation: both keys find members all the time, and the secret has the new one in the end', async () => {
  const token = randomUUID();
  const first = await value();
  await step('createSecret', token);
  const second = await value('AWSPENDING');
  expect(second.accessKeyId).not.toBe(first.accessKeyId);
  expect(await value()).toEqual(first);
  for (const name of ['setSecret', 'testSecret', 'finishSecret']) {
    expect(await Promise.all([first, second].map(findsMembers))).toEqual([true, true]);
    await step(name, token);
  }
  expect(await value()).toEqual(second);
  expect(await value('AWSPREVIOUS')).toEqual(first);
  expect(await Promise.all([first, second].map(findsMembers))).toEqual([true, true]);
  expect(await statuses()).toEqual({ [first.accessKeyId]: 'Active', [second.accessKeyId]: 'Active' });
});

test('each step may come twice', async () => {
  const token = randomUUID();
  for (const name of ['createSecret', 'setSecret', 'testSecret', 'finishSecret']) {
    await step(name, token);
    const [before, pending] = [await statuses(), await value('AWSPENDING')];
    await step(name, token);
    expect(await statuses()).toEqual(before);
    expect(await value('AWSPENDING')).toEqual(pending);
  }
  await step('createSecret', token);
  expect(Object.keys(await statuses())).toHaveLength(2);
});

test('two rotations in a row: the second refuses while the first key is in use, and changes nothing', async () => {
  const first = await value();
  expect(await findsMembers(first)).toBe(true);
  await rotate();
  const [second, before] = [await value(), await statuses()];
  await expect(rotate()).rejects.toThrow(/^the access key of \S+ before the current one was used within 7 days, so there is no place for a new one: restart the servers/);
  expect(await statuses()).toEqual(before);
  expect(await value()).toEqual(second);
  expect(await Promise.all([first, second].map(findsMembers))).toEqual([true, true]);
});

test('two rotations in a row: after a week without use the first key goes', async () => {
  const first = await value();
  expect(await findsMembers(first)).toBe(true);
  await rotate();
  const second = await value();
  await rotateLater(8);
  const third = await value();
  expect(Object.keys(await statuses()).sort()).toEqual([second.accessKeyId, third.accessKeyId].sort());
  expect(await Promise.all([first, second, third].map(findsMembers))).toEqual([false, true, true]);
});

test('what was replaced is disabled once nobody uses it, not before, and goes with the next rotation', async () => {
  const first = await value();
  await rotate();
  const second = await value();
  expect(await findsMembers(first)).toBe(true);
  await handler({ retire: secretId });
  await later(6).retire(secretId);
  expect(await statuses()).toEqual({ [first.accessKeyId]: 'Active', [second.accessKeyId]: 'Active' });
  await later(8).retire(secretId);
  expect(await statuses()).toEqual({ [first.accessKeyId]: 'Inactive', [second.accessKeyId]: 'Active' });
  await later(9).retire(secretId);
  await rotateLater(30);
  const third = await value();
  expect(await statuses()).toEqual({ [second.accessKeyId]: 'Active', [third.accessKeyId]: 'Active' });
});

test('the current key and the pending one are never disabled, however long they are not used', async () => {
  await later(400).retire(secretId);
  await step('createSecret', randomUUID());
  await later(400).retire(secretId);
  expect(Object.values(await statuses())).toEqual(['Active', 'Active']);
});

describe('a failure in the middle', () => {
  test('a key that cannot be put into the secret does not stay', async () => {
    const refusing = new secrets.SecretsManagerClient({ ...settings, credentials: rotator });
    refusing.middlewareStack.add(next => async args => {
      if ('SecretString' in args.input) throw new Error('Secrets Manager is away');
      return next(args);
    }, { step: 'initialize' });
    const before = await statuses();
    await expect(later(0, { secrets: refusing }).createSecret(secretId, randomUUID())).rejects.toThrow('Secrets Manager is away');
    expect(await statuses()).toEqual(before);
  });

  test('a key that was made before the function died gives way', async () => {
    const first = await value();
    const orphan = await asAdministrator(() => new iam.IAMClient(settings).send(new iam.CreateAccessKeyCommand({ UserName: user })));
    await rotate();
    const second = await value();
    expect(await statuses()).toEqual({ [first.accessKeyId]: 'Active', [second.accessKeyId]: 'Active' });
    expect([first.accessKeyId, second.accessKeyId]).not.toContain(orphan.AccessKey!.AccessKeyId);
  });

  test('a key that does not find members never becomes the current one; the same rotation goes on when it does', async () => {
    const first = await value();
    const token = randomUUID();
    const policies = await asAdministrator(() => new iam.IAMClient(settings).send(new iam.ListAttachedUserPoliciesCommand({ UserName: user })));
    const policy = { UserName: user, PolicyArn: policies.AttachedPolicies![0].PolicyArn };
    await step('createSecret', token);
    await asAdministrator(() => new iam.IAMClient(settings).send(new iam.DetachUserPolicyCommand(policy)));
    const pauses: number[] = [];
    await expect(later(0, { pause: async milliseconds => void pauses.push(milliseconds) }).testSecret(secretId, token)).rejects.toThrow('not allowed');
    expect(pauses.reduce((sum, each) => sum + each, 0)).toBeLessThan(180_000);
    expect(pauses.length).toBeGreaterThan(10);
    expect(await value()).toEqual(first);
    await asAdministrator(() => new iam.IAMClient(settings).send(new iam.AttachUserPolicyCommand(policy)));
    await rotate(token);
    expect((await value()).accessKeyId).not.toBe(first.accessKeyId);
    expect(Object.keys(await statuses())).toHaveLength(2);
  });

  test('a key that is not known at once is tried again', async () => {
    const token = randomUUID();
    await step('createSecret', token);
    let tries = 0;
    await later(0, { tryAsMember: async () => { if (++tries < 4) throw new Error('AuthFailure'); } }).testSecret(secretId, token);
    expect(tries).toBe(4);
  });

  test('somebody deleted the current key: the next rotation brings another', async () => {
    const { accessKeyId: AccessKeyId } = await value();
    await asAdministrator(() => new iam.IAMClient(settings).send(new iam.DeleteAccessKeyCommand({ UserName: user, AccessKeyId })));
    await rotate();
    expect(await findsMembers(await value())).toBe(true);
  });

  test('a step that there is not', async () => {
    await expect(step('undoSecret', randomUUID())).rejects.toThrow("'undoSecret' is no step of a rotation");
  });
});

describe('CloudFormation', () => {
  interface Answer { readonly method?: string; readonly contentType?: string; readonly body: Record<string, string> }

  async function ask(request: object, status = 200): Promise<Answer[]> {
    const answers: Answer[] = [];
    const server = http.createServer((message, response) => {
      let body = '';
      message.on('data', part => { body += part; }).on('end', () => {
        answers.push({ method: message.method, contentType: message.headers['content-type'], body: JSON.parse(body) });
        response.writeHead(status).end();
      });
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const ResponseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/answer`;
    try {
      await handler({ StackId: 'stack', RequestId: 'request', LogicalResourceId: 'Keys', ResourceProperties: { UserName: user }, ...request, ResponseURL });
    } finally {
      await new Promise(resolve => server.close(resolve));
    }
    return answers;
  }

  const ids = { StackId: 'stack', RequestId: 'request', LogicalResourceId: 'Keys' };

  test('making and changing it does nothing', async () => {
    for (const RequestType of ['Create', 'Update']) {
      expect(await ask({ RequestType })).toEqual([{ method: 'PUT', contentType: undefined, body: { Status: 'SUCCESS', ...ids, PhysicalResourceId: user } }]);
    }
    expect(Object.keys(await statuses())).toHaveLength(1);
  });

  test('before the user goes its keys do, so that IAM lets it go', async () => {
    await rotate();
    expect((await ask({ RequestType: 'Delete' }))[0].body.Status).toBe('SUCCESS');
    expect(await statuses()).toEqual({});
    // That of the stack still has its policy, so another one shows that IAM lets a user without keys go.
    await asAdministrator(async () => {
      const admin = new iam.IAMClient(settings);
      await admin.send(new iam.CreateUserCommand({ UserName: 'other' }));
      await admin.send(new iam.CreateAccessKeyCommand({ UserName: 'other' }));
    });
    expect((await ask({ RequestType: 'Delete', ResourceProperties: { UserName: 'other' } }))[0].body).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'other' });
    await asAdministrator(() => new iam.IAMClient(settings).send(new iam.DeleteUserCommand({ UserName: 'other' })));
    expect((await ask({ RequestType: 'Delete', ResourceProperties: { UserName: 'other' } }))[0].body.Status).toBe('SUCCESS');
  });

  test('hears of a failure, with its reason', async () => {
    process.env.AWS_SECRET_ACCESS_KEY = 'wrong';
    expect((await ask({ RequestType: 'Delete' }))[0].body).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/\w/) });
  });

  test('an answer that is not taken is a failure of the function', async () => {
    await expect(ask({ RequestType: 'Create' }, 403)).rejects.toThrow('CloudFormation did not take the answer: HTTP 403');
  });
});

test('no line of the log tells a key', () => {
  expect(logged.length).toBeGreaterThan(10);
  const scan = new testing.SecretScan({ secretValues: known.flatMap(key => [key.accessKeyId, key.secretAccessKey]) });
  scan.scanText('log', logged.join('\n')).scanFolder(assembly).assertNoFindings();
});
