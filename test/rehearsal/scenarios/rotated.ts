import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import * as path from 'node:path';
import { GetAccessKeyLastUsedCommand, IAMClient, ListAccessKeysCommand, ListUsersCommand } from '@aws-sdk/client-iam';
import { GetSecretValueCommand, ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { PROJECT } from '../../places';
import { Rehearsal, RehearsedNode } from '../rehearsal';
import { carbonLog, count, inService, nodesOf, oneCluster, reportPasses, workersOf } from './checks';
import { settings } from './emulated';
import { label, must, pause, Scenario, SETTLE_SECONDS, until } from './scenario';

/** What Lambda runs. */
const FUNCTION = path.join(PROJECT, 'lib', 'access', 'rotation', 'function', 'index.js');
const AXIS2 = '/opt/wso2/carbon/repository/conf/axis2/axis2.xml';
const STARTS = 'Starting WSO2 Carbon';

/** Servers hold the key of their start; the rotation knows it, and nobody notices. */
export const rotated: Scenario = {
  name: 'rotated', ci: false, about: 'the access key is rotated under running servers, and one of them starts again',
  async run(context) {
    const rehearsal = await context.start();
    await rehearsal.settled(SETTLE_SECONDS);
    await inService(nodesOf(rehearsal));
    const nodes = nodesOf(rehearsal);
    await oneCluster(rehearsal, nodes);
    const before = await currentKey(rehearsal);
    context.step('rotating the access key');
    await rotate(rehearsal);
    const after = await currentKey(rehearsal);
    must(after !== before, 'the rotation left the key as it was');
    must((await keysOf(rehearsal)).sort().join() === [before, after].sort().join(), 'the user has other keys than the current one and that before it');

    const [worker] = workersOf(rehearsal);
    context.step(`restarting the server of ${label(worker)}`);
    await inNode(rehearsal, worker, 'systemctl', 'restart', '--no-block', 'carbon.service');
    await until(`the server of ${label(worker)} did not start again`, 120, async () => count(await carbonLog(rehearsal, worker), STARTS) === 2);
    await oneCluster(rehearsal, nodes, 120);
    for (const each of nodes) {
      const expected = each === worker ? after : before;
      must((await rehearsal.command('read', { node: each.id, path: AXIS2, bytes: 1 << 20 })).includes(expected),
        `the server of ${label(each)} holds another key than that of its start`);
      must(await usesKey(rehearsal, each, expected), `${label(each)} does not use the key that its server holds`);
    }
    await reportPasses(rehearsal);
    context.show(`${nodes.length} nodes stayed one cluster; ${label(worker)} holds the new key since its restart, the others use the one before`);
  },
};

/** As Secrets Manager has Lambda do it: the deployed function's environment, and the credentials of its role. */
async function rotate(rehearsal: Rehearsal): Promise<void> {
  const { name, role, variables } = await functionOf(rehearsal);
  const { Credentials: own } = await new STSClient(settings(rehearsal)).send(new AssumeRoleCommand({ RoleArn: role, RoleSessionName: name }));
  const event = { SecretId: await secretOf(rehearsal), ClientRequestToken: randomUUID() };
  const env = {
    ...rehearsal.emulator.environment(), ...variables,
    AWS_ACCESS_KEY_ID: own!.AccessKeyId, AWS_SECRET_ACCESS_KEY: own!.SecretAccessKey, AWS_SESSION_TOKEN: own!.SessionToken,
  };
  for (const Step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret']) {
    execFileSync(process.execPath, ['-e', `require(${JSON.stringify(FUNCTION)}).handler(${JSON.stringify({ ...event, Step })})`], { env, stdio: 'pipe' });
  }
}

interface DeployedFunction { readonly name: string; readonly role: string; readonly variables: Record<string, string> }

/** The project has no client of Lambda, and needs this one call. */
async function functionOf(rehearsal: Rehearsal): Promise<DeployedFunction> {
  const { credentials, region, endpoint } = settings(rehearsal);
  const scope = `${credentials.accessKeyId}/20200101/${region}/lambda/aws4_request`;
  const answer = await fetch(`${endpoint}/2015-03-31/functions`, {
    headers: { 'X-Amz-Date': '20200101T000000Z', Authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0` },
  });
  const { Functions } = await answer.json() as { Functions: { FunctionName: string; Role: string; Environment?: { Variables: Record<string, string> } }[] };
  const found = Functions.find(each => each.FunctionName.includes('Rotation'))!;
  return { name: found.FunctionName, role: found.Role, variables: found.Environment?.Variables ?? {} };
}

/** Runs what the node's timer runs each day; IAM then knows the key as used at that time. */
async function usesKey(rehearsal: Rehearsal, node: RehearsedNode, key: string): Promise<boolean> {
  await inNode(rehearsal, node, 'systemctl', 'is-active', 'carbon-membership-key.timer');
  // Times of last use have no fractions of a second.
  await pause(1.1);
  const began = Math.floor(Date.now() / 1000);
  await inNode(rehearsal, node, 'systemctl', 'start', 'carbon-membership-key.service');
  const { AccessKeyLastUsed: last } = await new IAMClient(settings(rehearsal)).send(new GetAccessKeyLastUsedCommand({ AccessKeyId: key }));
  return last?.LastUsedDate !== undefined && last.LastUsedDate.getTime() / 1000 >= began;
}

async function inNode(rehearsal: Rehearsal, node: RehearsedNode, ...argv: string[]): Promise<void> {
  const { code, stderr } = await rehearsal.command('exec', { node: node.id, argv });
  must(code === 0, `${argv.join(' ')} failed on ${label(node)}: ${stderr}`);
}

async function keysOf(rehearsal: Rehearsal): Promise<string[]> {
  const client = new IAMClient(settings(rehearsal));
  const { Users = [] } = await client.send(new ListUsersCommand({}));
  const keys = await Promise.all(Users.map(each => client.send(new ListAccessKeysCommand({ UserName: each.UserName }))));
  return keys.flatMap(each => each.AccessKeyMetadata!.map(key => key.AccessKeyId!));
}

async function secretOf(rehearsal: Rehearsal): Promise<string> {
  const { SecretList = [] } = await new SecretsManagerClient(settings(rehearsal)).send(new ListSecretsCommand({}));
  return SecretList.find(each => each.Name!.includes('MembershipCredentials'))!.ARN!;
}

async function currentKey(rehearsal: Rehearsal): Promise<string> {
  const answer = await new SecretsManagerClient(settings(rehearsal)).send(new GetSecretValueCommand({ SecretId: await secretOf(rehearsal) }));
  return JSON.parse(answer.SecretString!).accessKeyId;
}
