/** What somebody may try who holds credentials of a cluster: of a node's role, of the members' access key, of a function's role. */
import { randomUUID } from 'node:crypto';
import { Json } from '../../cluster-document';
import { Answer, Api, AUTO_SCALING, CLOUDFORMATION, EC2, IAM, Keys, OPERATOR, STS } from './api';
import { Attempt, Attacker } from './attempt';
import { AttackRoom, CANARY } from './attack-room';

const OTHER_REGION = 'eu-central-1';
const PARAMETER = '/other/password';
const OTHER_SECRET = 'other-cluster/password';
const OTHER_KEY = 'other/private.txt';
const STREAM = 'attack-evidence';
const USER_OF_OTHERS = 'attack-user';

/** What an account has besides the cluster, and what an attempt may destroy. */
export async function furnish(room: AttackRoom): Promise<void> {
  const { api } = room;
  await api.json(OPERATOR, 'ssm', 'AmazonSSM.PutParameter', { Name: PARAMETER, Type: 'SecureString', Value: CANARY, Overwrite: true });
  await api.json(OPERATOR, 'secretsmanager', 'secretsmanager.CreateSecret', { Name: OTHER_SECRET, SecretString: CANARY, ClientRequestToken: randomUUID() });
  await api.object(OPERATOR, 'PUT', packBucket(room), OTHER_KEY, CANARY);
  await api.query(OPERATOR, 'iam', IAM, { Action: 'CreateUser', UserName: USER_OF_OTHERS });
  const image = await api.query(OPERATOR, 'ec2', EC2, { Action: 'RegisterImage', Name: 'of others' }, OTHER_REGION);
  room.image = /<imageId>([^<]+)/.exec(image.text)![1];
  await runInstance(room, OPERATOR);
}

/** In a region without the cluster's: what the room does there is in nobody's way. */
function runInstance(room: AttackRoom, keys: Keys): Promise<Answer> {
  return room.api.query(keys, 'ec2', EC2, { Action: 'RunInstances', ImageId: room.image, InstanceType: 't3.micro', MinCount: '1', MaxCount: '1' }, OTHER_REGION);
}

function packBucket(room: AttackRoom): string {
  return value(room, (room.data.document.pack as Json).bucket);
}

function value(room: AttackRoom, text: any): string {
  return typeof text === 'string' ? text : room.data.values[text.env];
}

interface Try {
  readonly tries: string;
  readonly success: string;
  /** The effect; nothing where the text is empty. */
  act(room: AttackRoom, api: Api, keys: Keys): Promise<string>;
}

function got(answer: { ok: boolean; text: string }, pattern: RegExp | string): string {
  const found = answer.ok && (typeof pattern === 'string' ? answer.text.includes(pattern) && [pattern] : pattern.exec(answer.text));
  return found ? `got ${found[0].slice(0, 60)}` : '';
}

function secretValue(tries: string, id: (room: AttackRoom) => string | undefined): Try {
  return {
    tries, success: 'the value of the secret',
    act: async (room, api, keys) => {
      const answer = await api.json(keys, 'secretsmanager', 'secretsmanager.GetSecretValue', { SecretId: id(room) ?? 'there is none' });
      return answer.ok && JSON.parse(answer.text).SecretString ? 'the secret\'s value' : '';
    },
  };
}

/** Content before and after, so that what was changed by an attempt is put back. */
function overwrites(tries: string, place: (room: AttackRoom) => { bucket: string; key: string }): Try {
  return {
    tries, success: 'the object has another content',
    async act(room, api, keys) {
      const { bucket, key } = place(room);
      const copy = { 'x-amz-copy-source': `/${bucket}/${key}` };
      await api.object(OPERATOR, 'PUT', bucket, `${key}.kept`, undefined, copy);
      await api.object(keys, 'PUT', bucket, key, CANARY);
      const changed = (await api.object(OPERATOR, 'HEAD', bucket, key)).ok && (await api.send(OPERATOR, {
        service: 's3', method: 'GET', path: `/${bucket}/${key}`, headers: { Range: 'bytes=0-31' },
      })).text.startsWith(CANARY);
      await api.object(OPERATOR, 'PUT', bucket, key, undefined, { 'x-amz-copy-source': `/${bucket}/${key}.kept` });
      return changed ? `${bucket}/${key} was written` : '';
    },
  };
}

