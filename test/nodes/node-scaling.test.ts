import { Duration } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import {
  CarbonClusterProps, CarbonProduct, ClusteringPattern, LoadBalancing, LocalRegistry, Membership, NginxCertificate, NodeScaling,
} from '../../lib';
import { gateway, testStack } from '../gateway';

function synthesized(props: Partial<CarbonClusterProps>): Template {
  const stack = testStack();
  gateway(stack, props);
  return Template.fromStack(stack);
}

function sizesOf(template: Template): Record<string, [string, string]> {
  return Object.fromEntries(Object.entries(template.findResources('AWS::AutoScaling::AutoScalingGroup'))
    .map(([id, each]) => [/^Gateway(\w+)AutoScalingGroup/.exec(id)![1], [each.Properties.MinSize, each.Properties.MaxSize]]));
}

function policiesOf(template: Template): any[] {
  return Object.values(template.findResources('AWS::AutoScaling::ScalingPolicy')).map(each => each.Properties);
}

const cpu = NodeScaling.cpu({ maxCount: 6, targetPercent: 60 });

describe('workers follow the load', () => {
  test('by the use of their processors, and the manager stays one', () => {
    const template = synthesized({ scaling: cpu });
    expect(sizesOf(template)).toEqual({ Manager: ['1', '1'], Workers: ['2', '6'] });
    expect(policiesOf(template)).toEqual([{
      AutoScalingGroupName: { Ref: expect.stringMatching(/^GatewayWorkers/) }, PolicyType: 'TargetTrackingScaling', EstimatedInstanceWarmup: 300,
      TargetTrackingConfiguration: { PredefinedMetricSpecification: { PredefinedMetricType: 'ASGAverageCPUUtilization' }, TargetValue: 60 },
    }]);
  });

  test('by requests, of the services and not of the console', () => {
    const template = synthesized({ scaling: NodeScaling.requests({ maxCount: 3, perMinute: 1000 }) });
    const [{ TargetTrackingConfiguration: { PredefinedMetricSpecification: { ResourceLabel, PredefinedMetricType } } }] = policiesOf(template);
    expect(PredefinedMetricType).toBe('ALBRequestCountPerTarget');
    expect(JSON.stringify(ResourceLabel)).toMatch(/LoadBalancerHttpsWorkersGroup/);
  });

  test('one at a time, and nothing else until the members have settled', () => {
    const template = synthesized({ scaling: NodeScaling.oneAtATime({ maxCount: 4, settlingTime: Duration.minutes(10) }) });
    expect(policiesOf(template).map(each => [each.PolicyType, each.ScalingAdjustment, each.Cooldown])).toEqual([
      ['SimpleScaling', 1, '600'], ['SimpleScaling', -1, '600'],
    ]);
    const alarms = Object.entries(template.findResources('AWS::CloudWatch::Alarm')).filter(([id]) => id.startsWith('GatewayScaling'));
    expect(alarms.map(([, each]) => [each.Properties.ComparisonOperator, each.Properties.Threshold])).toEqual([
      ['GreaterThanOrEqualToThreshold', 70], ['LessThanThreshold', 30],
    ]);
    expect(alarms.map(([, each]) => each.Properties.AlarmActions)).toEqual(Object.keys(template.findResources('AWS::AutoScaling::ScalingPolicy')).map(Ref => [{ Ref }]));
  });

  test('nodes that are all alike, too', () => {
    const template = synthesized({
      clusteringPattern: ClusteringPattern.NON_WORKER_MANAGER, nodeCount: 2, scaling: NodeScaling.requests({ maxCount: 4, perMinute: 500 }),
    });
    expect(sizesOf(template)).toEqual({ Nodes: ['2', '4'] });
  });

  test('those beside the well-known ones, which stay as they are', () => {
    const template = synthesized({ scaling: cpu, membership: Membership.wellKnownNodes(), workerCount: 3 });
    expect(sizesOf(template)).toEqual({ Manager: ['1', '1'], Worker1: ['1', '1'], Workers: ['2', '5'] });
  });

  test('the alarm about members that are missing counts those that are wanted, however many', () => {
    const alarm = Object.entries(synthesized({ scaling: cpu }).findResources('AWS::CloudWatch::Alarm')).find(([id]) => id.includes('WorkersMembers'))![1];
    expect(alarm.Properties.Metrics[0].Expression).toBe('desired - inService');
  });
});

