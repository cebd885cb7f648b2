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
/** What makes the key pair. */
const KEY_PAIR = ['logs:CreateLogStream', 'logs:PutLogEvents', 'secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'];
/** What the agent of Systems Manager calls, and nothing that reads data of the account. */
const SESSIONS = ['ssm:UpdateInstanceInformation', 'ssmmessages:CreateControlChannel', 'ssmmessages:CreateDataChannel', 'ssmmessages:OpenControlChannel',
  'ssmmessages:OpenDataChannel'];
/** What Lambda does to connect the function that prepares the databases to the VPC; the function itself is denied it. */
const NETWORK = [
  'ec2:AssignPrivateIpAddresses', 'ec2:CreateNetworkInterface', 'ec2:DeleteNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:UnassignPrivateIpAddresses',
];
/** What that function itself looks up. */
const PREPARATION = ['ec2:DescribeSubnets', 'ec2:DescribeVpcs'];
/** What a node tells its own group, and looks at before. */
const LEAVING = ['autoscaling:CompleteLifecycleAction', 'autoscaling:DescribeAutoScalingInstances', 'autoscaling:SetInstanceHealth'];
const actionsOf = (rolePart: string): string[] => Object.values(template.findResources('AWS::IAM::Policy'))
  .filter(each => JSON.stringify(each.Properties.Roles).includes(rolePart))
  .flatMap(each => each.Properties.PolicyDocument.Statement.flatMap((statement: Statement) => list(statement.Action)));

test('the whole set of actions that anything in the cluster may do', () => {
  const inline = statementsOf('AWS::IAM::Policy').flatMap(each => list(each.Action));
  expect([...new Set(inline)].sort()).toEqual([...new Set([...LEAVING, ...NETWORK, ...PREPARATION, ...PROTECTION, ...ROTATION, 'cloudformation:SignalResource', 's3:GetObject', 's3:ListBucket'])].sort());
  expect(statementsOf('AWS::IAM::ManagedPolicy').flatMap(each => list(each.Action)).sort()).toEqual(['cloudwatch:PutMetricData', 'ec2:DescribeInstances', ...SESSIONS, ...SESSIONS].sort());
});

test('who may do which of them', () => {
  expect(actionsOf('RotationRole').sort()).toEqual(ROTATION);
  expect(actionsOf('ProtectionRole').sort()).toEqual(PROTECTION);
  expect(actionsOf('KeyPairRole').sort()).toEqual(KEY_PAIR);
  for (const node of ['ManagerRole', 'WorkersRole']) {
    expect([...new Set(actionsOf(node))].sort()).toEqual([
      ...LEAVING, 'cloudformation:SignalResource', 'logs:CreateLogStream', 'logs:PutLogEvents', 's3:GetObject', 's3:ListBucket',
      'secretsmanager:GetSecretValue',
    ]);
  }
});

test('nobody but the function that makes the key pair may write its secret, and no node may write any secret', () => {
  const [keystore] = Object.keys(template.findResources('AWS::SecretsManager::Secret')).filter(each => each.includes('Keystore'));
  const writers = Object.values(template.findResources('AWS::IAM::Policy')).flatMap(({ Properties: { Roles, PolicyDocument } }) =>
    (PolicyDocument.Statement as Statement[]).filter(each => list(each.Action).includes('secretsmanager:PutSecretValue'))
      .map(each => ({ who: JSON.stringify(Roles), what: each.Resource })));
  const ofKeystore = writers.filter(each => JSON.stringify(each.what).includes(keystore));
  expect(ofKeystore).toEqual([{ who: expect.stringContaining('KeystoreKeyPairRole'), what: { Ref: keystore } }]);
  expect(writers.filter(each => !/KeyPairRole|RotationRole/.test(each.who))).toEqual([]);
});

test('no node may read the secret of the administrator of the database', () => {
  const [administrator] = Object.keys(template.findResources('AWS::SecretsManager::SecretTargetAttachment'));
  const readers = Object.values(template.findResources('AWS::IAM::Policy'))
    .filter(each => JSON.stringify(each.Properties.PolicyDocument).includes(administrator)).map(each => JSON.stringify(each.Properties.Roles));
  expect(readers).toEqual([expect.stringContaining('DatabasePreparation')]);
});

