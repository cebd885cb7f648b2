import { Template } from 'aws-cdk-lib/assertions';
import { CarbonClusterProps, CarbonProduct, ClusteringPattern, LoadBalancing, Membership, NodeScaling } from '../../lib';
import { documentOf, gateway, testStack, userDataOf } from '../gateway';

function templateOf(overrides: Partial<CarbonClusterProps> = {}): Template {
  const stack = testStack();
  gateway(stack, overrides);
  return Template.fromStack(stack);
}

/** Smallest and largest number of instances, and the number in service while they are replaced, by group. */
function sizes(template: Template): Record<string, number[]> {
  return Object.fromEntries(Object.entries(template.findResources('AWS::AutoScaling::AutoScalingGroup')).map(([id, each]) => [
    /Gateway(\w+?)AutoScalingGroup/.exec(id)![1],
    [each.Properties.MinSize, each.Properties.MaxSize, each.UpdatePolicy.AutoScalingRollingUpdate.MinInstancesInService].map(Number),
  ]));
}

const KNOWN = { product: CarbonProduct.applicationServer('5.3.0'), membership: Membership.wellKnownNodes(), workerCount: 3 };
const template = templateOf();
const known = templateOf(KNOWN);

test('workers are replaced by new ones that are in service before, the manager is alone', () => {
  expect(sizes(template)).toEqual({ Manager: [1, 1, 0], Workers: [2, 3, 2] });
});

test('whoever keeps an address must leave before the next can have it', () => {
  expect(sizes(known)).toEqual({ Manager: [1, 1, 0], Worker1: [1, 1, 0], Workers: [2, 3, 2] });
});

test('nodes that are alike are like workers', () => {
  const alike = { product: CarbonProduct.enterpriseIntegrator('6.4.0'), clusteringPattern: ClusteringPattern.NON_WORKER_MANAGER, nodeCount: 3 };
  expect(sizes(templateOf(alike))).toEqual({ Nodes: [3, 4, 3] });
});

test('a group that does not scale has as many as its count says, so that a smaller count ends nodes', () => {
  const desired = (each: Template): unknown[] => Object.values(each.findResources('AWS::AutoScaling::AutoScalingGroup')).map(group => group.Properties.DesiredCapacity);
  expect(desired(template)).toEqual(['1', '2']);
  expect(desired(templateOf({ scaling: NodeScaling.cpu({ maxCount: 5, targetPercent: 60 }) }))).toEqual(['1', undefined]);
});

test('the minimum leaves room below the maximum, or CloudFormation refuses to begin', () => {
  for (const each of [template, known]) for (const [, maximum, inService] of Object.values(sizes(each))) expect(inService).toBeLessThan(maximum);
});

test('one at a time, waiting for its signal, and nothing else launches or ends instances meanwhile', () => {
  for (const each of Object.values(template.findResources('AWS::AutoScaling::AutoScalingGroup'))) {
    expect(each.UpdatePolicy.AutoScalingRollingUpdate).toMatchObject({
      MaxBatchSize: 1, WaitOnResourceSignals: true, PauseTime: 'PT20M',
      SuspendProcesses: ['AZRebalance', 'AlarmNotification', 'HealthCheck', 'ReplaceUnhealthy', 'ScheduledActions'],
    });
  }
});

test('groups are updated one after the other', () => {
  const groups = Object.entries(known.findResources('AWS::AutoScaling::AutoScalingGroup'));
  groups.slice(1).forEach(([, each], index) => expect(each.DependsOn).toContain(groups[index][0]));
});

test('an instance that ends waits until its server has left its cluster, for no longer than five minutes', () => {
  const hooks = Object.values(template.findResources('AWS::AutoScaling::LifecycleHook')).map(each => each.Properties);
  expect(hooks).toHaveLength(2);
  for (const hook of hooks) {
    expect(hook).toMatchObject({
      LifecycleHookName: 'leave-cluster', LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING', HeartbeatTimeout: 300, DefaultResult: 'CONTINUE',
    });
    expect(hook.NotificationTargetARN).toBeUndefined();
  }
  for (const part of ['Manager', 'Workers']) expect(documentOf(userDataOf(template, `${part}LaunchTemplate`)).leaving).toEqual({ hook: 'leave-cluster' });
});

test('the hook is there only when the node may answer it', () => {
  for (const each of Object.values(template.findResources('AWS::AutoScaling::LifecycleHook'))) {
    expect(each.DependsOn).toContainEqual(expect.stringMatching(/Gateway(Manager|Workers)Leaving\w+/));
  }
});

test('a load balancer that asks over HTTP tells the group who hangs, elsewhere the node does', () => {
  const healthOf = (each: Template): any => documentOf(userDataOf(each, 'WorkersLaunchTemplate')).health;
  expect(healthOf(template).patience).toBeUndefined();
  expect(healthOf(templateOf({ loadBalancing: LoadBalancing.none(), certificates: [] })).patience).toBe(300);
  const classic = templateOf({ product: CarbonProduct.apiManager('4.2.0'), loadBalancing: LoadBalancing.classic() });
  expect(healthOf(classic).patience).toBe(300);
});

test('a worker that keeps its address waits for the load balancer before it says that it is in service, but not the manager', () => {
  const settling = (group: string): number | undefined => documentOf(userDataOf(known, `${group}LaunchTemplate`)).health.settling;
  expect(['Manager', 'Worker1', 'Workers'].map(settling)).toEqual([undefined, 30, undefined]);
});
