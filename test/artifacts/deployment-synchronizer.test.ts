import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { CarbonClusterProps, CarbonProduct, ClusteringPattern, DeploymentSynchronizer } from '../../lib';
import { documentOf, gateway, testStack, userDataOf } from '../gateway';

interface Synthesized { template: Template; document: (group: string) => any; userData: (group: string) => string }

function synthesize(overrides: (stack: Stack) => Partial<CarbonClusterProps>): Synthesized {
  const stack = testStack();
  gateway(stack, overrides(stack));
  const template = Template.fromStack(stack);
  const userData = (group: string): string => userDataOf(template, group);
  return { template, document: group => documentOf(userData(group)), userData };
}

const secret = (stack: Stack): secretsmanager.ISecret => new secretsmanager.Secret(stack, 'Mine');
const membersEgress = (template: Template): any[] =>
  Object.values(template.findResources('AWS::EC2::SecurityGroup')).find(each => each.Properties.GroupName === 'Test-Gateway')!.Properties.SecurityGroupEgress;
const statementsOf = (template: Template, group: string): any[] =>
  Object.entries(template.findResources('AWS::IAM::Policy')).filter(([id]) => id.includes(`Gateway${group}`)).flatMap(([, each]) => each.Properties.PolicyDocument.Statement);
const rulesAt = (template: Template, type: string, port: number): any[] =>
  Object.values(template.findResources(type)).map(each => each.Properties).filter(each => each.FromPort === port);

test('without one nothing of it is there', () => {
  const { template, document } = synthesize(() => ({}));
  expect(document('Workers').artifacts).toBeUndefined();
  template.resourceCountIs('AWS::EFS::FileSystem', 0);
});

