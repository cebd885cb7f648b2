import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { CarbonClusterProps, Database, LoadBalancing, NginxCertificate, Operations } from '../../lib';
import { documentOf, gateway, testStack, userDataOf } from '../gateway';

function synthesized(props: Partial<CarbonClusterProps> = {}): { template: Template; operations: ReturnType<typeof gateway>['operations'] } {
  const stack = testStack();
  const { operations } = gateway(stack, props);
  return { template: Template.fromStack(stack), operations };
}

/** Alarms by what comes before `Alarm` in their logical ids. */
function alarmsOf(template: Template): Record<string, any> {
  return Object.fromEntries(Object.entries(template.findResources('AWS::CloudWatch::Alarm'))
    .map(([id, each]) => [/^GatewayOperations(\w+)Alarm[0-9A-F]{8}$/.exec(id)?.[1] ?? id, each.Properties]));
}

const { template, operations } = synthesized();
const alarms = alarmsOf(template);

describe('logs', () => {
  test('are kept for three months, outlive their stack, that of the boots also one that was rolled back, and have no name that could be taken', () => {
    const groups = Object.entries(template.findResources('AWS::Logs::LogGroup')).filter(([id]) => id.startsWith('GatewayOperations'));
    expect(groups.map(([id]) => id.slice('GatewayOperations'.length, -8))).toEqual(['CarbonLog', 'AuditLog', 'BootLog']);
    expect(groups.map(([, each]) => each.DeletionPolicy)).toEqual(['RetainExceptOnCreate', 'RetainExceptOnCreate', 'Retain']);
    for (const [, each] of groups) expect(each).toMatchObject({ UpdateReplacePolicy: 'Retain', Properties: { RetentionInDays: 90 } });
    for (const [, each] of groups) expect(each.Properties.LogGroupName).toBeUndefined();
  });

  test('a node may open streams in its log groups and write to them, nothing else of CloudWatch', () => {
    const statements = Object.values(template.findResources('AWS::IAM::Policy')).filter(each => JSON.stringify(each.Properties.Roles).includes('WorkersRole'))
      .flatMap(each => each.Properties.PolicyDocument.Statement).filter(each => /logs:|cloudwatch:/.test(JSON.stringify(each.Action)));
    expect(statements).toHaveLength(1);
    expect(statements[0].Action).toEqual(['logs:CreateLogStream', 'logs:PutLogEvents']);
    expect(statements[0].Resource.map((each: any) => each['Fn::GetAtt'][0].slice('GatewayOperations'.length, -8))).toEqual(['BootLog', 'CarbonLog', 'AuditLog']);
  });

  test('a node is told which it has, and the names of their groups', () => {
    const userData = userDataOf(template, 'Workers');
    expect(documentOf(userData).logs).toEqual({
      stream: 'Workers', files: ['boot', 'carbon', 'audit'], metrics: { namespace: 'CarbonCluster/Test-Gateway' },
    });
    expect(userData).toMatch(/^carbonLog=<\{"Ref":"GatewayOperationsCarbonLog/m);
  });

  test('retention, key, access logs and removal are the user\'s', () => {
    const stack = testStack();
    const key = new kms.Key(stack, 'Key');
    gateway(stack, {
      operations: Operations.cloudWatch({ retention: logs.RetentionDays.ONE_YEAR, encryptionKey: key, accessLogs: true }), removalPolicy: RemovalPolicy.DESTROY,
    });
    const own = Template.fromStack(stack);
    own.allResources('AWS::Logs::LogGroup', Match.anyValue());
    const groups = Object.entries(own.findResources('AWS::Logs::LogGroup')).filter(([id]) => id.startsWith('GatewayOperations'));
    expect(groups).toHaveLength(4);
    for (const [, each] of groups) {
      expect(each).toMatchObject({ DeletionPolicy: 'Delete', Properties: { RetentionInDays: 365, KmsKeyId: { 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] } } });
    }
    expect(documentOf(userDataOf(own, 'Workers')).logs.files).toEqual(['boot', 'carbon', 'audit', 'access']);
    own.hasResourceProperties('AWS::KMS::Key', { KeyPolicy: { Statement: Match.arrayWith([Match.objectLike({ Principal: { Service: 'logs.amazonaws.com' } })]) } });
  });

  test('a load balancer of NGINX sends its own, and nothing of a server', () => {
    const { template: nginx } = synthesized({ certificates: undefined, loadBalancing: LoadBalancing.nginx({ certificate: NginxCertificate.selfSigned() }) });
    expect(documentOf(userDataOf(nginx, 'LoadBalancerInstances')).logs).toMatchObject({ stream: 'LoadBalancer', files: ['boot', 'nginx'] });
    expect(documentOf(userDataOf(nginx, 'Workers')).logs.files).not.toContain('nginx');
    expect(Object.keys(alarmsOf(nginx))).toEqual(expect.arrayContaining(['NginxOutage', 'NginxTargets', 'LoadBalancerMembers', 'LoadBalancerSilent', 'LoadBalancerReplacements']));
  });
});

describe('alarms', () => {
  test('are these', () => {
    expect(Object.keys(alarms)).toEqual([
      'ManagerMembers', 'WorkersMembers', 'WorkersOutage', 'WorkersTargets', 'ManagerOutage', 'ManagerTargets', 'Coordinators', 'FailedBoots',
      'Memory', 'Disk', 'Swap', 'OpenFiles', 'Clock', 'Waiting', 'ManagerSilent', 'WorkersSilent', 'ManagerReplacements', 'WorkersReplacements',
      'DatabaseCpu', 'DatabaseConnections', 'DatabaseStorage',
    ]);
    expect(operations!.alarms).toHaveLength(21);
  });

  test('groups tell how many instances they have and want', () => {
    for (const each of Object.values(template.findResources('AWS::AutoScaling::AutoScalingGroup'))) {
      expect(each.Properties.MetricsCollection[0].Metrics).toEqual(expect.arrayContaining(['GroupDesiredCapacity', 'GroupInServiceInstances']));
    }
    expect(alarms.WorkersMembers.Metrics.map((each: any) => each.Expression ?? each.MetricStat.Metric.MetricName))
      .toEqual(['desired - inService', 'GroupDesiredCapacity', 'GroupInServiceInstances']);
  });

  test('a node that boots is no reason for one, unless it takes longer than it may', () => {
    const longer = alarmsOf(synthesized({ bootTimeout: Duration.minutes(30) }).template);
    for (const name of ['WorkersMembers', 'WorkersTargets']) expect([alarms[name].EvaluationPeriods, longer[name].EvaluationPeriods]).toEqual([20, 30]);
    for (const name of ['WorkersOutage', 'Coordinators', 'DatabaseCpu']) expect(longer[name].EvaluationPeriods).toBe(alarms[name].EvaluationPeriods);
  });

  test('silence is trouble only where there is always something to say', () => {
    const breaching = Object.entries(alarms).filter(([, each]) => each.TreatMissingData === 'breaching').map(([name]) => name);
    expect(breaching).toEqual(['ManagerMembers', 'WorkersMembers', 'WorkersOutage', 'ManagerOutage', 'ManagerSilent', 'WorkersSilent', 'DatabaseCpu']);
    for (const each of Object.values(alarms)) expect(each.TreatMissingData).toMatch(/^(notB|b)reaching$/);
  });

  test('connections are 70 % of what the instance class takes by its memory', () => {
    const threshold = (instanceType: string): number | undefined =>
      alarmsOf(synthesized({ database: Database.rdsMySql({ instanceType: new ec2.InstanceType(instanceType) }) }).template).DatabaseConnections?.Threshold;
    expect(alarms.DatabaseConnections.Threshold).toBe(238);
    expect(['r6g.large', 'm6i.4xlarge', 'x2g.large'].map(threshold)).toEqual([955, 3822, undefined]);
  });

  test('a database that is not ours has none', () => {
    const stack = testStack();
    gateway(stack, { database: Database.existingMySql({ host: 'db.example.com', adminSecret: new secretsmanager.Secret(stack, 'Admin') }) });
    expect(Object.keys(alarmsOf(Template.fromStack(stack))).filter(each => each.startsWith('Database'))).toEqual([]);
  });

  test('Classic load balancers tell of their nodes, too', () => {
    const classic = alarmsOf(synthesized({ loadBalancing: LoadBalancing.classic() }).template);
    expect([classic.WorkersOutage.Namespace, classic.WorkersTargets.MetricName]).toEqual(['AWS/ELB', 'UnHealthyHostCount']);
    expect(classic.WorkersOutage.Dimensions).not.toEqual(classic.ManagerOutage.Dimensions);
  });

  test('errors are one only where somebody says how many are too many', () => {
    expect(alarms.Errors).toBeUndefined();
    expect(alarmsOf(synthesized({ operations: Operations.cloudWatch({ errorsInFiveMinutes: 50 }) }).template).Errors.Threshold).toBe(50);
  });
});

describe('metrics of the machines', () => {
  const HOST_ALARMS: [string, string, number][] = [
    ['Memory', 'mem_used_percent', 90], ['Disk', 'disk_used_percent', 80], ['Swap', 'swap_used_percent', 50], ['OpenFiles', 'open_files', 52428],
    ['Clock', 'clock_offset', 1],
  ];

  test.each(HOST_ALARMS)('%s: the worst machine of the cluster, above its default', (name, metric, threshold) => {
    expect(alarms[name]).toMatchObject({
      Namespace: 'CarbonCluster/Test-Gateway', MetricName: metric, Statistic: 'Maximum', Threshold: threshold, TreatMissingData: 'notBreaching',
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    });
    // The metric of the whole cluster is the one without dimensions.
    expect(alarms[name].Dimensions).toBeUndefined();
  });

  test('limits are the user\'s', () => {
    const own = alarmsOf(synthesized({
      operations: Operations.cloudWatch({ memoryPercent: 95, diskPercent: 70.5, swapPercent: 10, openFiles: 1000, clockOffset: Duration.millis(250) }),
    }).template);
    expect(HOST_ALARMS.map(([name]) => own[name].Threshold)).toEqual([95, 70.5, 10, 1000, 0.25]);
  });

  test('a role may publish under the namespace that its machines are told, and under no other', () => {
    const namespace = documentOf(userDataOf(template, 'Workers')).logs.metrics.namespace;
    const [[id, policy], ...others] = Object.entries(template.findResources('AWS::IAM::ManagedPolicy')).filter(([, each]) => JSON.stringify(each).includes('PutMetricData'));
    expect(others).toEqual([]);
    expect(policy.Properties.PolicyDocument.Statement).toEqual([{
      Effect: 'Allow', Action: 'cloudwatch:PutMetricData', Resource: '*', Condition: { StringEquals: { 'cloudwatch:namespace': namespace } },
    }]);
    const roles = Object.entries(template.findResources('AWS::IAM::Role')).filter(([, each]) => JSON.stringify(each.Properties.ManagedPolicyArns ?? []).includes(id));
    expect(roles.map(([role]) => role.slice(0, -8))).toEqual(['GatewayManagerRole', 'GatewayWorkersRole']);
  });

  test('a machine that never reports, however often it is replaced, alarms after the time of a boot', () => {
    expect(alarms.WorkersSilent).toMatchObject({ EvaluationPeriods: 20, Threshold: 1, TreatMissingData: 'breaching' });
    const [expression, ...metrics] = alarms.WorkersSilent.Metrics;
    expect(expression.Expression).toBe('desired - FILL(samples, 0)');
    expect(metrics.map(({ MetricStat: each }: any) => [each.Metric.MetricName, each.Stat, each.Period, each.Metric.Dimensions[0].Name])).toEqual([
      ['GroupDesiredCapacity', 'Minimum', 60, 'AutoScalingGroupName'], ['mem_used_percent', 'SampleCount', 60, 'Group'],
    ]);
    expect(metrics[1].MetricStat.Metric.Dimensions[0].Value).toBe(documentOf(userDataOf(template, 'Workers')).logs.stream);
  });

  test('a boot that waits alarms after half of the time that it may take', () => {
    expect([alarms.Waiting.MetricName, alarms.Waiting.Threshold, alarms.Waiting.EvaluationPeriods]).toEqual(['not_serving', 600, 1]);
    expect(alarmsOf(synthesized({ bootTimeout: Duration.minutes(30) }).template).Waiting.Threshold).toBe(900);
  });

  test('without them there is no permission, no alarm, and nothing for the nodes to do', () => {
    const { template: without, operations: own } = synthesized({ operations: Operations.cloudWatch({ hostMetrics: false }) });
    expect(JSON.stringify(without.toJSON())).not.toContain('PutMetricData');
    expect(Object.keys(alarmsOf(without)).filter(each => /^(Memory|Disk|Swap|OpenFiles|Clock|Waiting)$|Silent$/.test(each))).toEqual([]);
    expect(documentOf(userDataOf(without, 'Workers')).logs.metrics).toBeUndefined();
    expect(own!.hostMetrics).toBeUndefined();
  });
});

describe('unhealthy instances that are replaced', () => {
  const rules = Object.entries(template.findResources('AWS::Events::Rule')).filter(([id]) => /Replacement/.test(id));

  test('are counted for each group by a rule whose events go to a queue', () => {
    expect(rules.map(([id]) => id.slice('GatewayOperations'.length, -8))).toEqual(['ManagerReplacement', 'WorkersReplacement']);
    const [[queue]] = Object.entries(template.findResources('AWS::SQS::Queue'));
    for (const [, rule] of rules) expect(rule.Properties.Targets.map((each: any) => each.Arn)).toEqual([{ 'Fn::GetAtt': [queue, 'Arn'] }]);
    expect(alarms.WorkersReplacements).toMatchObject({
      Namespace: 'AWS/Events', MetricName: 'Invocations', Dimensions: [{ Name: 'RuleName', Value: { Ref: rules[1][0] } }], Statistic: 'Sum', Threshold: 2,
    });
    // Three boots of 20 minutes, with 10 between them.
    expect(alarms.WorkersReplacements.Period).toBe(7200);
  });

  test('the period is never longer than CloudWatch takes', () => {
    expect(alarmsOf(synthesized({ bootTimeout: Duration.hours(12) }).template).WorkersReplacements.Period).toBe(86_400);
  });
});

describe('where alarms go', () => {
  test('to one topic, with their end', () => {
    const [[topic]] = Object.entries(template.findResources('AWS::SNS::Topic'));
    for (const each of Object.values(alarms)) expect([each.AlarmActions, each.OKActions]).toEqual([[{ Ref: topic }], [{ Ref: topic }]]);
  });

  test('which is encrypted with a key that lets CloudWatch in, and takes TLS only', () => {
    const [, topic] = Object.entries(template.findResources('AWS::SNS::Topic'))[0];
    const key = topic.Properties.KmsMasterKeyId['Fn::GetAtt'][0];
    const own = (statements: any[]): any => statements.find(each => each.Principal?.Service === 'cloudwatch.amazonaws.com');
    const ofKey = own(template.findResources('AWS::KMS::Key')[key].Properties.KeyPolicy.Statement);
    const policy = Object.values(template.findResources('AWS::SNS::TopicPolicy'))[0].Properties.PolicyDocument.Statement;
    expect([ofKey.Action, own(policy).Action]).toEqual([['kms:Decrypt', 'kms:GenerateDataKey*'], 'sns:Publish']);
    for (const each of [ofKey, own(policy)]) expect(each.Condition).toMatchObject({ StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } });
    expect(policy).toContainEqual(expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }));
  });

  test('to the user\'s own topic', () => {
    const stack = testStack();
    gateway(stack, { operations: Operations.cloudWatch({ alarmTopic: sns.Topic.fromTopicArn(stack, 'Mine', 'arn:aws:sns:eu-west-1:111111111111:mine') }) });
    const own = Template.fromStack(stack);
    own.resourceCountIs('AWS::SNS::Topic', 0);
    for (const each of Object.values(alarmsOf(own))) expect(each.AlarmActions).toEqual(['arn:aws:sns:eu-west-1:111111111111:mine']);
  });

  test('to the user\'s own actions', () => {
    const action: cloudwatch.IAlarmAction = { bind: () => ({ alarmActionArn: 'arn:aws:ssm:eu-west-1:111111111111:opsitem:1' }) };
    const { template: own } = synthesized({ operations: Operations.cloudWatch({ alarmActions: [action] }) });
    own.resourceCountIs('AWS::SNS::Topic', 0);
    for (const each of Object.values(alarmsOf(own))) expect(each.OKActions).toEqual(['arn:aws:ssm:eu-west-1:111111111111:opsitem:1']);
  });
});

