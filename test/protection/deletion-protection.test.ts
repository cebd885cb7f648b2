import { NestedStack, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { CarbonCluster, CarbonClusterProps, CarbonProduct, Database, DeploymentSynchronizer, LoadBalancing, NginxCertificate, Operations } from '../../lib';
import { gateway, testStack } from '../gateway';

type Overrides = (stack: Stack) => Partial<CarbonClusterProps>;
const TYPE = 'Custom::DeletionProtection';

function made(overrides: Overrides = () => ({})): { readonly template: Template; readonly cluster: CarbonCluster; readonly resources: Record<string, any> } {
  const stack = testStack();
  const cluster = gateway(stack, overrides(stack));
  const template = Template.fromStack(stack);
  return { template, cluster, resources: template.toJSON().Resources };
}

const usual = made();
const only = (resources: Record<string, any>, type: string): [string, any] => Object.entries(resources).find(([, each]) => each.Type === type)!;
const nginx: Overrides = stack => ({
  certificates: undefined, loadBalancing: LoadBalancing.nginx({ certificate: NginxCertificate.fromSecret(new secretsmanager.Secret(stack, 'Tls')) }),
});
const existing: Overrides = stack => ({ database: Database.existingMySql({ host: 'db.example.com', adminSecret: new secretsmanager.Secret(stack, 'Db') }) });

test.each<[string, Overrides]>([
  ['an application load balancer', () => ({})],
  ['a network load balancer', nginx],
  ['no protection at all', () => ({ deletionProtection: false })],
  ['a database that is kept', () => ({ removalPolicy: RemovalPolicy.RETAIN })],
])('with %s nothing is protected while it is created, and no update sets the protection back', (_, overrides) => {
  const { resources } = made(overrides);
  expect(only(resources, 'AWS::RDS::DBInstance')[1].Properties).not.toHaveProperty('DeletionProtection');
  const attributes = only(resources, 'AWS::ElasticLoadBalancingV2::LoadBalancer')[1].Properties.LoadBalancerAttributes;
  expect(attributes.map((each: any) => each.Key)).not.toContain('deletion_protection.enabled');
});

test('the function is told what to protect', () => {
  const [database] = only(usual.resources, 'AWS::RDS::DBInstance');
  const [balancer] = only(usual.resources, 'AWS::ElasticLoadBalancingV2::LoadBalancer');
  usual.template.hasResourceProperties(TYPE, { Enabled: 'true', DatabaseInstance: { Ref: database }, LoadBalancer: { Ref: balancer } });
});

test('a network load balancer is protected, too', () => {
  const { resources, template } = made(nginx);
  template.hasResourceProperties(TYPE, { Enabled: 'true', LoadBalancer: { Ref: only(resources, 'AWS::ElasticLoadBalancingV2::LoadBalancer')[0] } });
});

test('switched off, it is there and says so: otherwise an update could not switch it off', () => {
  made(() => ({ deletionProtection: false })).template.hasResourceProperties(TYPE, { Enabled: 'false' });
});

test('it comes after everything of the cluster, and the way of its nodes to the internet', () => {
  const [own, { DependsOn: after }] = only(usual.resources, TYPE);
  const others = Object.keys(usual.resources).filter(each => /^(Gateway|TestGateway)/.test(each) && each !== own);
  expect([...after].filter(each => !/^Vpc/.test(each)).sort()).toEqual(others.sort());
  expect(after).toEqual(expect.arrayContaining(Object.keys(usual.resources).filter(each => /^VpcPrivateSubnet\dDefaultRoute/.test(each))));
});

test.each<[string, Overrides, string[]]>([
  ['the load balancer only, where the database exists', existing, ['Enabled', 'LoadBalancer', 'ServiceTimeout', 'ServiceToken']],
  ['the database only, behind Classic load balancers, which have no protection', () => ({ loadBalancing: LoadBalancing.classic() }), ['DatabaseInstance', 'DatabaseLog', 'Enabled', 'ServiceTimeout', 'ServiceToken']],
])('it protects %s', (_, overrides, properties) => {
  const { resources, template } = made(overrides);
  expect(Object.keys(only(resources, TYPE)[1].Properties).sort()).toEqual(properties);
  const text = JSON.stringify(template.findResources('AWS::IAM::Policy', { Properties: { PolicyName: Match.stringLikeRegexp('Protection') } }));
  expect([text.includes('rds:'), text.includes('elasticloadbalancing:')]).toEqual([properties.includes('DatabaseInstance'), properties.includes('LoadBalancer')]);
});

test('where there is nothing to protect, there is no function either', () => {
  const { template } = made(stack => ({ ...existing(stack), loadBalancing: LoadBalancing.none(), product: CarbonProduct.identityServer('7.1.0') }));
  template.resourceCountIs(TYPE, 0);
  expect(Object.keys(template.findResources('AWS::Lambda::Function')).filter(id => !/KeystoreKeyPairFunction|DatabasePreparationFunction/.test(id))).toEqual([]);
});

test('the function may change these two resources and the log group of RDS, look at this stack, and write its log without making the group again', () => {
  const [, policy] = Object.entries(usual.resources).find(([id]) => id.includes('ProtectionPolicy'))!;
  const [database] = only(usual.resources, 'AWS::RDS::DBInstance');
  const [balancer] = only(usual.resources, 'AWS::ElasticLoadBalancingV2::LoadBalancer');
  const [log] = Object.keys(usual.resources).filter(each => each.includes('ProtectionLog'));
  const about = Object.fromEntries(policy.Properties.PolicyDocument.Statement.flatMap((each: any) => [each.Action].flat().map(action => [action, each.Resource])));
  const arn = { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':rds:eu-west-1:111111111111:db:', { Ref: database }]] };
  const errorLogArn = { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':logs:eu-west-1:111111111111:log-group:/aws/rds/instance/', { Ref: database }, '/error:*']] };
  const logArn = { 'Fn::GetAtt': [log, 'Arn'] };
  expect(about).toEqual({
    'logs:CreateLogStream': logArn, 'logs:PutLogEvents': logArn,
    'cloudformation:DescribeStacks': { Ref: 'AWS::StackId' },
    'logs:CreateLogGroup': errorLogArn, 'logs:PutRetentionPolicy': errorLogArn,
    'rds:DescribeDBInstances': arn, 'rds:ModifyDBInstance': arn,
    'elasticloadbalancing:ModifyLoadBalancerAttributes': { Ref: balancer }, 'elasticloadbalancing:DescribeLoadBalancerAttributes': '*',
  });
  const [, handler] = Object.entries(usual.resources).find(([id]) => id.includes('ProtectionFunction'))!;
  expect(handler.DependsOn).toContain(Object.keys(usual.resources).find(each => each.includes('ProtectionPolicy')));
  expect(handler.Properties.LoggingConfig.LogGroup).toEqual({ Ref: log });
});

