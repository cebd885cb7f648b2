import { DBInstance } from '@aws-sdk/client-rds';
import { Api } from './api';
import { Cluster, idsOf, resourceName } from './cluster';
import { answered, failure, Finding, finding, Problem, warning } from './finding';
import { resolve } from '../../deployed-user-data';

const ENGINES_OF_MYSQL = ['mysql', 'mariadb'];
const TLS_PARAMETER = 'require_secure_transport';
const ON = ['1', 'on'];

/** The database servers of the cluster. */
export async function databases(cluster: Cluster, api: Api): Promise<DBInstance[]> {
  const found = await Promise.all(idsOf(cluster, 'AWS::RDS::DBInstance').map(each => api.database(each)));
  return found.filter(each => each !== undefined);
}

/** How well the database is kept from others, and from loss. */
export async function database(cluster: Cluster, api: Api): Promise<readonly Finding[]> {
  const own = idsOf(cluster, 'AWS::RDS::DBInstance');
  const findings = await Promise.all(own.map(each => {
    const name = resourceName(cluster, each);
    return answered(name, async () => judge(name, await api.database(each), api));
  }));
  const foreign = await answered('other databases', async () => foreignFindings(cluster, await databases(cluster, api)));
  return [...findings.flat(), ...foreign];
}

async function judge(name: string, server: DBInstance | undefined, api: Api): Promise<Finding[]> {
  if (!server) return [finding(name, [failure('it does not exist any more')], '')];
  const days = server.BackupRetentionPeriod ?? 0;
  const row = (what: string, right: boolean, passed: string, failed: string): Finding =>
    finding(`${name}: ${what}`, right ? [] : [failure(failed)], passed);
  return [
    row('storage encrypted', server.StorageEncrypted === true, 'encrypted', 'the storage is not encrypted'),
    row('not public', server.PubliclyAccessible === false, 'no public address', 'it is publicly accessible'),
    row('backups', days > 0, `kept for ${days} days`, 'there are no automatic backups: the retention is 0 days'),
    row('deletion protection', server.DeletionProtection === true, 'on', 'deletion protection is off'),
    ...await answered(`${name}: TLS required`, async () => [await tlsFinding(name, server, api)]),
  ];
}

async function tlsFinding(name: string, server: DBInstance, api: Api): Promise<Finding> {
  const what = `${name}: TLS required`;
  if (!ENGINES_OF_MYSQL.includes(server.Engine ?? '')) {
    return { what, state: 'not answered', detail: `only MySQL's parameter ${TLS_PARAMETER} is known here, and this is ${server.Engine}` };
  }
  const groups = server.DBParameterGroups ?? [];
  const parameters = (await Promise.all(groups.map(each => api.databaseParameters(each.DBParameterGroupName!)))).flat();
  const value = parameters.find(each => each.ParameterName === TLS_PARAMETER)?.ParameterValue;
  return finding(what, [...tlsProblems(value), ...appliedProblems(groups)], `${TLS_PARAMETER} is ${value}`);
}

function tlsProblems(value: string | undefined): Problem[] {
  if (ON.includes((value ?? '').toLowerCase())) return [];
  return [failure(`${TLS_PARAMETER} is ${value ?? 'not set'}, so that passwords and rows may travel in the clear: set it to 1`)];
}

function appliedProblems(groups: NonNullable<DBInstance['DBParameterGroups']>): Problem[] {
  return groups.filter(each => each.ParameterApplyStatus !== 'in-sync')
    .map(each => warning(`parameter group ${each.DBParameterGroupName} is ${each.ParameterApplyStatus}: what it says may not be in force yet`));
}

/** Of a server that the nodes use and that is none of the cluster's, nothing is known here. */
function foreignFindings(cluster: Cluster, own: readonly DBInstance[]): Finding[] {
  const endpoints = cluster.groups.map(({ userData: { document, values } }) => resolve(document.databases?.endpoint, values));
  const foreign = endpoints.filter(each => each !== undefined).filter(each => !own.some(server => server.Endpoint?.Address === each));
  const detail = 'the nodes use it, and it is no database instance of this cluster';
  return [...new Set(foreign)].map(what => ({ what, state: 'not answered', detail }));
}
