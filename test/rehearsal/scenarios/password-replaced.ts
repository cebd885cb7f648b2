import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Json } from '../cluster-document';
import { urlTo } from '../host-paths';
import { Rehearsal, RehearsedNode } from '../rehearsal';
import { allServing, nodesOf, oneCluster, reportPasses, workersOf } from './checks';
import { aws, verify } from './command-lines';
import { label, must, pause, Scenario, SETTLE_SECONDS, until } from './scenario';
import { databaseOf, SqlClient } from './sql-client';
import { loadText, underLoad } from './steady-load';

const STACK = 'Rolling';
/** So many nodes would take longer than anybody waits. */
const LEAVING_SECONDS = 240;

/** "A database user's password" of the runbook, and what it has its reader ask meanwhile. */
export const passwordReplaced: Scenario = {
  name: 'password-replaced', ci: false, about: 'a database user gets another password by the function, and the nodes are replaced one after the other under load',
  async run(context) {
    const rehearsal = await context.start({ app: 'test/rehearsal/scenarios/rolling.app.ts', followGroups: true });
    await allServing(rehearsal);
    const before = nodesOf(rehearsal);
    const url = new URL('/stand-in/databases', urlTo(rehearsal, workersOf(rehearsal)[0].id)).href;
    const { user, old, fresh, secret } = await putPassword(rehearsal);
    const called = await rehearsal.callPreparation({ secret });
    must(called.user === user, `the function that prepares the databases answered ${JSON.stringify(called)}`);
    const load = await underLoad(rehearsal, url, {}, async () => {
      for (const each of before) {
        await replace(rehearsal, each);
        context.step(`${label(each)} is replaced`);
      }
    });
    const after = await underLoad(rehearsal, url, {}, async () => pause(1));
    must(after.failed === 0, `${after.failed} of ${after.requests} requests failed when all nodes were replaced: ${JSON.stringify(after.statuses)}`);
    const database = await databaseOf(rehearsal);
    const client = new SqlClient(rehearsal, workersOf(rehearsal)[0]);
    must(await client.accepts(database.endpoint, user, fresh), `the database does not take the new password of ${user}`);
    must(!await client.accepts(database.endpoint, user, old), `the database still takes the old password of ${user}`);
    context.show(`all ${before.length} nodes were replaced one after the other, the database takes the new password only: ${loadText(load)}`);
    if (load.failed > 0) context.show(`failed were ${JSON.stringify(load.statuses)}, such as ${JSON.stringify(load.failures[0])}`);
    await askAsTheRunbook(rehearsal, before);
    await reportPasses(rehearsal);
    context.show('the runbook\'s questions are answered: events of the stack, health of targets, activities of the groups, carbon-cluster verify');
  },
};

interface Replaced {
  /** Of the user. */
  readonly secret: string;
  readonly user: string;
  readonly old: string;
  readonly fresh: string;
}

async function putPassword(rehearsal: Rehearsal): Promise<Replaced> {
  const { SecretList: secrets } = await aws(rehearsal, 'secretsmanager', 'list-secrets');
  const { ARN } = (secrets as Json[]).find(each => /DbUser/.test(each.Name))!;
  const value: Json = JSON.parse((await aws(rehearsal, 'secretsmanager', 'get-secret-value', '--secret-id', ARN)).SecretString);
  const fresh = randomBytes(15).toString('hex');
  const file = path.join(rehearsal.workFolder, 'user.json');
  fs.writeFileSync(file, JSON.stringify({ ...value, password: fresh }), { mode: 0o600 });
  await aws(rehearsal, 'secretsmanager', 'put-secret-value', '--secret-id', ARN, '--secret-string', `file://${file}`);
  return { user: value.username, old: value.password, fresh, secret: ARN };
}

async function replace(rehearsal: Rehearsal, node: RehearsedNode): Promise<void> {
  const known = new Set(rehearsal.nodes.keys());
  await aws(rehearsal, 'autoscaling', 'set-instance-health', '--instance-id', node.id, '--health-status', 'Unhealthy', '--no-should-respect-grace-period');
  const joining = (): RehearsedNode | undefined => nodesOf(rehearsal).find(each => !known.has(each.id));
  await until(`${label(node)} did not go, or nothing was launched instead`, LEAVING_SECONDS, async () => !rehearsal.nodes.has(node.id) && joining() !== undefined);
  await rehearsal.settled(SETTLE_SECONDS, [joining()!.id]);
  must(joining()!.failure === undefined, `${label(joining()!)} failed as ${joining()!.failure}`);
  await oneCluster(rehearsal, nodesOf(rehearsal));
  await rehearsal.command('wait-healthy', { nodes: [joining()!.id], timeout: 90 });
}

/** The commands that only look, as they are in the runbook. */
async function askAsTheRunbook(rehearsal: Rehearsal, before: readonly RehearsedNode[]): Promise<void> {
  const present = nodesOf(rehearsal);
  const { StackEvents: events } = await aws(rehearsal, 'cloudformation', 'describe-stack-events', '--stack-name', STACK);
  const reasons = (events as Json[]).map(each => each.ResourceStatusReason);
  for (const each of before) must(reasons.includes(`Received SUCCESS signal with UniqueId ${each.id}`), `no event tells of the success of ${each.id}`);

  const { TargetGroups: groups } = await aws(rehearsal, 'elbv2', 'describe-target-groups');
  const targets = await Promise.all((groups as Json[]).map(each => aws(rehearsal, 'elbv2', 'describe-target-health', '--target-group-arn', each.TargetGroupArn)));
  const healthy = targets.flatMap(each => each.TargetHealthDescriptions as Json[]).map(each => each.Target.Id);
  must(present.every(each => healthy.includes(each.id)), `the targets are ${healthy.join(', ')}`);

  const { AutoScalingGroups: scaling } = await aws(rehearsal, 'autoscaling', 'describe-auto-scaling-groups');
  const activities = await Promise.all((scaling as Json[]).map(each =>
    aws(rehearsal, 'autoscaling', 'describe-scaling-activities', '--auto-scaling-group-name', each.AutoScalingGroupName)));
  const told = activities.flatMap(each => each.Activities as Json[]).map(each => each.Description);
  for (const each of before) must(told.includes(`Terminating EC2 instance: ${each.id}`), `no activity tells of the end of ${each.id}`);
  for (const each of present) must(told.includes(`Launching a new EC2 instance: ${each.id}`), `no activity tells of the launch of ${each.id}`);

  // The emulator simulates no policies.
  const doubts = (await verify(rehearsal, STACK)).filter(each => each.state !== 'passed' && each.check !== 'permissions');
  must(doubts.length === 0, `carbon-cluster verify says ${doubts.map(each => `${each.check} ${each.state}: ${each.detail}`).join('; ')}`);
}