test('in a nested stack it may look at the root stack, too, whose status tells why a nested stack is deleted', () => {
  const root = testStack();
  const nested = new NestedStack(new NestedStack(root, 'Outer'), 'Inner');
  gateway(nested);
  const policies = Template.fromStack(nested).findResources('AWS::IAM::Policy');
  const [policy] = Object.entries(policies).filter(([id]) => id.includes('ProtectionPolicy')).map(([, each]) => each);
  const { Resource: stacks } = policy.Properties.PolicyDocument.Statement.find((each: any) => each.Action === 'cloudformation:DescribeStacks');
  expect(stacks).toEqual([{ Ref: 'AWS::StackId' }, { Ref: expect.stringContaining('AWSStackId') }]);
  // From the root through the outer stack into the inner one.
  const [[, outer]] = Object.entries(Template.fromStack(root).findResources('AWS::CloudFormation::Stack'));
  expect(Object.values(outer.Properties.Parameters)).toContainEqual({ Ref: 'AWS::StackId' });
});

describe('what stays', () => {
  const policies = (resources: Record<string, any>, type: string): Record<string, string[]> => Object.fromEntries(Object.entries(resources)
    .filter(([, each]) => each.Type === type).map(([id, each]) => [id, [each.DeletionPolicy, each.UpdateReplacePolicy]]));

  test.each<[string, Overrides, string[]]>([
    ['protected, it is kept, but not by a rollback of its creation', () => ({}), ['RetainExceptOnCreate', 'Snapshot']],
    ['unprotected, it leaves its last snapshot', () => ({ deletionProtection: false }), ['Snapshot', 'Snapshot']],
    ['as one says', () => ({ removalPolicy: RemovalPolicy.DESTROY }), ['Delete', 'Delete']],
    ['a snapshot as one says', () => ({ removalPolicy: RemovalPolicy.SNAPSHOT }), ['Snapshot', 'Snapshot']],
    ['kept as one says, but not by a rollback of its creation', () => ({ removalPolicy: RemovalPolicy.RETAIN, deletionProtection: false }), ['RetainExceptOnCreate', 'Snapshot']],
  ])('of the database: %s', (_, overrides, expected) => {
    expect(Object.values(policies(made(overrides).resources, 'AWS::RDS::DBInstance'))).toEqual([expected]);
  });

  const shared: Overrides = () => ({ deploymentSynchronizer: DeploymentSynchronizer.efs(), operations: Operations.cloudWatch({ accessLogs: true }) });

  test('nothing is kept by a rollback of its creation but the log of the boots', () => {
    const { resources } = made(shared);
    const kept = Object.entries(resources).filter(([, each]) => ['Retain', 'Snapshot'].includes(each.DeletionPolicy)).map(([id]) => id);
    expect(kept).toEqual([expect.stringContaining('BootLog')]);
    expect(resources[kept[0]].Properties.RetentionInDays).toBe(90);
    expect(Object.values(policies(resources, 'AWS::EFS::FileSystem'))).toEqual([['RetainExceptOnCreate', 'Retain']]);
    const logs = policies(resources, 'AWS::Logs::LogGroup');
    for (const name of ['CarbonLog', 'AuditLog', 'AccessLog']) {
      expect(Object.entries(logs).find(([id]) => id.includes(`Operations${name}`))![1]).toEqual(['RetainExceptOnCreate', 'Retain']);
    }
  });

  test('and nothing at all where everything is to go', () => {
    const { resources } = made(() => ({ ...shared(testStack()), removalPolicy: RemovalPolicy.DESTROY }));
    const kept = Object.values(resources).filter(each => !['Delete', undefined].includes(each.DeletionPolicy)).map(each => each.Type);
    // Its rotation deletes it.
    expect(kept).toEqual(['AWS::IAM::AccessKey']);
  });
});