test('the dashboard shows the alarms first, and can be left out', () => {
  const [, dashboard] = Object.entries(template.findResources('AWS::CloudWatch::Dashboard'))[0];
  const text = dashboard.Properties.DashboardBody['Fn::Join'][1].map((each: unknown) => (typeof each === 'string' ? each : 'x')).join('');
  const { widgets } = JSON.parse(text);
  expect(widgets.map((each: any) => each.properties.title)).toEqual([
    'Alarms', 'Instances', 'Members', 'Targets of am.example.com', 'Targets of mgt.am.example.com', 'Memory, disk and swap', 'Open files', 'Errors',
    'Database',
  ]);
  expect(widgets[0].properties.alarms).toHaveLength(21);
  const { template: without, operations: own } = synthesized({ operations: Operations.cloudWatch({ dashboard: false }) });
  without.resourceCountIs('AWS::CloudWatch::Dashboard', 0);
  expect(own!.dashboard).toBeUndefined();
});

test('none: no log group, no alarm, and nothing for the nodes to do', () => {
  const { template: none, operations: own } = synthesized({ operations: Operations.none() });
  expect(own).toBeUndefined();
  expect(Object.keys(none.toJSON().Resources).filter(id => id.includes('Operations'))).toEqual([]);
  none.resourceCountIs('AWS::CloudWatch::Alarm', 0);
  expect(documentOf(userDataOf(none, 'Workers')).logs).toBeUndefined();
});

