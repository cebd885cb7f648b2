/**
 * The function that Lambda runs, with the request, the environment and the role that are deployed: against an emulator that judges every call by the
 * deployed policies, and a real MySQL server in the place of the one that the emulator only tells of.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as http from 'node:http';
import { AddressInfo } from 'node:net';
import * as path from 'node:path';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { zipSync } from 'fflate';
import { Authority } from '../database-tls/authority';
import { bootstrap, deploy } from '../emulator/cdk';
import { Emulator, FunctionCall, LOCAL_FOLDER } from '../emulator/emulator';
import { PREPARATION } from '../places';
import { readLedger } from '../rehearsal/authorization/ledger';
import { RealServer } from './preparation/real-server';

const ADMINISTRATOR = { accessKeyId: 'testing', secretAccessKey: 'testing' };
const STAND_IN = path.join(__dirname, '../rehearsal/stand-in/dbscripts');
const RUN = `console.log = () => {};
require(${JSON.stringify(PREPARATION)}).handler(JSON.parse(require('node:fs').readFileSync(0)), { getRemainingTimeInMillis: () => 120000 })
  .then(result => process.stdout.write(JSON.stringify(result ?? null)), problem => process.stdout.write(JSON.stringify({ errorMessage: problem.message })));`;

let emulator: Emulator;
let workFolder: string;
let server: RealServer | undefined;
let call: FunctionCall;
let settings: { endpoint: string; region: string; credentials: typeof ADMINISTRATOR };
let properties: Record<string, any>;

beforeAll(async () => {
  fs.mkdirSync(LOCAL_FOLDER, { recursive: true });
  workFolder = fs.mkdtempSync(path.join(LOCAL_FOLDER, 'preparation-'));
  const authority = new Authority(workFolder, 'ours');
  server = await RealServer.start({ certificate: authority.issue('server', 'DNS:localhost,IP:127.0.0.1') });
  emulator = await Emulator.start({ judge: true, logFile: path.join(workFolder, 'emulator.log') });
  settings = { endpoint: emulator.url, region: emulator.region, credentials: ADMINISTRATOR };
  await bootstrap({ env: emulator.environment(), workFolder, account: emulator.account, region: emulator.region });
  await deploy({ env: emulator.environment(), workFolder, app: 'examples/identity-server/app.ts' });
  [call] = await emulator.functionCalls();
  // The server listens here, to whoever comes from here, and has a certificate of an authority of the test.
  properties = { ...call.event.ResourceProperties, Endpoint: '127.0.0.1', Port: String(server?.port), ClientNetwork: '127.0.0.0/8' };
  const { Bucket, Key } = properties.Authorities;
  await new S3Client({ ...settings, forcePathStyle: true }).send(new PutObjectCommand({ Bucket, Key, Body: fs.readFileSync(authority.root) }));
  await putSecret(properties.AdminSecret, { ...server?.admin });
  await putPack();
}, 300_000);

afterAll(async () => {
  await emulator?.stop();
  await server?.stop();
  fs.rmSync(workFolder, { recursive: true, force: true });
});

async function putSecret(id: string, fields: object): Promise<void> {
  const client = new SecretsManagerClient(settings);
  const { SecretString: text } = await client.send(new GetSecretValueCommand({ SecretId: id }));
  await client.send(new PutSecretValueCommand({ SecretId: id, SecretString: JSON.stringify({ ...JSON.parse(text!), ...fields }) }));
}

async function secret(id: string): Promise<{ username: string; password: string }> {
  return JSON.parse((await new SecretsManagerClient(settings).send(new GetSecretValueCommand({ SecretId: id }))).SecretString!);
}

async function putPack(change: (name: string, text: string) => string = (_, text) => text): Promise<void> {
  const scripts = [...new Set<string>(properties.Schemas.flatMap((each: any) => each.Scripts))];
  const text = (name: string): string => fs.readFileSync(path.join(STAND_IN, name.replace('dbscripts/', '').replace(/mysql-?5\.7/, 'mysql')), 'utf8');
  const pack = Buffer.from(zipSync(Object.fromEntries(scripts.map(name => [`wso2is/${name}`, Buffer.from(change(name, text(name)))])), { mtime: '2026-01-01' }));
  const s3 = new S3Client({ ...settings, forcePathStyle: true });
  const { Bucket, Key } = properties.Pack;
  await s3.send(new CreateBucketCommand({ Bucket })).catch(() => {});
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: pack }));
  await s3.send(new PutObjectCommand({ Bucket, Key: `${Key}.sha256`, Body: `${createHash('sha256').update(pack).digest('hex')}  ${Key}\n` }));
}

/** What CloudFormation gets, or whoever calls by hand. */
async function run(event: object): Promise<any> {
  const { Credentials: own } = await new STSClient(settings).send(new AssumeRoleCommand({ RoleArn: call.role, RoleSessionName: 'preparation' }));
  const answers: any[] = [];
  const cloudFormation = http.createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', part => parts.push(part)).on('end', () => { answers.push(JSON.parse(Buffer.concat(parts).toString())); response.end(); });
  });
  await new Promise<void>(resolve => cloudFormation.listen(0, '127.0.0.1', resolve));
  const ResponseURL = `http://127.0.0.1:${(cloudFormation.address() as AddressInfo).port}/`;
  const child = spawn(process.execPath, ['-e', RUN], { env: {
    PATH: process.env.PATH, NODE_PATH: path.join(__dirname, '../../node_modules'), NODE_NO_WARNINGS: '1', AWS_REGION: emulator.region, AWS_ENDPOINT_URL: emulator.url,
    AWS_ACCESS_KEY_ID: own!.AccessKeyId, AWS_SECRET_ACCESS_KEY: own!.SecretAccessKey, AWS_SESSION_TOKEN: own!.SessionToken,
    SERVER: JSON.stringify({ ...JSON.parse(call.environment.SERVER), Endpoint: properties.Endpoint, Port: properties.Port }),
  } });
  let said = '';
  child.stdout.on('data', text => { said += text; });
  child.stdin.end(JSON.stringify({ ...event, ...('RequestType' in event ? { ResponseURL } : {}) }));
  await new Promise(resolve => child.on('close', resolve));
  cloudFormation.close();
  return answers[0] ?? JSON.parse(said);
}

