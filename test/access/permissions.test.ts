import { Template } from 'aws-cdk-lib/assertions';
import { gateway, testStack } from '../gateway';

const stack = testStack();
gateway(stack);
const template = Template.fromStack(stack);

interface Statement { Action: string | string[]; Resource: unknown; Effect: string; Condition?: unknown }
const list = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);
const statementsOf = (type: string): Statement[] => Object.values(template.findResources(type))
  .flatMap(each => each.Properties.PolicyDocument.Statement as Statement[]);

/** What rotates the access key, and nobody else; secretsmanager:GetSecretValue and PutSecretValue are the nodes', too. */
const ROTATION = [
  'iam:CreateAccessKey', 'iam:DeleteAccessKey', 'iam:GetAccessKeyLastUsed', 'iam:ListAccessKeys', 'iam:UpdateAccessKey', 'logs:CreateLogStream',
  'logs:PutLogEvents', 'secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecretVersionStage',
];
/** What protects database and load balancer against deletion, and nobody else. */
const PROTECTION = [
  'cloudformation:DescribeStacks', 'elasticloadbalancing:DescribeLoadBalancerAttributes', 'elasticloadbalancing:ModifyLoadBalancerAttributes',
  'logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents', 'logs:PutRetentionPolicy', 'rds:DescribeDBInstances', 'rds:ModifyDBInstance',
];
/** What a node tells its own group, and looks at before. */
const LEAVING = ['autoscaling:CompleteLifecycleAction', 'autoscaling:DescribeAutoScalingInstances', 'autoscaling:SetInstanceHealth'];
const actionsOf = (rolePart: string): string[] => Object.values(template.findResources('AWS::IAM::Policy'))
  .filter(each => JSON.stringify(each.Properties.Roles).includes(rolePart))
  .flatMap(each => each.Properties.PolicyDocument.Statement.flatMap((statement: Statement) => list(statement.Action)));

test('the whole set of actions that anything in the cluster may do', () => {
  const inline = statementsOf('AWS::IAM::Policy').flatMap(each => list(each.Action));
  expect([...new Set(inline)].sort()).toEqual([...new Set([...LEAVING, ...PROTECTION, ...ROTATION, 'cloudformation:SignalResource', 's3:GetObject', 's3:ListBucket'])].sort());
  expect(statementsOf('AWS::IAM::ManagedPolicy').flatMap(each => list(each.Action))).toEqual(['cloudwatch:PutMetricData', 'ec2:DescribeInstances']);
});

test('who may do which of them', () => {
  expect(actionsOf('RotationRole').sort()).toEqual(ROTATION);
  expect(actionsOf('ProtectionRole').sort()).toEqual(PROTECTION);
  for (const node of ['ManagerRole', 'WorkersRole']) {
    expect([...new Set(actionsOf(node))].sort()).toEqual([
      ...LEAVING, 'cloudformation:SignalResource', 'logs:CreateLogStream', 'logs:PutLogEvents', 's3:GetObject', 's3:ListBucket',
      'secretsmanager:GetSecretValue',
      'secretsmanager:PutSecretValue',
    ]);
  }
});

test('nodes may put a value into one secret, that of the key store', () => {
  const [keystore] = Object.keys(template.findResources('AWS::SecretsManager::Secret')).filter(each => each.includes('Keystore'));
  const ofNodes = Object.values(template.findResources('AWS::IAM::Policy')).filter(each => !JSON.stringify(each.Properties.Roles).includes('Rotation'));
  const puts = ofNodes.flatMap(each => each.Properties.PolicyDocument.Statement as Statement[]).filter(each => list(each.Action).includes('secretsmanager:PutSecretValue'));
  expect(puts.map(each => [each.Action, each.Resource])).toEqual([1, 2].map(() => ['secretsmanager:PutSecretValue', { Ref: keystore }]));
});

test('no inline statement is about everything, but where a service has no resource-level permissions, and that in one region', () => {
  const about = statementsOf('AWS::IAM::Policy').filter(each => list(each.Resource).includes('*'));
  const describing = ['autoscaling:DescribeAutoScalingInstances', 'autoscaling:DescribeAutoScalingInstances', 'elasticloadbalancing:DescribeLoadBalancerAttributes'];
  expect(about).toEqual(describing.map(Action => ({
    Action, Effect: 'Allow', Resource: '*', Condition: { StringEquals: { 'aws:RequestedRegion': 'eu-west-1' } },
  })));
});

test('a node may tell only its own group that it has left or does not serve', () => {
  const groups = Object.keys(template.findResources('AWS::AutoScaling::AutoScalingGroup'));
  const about = statementsOf('AWS::IAM::Policy').filter(each => list(each.Action).includes('autoscaling:SetInstanceHealth'));
  expect(about.map(each => each.Resource)).toEqual(groups.map(id => ({ 'Fn::GetAtt': [id, 'AutoScalingGroupARN'] })));
});

test('members may ask for instances in their region, and nothing else', () => {
  expect(statementsOf('AWS::IAM::ManagedPolicy').filter(each => each.Action !== 'cloudwatch:PutMetricData')).toEqual([{
    Action: 'ec2:DescribeInstances', Effect: 'Allow', Resource: '*', Condition: { StringEquals: { 'aws:RequestedRegion': 'eu-west-1' } },
  }]);
  const [user] = Object.values(template.findResources('AWS::IAM::User'));
  expect(user.Properties.ManagedPolicyArns).toHaveLength(1);
  expect(user.Properties.Policies).toBeUndefined();
});

test('roles have Systems Manager in place of SSH, may look for members, and have no other managed policy', () => {
  for (const [id, role] of Object.entries(template.findResources('AWS::IAM::Role'))) {
    if (/Rotation|Protection/.test(id)) {
      expect(role.Properties.ManagedPolicyArns).toBeUndefined();
      continue;
    }
    expect(JSON.stringify(role.Properties.ManagedPolicyArns)).toContain('AmazonSSMManagedInstanceCore');
    expect(role.Properties.ManagedPolicyArns.slice(1)).toEqual(['MembershipPolicy', 'HostMetricsPolicy'].map(each => ({ Ref: expect.stringContaining(each) })));
  }
});

test('the access key goes from its resource into the secret and nowhere else', () => {
  const text = JSON.stringify(template.toJSON());
  const [keyId] = Object.keys(template.findResources('AWS::IAM::AccessKey'));
  expect(text.split(`"Fn::GetAtt":["${keyId}","SecretAccessKey"]`)).toHaveLength(2);
  const secret = Object.values(template.findResources('AWS::SecretsManager::Secret')).find(each => each.Properties.SecretString)!;
  expect(JSON.stringify(secret.Properties.SecretString)).toContain(keyId);
});

test('no password is in the template: Secrets Manager makes those of the databases, of the key store and of the administrator', () => {
  const made = Object.values(template.findResources('AWS::SecretsManager::Secret')).filter(each => each.Properties.GenerateSecretString);
  expect(made).toHaveLength(6);
  const [database] = Object.values(template.findResources('AWS::RDS::DBInstance'));
  expect(JSON.stringify(database.Properties.MasterUserPassword)).toContain('{{resolve:secretsmanager:');
});
