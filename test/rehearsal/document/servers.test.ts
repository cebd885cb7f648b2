import { DescribeDBInstancesCommand } from '@aws-sdk/client-rds';
import { ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Clients, Json } from './clients';
import { databases, svnServers } from './servers';
import { NodeUserData } from '../../../bin/deployed-user-data';
import { FunctionCall } from '../../emulator/emulator';

const RDS = { Endpoint: { Address: 'db.rds.amazonaws.com', Port: 3306 }, Engine: 'mysql', EngineVersion: '8.4.5', MasterUsername: 'carbonadmin' };

/** The API of a stack with these secrets and instances. */
function clients(secrets: Record<string, unknown>, instances: object[] = []): Clients {
  const secretsClient = Object.assign(new SecretsManagerClient({ region: 'us-east-1' }), {
    send: async (command: any) => (command instanceof ListSecretsCommand
      ? { SecretList: Object.keys(secrets).map(ARN => ({ ARN })) }
      : { SecretString: typeof secrets[command.input.SecretId] === 'string' ? secrets[command.input.SecretId] : JSON.stringify(secrets[command.input.SecretId]) }),
  });
  const rds = { send: async (command: any) => (command instanceof DescribeDBInstancesCommand ? { DBInstances: instances } : {}) };
  return { secrets: secretsClient, rds } as unknown as Clients;
}

function node(document: object, values: Record<string, string> = {}): NodeUserData {
  return { document, values } as NodeUserData;
}

/** The call of the function that prepares the databases of a server. */
function call(endpoint: string, port: string): FunctionCall {
  return { event: { ResourceProperties: { Endpoint: endpoint, Port: port, AdminSecret: 'arn:admin' } } } as unknown as FunctionCall;
}

const USER = { username: 'root', password: 'p' };
const TOLD = call('carbondb.example.com', '3307');

function endpoints(found: readonly Json[]): unknown[] {
  return found.map(each => [each.endpoint, each.port, each.master.secretArn]);
}

test('an instance of the stack has its own administrator, and is nobody else\'s server', async () => {
  const known = { 'arn:user': { host: RDS.Endpoint.Address, username: 'wso2', password: 'p' }, 'arn:admin': { host: RDS.Endpoint.Address, username: 'carbonadmin', password: 'p' } };
  const told = call(RDS.Endpoint.Address, '3306');
  expect(endpoints(await databases(clients(known, [RDS]), [told, told]))).toEqual([[RDS.Endpoint.Address, 3306, 'arn:admin']]);
});

test('a server that the function is told of', async () => {
  const [found, ...more] = await databases(clients({ 'arn:admin': USER, 'arn:text': 'no JSON' }), [TOLD, TOLD]);
  expect(more).toEqual([]);
  expect(found).toMatchObject({
    endpoint: 'carbondb.example.com', port: 3307, master: { user: 'root', secretArn: 'arn:admin' }, parameters: { require_secure_transport: 'ON' },
  });
  expect(JSON.stringify(found)).not.toContain('"p"');
});

test('of several users that secrets name, the function says which is the administrator', async () => {
  const host = { host: 'carbondb.example.com', port: 3307 };
  const known = { 'arn:user': { ...host, username: 'wso2', password: 'p', engine: 'mysql' }, 'arn:admin': { ...host, ...USER } };
  expect(endpoints(await databases(clients(known), [TOLD]))).toEqual([['carbondb.example.com', 3307, 'arn:admin']]);
  expect(endpoints(await databases(clients(known), []))).toEqual([['carbondb.example.com', 3307, 'arn:user']]);
});

test.each([
  ['another engine', { host: 'pg.example.com', ...USER, engine: 'postgres' }],
  ['another port and no engine', { host: 'svn.example.com', ...USER, port: 3690 }],
  ['no host', USER],
  ['no password', { host: 'carbondb.example.com', username: 'root' }],
])('a secret with %s names no server', async (_, secret) => {
  expect(await databases(clients({ 'arn:x': secret }), [])).toEqual([]);
});

test('a server that is known by its address is there', async () => {
  expect(await databases(clients({ 'arn:x': { host: '10.0.3.9', ...USER } }), [])).toMatchObject([{ endpoint: '10.0.3.9', address: '10.0.3.9' }]);
});

function synchronizer(url: unknown, user: unknown, password: unknown): object {
  const set = (name: string, text: unknown): object => ({ set: `/Server/DeploymentSynchronizer/Svn${name}`, text });
  return { configuration: { files: [{ file: 'repository/conf/carbon.xml', edits: [set('Url', url), set('User', user), set('Password', password)] }] } };
}

test('a repository once, with every user that comes to it, and no password', () => {
  const values = { Url: 'svn://svn.example.com/as', One: 'arn:one', Two: 'arn:two' };
  const by = (secret: string): NodeUserData => node(synchronizer({ env: 'Url' }, { secret, field: 'username' }, { secret, field: 'password' }), values);
  expect(svnServers([by('One'), by('One'), by('Two'), node({})])).toEqual([{ url: 'svn://svn.example.com/as', users: ['one', 'two'].map(secret => ({
    name: { secretArn: `arn:${secret}`, field: 'username' }, password: { secretArn: `arn:${secret}`, field: 'password' },
  })) }]);
});

test('a name that is written down', () => {
  expect(svnServers([node(synchronizer('svn://h/a', 'wso2', { secret: 'One' }), { One: 'arn:one' })]))
    .toEqual([{ url: 'svn://h/a', users: [{ name: { text: 'wso2' }, password: { secretArn: 'arn:one' } }] }]);
});
