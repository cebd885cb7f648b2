import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import {
  CarbonCluster, CarbonClusterProps, CarbonProduct, DeploymentSynchronizer, Distribution, LoadBalancing, Membership, NginxCertificate, testing,
} from '../../lib';
import { gateway, testStack } from '../gateway';

const { LeastPrivilege, SynthesizedStacks } = testing;

function findings(change: (cluster: CarbonCluster, stack: Stack) => void = () => {}, options: testing.LeastPrivilegeOptions = {},
  overrides: (stack: Stack) => Partial<CarbonClusterProps> = () => ({})): string[] {
  const stack = testStack();
  change(gateway(stack, overrides(stack)), stack);
  return LeastPrivilege.findings(SynthesizedStacks.of(stack), options);
}

const granting = (actions: string[], resources: string[] = ['*'], conditions?: Record<string, unknown>) => (cluster: CarbonCluster): void =>
  void cluster.workers.role.addToPrincipalPolicy(new iam.PolicyStatement({ actions, resources, conditions }));

const WORKERS = 'of role GatewayWorkersRole54787AD9';
const POLICY = `policy GatewayWorkersRoleDefaultPolicyA560461B ${WORKERS}`;

test('a cluster as the library makes it has no finding', () => {
  const stack = testStack();
  gateway(stack);
  LeastPrivilege.assertNoFindings(SynthesizedStacks.of(stack));
  expect(findings(undefined, {}, () => ({ product: CarbonProduct.identityServer('5.11.0') }))).toEqual([]);
  expect(findings(undefined, {}, () => ({ product: CarbonProduct.identityServer('7.1.0') }))).toEqual([]);
});

test.each<[string, (stack: Stack) => Partial<CarbonClusterProps>]>([
  ['members that keep their addresses', () => ({ membership: Membership.wellKnownNodes() })],
  ['artifacts on a file system', () => ({ deploymentSynchronizer: DeploymentSynchronizer.efs() })],
  ['artifacts in a bucket', () => ({ deploymentSynchronizer: DeploymentSynchronizer.bucket() })],
  ['NGINX before it', stack => ({
    certificates: undefined, loadBalancing: LoadBalancing.nginx({ certificate: NginxCertificate.fromSecret(new secretsmanager.Secret(stack, 'Tls')) }),
  })],
])('neither has a cluster with %s', (_what, overrides) => {
  expect(findings(undefined, {}, overrides)).toEqual([]);
});

test('the role of NGINX is looked at, too', () => {
  const found = findings(cluster => {
    const role = cluster.node.findAll().find(each => each instanceof iam.Role && each.node.path.includes('LoadBalancer')) as iam.Role;
    role.addToPolicy(new iam.PolicyStatement({ actions: ['s3:*'], resources: ['*'] }));
  }, {}, stack => ({
    certificates: undefined, loadBalancing: LoadBalancing.nginx({ certificate: NginxCertificate.fromSecret(new secretsmanager.Secret(stack, 'Tls')) }),
  }));
  expect(found).toEqual([expect.stringMatching(/ of role GatewayLoadBalancerInstancesRole\w+ allows s3:\* on \*/)]);
});

test('neither has one with keys of one\'s own and a secret that is known by its name', () => {
  expect(findings(undefined, {}, stack => {
    const key = new kms.Key(stack, 'Key');
    const bucket = new s3.Bucket(stack, 'PacksBucket', { encryptionKey: key });
    return {
      distribution: Distribution.fromBucket(bucket, 'wso2am-2.2.0.zip'),
      adminSecret: secretsmanager.Secret.fromSecretNameV2(stack, 'Admin', 'wso2/admin'),
    };
  })).toEqual([]);
});