describe('refused at synthesis', () => {
  const refused = (props: Partial<CarbonClusterProps>): (() => Template) => () => synthesized(props);

  test.each([
    [2, 'maxCount 2 of the scaling is not above workerCount 2, so that nothing could grow: give more, or leave scaling out'],
    [2.5, 'maxCount of the scaling 2.5 is no whole number of at least 1, give one'],
  ])('at most %s workers', (maxCount, message) => {
    expect(refused({ scaling: NodeScaling.cpu({ maxCount, targetPercent: 60 }) })).toThrow(message);
  });

  test('workers that are all well known', () => {
    expect(refused({ scaling: cpu, membership: Membership.wellKnownNodes({ wellKnownWorkerCount: 2 }) })).toThrow(
      'scaling: all 2 nodes of the role worker are well known at addresses of their own, and another one would have to be in the configuration of each: '
      + 'leave some of them unknown (wellKnownWorkerCount below workerCount), or use Membership.discovered()');
  });

  test('nodes that are all alike and all well known', () => {
    expect(refused({ clusteringPattern: ClusteringPattern.NON_WORKER_MANAGER, scaling: cpu, membership: Membership.wellKnownNodes() }))
      .toThrow('scaling: all 2 nodes of the role node are well known');
  });

  test('requests that nobody counts', () => {
    const scaling = NodeScaling.requests({ maxCount: 3, perMinute: 1000 });
    const message = 'scaling by requests needs their number for each target, which only LoadBalancing.application() tells: use that, or NodeScaling.cpu';
    expect(refused({ scaling, loadBalancing: LoadBalancing.classic() })).toThrow(message);
    expect(refused({ scaling, loadBalancing: LoadBalancing.nginx({ certificate: NginxCertificate.selfSigned() }), certificates: undefined })).toThrow(message);
  });

  test('a local registry in MySQL for nodes that come and go', () => {
    expect(refused({ scaling: cpu, workerCount: 2, membership: Membership.wellKnownNodes(), localRegistry: LocalRegistry.mySql() }))
      .toThrow('localRegistry in MySQL needs a database for each node, and the 5 nodes of Workers come and go');
  });

  test('numbers that are none', () => {
    expect(() => NodeScaling.cpu({ maxCount: 3, targetPercent: 0 })).toThrow('targetPercent 0 of the scaling is no percentage, give one above 0 and up to 100');
    expect(() => NodeScaling.requests({ maxCount: 3, perMinute: 0 })).toThrow('perMinute 0 of the scaling is no number of requests, give one above 0');
    expect(() => NodeScaling.oneAtATime({ maxCount: 3, downPercent: 40 })).toThrow('downPercent 40 of the scaling is above half of upPercent 70');
    expect(() => NodeScaling.cpu({ maxCount: 3, targetPercent: 50, settlingTime: Duration.seconds(30) })).toThrow('settlingTime of 30 seconds is too short');
  });
});

/** Everything that an instance is launched from, and the nodes' roles: what of it changes makes an update replace nodes. */
function nodesOf(template: Template): unknown {
  return ['AWS::EC2::LaunchTemplate', 'AWS::EC2::NetworkInterface', 'AWS::RDS::DBInstance'].map(type => template.findResources(type));
}

describe('a changed number of workers changes no launch template, and so replaces no node', () => {
  const kernel46 = { product: CarbonProduct.apiManager('4.3.0') };

  test.each<[string, Partial<CarbonClusterProps>]>([
    ['aws', {}],
    ['discovered', { ...kernel46, membership: Membership.discovered() }],
    ['well-known nodes', { membership: Membership.wellKnownNodes() }],
    ['NGINX', { certificates: undefined, loadBalancing: LoadBalancing.nginx({ certificate: NginxCertificate.selfSigned() }) }],
  ])('%s', (_, props) => {
    const [two, three, scaled] = [{ workerCount: 2 }, { workerCount: 3 }, { workerCount: 2, scaling: cpu }].map(each => synthesized({ ...props, ...each }));
    expect(nodesOf(three)).toEqual(nodesOf(two));
    expect(nodesOf(scaled)).toEqual(nodesOf(two));
    expect(sizesOf(three)).not.toEqual(sizesOf(two));
  });

  test('except where another member is to be well known, for each then has it in its list', () => {
    const [one, two] = [1, 2].map(wellKnownWorkerCount => synthesized({ workerCount: 3, membership: Membership.wellKnownNodes({ wellKnownWorkerCount }) }));
    expect(nodesOf(two)).not.toEqual(nodesOf(one));
  });
});
