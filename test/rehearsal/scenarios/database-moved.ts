import { Json } from '../cluster-document';
import { urlTo } from '../host-paths';
import { Rehearsal, RehearsedNode } from '../rehearsal';
import { allServing, gone, inService, nodesOf, oneCluster, reportPasses, workersOf } from './checks';
import { aws } from './command-lines';
import { label, must, pause, Scenario } from './scenario';
import { databaseOf, SqlClient } from './sql-client';
import { loadText, noFailures, underLoad } from './steady-load';

const HOST = 'mysql.example.com';
const DATABASES = ['WSO2AM_DB', 'WSO2UM_DB', 'WSO2REG_DB'];

/** A cluster is given another database server, which has what the one before had ("Move to another database server" of the runbook). */
export const databaseMoved: Scenario = {
  name: 'database-moved', ci: false, about: 'a cluster leaves its database server for another one, with its data and under load',
  async run(context) {
    const rehearsal = await context.start({ app: 'test/rehearsal/scenarios/database-moved.app.ts', followGroups: true });
    await allServing(rehearsal);
    const before = nodesOf(rehearsal);
    const { endpoint, secret } = await databaseOf(rehearsal);
    const old = new SqlClient(rehearsal, workersOf(rehearsal)[0], 'old');
    await old.open(secret);
    await old.query(endpoint, `CREATE TABLE ${DATABASES[0]}.REHEARSED (what VARCHAR(20)); INSERT INTO ${DATABASES[0]}.REHEARSED VALUES ('before')`);
    await old.copyAll(DATABASES, endpoint, HOST, await administratorOf(rehearsal));

    const url = new URL('/stand-in/databases', urlTo(rehearsal, workersOf(rehearsal)[0].id)).href;
    const began = Date.now();
    const load = await underLoad(rehearsal, url, {}, async () => {
      await rehearsal.update({ moved: 'yes' });
      await gone(rehearsal, before);
      await pause(1);
    });
    const seconds = (Date.now() - began) / 1000;
    const nodes = nodesOf(rehearsal);
    must(nodes.length === before.length, `there are ${nodes.length} nodes instead of ${before.length}`);
    await inService(nodes);
    await oneCluster(rehearsal, nodes);
    await readsThere(rehearsal, nodes);
    await reportPasses(rehearsal);
    noFailures(load);
    const { DBInstances: instances } = await aws(rehearsal, 'rds', 'describe-db-instances');
    must(instances.length === 1, 'the old instance is gone, although it is protected');
    context.show(`all ${nodes.length} nodes were replaced in ${seconds.toFixed(0)} s and use ${HOST}, where the row from before is: ${loadText(load)}`);
    context.show('the old instance stays, outside the stack, because it is protected');
  },
};

/** The name of the secret of the server that exists: its own, not one that the stack's instance has. */
async function administratorOf(rehearsal: Rehearsal): Promise<string> {
  const { SecretList: secrets } = await aws(rehearsal, 'secretsmanager', 'list-secrets');
  const found = (secrets as Json[]).find(each => /Administrator/.test(each.Name));
  must(found !== undefined, 'the stack has no secret of the administrator of the server that exists');
  return found!.ARN;
}

async function readsThere(rehearsal: Rehearsal, nodes: readonly RehearsedNode[]): Promise<void> {
  for (const each of nodes) {
    const urls = await rehearsal.command('exec', { node: each.id, script: 'grep -rho "jdbc:mysql://[^:/]*" /opt/wso2/carbon/repository/conf/datasources | sort -u' });
    must(urls.stdout.includes(`jdbc:mysql://${HOST}`) && !urls.stdout.includes('rds.amazonaws.com'), `the data sources of ${label(each)} lead to ${urls.stdout.trim()}`);
  }
  const client = new SqlClient(rehearsal, nodes[0], 'new');
  await client.open(await administratorOf(rehearsal));
  must(await client.query(HOST, `SELECT what FROM ${DATABASES[0]}.REHEARSED`) === 'before', `the row from before is not on ${HOST}`);
}