describe('what sneaks in', () => {
  test.each<[string, (cluster: CarbonCluster) => void, string]>([
    ['a wildcard for the action', granting(['s3:*']), `${POLICY} allows s3:* on *: an action must not hold a wildcard, name each that is needed`],
    ['a wildcard in the action', granting(['ec2:Describe*']), `${POLICY} allows ec2:Describe* on *: an action must not hold a wildcard, name each that is needed`],
    ['an action that nobody needs', granting(['ec2:TerminateInstances'], ['arn:aws:ec2:eu-west-1:1:instance/i-1']),
      `${POLICY} allows ec2:TerminateInstances on arn:aws:ec2:eu-west-1:1:instance/i-1: it is not needed, take it away or name it in alsoAllowed`],
    ['all secrets', granting(['secretsmanager:GetSecretValue']),
      `${POLICY} allows secretsmanager:GetSecretValue on *: it is needed on one named resource only (the configuration takes it from there, at each start of the server)`],
    ['secrets by a pattern', granting(['secretsmanager:GetSecretValue'], ['arn:aws:secretsmanager:eu-west-1:1:secret:wso2/*']),
      `${POLICY} allows secretsmanager:GetSecretValue on arn:aws:secretsmanager:eu-west-1:1:secret:wso2/*: it is needed on one named resource only`],
    ['a whole bucket', granting(['s3:GetObject'], ['arn:aws:s3:::packs/*']), `${POLICY} allows s3:GetObject on arn:aws:s3:::packs/*: it is needed on one object of one bucket, or below the prefix of the artifacts only`],
    ['a bucket that is written anywhere', granting(['s3:PutObject'], ['arn:aws:s3:::packs/*']), `${POLICY} allows s3:PutObject on arn:aws:s3:::packs/*: it is needed below one prefix of one bucket only`],
    ['another stack', granting(['cloudformation:SignalResource'], ['arn:aws:cloudformation:eu-west-1:1:stack/Other/1']),
      `${POLICY} allows cloudformation:SignalResource on arn:aws:cloudformation:eu-west-1:1:stack/Other/1: it is needed on this stack only`],
    ['discovery in every region', granting(['ec2:DescribeInstances']),
      `${POLICY} allows ec2:DescribeInstances on *: it is needed with a condition on aws:RequestedRegion only (members find each other)`],
    ['an interface of anybody', granting(['ec2:AttachNetworkInterface']),
      `${POLICY} allows ec2:AttachNetworkInterface on *: it is needed on one named interface, and on instances with a condition on the tag of the cluster only`],
    ['instances of anybody', granting(['ec2:AttachNetworkInterface'], ['arn:aws:ec2:eu-west-1:1:instance/*'], { StringEquals: { 'aws:RequestedRegion': 'eu-west-1' } }),
      `${POLICY} allows ec2:AttachNetworkInterface on arn:aws:ec2:eu-west-1:1:instance/*: it is needed on one named interface`],
    ['a managed policy of AWS', cluster => cluster.workers.role.addManagedPolicy(iam.ManagedPolicy.fromAwsManagedPolicyName('AmazonS3ReadOnlyAccess')),
      `managed policy arn:<AWS::Partition>:iam::aws:policy/AmazonS3ReadOnlyAccess ${WORKERS} is not needed: take it away, or name it in alsoAllowedManagedPolicies`],
    ['AWS\'s own policy for Systems Manager',
      cluster => cluster.workers.role.addManagedPolicy(iam.ManagedPolicy.fromAwsManagedPolicyName('AmazonSSMManagedInstanceCore')),
      `managed policy arn:<AWS::Partition>:iam::aws:policy/AmazonSSMManagedInstanceCore ${WORKERS} is not needed, and it allows ssm:GetParameter and `
      + 'ssm:GetParameters on every parameter of the account: take it away, or name it in alsoAllowedManagedPolicies'],
    ['the right to write the key pair',
      cluster => cluster.workers.role.addToPrincipalPolicy(new iam.PolicyStatement({
        actions: ['secretsmanager:PutSecretValue'], resources: [cluster.keystoreSecret!.secretArn],
      })), 'allows secretsmanager:PutSecretValue on <Test/GatewayKeystoreSecret52EC7960>: it is not needed'],
    ['the right to encrypt with a key', granting(['kms:GenerateDataKey'], ['arn:aws:kms:eu-west-1:1:key/1']), 'allows kms:GenerateDataKey on arn:aws:kms:eu-west-1:1:key/1: it is needed on one named key with a condition on kms:ViaService, which is S3 only'],
    ['the administrator of the database',
      cluster => cluster.workers.role.addToPrincipalPolicy(new iam.PolicyStatement({
        actions: ['secretsmanager:GetSecretValue'], resources: [cluster.database!.secret!.secretArn],
      })), 'it is the secret of the database\'s administrator, which no node needs: take it away'],
    ['a managed policy of one\'s own', cluster => cluster.workers.role.addManagedPolicy(new iam.ManagedPolicy(cluster, 'Own', {
      statements: [new iam.PolicyStatement({ actions: ['rds:DescribeDBInstances'], resources: ['*'] })],
    })), 'allows rds:DescribeDBInstances on *: it is not needed'],
    ['what is not forbidden', cluster => cluster.workers.role.addToPrincipalPolicy(new iam.PolicyStatement({ notActions: ['iam:CreateUser'], resources: ['*'] })),
      `${POLICY} has NotAction, which allows what nobody wrote down: name what it allows`],
    ['another that takes the role', cluster => (cluster.workers.role as iam.Role).assumeRolePolicy!.addStatements(
      new iam.PolicyStatement({ actions: ['sts:AssumeRole'], principals: [new iam.AccountPrincipal('222222222222')] })),
    'role GatewayWorkersRole54787AD9 may be taken by arn:<AWS::Partition>:iam::222222222222:root, let only ec2.amazonaws.com take it'],
  ])('%s', (_what, change, sentence) => {
    const found = findings(change);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(sentence);
  });

  test('an inline policy in the role itself', () => {
    const found = findings(cluster => {
      const role = (cluster.manager.role as iam.Role).node.defaultChild as iam.CfnRole;
      role.policies = [{ policyName: 'Inline', policyDocument: { Statement: { Effect: 'Allow', Action: 'ssm:GetParameter', Resource: '*' } } }];
    });
    expect(found).toEqual([expect.stringMatching(/^policy Inline of role GatewayManagerRole56A9B1C1 allows ssm:GetParameter on \*: it is not needed/)]);
  });

  test('more for the user of the membership than for nodes', () => {
    const found = findings(cluster => {
      const user = cluster.node.findChild('Membership').node.findChild('Credentials').node.findChild('User') as iam.User;
      user.addToPrincipalPolicy(new iam.PolicyStatement({ actions: ['s3:GetObject'], resources: ['arn:aws:s3:::packs/one.zip'] }));
      user.addToGroup(new iam.Group(cluster, 'Everybody'));
      user.addManagedPolicy(iam.ManagedPolicy.fromAwsManagedPolicyName('AmazonSSMManagedInstanceCore'));
    }, { alsoAllowed: [{ action: 's3:GetObject' }], alsoAllowedManagedPolicies: ['AmazonSSMManagedInstanceCore'] });
    expect(found).toEqual([
      expect.stringMatching(/^user GatewayMembershipCredentialsUser80F98810 is in group <Test\/GatewayEverybody\w+>, whose policies it would have: take it out$/),
      expect.stringMatching(/^managed policy \S+\/AmazonSSMManagedInstanceCore of user GatewayMembershipCredentialsUser80F98810 is not needed/),
      expect.stringMatching(/of user GatewayMembershipCredentialsUser80F98810 allows s3:GetObject on arn:aws:s3:::packs\/one\.zip: it is not needed/),
    ]);
  });

  test('more for what rotates the key', () => {
    const found = findings(cluster => {
      const role = cluster.node.findAll().find(each => each.node.path.endsWith('Rotation/Role')) as iam.Role;
      role.addToPolicy(new iam.PolicyStatement({ actions: ['iam:CreateAccessKey'], resources: ['*'] }));
      role.addToPolicy(new iam.PolicyStatement({ actions: ['iam:CreateUser'], resources: ['arn:aws:iam::1:user/other'] }));
    }, { alsoAllowed: [{ action: 'iam:CreateUser' }] });
    expect(found).toEqual([
      expect.stringMatching(/of role GatewayMembershipCredentialsRotationRole\w+ allows iam:CreateAccessKey on \*: it is needed on one named resource only/),
      expect.stringMatching(/allows iam:CreateUser on arn:aws:iam::1:user\/other: it is not needed/),
    ]);
  });

  test('every finding is a line of the error', () => {
    const stack = testStack();
    granting(['s3:*', 'ec2:*'])(gateway(stack));
    expect(() => LeastPrivilege.assertNoFindings(SynthesizedStacks.of(stack))).toThrow(/allows s3:\* on .*\n.*allows ec2:\* on /);
  });
});