const ADMINISTRATOR = secretValue('to read the secret of the databases\' administrator', room => room.administrator.arn);
const OTHERS_SECRET = secretValue('to read a secret of another cluster', () => OTHER_SECRET);
const KEY_STORE_PUT: Try = {
  tries: 'to overwrite the secret of the key store', success: 'the secret has another value',
  async act(room, api, keys) {
    const secret = room.secretOf((room.data.document.keystore as Json)?.secret)!;
    await api.json(keys, 'secretsmanager', 'secretsmanager.PutSecretValue', { SecretId: secret.arn, SecretString: CANARY, ClientRequestToken: randomUUID() });
    const now = JSON.parse((await api.json(OPERATOR, 'secretsmanager', 'secretsmanager.GetSecretValue', { SecretId: secret.arn })).text).SecretString;
    if (now === secret.text) return '';
    await api.json(OPERATOR, 'secretsmanager', 'secretsmanager.PutSecretValue', { SecretId: secret.arn, SecretString: secret.text, ClientRequestToken: randomUUID() });
    return 'the key store of all nodes was replaced';
  },
};
const LIST_SECRETS: Try = {
  tries: 'to list the secrets of the account', success: 'names of secrets',
  act: async (_, api, keys) => got(await api.json(keys, 'secretsmanager', 'secretsmanager.ListSecrets', {}), /"Name": ?"[^"]+"/),
};
const GET_PARAMETER: Try = {
  tries: 'to read a parameter of the account that is not the cluster\'s', success: 'the value of the parameter',
  act: async (_, api, keys) => got(await api.json(keys, 'ssm', 'AmazonSSM.GetParameter', { Name: PARAMETER, WithDecryption: true }), CANARY),
};
const OTHER_OBJECT: Try = {
  tries: 'to read another object of the pack\'s bucket', success: 'its content',
  act: async (room, api, keys) => got(await api.object(keys, 'GET', packBucket(room), OTHER_KEY), CANARY),
};
const PACK = overwrites('to overwrite the pack', room => ({ bucket: packBucket(room), key: value(room, (room.data.document.pack as Json).key) }));
const PROGRAMS = overwrites('to overwrite the programs that root of every node runs', room => ({ bucket: room.data.values.ProgramsBucket, key: room.data.values.ProgramsKey }));
const RUN: Try = {
  tries: 'to start an instance', success: 'a new instance',
  act: async (room, _, keys) => got(await runInstance(room, keys), /<instanceId>[^<]+/),
};
const TERMINATE: Try = {
  tries: 'to terminate an instance', success: 'the instance is gone',
  async act(room, api, keys) {
    const made = await runInstance(room, OPERATOR);
    const [, id] = /<instanceId>([^<]+)/.exec(made.text)!;
    await api.query(keys, 'ec2', EC2, { 'Action': 'TerminateInstances', 'InstanceId.1': id }, OTHER_REGION);
    const now = await api.query(OPERATOR, 'ec2', EC2, { 'Action': 'DescribeInstances', 'InstanceId.1': id }, OTHER_REGION);
    return /<name>(terminated|shutting-down)<\/name>/.test(now.text) ? `${id} was terminated` : '';
  },
};
const TAG: Try = {
  tries: 'to give the node the role of a manager by its tag', success: 'the instance has the tag',
  async act(room, api, keys) {
    await api.query(keys, 'ec2', EC2, { 'Action': 'CreateTags', 'ResourceId.1': room.worker.id, 'Tag.1.Key': 'attack', 'Tag.1.Value': CANARY });
    const now = await api.query(OPERATOR, 'ec2', EC2, { 'Action': 'DescribeInstances', 'InstanceId.1': room.worker.id });
    const tagged = now.text.includes(CANARY);
    await api.query(OPERATOR, 'ec2', EC2, { 'Action': 'DeleteTags', 'ResourceId.1': room.worker.id, 'Tag.1.Key': 'attack' });
    return tagged ? 'the instance has a tag of the attacker\'s' : '';
  },
};
const ELSEWHERE: Try = {
  tries: 'to list the instances of another region', success: 'instances',
  act: async (_, api, keys) => got(await api.query(keys, 'ec2', EC2, { Action: 'DescribeInstances' }, OTHER_REGION), /<instanceId>[^<]+/),
};
const GROUPS: Try = {
  tries: 'to list the security groups of the account', success: 'security groups',
  act: async (_, api, keys) => got(await api.query(keys, 'ec2', EC2, { Action: 'DescribeSecurityGroups' }), /<groupId>[^<]+/),
};
const LOG_GONE: Try = {
  tries: 'to remove the traces in CloudWatch Logs', success: 'a log stream is gone',
  async act(room, api, keys) {
    const [group] = await room.logGroups();
    await api.json(OPERATOR, 'logs', 'Logs_20140328.CreateLogStream', { logGroupName: group, logStreamName: STREAM });
    await api.json(keys, 'logs', 'Logs_20140328.DeleteLogStream', { logGroupName: group, logStreamName: STREAM });
    const now = await api.json(OPERATOR, 'logs', 'Logs_20140328.DescribeLogStreams', { logGroupName: group, logStreamNamePrefix: STREAM });
    return now.text.includes(STREAM) ? '' : `a stream of ${group} was deleted`;
  },
};
const NEW_KEY: Try = {
  tries: 'to make an access key of another user', success: 'an access key',
  async act(_, api, keys) {
    const answer = await api.query(keys, 'iam', IAM, { Action: 'CreateAccessKey', UserName: USER_OF_OTHERS });
    const id = /<AccessKeyId>([^<]+)/.exec(answer.text)?.[1] ?? '';
    // A user has two keys at most, and several attackers try.
    if (id) await api.query(OPERATOR, 'iam', IAM, { Action: 'DeleteAccessKey', UserName: USER_OF_OTHERS, AccessKeyId: id });
    return id;
  },
};
const ASSUME: Try = {
  tries: 'to take the role of whoever deploys', success: 'credentials',
  act: async (room, api, keys) => got(await api.query(keys, 'sts', STS, {
    Action: 'AssumeRole', RoleSessionName: 'attack', RoleArn: `arn:aws:iam::${room.rehearsal.emulator.account}:role/cdk-hnb659fds-deploy-role-${room.rehearsal.emulator.account}-${room.rehearsal.emulator.region}`,
  }), /<AccessKeyId>[^<]+/),
};
const PASSWORD: Try = {
  tries: 'to give the database another administrator\'s password', success: 'RDS takes it',
  async act(room, api, keys) {
    const parameters = { Action: 'ModifyDBInstance', DBInstanceIdentifier: room.administrator.fields.dbInstanceIdentifier, BackupRetentionPeriod: '7' };
    return got(await api.query(keys, 'rds', '2014-10-31', parameters), /<DBInstanceIdentifier>[^<]+/);
  },
};
const FELLOW_UNHEALTHY: Try = {
  tries: 'to have the manager replaced', success: 'Auto Scaling takes it',
  act: (room, api, keys) => accepted(api, keys, 'autoscaling', AUTO_SCALING, { Action: 'SetInstanceHealth', InstanceId: room.manager.id, HealthStatus: 'Healthy' }),
};
const SIGNAL: Try = {
  tries: 'to signal a failure to the stack', success: 'CloudFormation takes it',
  act: (room, api, keys) => accepted(api, keys, 'cloudformation', CLOUDFORMATION, {
    Action: 'SignalResource', StackName: room.data.values.StackId, LogicalResourceId: room.data.values.SignalResource, UniqueId: `${room.worker.id}:attack`, Status: 'FAILURE',
  }),
};
const OWN_UNHEALTHY: Try = {
  tries: 'to have a node of the own group replaced', success: 'Auto Scaling takes it',
  act: (room, api, keys) => accepted(api, keys, 'autoscaling', AUTO_SCALING, { Action: 'SetInstanceHealth', InstanceId: room.worker.id, HealthStatus: 'Healthy' }),
};
const OTHER_GROUPS_DATABASE = secretValue('to read the secret of a database\'s user', room => room.secretOf(((room.data.document.databases as Json).schemas as Json[])[0].secret)?.arn);

