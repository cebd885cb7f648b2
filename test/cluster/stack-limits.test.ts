import { CfnWaitConditionHandle, NestedStack } from 'aws-cdk-lib';
import { CarbonCluster, ClusteringPattern, Membership, Operations } from '../../lib';
import { gateway, gatewayProps, testApp, testStack } from '../gateway';

test('more resources than CloudFormation takes are refused, with the way out', () => {
  const app = testApp();
  const stack = testStack(app);
  gateway(stack);
  for (let index = 0; index < 440; index++) new CfnWaitConditionHandle(stack, `Handle${index}`);
  expect(() => app.synth()).toThrow(/stack Test has 5\d\d resources, CloudFormation takes 500, and \d+ of them are of Test\/Gateway: put the cluster into a nested stack/);
});

test('in a nested stack of its own, a cluster and the rest have 500 each', () => {
  const app = testApp();
  const stack = testStack(app);
  for (let index = 0; index < 460; index++) new CfnWaitConditionHandle(stack, `Handle${index}`);
  const nested = new NestedStack(stack, 'Nested');
  new CarbonCluster(nested, 'Gateway', gatewayProps(nested));
  expect(() => app.synth()).not.toThrow();
});

test('a template of more bytes than CloudFormation takes is refused, with the way out', () => {
  const app = testApp();
  // Without what watches each group: with it a stack has too many resources long before.
  const few = { clusteringPattern: ClusteringPattern.NON_WORKER_MANAGER, operations: Operations.none() };
  gateway(testStack(app), { ...few, nodeCount: 38, membership: Membership.wellKnownNodes() });
  expect(() => app.synth()).toThrow(/the template of stack Test has 1\d{6} bytes, CloudFormation takes 1000000, and \d+ of \d+ resources are of Test\/Gateway with 38 well-known nodes: put/);
});