describe('what one allows besides', () => {
  const logs = 'arn:aws:logs:eu-west-1:1:log-group:/wso2:*';

  test.each<[string, (cluster: CarbonCluster) => void, testing.AllowedPermission[], number]>([
    ['an action that takes no resource', granting(['cloudwatch:PutMetricData']), [{ action: 'cloudwatch:PutMetricData' }], 0],
    ['an action on whatever is named', granting(['dynamodb:GetItem'], ['arn:aws:dynamodb:eu-west-1:1:table/t']), [{ action: 'dynamodb:GetItem' }], 0],
    ['but not on everything', granting(['dynamodb:GetItem']), [{ action: 'dynamodb:GetItem' }], 1],
    ['a pattern that is spelled out', granting(['logs:PutLogEvents'], [logs]), [{ action: 'logs:PutLogEvents', resource: logs }], 0],
    ['but not another', granting(['logs:PutLogEvents'], ['arn:aws:logs:*']), [{ action: 'logs:PutLogEvents', resource: logs }], 1],
    ['never a wildcard', granting(['cloudwatch:*']), [{ action: 'cloudwatch:PutMetricData' }], 1],
  ])('%s', (_what, change, alsoAllowed, count) => {
    expect(findings(change, { alsoAllowed })).toHaveLength(count);
  });

  test('a managed policy', () => {
    const change = (cluster: CarbonCluster): void =>
      cluster.workers.role.addManagedPolicy(iam.ManagedPolicy.fromAwsManagedPolicyName('CloudWatchAgentServerPolicy'));
    expect(findings(change, { alsoAllowedManagedPolicies: ['CloudWatchAgentServerPolicy'] })).toEqual([]);
  });

  test('AWS\'s own policy for Systems Manager', () => {
    const change = (cluster: CarbonCluster): void =>
      cluster.workers.role.addManagedPolicy(iam.ManagedPolicy.fromAwsManagedPolicyName('AmazonSSMManagedInstanceCore'));
    expect(findings(change, { alsoAllowedManagedPolicies: ['AmazonSSMManagedInstanceCore'] })).toEqual([]);
  });

  test('a wildcard is refused', () => {
    expect(() => findings(undefined, { alsoAllowed: [{ action: 's3:Get*' }] }))
      .toThrow("alsoAllowed: 's3:Get*' is no action, give one such as cloudwatch:PutMetricData, without wildcards");
  });
});

