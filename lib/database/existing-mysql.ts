import { isIPv4 } from 'node:net';
import { Token, Tokenization } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { ExistingMySqlOptions } from './database-options';
import { DatabaseHost, DatabaseServer } from './database-server';
import { checkHostName } from '../network/host-names';

const DEFAULT_PORT = 3306;
/** The longest name of a database in the catalogue has 16 characters, and MySQL allows users 32. */
const PREFIX = /^[A-Za-z][A-Za-z0-9_]{0,11}$/;
const RANGE = /^(\d{1,3}(?:\.\d{1,3}){3})\/(\d|[12]\d|3[0-2])$/;

export function checkExistingMySql(options: ExistingMySqlOptions): void {
  const { host, port, databasePrefix, clientNetwork } = options;
  if (options.acceptAnyCertificate && options.certificateAuthority) {
    throw new Error('certificateAuthority of the database has no effect while acceptAnyCertificate is true, remove one of them');
  }
  if (!Token.isUnresolved(host) && !isIPv4(host)) checkHostName('host', host);
  if (port !== undefined && !Token.isUnresolved(port) && !(Number.isInteger(port) && port > 0 && port < 65536)) {
    throw new Error(`port ${port} of the database server is none, give a number from 1 to 65535`);
  }
  if (databasePrefix !== undefined && !PREFIX.test(databasePrefix)) {
    throw new Error(`databasePrefix '${databasePrefix}' is none, give a letter and at most 11 letters, digits and _ after it`);
  }
  if (clientNetwork !== undefined && !isClientNetwork(clientNetwork)) {
    throw new Error(`clientNetwork '${clientNetwork}' is no range of addresses, give one such as 10.0.0.0/16, or % for any`);
  }
}

function isClientNetwork(network: string): boolean {
  return Token.isUnresolved(network) || network === '%' || isIPv4(RANGE.exec(network)?.[1] ?? '');
}

export function existingMySql(host: DatabaseHost, options: ExistingMySqlOptions): DatabaseServer {
  const port = options.port ?? DEFAULT_PORT;
  const reachable = ec2.Port.tcp(port);
  const { server } = options;
  const letIn = server && ((client: ec2.IConnectable, description: string): void => server.connections.allowFrom(client, reachable, description));
  if (letIn) letIn(host.client, 'Members of the cluster');
  else host.client.connections.allowTo(addressOf(options.host), reachable, 'Existing database server');
  return {
    ...options,
    letIn,
    port: Token.isUnresolved(port) ? Tokenization.stringifyNumber(port) : String(port),
  };
}

/** What a name leads to is known only to its name server. */
function addressOf(host: string): ec2.IPeer {
  return isIPv4(host) ? ec2.Peer.ipv4(`${host}/32`) : ec2.Peer.anyIpv4();
}