const request = (RequestType: string, changed: object = {}): object => ({ ...call.event, RequestId: 'r', RequestType, ResourceProperties: { ...properties, ...changed } });

test('a script that fails is one sentence in the events of the stack', async () => {
  if (!server) return;
  await putPack((name, text) => (name.includes('identity/') && !name.includes('uma') && !name.includes('agent') ? `${text}\nCREATE NONSENSE;\n` : text));
  const answer = await run(request('Create'));
  expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'carbon-cluster-databases', LogicalResourceId: call.event.LogicalResourceId });
  expect(answer.Reason).toMatch(/^the databases are not prepared: dbscripts\/identity\/mysql\S*\.sql line \d+: ERROR 1064 \(42000\): .*; the database WSO2_IDENTITY_DB is untouched$/);
  expect(await server.ask("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'WSO2_IDENTITY_DB'")).toEqual([0]);
});

test('databases, tables and users are there afterwards, for the users of the secrets', async () => {
  if (!server) return;
  await putPack();
  expect(await run(request('Create'))).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'carbon-cluster-databases' });
  for (const each of properties.Schemas) {
    const [tables] = await server.ask(`SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = '${each.Name}'`, await secret(each.Secret));
    expect(tables).toBeGreaterThan(0);
  }
  expect(await server.ask('SELECT COUNT(*) FROM carbon_cluster.members', await secret(properties.StartSecret))).toEqual([0]);
});

test('an update and a deletion leave the tables alone', async () => {
  if (!server) return;
  const [{ Name: name }] = properties.Schemas;
  await server.run(`CREATE TABLE ${name}.MINE (A INT)`);
  await putPack((_, text) => `${text}CREATE TABLE MORE (A INT);\n`);
  expect(await run(request('Update'))).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'carbon-cluster-databases' });
  expect(await run(request('Delete'))).toMatchObject({ Status: 'SUCCESS' });
  expect(await server.ask(`SELECT table_name FROM information_schema.tables WHERE table_schema = '${name}' AND table_name IN ('MINE', 'MORE')`)).toEqual(['MINE']);
});

test('a new password in a secret is set when the function is called with the secret, and for no other secret', async () => {
  if (!server) return;
  const [{ Secret: id }] = properties.Schemas;
  await putSecret(id, { password: 'replaced' });
  const user = await secret(id);
  await expect(server.ask('SELECT 1', user)).rejects.toThrow(/Access denied/);
  expect(await run({ secret: id })).toEqual({ user: user.username });
  expect(await server.ask('SELECT 1', user)).toEqual([1]);
  expect((await run({ secret: 'foreign' })).errorMessage).toMatch(/^the password is not replaced: the secret foreign cannot be read: AccessDenied/);
  expect((await run({})).errorMessage).toMatch(/^the payload must be/);
}, 120_000);

test('the policies allowed all of it but the secret of somebody else', async () => {
  const { problems } = await readLedger(emulator);
  const own = problems.filter(each => JSON.stringify(each).includes('Preparation') && !JSON.stringify(each).includes('foreign'));
  expect(own).toEqual([]);
});