test('no inline statement is about everything, but where a service has no resource-level permissions, and that in one region', () => {
  const [network, ...about] = statementsOf('AWS::IAM::Policy').filter(each => list(each.Resource).includes('*') && each.Effect === 'Allow');
  expect(list(network.Action).sort()).toEqual(NETWORK);
  const describing: (string | string[])[] = [PREPARATION, 'autoscaling:DescribeAutoScalingInstances', 'autoscaling:DescribeAutoScalingInstances', 'elasticloadbalancing:DescribeLoadBalancerAttributes'];
  expect(about).toEqual(describing.map(Action => ({
    Action, Effect: 'Allow', Resource: '*', Condition: { StringEquals: { 'aws:RequestedRegion': 'eu-west-1' } },
  })));
});

test('the function that prepares the databases is denied what Lambda does for it, and alone reads the administrator\'s secret', () => {
  const [denied, ...more] = statementsOf('AWS::IAM::Policy').filter(each => each.Effect === 'Deny');
  expect(more).toEqual([]);
  expect(list(denied.Action).sort()).toEqual(NETWORK);
  expect(denied.Condition).toEqual({ ArnEquals: { 'lambda:SourceFunctionArn': { 'Fn::GetAtt': [expect.stringContaining('DatabasePreparationFunction'), 'Arn'] } } });
  const readers = Object.values(template.findResources('AWS::IAM::Policy'))
    .filter(each => JSON.stringify(each.Properties.PolicyDocument).includes('DatabaseInstanceSecretAttachment'));
  expect(readers.map(each => JSON.stringify(each.Properties.Roles))).toEqual([expect.stringContaining('DatabasePreparationRole')]);
});

test('a node may tell only its own group that it has left or does not serve', () => {
  const groups = Object.keys(template.findResources('AWS::AutoScaling::AutoScalingGroup'));
  const about = statementsOf('AWS::IAM::Policy').filter(each => list(each.Action).includes('autoscaling:SetInstanceHealth'));
  expect(about.map(each => each.Resource)).toEqual(groups.map(id => ({ 'Fn::GetAtt': [id, 'AutoScalingGroupARN'] })));
});

test('members may ask for instances in their region, and nothing else', () => {
  expect(statementsOf('AWS::IAM::ManagedPolicy').filter(each => ![SESSIONS[0], 'cloudwatch:PutMetricData'].includes(list(each.Action)[0]))).toEqual([{
    Action: 'ec2:DescribeInstances', Effect: 'Allow', Resource: '*', Condition: { StringEquals: { 'aws:RequestedRegion': 'eu-west-1' } },
  }]);
  const [user] = Object.values(template.findResources('AWS::IAM::User'));
  expect(user.Properties.ManagedPolicyArns).toHaveLength(1);
  expect(user.Properties.Policies).toBeUndefined();
});

test('nodes have sessions of Systems Manager and may look for members, and nobody has a managed policy of AWS', () => {
  for (const [id, role] of Object.entries(template.findResources('AWS::IAM::Role'))) {
    if (/Rotation|Protection|KeyPair|Preparation/.test(id)) {
      expect(role.Properties.ManagedPolicyArns).toBeUndefined();
      continue;
    }
    expect(role.Properties.ManagedPolicyArns).toEqual([
      { Ref: expect.stringMatching(/(Manager|Workers)Sessions/) }, ...['MembershipPolicy', 'HostMetricsPolicy'].map(each => ({ Ref: expect.stringContaining(each) })),
    ]);
  }
});

test('the access key goes from its resource into the secret and nowhere else', () => {
  const text = JSON.stringify(template.toJSON());
  const [keyId] = Object.keys(template.findResources('AWS::IAM::AccessKey'));
  expect(text.split(`"Fn::GetAtt":["${keyId}","SecretAccessKey"]`)).toHaveLength(2);
  const secret = Object.values(template.findResources('AWS::SecretsManager::Secret')).find(each => each.Properties.SecretString)!;
  expect(JSON.stringify(secret.Properties.SecretString)).toContain(keyId);
});

test('no password is in the template: Secrets Manager makes those of the databases, of the key store, of the group and of the administrator', () => {
  const made = Object.values(template.findResources('AWS::SecretsManager::Secret')).filter(each => each.Properties.GenerateSecretString);
  expect(made).toHaveLength(8);
  const [database] = Object.values(template.findResources('AWS::RDS::DBInstance'));
  expect(JSON.stringify(database.Properties.MasterUserPassword)).toContain('{{resolve:secretsmanager:');
});