test('roles and users of others are not looked at', () => {
  expect(findings((_cluster, stack) => {
    new iam.Role(stack, 'Admin', { assumedBy: new iam.AccountRootPrincipal(), managedPolicies: [iam.ManagedPolicy.fromAwsManagedPolicyName('AdministratorAccess')] });
    new iam.User(stack, 'Somebody', { managedPolicies: [iam.ManagedPolicy.fromAwsManagedPolicyName('AdministratorAccess')] });
  })).toEqual([]);
});

test('a denial narrows', () => {
  expect(findings(cluster => cluster.workers.role.addToPrincipalPolicy(
    new iam.PolicyStatement({ effect: iam.Effect.DENY, actions: ['*'], resources: ['*'] })))).toEqual([]);
});

test('stacks without nodes prove nothing', () => {
  const stack = testStack();
  new s3.Bucket(stack, 'Bucket');
  expect(() => LeastPrivilege.assertNoFindings(SynthesizedStacks.of(stack))).toThrow('stacks have no roles of nodes, give those with the cluster');
});

test('a template that somebody edited', () => {
  const stack = testStack();
  gateway(stack);
  const template = Template.fromStack(stack).toJSON();
  template.Resources.GatewayMembershipPolicyE9382151.Properties.PolicyDocument.Statement[0].Action = ['ec2:DescribeInstances', 'ec2:DescribeVpcs'];
  expect(LeastPrivilege.findings(SynthesizedStacks.fromTemplates({ Test: template }))).toEqual(
    ['role GatewayManagerRole56A9B1C1', 'role GatewayWorkersRole54787AD9', 'user GatewayMembershipCredentialsUser80F98810'].map(whose =>
      `policy GatewayMembershipPolicyE9382151 of ${whose} allows ec2:DescribeVpcs on *: it is not needed, take it away or name it in alsoAllowed`));
});