describe('Subversion', () => {
  test('is reached at the port of its address, and at no other than HTTPS without', () => {
    const portsOf = (url: string): number[] =>
      membersEgress(synthesize(stack => ({ deploymentSynchronizer: DeploymentSynchronizer.svn({ url, secret: secret(stack) }) })).template)
        .map(each => each.FromPort);
    expect(portsOf('https://svn.example.com/x')).toEqual([443]);
    expect(portsOf('svn://svn.example.com/x')).toEqual([443, 3690]);
    expect(portsOf('http://svn.example.com:8080/x')).toEqual([443, 8080]);
  });

  test('lets workers have no other password than the one for reading, where there is one', () => {
    const { template } = synthesize(stack => ({
      deploymentSynchronizer: DeploymentSynchronizer.svn({
        url: 'https://svn.example.com/x', secret: secret(stack), workerSecret: new secretsmanager.Secret(stack, 'Reader'),
      }),
    }));
    expect(JSON.stringify(statementsOf(template, 'Workers'))).not.toMatch(/"Ref":"Mine/);
    expect(JSON.stringify(statementsOf(template, 'Workers'))).toMatch(/"Ref":"Reader/);
    expect(JSON.stringify(statementsOf(template, 'Manager'))).not.toMatch(/"Ref":"Reader/);
  });

  test('takes an address that only CloudFormation knows', () => {
    const { document } = synthesize(stack => ({
      deploymentSynchronizer: DeploymentSynchronizer.svn({ url: `https://${secret(stack).secretName}/x`, secret: stack.node.findChild('Mine') as secretsmanager.Secret }),
    }));
    const { edits } = document('Manager').configuration.files.find((each: any) => each.file.endsWith('carbon.xml'));
    expect(edits.find((each: any) => each.set?.endsWith('/SvnUrl')).text).toEqual({ env: 'SvnUrl' });
  });
});

describe('EFS', () => {
  const { template, document, userData } = synthesize(() => ({ deploymentSynchronizer: DeploymentSynchronizer.efs() }));
  const [fileSystemId, fileSystem] = Object.entries(template.findResources('AWS::EFS::FileSystem'))[0];
  const [accessPointId, accessPoint] = Object.entries(template.findResources('AWS::EFS::AccessPoint'))[0];

  test('is encrypted, backed up, and kept', () => {
    expect(fileSystem).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', Properties: { Encrypted: true, BackupPolicy: { Status: 'ENABLED' } } });
  });

  test('lets in nobody without TLS and nobody without a signature, and nobody at all by itself', () => {
    const { Statement: statements } = fileSystem.Properties.FileSystemPolicy;
    expect(statements.map((each: any) => [each.Effect, each.Principal, each.Condition])).toEqual([
      ['Deny', { AWS: '*' }, { Bool: { 'aws:SecureTransport': 'false' } }],
      ['Deny', { AWS: '*' }, { Null: { 'aws:PrincipalArn': 'true' } }],
    ]);
  });

  test('lets in the members\' roles, through the access point, and not as root', () => {
    for (const group of ['Manager', 'Workers']) {
      const statement = statementsOf(template, group).find(each => JSON.stringify(each).includes('elasticfilesystem'));
      expect(statement).toMatchObject({
        Effect: 'Allow', Action: ['elasticfilesystem:ClientMount', 'elasticfilesystem:ClientWrite'], Resource: { 'Fn::GetAtt': [fileSystemId, 'Arn'] },
      });
      expect(JSON.stringify(statement.Condition)).toMatch(
        new RegExp(`^\\{"StringEquals":\\{"elasticfilesystem:AccessPointArn":.*:access-point/",\\{"Ref":"${accessPointId}"`));
    }
  });

  test('takes every member for the user of the service', () => {
    expect(accessPoint.Properties).toMatchObject({
      PosixUser: { Uid: '802', Gid: '802' },
      RootDirectory: { CreationInfo: { OwnerUid: '802', OwnerGid: '802', Permissions: '0750' }, Path: expect.stringMatching(/^\/[\w-]{1,99}$/) },
    });
  });

  test('is reached by the members at its port and by nobody else', () => {
    const rules = rulesAt(template, 'AWS::EC2::SecurityGroupIngress', 2049);
    expect(rules).toHaveLength(1);
    expect(rules[0].CidrIp).toBeUndefined();
    expect(rules[0].SourceSecurityGroupId['Fn::GetAtt'][0]).toMatch(/^GatewaySecurityGroup/);
    const group = Object.values(template.findResources('AWS::EC2::SecurityGroup')).find(each => /Shared folders/.test(each.Properties.GroupDescription))!;
    expect(group.Properties.SecurityGroupIngress).toBeUndefined();
    expect(rulesAt(template, 'AWS::EC2::SecurityGroupEgress', 2049)).toHaveLength(1);
  });

  test('has a mount target in each zone of the nodes, and is there before they boot', () => {
    const targets = Object.keys(template.findResources('AWS::EFS::MountTarget'));
    expect(targets).toHaveLength(2);
    for (const group of Object.values(template.findResources('AWS::AutoScaling::AutoScalingGroup'))) {
      expect(group.DependsOn).toEqual(expect.arrayContaining([...targets, accessPointId]));
    }
  });

  test('shares what the product deploys', () => {
    expect(document('Workers').artifacts).toEqual({
      fileSystem: { env: 'FileSystem' }, accessPoint: { env: 'AccessPoint' }, folders: ['repository/deployment/server', 'repository/tenants'],
    });
    expect(userData('Workers')).toContain(`FileSystem=<{"Ref":"${fileSystemId}"}>`);
  });

  const foldersOf = (product: CarbonProduct, folders?: string[]): string[] =>
    synthesize(() => ({ product, deploymentSynchronizer: DeploymentSynchronizer.efs({ folders }) })).document('Workers').artifacts.folders;

  test.each([
    ['Identity Server', CarbonProduct.identityServer('7.1.0'), ['repository/deployment/server/userstores', 'repository/tenants']],
    ['API Manager 4', CarbonProduct.apiManager('4.2.0'), ['repository/deployment/server/userstores', 'repository/tenants']],
    ['a profile with a home of its own', CarbonProduct.enterpriseIntegrator('6.4.0', { profile: 'business-process' }),
      ['wso2/business-process/repository/deployment/server', 'wso2/business-process/repository/tenants']],
  ])('%s shares what it needs', (_what, product, folders) => {
    expect(foldersOf(product)).toEqual(folders);
  });

  test('shares the folders that were asked for', () => {
    expect(foldersOf(CarbonProduct.apiManager('2.2.0'), ['repository/deployment/server/synapse-configs'])).toEqual(['repository/deployment/server/synapse-configs']);
  });

  test('goes with the stack where the cluster\'s data shall go', () => {
    const { template: other } = synthesize(() => ({ deploymentSynchronizer: DeploymentSynchronizer.efs(), removalPolicy: RemovalPolicy.DESTROY }));
    other.hasResource('AWS::EFS::FileSystem', { DeletionPolicy: 'Delete' });
  });

  test('of another construct gets an access point and a rule, and no change of its own', () => {
    const { template: other, document: documentOfOther } = synthesize(stack => {
      const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 2 });
      const mine = new efs.FileSystem(stack, 'Shared', { vpc });
      return { vpc, deploymentSynchronizer: DeploymentSynchronizer.efs({ fileSystem: mine }), clusteringPattern: ClusteringPattern.NON_WORKER_MANAGER };
    });
    other.resourceCountIs('AWS::EFS::FileSystem', 1);
    other.hasResourceProperties('AWS::EFS::AccessPoint', { FileSystemId: { Ref: Match.stringLikeRegexp('^Shared') } });
    expect(documentOfOther('Nodes').artifacts.folders).toHaveLength(2);
  });

  test('two clusters on one file system keep their folders apart', () => {
    const stack = testStack();
    const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 2 });
    const fileSystem = new efs.FileSystem(stack, 'Shared', { vpc });
    for (const id of ['A', 'B']) gateway(stack, { vpc, deploymentSynchronizer: DeploymentSynchronizer.efs({ fileSystem }) }, id);
    const paths = Object.values(Template.fromStack(stack).findResources('AWS::EFS::AccessPoint')).map(each => each.Properties.RootDirectory.Path);
    expect(new Set(paths).size).toBe(2);
  });
});

