import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
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
    const actions = { Manager: ['elasticfilesystem:ClientMount', 'elasticfilesystem:ClientWrite'], Workers: 'elasticfilesystem:ClientMount' };
    for (const [group, Action] of Object.entries(actions)) {
      const statement = statementsOf(template, group).find(each => JSON.stringify(each).includes('elasticfilesystem'));
      expect(statement).toMatchObject({
        Effect: 'Allow', Action, Resource: { 'Fn::GetAtt': [fileSystemId, 'Arn'] },
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
      readOnly: true,
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

describe('a bucket', () => {
  const { template, document, userData } = synthesize(() => ({ deploymentSynchronizer: DeploymentSynchronizer.bucket({ interval: Duration.seconds(30) }) }));
  const [[bucketId, bucket]] = Object.entries(template.findResources('AWS::S3::Bucket'));
  const ofBucket = (group: string): any[] => statementsOf(template, group).filter(each => JSON.stringify(each.Resource).includes(bucketId));

  test('has what the manager publishes, and workers copy it', () => {
    const common = { bucket: { env: 'ArtifactsBucket' }, prefix: 'Test-Gateway-Artifacts-4E49C7E6', folders: ['repository/deployment/server', 'repository/tenants'], seconds: 30 };
    expect(document('Manager').artifacts).toEqual({ ...common, publishes: true });
    expect(document('Workers').artifacts).toEqual(common);
    expect(userData('Workers')).toContain(`ArtifactsBucket=<{"Ref":"${bucketId}"}>`);
  });

  test('is written by the manager only, and nobody may remove a version', () => {
    const objects = { 'Fn::Join': ['', [{ 'Fn::GetAtt': [bucketId, 'Arn'] }, '/Test-Gateway-Artifacts-4E49C7E6/*']] };
    const listing = {
      Effect: 'Allow', Action: 's3:ListBucket', Resource: { 'Fn::GetAtt': [bucketId, 'Arn'] },
      Condition: { StringEquals: { 's3:prefix': ['published', 'repository/deployment/server/', 'repository/tenants/'].map(each => `Test-Gateway-Artifacts-4E49C7E6/${each}`) } },
    };
    expect(ofBucket('Manager')).toEqual([{ Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], Resource: objects }, listing]);
    expect(ofBucket('Workers')).toEqual([{ Effect: 'Allow', Action: 's3:GetObject', Resource: objects }, listing]);
  });

  test('keeps versions, is encrypted, takes TLS only and nothing public, and outlives its stack', () => {
    expect(bucket).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
    expect(bucket.Properties).toMatchObject({
      VersioningConfiguration: { Status: 'Enabled' },
      BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] },
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
      LifecycleConfiguration: { Rules: [{ NoncurrentVersionExpiration: { NoncurrentDays: 90 }, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } }] },
    });
    const [policy] = Object.values(template.findResources('AWS::S3::BucketPolicy'));
    expect(policy.Properties.PolicyDocument.Statement.map((each: any) => [each.Effect, each.Condition])).toEqual([
      ['Deny', { Bool: { 'aws:SecureTransport': 'false' } }], ['Deny', { NumericLessThan: { 's3:TlsVersion': 1.2 } }],
    ]);
  });

  test('is there before a node boots, and opens no port', () => {
    for (const group of Object.values(template.findResources('AWS::AutoScaling::AutoScalingGroup'))) expect(group.DependsOn).toContain(bucketId);
    expect(rulesAt(template, 'AWS::EC2::SecurityGroupIngress', 2222)).toEqual([]);
  });

  test('with a key of the user\'s is encrypted with it, which only the manager may encrypt with', () => {
    const { template: own } = synthesize(stack => ({ deploymentSynchronizer: DeploymentSynchronizer.bucket(), encryptionKey: new kms.Key(stack, 'Key') }));
    const [one] = Object.values(own.findResources('AWS::S3::Bucket'));
    expect(one.Properties.BucketEncryption.ServerSideEncryptionConfiguration[0].ServerSideEncryptionByDefault.SSEAlgorithm).toBe('aws:kms');
    const through = (group: string): unknown[] => statementsOf(own, group).filter(each => JSON.stringify(each.Condition ?? {}).includes('"s3.')).map(each => each.Action);
    expect([through('Manager'), through('Workers')]).toEqual([[['kms:Decrypt', 'kms:GenerateDataKey']], ['kms:Decrypt']]);
  });

  test('of the user\'s gets the artifacts below a prefix, and no change of its own', () => {
    const { template: own, document: documentOfOwn } = synthesize(stack => ({
      deploymentSynchronizer: DeploymentSynchronizer.bucket({ bucket: s3.Bucket.fromBucketName(stack, 'Mine', 'mine') }),
    }));
    own.resourceCountIs('AWS::S3::Bucket', 0);
    expect(documentOfOwn('Workers').artifacts.bucket).toBe('mine');
  });
});

describe('who may write to a file system', () => {
  const actions = (made: ReturnType<typeof synthesize>, group: string): unknown => statementsOf(made.template, group)
    .find(each => JSON.stringify(each.Action).includes('elasticfilesystem:'))!.Action;

  test('the manager, and workers mount it read-only', () => {
    const made = synthesize(() => ({ deploymentSynchronizer: DeploymentSynchronizer.efs() }));
    expect(actions(made, 'Manager')).toEqual(['elasticfilesystem:ClientMount', 'elasticfilesystem:ClientWrite']);
    expect(actions(made, 'Workers')).toBe('elasticfilesystem:ClientMount');
    expect([made.document('Manager').artifacts.readOnly, made.document('Workers').artifacts.readOnly]).toEqual([undefined, true]);
  });

  test('workers too where the user says so', () => {
    const made = synthesize(() => ({ deploymentSynchronizer: DeploymentSynchronizer.efs({ workersWrite: true }) }));
    expect(actions(made, 'Workers')).toEqual(['elasticfilesystem:ClientMount', 'elasticfilesystem:ClientWrite']);
    expect(made.document('Workers').artifacts.readOnly).toBeUndefined();
  });
});
