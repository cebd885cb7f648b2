/** Databases and Subversion repositories, those of the stack and those that the app only names. */
import { isIPv4 } from 'node:net';
import * as rds from '@aws-sdk/client-rds';
import * as secrets from '@aws-sdk/client-secrets-manager';
import { NodeUserData, resolve } from '../../../bin/deployed-user-data';
import { SetEdit, Value } from '../../../lib/configuration/plan';
import { FunctionCall } from '../../emulator/emulator';
import { Clients, Json } from './clients';

/** Toward a server of which nothing is known but its administrator. */
const EXISTING = { engine: 'mysql', version: '8.4', parameters: { require_secure_transport: 'ON' } };
const MYSQL_PORT = 3306;
const ENGINES = ['mysql', 'mariadb'];
const SVN = '/Server/DeploymentSynchronizer/Svn';

interface JsonSecret {
  readonly arn: string;
  readonly value: Json;
}

export async function databases(clients: Clients, calls: readonly FunctionCall[]): Promise<Json[]> {
  const known = await jsonSecrets(clients);
  const instances = (await clients.rds.send(new rds.DescribeDBInstancesCommand({}))).DBInstances ?? [];
  const own = await Promise.all(instances.map(async each => ({
    endpoint: each.Endpoint!.Address,
    port: each.Endpoint!.Port,
    engine: each.Engine,
    version: each.EngineVersion!.split('.').slice(0, 2).join('.'),
    ...each.DBName ? { databaseName: each.DBName } : {},
    master: { user: each.MasterUsername, secretArn: masterSecret(known, each.Endpoint!.Address!, each.MasterUsername!) },
    parameters: await parameters(clients, each.DBParameterGroups?.[0]?.DBParameterGroupName),
    securityGroups: (each.VpcSecurityGroups ?? []).map(group => group.VpcSecurityGroupId),
  })));
  return [...own, ...existing(known, calls, new Set(own.map(each => each.endpoint)))];
}

async function jsonSecrets(clients: Clients): Promise<JsonSecret[]> {
  const found: JsonSecret[] = [];
  for await (const page of secrets.paginateListSecrets({ client: clients.secrets }, {})) {
    for (const { ARN } of page.SecretList ?? []) {
      const text = (await clients.secrets.send(new secrets.GetSecretValueCommand({ SecretId: ARN }))).SecretString ?? '';
      if (text.startsWith('{')) found.push({ arn: ARN!, value: JSON.parse(text) });
    }
  }
  return found;
}

/** The one secret that names this host and its administrator. */
function masterSecret(known: readonly JsonSecret[], host: string, user: string): string {
  const found = known.find(each => each.value.host === host && each.value.username === user);
  if (found) return found.arn;
  throw new Error(`no secret names ${host} and ${user}, so the database cannot be started with the right password`);
}

async function parameters(clients: Clients, group: string | undefined): Promise<Record<string, string>> {
  if (!group) return {};
  const answer = await clients.rds.send(new rds.DescribeDBParametersCommand({ DBParameterGroupName: group, Source: 'user' }));
  const given = (answer.Parameters ?? []).filter(each => each.ParameterValue !== undefined);
  return Object.fromEntries(given.map(each => [each.ParameterName!, each.ParameterValue!]));
}

/**
 * Servers that exist before the stack: those that functions are told of and no RDS instance is, and those whose host and user a
 * secret names.
 */
function existing(known: readonly JsonSecret[], calls: readonly FunctionCall[], own: ReadonlySet<string | undefined>): Json[] {
  const told = calls.flatMap(each => toldOf(known, each)).filter(each => !own.has(each.endpoint));
  const named = known.filter(each => isMySqlUser(each.value) && !own.has(each.value.host)).map(each => server(each.value.host, each.value.port, each));
  const all = [...told, ...named];
  return all.filter((each, index) => all.findIndex(one => one.endpoint === each.endpoint) === index);
}

function toldOf(known: readonly JsonSecret[], { event }: FunctionCall): Json[] {
  const { Endpoint: endpoint, Port: port, AdminSecret: admin } = event.ResourceProperties as Record<string, string>;
  const administrator = known.find(each => each.arn === admin);
  return administrator ? [server(endpoint, port, administrator)] : [];
}

function server(endpoint: string, port: string | number | undefined, { arn, value }: JsonSecret): Json {
  return {
    ...EXISTING,
    ...ENGINES.includes(value.engine) ? { engine: value.engine } : {},
    endpoint,
    ...isIPv4(endpoint) ? { address: endpoint } : {},
    port: Number(port ?? MYSQL_PORT),
    master: { user: value.username, secretArn: arn },
    securityGroups: [],
  };
}

function isMySqlUser(value: Json): boolean {
  const complete = [value.host, value.username, value.password].every(each => typeof each === 'string' && each !== '');
  return complete && (value.engine === undefined ? Number(value.port ?? MYSQL_PORT) === MYSQL_PORT : ENGINES.includes(value.engine));
}

/** The repositories that nodes' deployment synchronizers are pointed at, each with the users they come as. */
export function svnServers(nodes: readonly NodeUserData[]): Json[] {
  const found = nodes.map(svnOf).filter((each): each is Json => each !== undefined);
  const urls = [...new Set(found.map(each => each.url as string))];
  return urls.map(url => {
    const users = found.filter(each => each.url === url).map(each => JSON.stringify(each.user));
    return { url, users: [...new Set(users)].map(each => JSON.parse(each) as Json) };
  });
}

function svnOf({ document, values }: NodeUserData): Json | undefined {
  const edits = (document.configuration?.files ?? []).flatMap(file => file.edits);
  const text = (name: string): Value | undefined => edits.find((each): each is SetEdit => 'set' in each && each.set === `${SVN}${name}`)?.text;
  const url = resolve(text('Url'), values);
  if (url === undefined) return undefined;
  return { url, user: { name: credential(text('User'), values), password: credential(text('Password'), values) } };
}

/** A text, or the secret that has it: secrets stay where they are until the machine room needs them. */
function credential(value: Value | undefined, values: Readonly<Record<string, string>>): Json {
  if (typeof value === 'object' && 'secret' in value) {
    return { secretArn: values[value.secret], ...value.field ? { field: value.field } : {} };
  }
  return { text: resolve(value, values) ?? '' };
}
