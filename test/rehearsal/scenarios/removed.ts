import * as fs from 'node:fs';
import * as path from 'node:path';
import { gather } from '../../emulator/report';
import { Json } from '../cluster-document';
import { CARBON_LOG, LOGS, Rehearsal, RehearsedNode } from '../rehearsal';
import { allJoined, nodesOf } from './checks';
import { aws } from './command-lines';
import { label, must, Scenario, ScenarioContext, until } from './scenario';

/** A server has finished what it served. */
const SERVED = 'Stopped all transport listeners';
/** Last words of a server that was not killed. */
const COMPLETE = 'Shutdown complete';
/** Longer than the machine waits for a node before it takes its power away. */
const END_SECONDS = 120;

/** "Remove everything" of the runbook, and what it says that stays. */
export const removed: Scenario = {
  name: 'removed', ci: false, about: 'the stack is deleted: servers finish what they serve, and nothing stays but what the runbook names',
  async run(context) {
    const rehearsal = await context.start({ app: 'test/rehearsal/scenarios/changed.app.ts', followGroups: true });
    await allJoined(rehearsal);
    const nodes = nodesOf(rehearsal);
    await takeProtectionOff(rehearsal, nodes);
    await destroy(context, rehearsal, nodes);
    const left = await leftOf(rehearsal);
    mustBeWhatStays(left);
    context.show('what stays: three log groups, the secret of the key store, a snapshot of the database');
    for (const each of left.logs) await aws(rehearsal, 'logs', 'delete-log-group', '--log-group-name', each);
    await aws(rehearsal, 'secretsmanager', 'delete-secret', '--secret-id', left.secrets[0], '--recovery-window-in-days', '7');
    await aws(rehearsal, 'rds', 'delete-db-snapshot', '--db-snapshot-identifier', left.snapshots[0]);
    const rest = Object.values(await leftOf(rehearsal)).flat();
    must(rest.length === 0, `after that there is still ${rest.join(', ')}`);
    context.show('the runbook\'s commands removed these');
  },
};

async function takeProtectionOff(rehearsal: Rehearsal, nodes: readonly RehearsedNode[]): Promise<void> {
  await rehearsal.update({ removing: 'yes' });
  must(nodes.every(each => rehearsal.nodes.has(each.id)) && rehearsal.nodes.size === nodes.length, 'taking the protection off replaced a node');
}

async function destroy(context: ScenarioContext, rehearsal: Rehearsal, nodes: readonly RehearsedNode[]): Promise<void> {
  context.step('destroying the stack');
  const began = Date.now();
  await rehearsal.destroy({ removing: 'yes' });
  const seconds = (Date.now() - began) / 1000;
  await until('the nodes did not end', END_SECONDS, async () => rehearsal.nodes.size === 0);
  const logs: string[] = [];
  for (const each of nodes) {
    await until(`the log of ${label(each)} was not kept`, END_SECONDS, async () => fs.existsSync(keptLog(each)));
    logs.push(fs.readFileSync(keptLog(each), 'utf8'));
    must(logs.at(-1)!.includes(SERVED), `the server of ${label(each)} did not finish what it served`);
  }
  context.show(`the stack was gone after ${seconds.toFixed(0)} s, and the servers of all ${nodes.length} nodes had finished what they served`);
  const killed = logs.filter(each => !each.includes(COMPLETE)).length;
  context.show(killed === 0 ? 'all of them left the cluster in order' : `${killed} of them waited for a member that left in the same moment, and were killed`);
}

function keptLog(node: RehearsedNode): string {
  return path.join(LOGS, node.id, CARBON_LOG.replace(/^\//, '').replace(/\//g, '-'));
}

/** What is there when the stack is not. */
export interface Left {
  readonly logs: readonly string[];
  readonly secrets: readonly string[];
  readonly snapshots: readonly string[];
  /** Nothing of this is to stay. */
  readonly others: readonly string[];
}

/** Fails unless it is what the runbook says. */
export function mustBeWhatStays({ logs, secrets, snapshots, others }: Left): void {
  must(logs.length === 3 && logs.every(each => /(Carbon|Audit|Boot)Log/.test(each)), `the log groups that stay are ${logs.join(', ') || 'none'}`);
  must(secrets.length === 1 && /KeystoreSecret/.test(secrets[0]), `the secrets that stay are ${secrets.join(', ') || 'none'}`);
  must(snapshots.length === 1, `${snapshots.length} snapshots of the database stay instead of one`);
  must(others.length === 0, `there is still ${others.join(', ')}`);
}

/** Everything that a stack of a cluster has, asked for in the whole account: only the toolkit of the CDK is beside it. */
async function leftOf(rehearsal: Rehearsal): Promise<Left> {
  const ask = async (service: string, operation: string, list: string, name: string, ...more: string[]): Promise<string[]> =>
    ((await aws(rehearsal, service, operation, ...more))[list] as Json[]).map(each => each[name] as string).filter(each => !each.includes('cdk-hnb659fds'));
  const { nodes, loadBalancers, targetGroups, databases } = await gather(rehearsal.emulator);
  const others = await Promise.all([
    ask('ec2', 'describe-vpcs', 'Vpcs', 'VpcId', '--filters', 'Name=is-default,Values=false'),
    ask('ec2', 'describe-launch-templates', 'LaunchTemplates', 'LaunchTemplateName'), ask('ec2', 'describe-addresses', 'Addresses', 'AllocationId'),
    ask('autoscaling', 'describe-auto-scaling-groups', 'AutoScalingGroups', 'AutoScalingGroupName'),
    ask('iam', 'list-roles', 'Roles', 'RoleName'), ask('iam', 'list-users', 'Users', 'UserName'),
    ask('iam', 'list-instance-profiles', 'InstanceProfiles', 'InstanceProfileName'),
    ask('iam', 'list-policies', 'Policies', 'PolicyName', '--scope', 'Local'),
    ask('cloudwatch', 'describe-alarms', 'MetricAlarms', 'AlarmName'), ask('cloudwatch', 'list-dashboards', 'DashboardEntries', 'DashboardName'),
    ask('sns', 'list-topics', 'Topics', 'TopicArn'), ask('lambda', 'list-functions', 'Functions', 'FunctionName'),
    ask('events', 'list-rules', 'Rules', 'Name'), ask('acm', 'list-certificates', 'CertificateSummaryList', 'CertificateArn'),
  ]);
  return {
    logs: await ask('logs', 'describe-log-groups', 'logGroups', 'logGroupName'),
    secrets: await ask('secretsmanager', 'list-secrets', 'SecretList', 'Name'),
    snapshots: await ask('rds', 'describe-db-snapshots', 'DBSnapshots', 'DBSnapshotIdentifier'),
    others: [...others.flat(), ...[...nodes, ...loadBalancers, ...targetGroups, ...databases].map(each => each.name)],
  };
}
