/** However many nodes there are, every wait holds their starts, and each ends before the one around it. */
import { Duration } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CarbonClusterProps, ClusteringPattern, Membership, NodeScaling, WellKnownMember } from '../../lib';
import { PROGRAMS } from '../../lib/boot/user-data';
import { documentOf, gateway, testStack, userDataOf } from '../gateway';

/** Measured: a server is a member 75 s after its start, and the slowest Hazelcast admits 40 members within 80 s. */
const SERVER_START = 75;
const ADMISSION = 2;
/** Measured: before the first server starts, a node has been launched and has prepared itself. */
const PREPARATION = 120;
/** What a node waits for the turn of another one that has died (TURN_SECONDS in boot/programs/node_members.py). */
const LAPSED_TURN = 60;
/** CloudFormation Template Reference, "CreationPolicy attribute" and "UpdatePolicy attribute"; CloudWatch, `PutMetricAlarm`. */
const LONGEST_PAUSE = 3600;
const LONGEST_EVALUATION = 86_400;

const COUNTS = [2, 8, 9, 20, 40, 200];

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

function nodeDocument(template: Template, id: string): any {
  return documentOf(userDataOf(template, id));
}

function figure(program: string, name: string): number {
  const text = readFileSync(join(PROGRAMS, program), 'utf8');
  return Number(new RegExp(`^${name} = (\\d+)$`, 'm').exec(text)![1]);
}

test.each(COUNTS)('%i servers start while CloudFormation waits, also when the one that founds the cluster dies', nodeCount => {
  const timeout = seconds(groupOf(synthesized({ nodeCount }), 'Nodes').CreationPolicy.ResourceSignal.Timeout);
  expect(timeout).toBe(20 * 60);
  expect(timeout).toBeGreaterThan(PREPARATION + 2 * SERVER_START + LAPSED_TURN + SERVER_START + nodeCount * ADMISSION);
});

test('a node ends its own waits before CloudFormation does', () => {
  const template = synthesized({ nodeCount: 40 });
  const given = nodeDocument(template, 'Nodes').health.seconds;
  expect(given + figure('node_clock.py', 'PREPARATION_SECONDS')).toBeLessThan(seconds(groupOf(template, 'Nodes').CreationPolicy.ResourceSignal.Timeout));
  expect(given).toBeGreaterThan(3 * SERVER_START + LAPSED_TURN + 40 * ADMISSION);
  expect(figure('node_members.py', 'TURN_SECONDS')).toBe(LAPSED_TURN);
});

test.each([2, 8, 40])('every wait in the template of %i nodes is the same', nodeCount => {
  const template = synthesized({ nodeCount });
  const group = groupOf(template, 'Nodes');
  const timeout = seconds(group.CreationPolicy.ResourceSignal.Timeout);
  expect(timeout).toBe(1200);
  // The load balancer's opinion counts when all of them may have started.
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

test('nodes at addresses of their own are groups of their own, and all other servers look for them only', () => {
  const template = synthesized({ nodeCount: 3, membership: Membership.wellKnownNodes() });
  for (const each of Object.values(template.findResources('AWS::AutoScaling::AutoScalingGroup'))) {
    expect(each.CreationPolicy.ResourceSignal).toEqual({ Count: 1, Timeout: 'PT20M' });
  }
  const { start } = nodeDocument(template, 'Node1');
  expect(start.wellKnown).toEqual({ hosts: [1, 2, 3].map(each => ({ host: { env: `Member${each}Address` }, port: '4000' })), nodes: true });
});

test('members elsewhere record nothing in this cluster', () => {
  const members = [WellKnownMember.range('10.0.1.5', 6)];
  expect(nodeDocument(synthesized({ nodeCount: 2, membership: Membership.wellKnown({ members }) }), 'Nodes').start.wellKnown)
    .toEqual({ hosts: [{ host: '10.0.1.5', port: '4000' }, { host: '10.0.1.6', port: '4000' }] });
});

test('members that are found look for all members', () => {
  expect(nodeDocument(synthesized({ nodeCount: 2, membership: Membership.discovered() }), 'Nodes').start.wellKnown).toBeUndefined();
});

test('a group that scales waits as long as any other', () => {
  const template = synthesized({ nodeCount: 2, scaling: NodeScaling.cpu({ targetPercent: 60, maxCount: 20 }) });
  expect(groupOf(template, 'Nodes').CreationPolicy.ResourceSignal).toEqual({ Count: 2, Timeout: 'PT20M' });
});

test('a bootTimeout that was given is what the node has', () => {
  const template = synthesized({ nodeCount: 20, bootTimeout: Duration.minutes(90) });
  const { CreationPolicy, UpdatePolicy } = groupOf(template, 'Nodes');
  expect([CreationPolicy.ResourceSignal.Timeout, UpdatePolicy.AutoScalingRollingUpdate.PauseTime]).toEqual(['PT1H30M', 'PT1H']);
  expect(nodeDocument(template, 'Nodes').health.seconds).toBe(5100);
});
