import { urlTo } from '../host-paths';
import { Rehearsal, RehearsedNode } from '../rehearsal';
import { allServing, nodesOf, oneCluster, reportPasses, workersOf } from './checks';
import { aws } from './command-lines';
import { label, must, pause, Scenario, ScenarioContext, until } from './scenario';
import { DatabaseOfStack, databaseOf, SqlClient } from './sql-client';
import { loadText, underLoad } from './steady-load';

const RESTORED = 'carbon-restored';
/** Of each of these databases the row is changed; the first comes back alone, the second with everything. */
const [ONE, OTHER] = ['WSO2REG_DB', 'WSO2AM_DB'];
/** A JVM keeps an address for 30 seconds, and a pool trusts a connection that it has tested for as long. */
const AFTER_SECONDS = 70;
const BACK_SECONDS = 120;

/** "Restore the database" of the runbook. What RDS does with its instances, the machine room does with its servers. */
export const restored: Scenario = {
  name: 'restored', ci: false, about: 'a restored database gives one of its databases back, and then takes the place of the old one',
  async run(context) {
    const rehearsal = await context.start({ app: 'test/rehearsal/scenarios/rolling.app.ts' });
    await allServing(rehearsal);
    const [worker] = workersOf(rehearsal);
    const database = await databaseOf(rehearsal);
    const client = new SqlClient(rehearsal, worker);
    await client.open(database.secret);
    const rowOf = async (name: string, host = database.endpoint): Promise<string> => client.query(host, `SELECT what FROM ${name}.REHEARSED`);
    for (const each of [ONE, OTHER]) await client.query(database.endpoint, `CREATE TABLE ${each}.REHEARSED (what VARCHAR(20)); INSERT INTO ${each}.REHEARSED VALUES ('before')`);
    await rehearsal.command('database', { action: 'back-up' });
    for (const each of [ONE, OTHER]) await client.query(database.endpoint, `UPDATE ${each}.REHEARSED SET what = 'after'`);

    const copy = await restore(rehearsal, database);
    must(await rowOf(ONE, copy) === 'before' && await rowOf(ONE) === 'after', 'the restored database is not what was there before');
    await client.copy(ONE, copy, database.endpoint);
    must(await rowOf(ONE) === 'before', `the row of ${ONE} did not come back`);
    must(await rowOf(OTHER) === 'after', `${OTHER} was changed too`);
    context.show(`one database of the restored instance was copied back, the others stayed as they were`);

    await exchange(context, rehearsal, database, copy, worker);
    must(await rowOf(OTHER) === 'before', `the row of ${OTHER} did not come back`);
    await oneCluster(rehearsal, nodesOf(rehearsal));
    await serversRanOn(rehearsal);
    await reportPasses(rehearsal);
  },
};

/** Returns the endpoint of the new instance. */
async function restore(rehearsal: Rehearsal, { id, endpoint }: DatabaseOfStack): Promise<string> {
  const [old] = (await aws(rehearsal, 'rds', 'describe-db-instances', '--db-instance-identifier', id)).DBInstances;
  const answer = await aws(rehearsal, 'rds', 'restore-db-instance-to-point-in-time', '--source-db-instance-identifier', id,
    '--target-db-instance-identifier', RESTORED, '--restore-time', new Date().toISOString(), '--db-subnet-group-name', old.DBSubnetGroup.DBSubnetGroupName,
    '--db-parameter-group-name', old.DBParameterGroups[0].DBParameterGroupName, '--vpc-security-group-ids', old.VpcSecurityGroups[0].VpcSecurityGroupId,
    '--multi-az', '--deletion-protection');
  const name = answer.DBInstance.Endpoint.Address as string;
  await rehearsal.command('restore-database', { endpoint, to: name });
  return name;
}

/** The old instance gives its name away and is stopped; the new one takes the name, and servers follow it. */
async function exchange(context: ScenarioContext, rehearsal: Rehearsal, { id, endpoint }: DatabaseOfStack, copy: string, worker: RehearsedNode): Promise<void> {
  const url = new URL('/stand-in/databases', urlTo(rehearsal, worker.id)).href;
  const aside = `${id.slice(0, 50)}-before`;
  let back = 0;
  const load = await underLoad(rehearsal, url, {}, async () => {
    const moved = await rename(rehearsal, id, aside, endpoint);
    await aws(rehearsal, 'rds', 'stop-db-instance', '--db-instance-identifier', aside);
    await rehearsal.command('database', { action: 'stop', endpoint: moved });
    const taken = await rename(rehearsal, RESTORED, id, copy);
    must(taken === endpoint, `the new instance is ${taken} instead of ${endpoint}`);
    back = await until('no server reached the restored database', BACK_SECONDS, async () => (await rehearsal.command('request', { url, timeout: 20 })).status === 200);
    await pause(AFTER_SECONDS);
  });
  const after = await underLoad(rehearsal, url, {}, async () => pause(1));
  must(after.failed === 0, `${after.failed} of ${after.requests} requests failed ${AFTER_SECONDS} s after the restored database had its name: ${JSON.stringify(after.statuses)}`);
  context.show(`the restored instance took the name of the old one, and no node was replaced: the first answer ${back.toFixed(1)} s later`);
  context.show(`meanwhile ${loadText(load)}; afterwards ${loadText(after)}`);
}

/** Returns the new endpoint. */
async function rename(rehearsal: Rehearsal, from: string, to: string, endpoint: string): Promise<string> {
  const answer = await aws(rehearsal, 'rds', 'modify-db-instance', '--db-instance-identifier', from, '--new-db-instance-identifier', to, '--apply-immediately');
  const name = answer.DBInstance.Endpoint.Address as string;
  await rehearsal.command('rename-database', { endpoint, to: name });
  return name;
}

async function serversRanOn(rehearsal: Rehearsal): Promise<void> {
  for (const each of nodesOf(rehearsal)) {
    const unit = await rehearsal.command('exec', { node: each.id, argv: ['systemctl', 'show', '--property', 'NRestarts', '--value', 'carbon.service'] });
    must(unit.stdout.trim() === '0', `the server of ${label(each)} was started anew`);
  }
}