async function accepted(api: Api, keys: Keys, service: string, version: string, parameters: Record<string, string>): Promise<string> {
  const answer = await api.query(keys, service, version, parameters);
  return answer.ok ? `${service} took ${parameters.Action}` : '';
}

function attempts(as: Attacker, keysOf: (room: AttackRoom) => Promise<Keys | undefined>, tries: readonly Try[], untried?: Attempt['untried']): Attempt[] {
  return tries.map(each => ({
    as, tries: each.tries, success: each.success, untried,
    async attack(room) {
      const keys = await keysOf(room);
      return keys ? each.act(room, room.api, keys) : '';
    },
    control: room => each.act(room, room.api, OPERATOR),
  }));
}

export const ROLE: readonly Attempt[] = attempts('node\'s role', room => room.roleOf(room.worker), [
  ADMINISTRATOR, OTHERS_SECRET, KEY_STORE_PUT, LIST_SECRETS, GET_PARAMETER, OTHER_OBJECT, PACK, PROGRAMS, RUN, TERMINATE, TAG, ELSEWHERE, GROUPS, LOG_GONE,
  NEW_KEY, ASSUME, PASSWORD, FELLOW_UNHEALTHY,
]);

/** With whatever the server's user got of instance metadata. */
export const STOLEN: readonly Attempt[] = attempts('role by the service user', room => room.stolen(), [SIGNAL, OWN_UNHEALTHY, OTHER_GROUPS_DATABASE], room => room.metadataUndenied);

export const MEMBERS_KEY: readonly Attempt[] = attempts('members\' key', async room => room.membersKey, [
  ADMINISTRATOR, OTHERS_SECRET, LIST_SECRETS, GET_PARAMETER, OTHER_OBJECT, PACK, RUN, TERMINATE, TAG, ELSEWHERE, GROUPS, LOG_GONE, NEW_KEY, ASSUME, SIGNAL,
], room => (room.membersKey ? undefined : 'no secret of this deployment has an access key'));

/** Of each function in the VPC: the one that prepares the databases is there. */
export function functionAttempts(room: AttackRoom): Attempt[] {
  const inVpc = room.functions.filter(each => (each.VpcConfig?.SubnetIds ?? []).length > 0);
  const tries = [OTHERS_SECRET, KEY_STORE_PUT, LIST_SECRETS, GET_PARAMETER, OTHER_OBJECT, PACK, RUN, TERMINATE, ELSEWHERE, NEW_KEY, ASSUME, PASSWORD];
  if (inVpc.length === 0) return attempts('function\'s role', async () => undefined, tries, () => 'no function of this deployment is in the VPC');
  return inVpc.flatMap(each => attempts('function\'s role', () => room.assume(each.Role, each.FunctionName), tries));
}