test('metrics of two clusters never meet', () => {
  const stack = testStack();
  const namespaces = ['A', 'B'].map(id => gateway(stack, {}, id).operations!.logMetrics.memberLeft.namespace);
  expect(namespaces).toEqual(['CarbonCluster/Test-A', 'CarbonCluster/Test-B']);
});

test('contradictions are refused', () => {
  const alarmTopic = sns.Topic.fromTopicArn(testStack(), 'Mine', 'arn:aws:sns:eu-west-1:111111111111:mine');
  expect(() => Operations.cloudWatch({ alarmTopic, alarmActions: [] }))
    .toThrow('alarmTopic and alarmActions say both where alarms go, give one of them: an action can be new SnsAction(topic)');
  expect(() => Operations.cloudWatch({ databaseConnections: 0 })).toThrow('databaseConnections 0 is no whole number above 0, give one or leave it out');
  expect(() => Operations.cloudWatch({ diskPercent: 101 })).toThrow('diskPercent must be a number above 0 and up to 100, got 101');
  expect(() => Operations.cloudWatch({ clockOffset: Duration.millis(0) })).toThrow('clockOffset must be longer than 0 milliseconds, got 0');
  expect(() => Operations.cloudWatch({ hostMetrics: false, openFiles: 1 }))
    .toThrow('openFiles must not be given with hostMetrics: false, which publishes no such metric');
  expect(() => Operations.cloudWatch({ errorsInFiveMinutes: 1.5 })).toThrow('errorsInFiveMinutes 1.5 is no whole number above 0, give one or leave it out');
});
