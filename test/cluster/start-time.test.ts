/** However many nodes there are, every wait holds their starts, and each ends before the one around it. */
import { Duration } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CarbonClusterProps, ClusteringPattern, Membership, NodeScaling } from '../../lib';
import { PROGRAMS } from '../../lib/boot/user-data';
import { defaultBootTimeout, HEALTH_MARGIN } from '../../lib/cluster/start-time';
import { gateway, testStack, userDataOf } from '../gateway';

/** Measured: a server is a member 75 s after its start; and before the first starts, a node has been launched and has prepared itself. */
const SERVER_START = 75;
const PREPARATION = 120;
/** CloudFormation Template Reference, "CreationPolicy attribute" and "UpdatePolicy attribute"; CloudWatch, `PutMetricAlarm`. */
const LONGEST_TIMEOUT = 12 * 3600;
const LONGEST_PAUSE = 3600;
const LONGEST_EVALUATION = 86_400;

const COUNTS = [1, 2, 8, 9, 20, 40, 474];

function synthesized(props: Partial<CarbonClusterProps>): Template {
  const stack = testStack();
  gateway(stack, { clusteringPattern: ClusteringPattern.NON_WORKER_MANAGER, workerCount: undefined, ...props });
  return Template.fromStack(stack);
}

function seconds(iso: string): number {
  const [, hours, minutes, rest] = /^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$/.exec(iso)!.map(each => Number(each ?? 0));
  return hours * 3600 + minutes * 60 + rest;
}

function groupOf(template: Template, id: string): any {
  return Object.entries(template.findResources('AWS::AutoScaling::AutoScalingGroup')).find(([each]) => each.includes(id))![1];
}

function figure(program: string, name: string): number {
  const text = readFileSync(join(PROGRAMS, program), 'utf8');
  return Number(new RegExp(`^${name} = (\\d+)$`, 'm').exec(text)![1]);
}

test('up to eight nodes have 20 minutes, as before', () => {
  expect([1, 2, 7, 8].map(each => defaultBootTimeout(each).toMinutes())).toEqual([20, 20, 20, 20]);
  expect([9, 20, 40].map(each => defaultBootTimeout(each).toMinutes({ integral: false }))).toEqual([21.5, 38, 68]);
});

test.each(COUNTS)('%i servers start one after the other while CloudFormation waits', count => {
  const timeout = defaultBootTimeout(count).toSeconds();
  expect(timeout).toBeGreaterThan(PREPARATION + count * SERVER_START);
  expect(timeout).toBeLessThanOrEqual(LONGEST_TIMEOUT);
});

test.each(COUNTS)('a node among %i ends its own waits before CloudFormation does, also while one is replaced', count => {
  const [turn, preparation] = [figure('node_start.py', 'START_SECONDS'), figure('node_clock.py', 'PREPARATION_SECONDS')];
  const given = Duration.minutes(20).minus(HEALTH_MARGIN).toSeconds();
  // queue_seconds() of a node that sees as many others as there are nodes, none of which has started.
  const longest = preparation + Math.max(given, (count + 2) * turn);
  const beforeTheBoot = 90;
  expect(beforeTheBoot + longest).toBeLessThan(defaultBootTimeout(count).toSeconds());
  expect(longest - preparation).toBeGreaterThan(count * SERVER_START);
});

test.each([2, 8, 40])('every wait in the template of %i nodes follows from their number', nodeCount => {
  const template = synthesized({ nodeCount });
  const group = groupOf(template, 'Nodes');
  const timeout = seconds(group.CreationPolicy.ResourceSignal.Timeout);
  expect(timeout).toBe(defaultBootTimeout(nodeCount).toSeconds());
  expect(timeout).toBeGreaterThan(PREPARATION + nodeCount * SERVER_START);
  // The load balancer's opinion counts when the last of them may have started.
  expect(group.Properties.HealthCheckGracePeriod).toBeGreaterThan(timeout);
  const pause = seconds(group.UpdatePolicy.AutoScalingRollingUpdate.PauseTime);
  expect(pause).toBe(Math.min(timeout, LONGEST_PAUSE));
  const alarms = Object.entries(template.findResources('AWS::CloudWatch::Alarm')).filter(([id]) => /NodesMembers|NodesTargets/.test(id));
  expect(alarms).toHaveLength(2);
  for (const [, { Properties }] of alarms) {
    expect(Properties.EvaluationPeriods * 60).toBeGreaterThanOrEqual(timeout);
    expect(Properties.EvaluationPeriods * 60).toBeLessThanOrEqual(LONGEST_EVALUATION);
  }
});

test('the number of nodes is in no document, so that it replaces none', () => {
  const [few, many] = [8, 40].map(nodeCount => userDataOf(synthesized({ nodeCount }), 'Nodes'));
  expect(many).toBe(few);
});

test('a group of one is not waited for longer because another has many', () => {
  const template = synthesized({ clusteringPattern: ClusteringPattern.WORKER_MANAGER, workerCount: 40 });
  expect(['Manager', 'Workers'].map(id => groupOf(template, id).CreationPolicy.ResourceSignal.Timeout)).toEqual(['PT20M', 'PT1H8M']);
  const periods = Object.entries(template.findResources('AWS::CloudWatch::Alarm'))
    .filter(([id]) => /(Members|Targets)Alarm/.test(id)).map(([id, each]) => [/(Manager|Workers)(Members|Targets)/.exec(id)![0], each.Properties.EvaluationPeriods]);
  expect(Object.fromEntries(periods)).toEqual({ ManagerMembers: 20, ManagerTargets: 20, WorkersMembers: 68, WorkersTargets: 68 });
});

test('nodes at addresses of their own are groups of their own, one after the other', () => {
  const template = synthesized({ nodeCount: 20, membership: Membership.wellKnownNodes() });
  for (const each of Object.values(template.findResources('AWS::AutoScaling::AutoScalingGroup'))) {
    expect(each.CreationPolicy.ResourceSignal).toEqual({ Count: 1, Timeout: 'PT20M' });
  }
});

test('a group that scales has the time for as many as there may be', () => {
  const template = synthesized({ nodeCount: 2, scaling: NodeScaling.cpu({ targetPercent: 60, maxCount: 20 }) });
  expect(groupOf(template, 'Nodes').CreationPolicy.ResourceSignal).toEqual({ Count: 2, Timeout: 'PT38M' });
});

test('a bootTimeout that was given is what the node has, however many start before it', () => {
  const template = synthesized({ nodeCount: 20, bootTimeout: Duration.minutes(90) });
  const { CreationPolicy, UpdatePolicy } = groupOf(template, 'Nodes');
  expect([CreationPolicy.ResourceSignal.Timeout, UpdatePolicy.AutoScalingRollingUpdate.PauseTime]).toEqual(['PT1H30M', 'PT1H']);
  expect(userDataOf(template, 'Nodes')).toMatch(/"seconds":\s*5100,\s*"fixed":\s*true/);
});