describe('rsync', () => {
  const { template, document, userData } = synthesize(stack => ({
    deploymentSynchronizer: DeploymentSynchronizer.rsync({ keyPairSecret: secret(stack), interval: Duration.seconds(30) }),
  }));

  test('is copied by the workers from the manager, and by a new manager from a worker once', () => {
    const common = { keyPair: 'ArtifactsKeyPair', port: 2222, folders: ['repository/deployment/server', 'repository/tenants'] };
    const from = { tag: 'carbon-cluster', value: 'Test-Gateway', roleTag: 'carbon-cluster-role' };
    expect(document('Manager').artifacts).toEqual({ ...common, from: { ...from, role: 'worker' } });
    expect(document('Workers').artifacts).toEqual({ ...common, seconds: 30, from: { ...from, role: 'manager' } });
    expect(userData('Workers')).toMatch(/^ArtifactsKeyPair=<\{"Ref":"Mine/m);
  });

  test('has its port open between members only', () => {
    for (const type of ['AWS::EC2::SecurityGroupIngress', 'AWS::EC2::SecurityGroupEgress']) {
      const rules = rulesAt(template, type, 2222);
      expect(rules).toHaveLength(1);
      expect(rules[0].ToPort).toBe(2222);
      expect(rules[0].CidrIp).toBeUndefined();
      expect(rules[0].SourceSecurityGroupId ?? rules[0].DestinationSecurityGroupId).toEqual(rules[0].GroupId);
    }
  });

  test('lets members find each other and read the key pair', () => {
    for (const group of ['Manager', 'Workers']) {
      const actions = JSON.stringify(statementsOf(template, group).map(each => [each.Action, each.Resource]));
      expect(actions).toContain('["ec2:DescribeInstances","*"]');
      expect(actions).toMatch(/"secretsmanager:GetSecretValue",[^\]]*\{"Ref":"Mine/);
    }
  });
});
