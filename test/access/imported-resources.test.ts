/** Resources that the app imports: what is granted on them, what their owners are told to add, and what is refused. */
import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as sns from 'aws-cdk-lib/aws-sns';
import { allows, deployed, identityStatements, list, resourcesOf, Statement } from './policies';
import { CarbonClusterProps, DeploymentSynchronizer, Distribution, JdbcDriver, Operations, testing, TrustedCertificate } from '../../lib';
import { ENV, gateway, testApp, testStack } from '../gateway';

const OTHER = '222222222222';
const KEY_ARN = `arn:aws:kms:${ENV.region}:${ENV.account}:key/1`;
const OTHER_KEY_ARN = KEY_ARN.replace(ENV.account, OTHER);
const PACK = 'wso2am-2.2.0.zip';

interface Said { readonly id: string; readonly text: string; readonly statements: Statement[] }

/** Warnings about imported resources, with their statements. */
function said(stack: Stack): Said[] {
  return Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('cdk-wso2-cluster:imported')).map(({ entry }) => {
    const text = String(entry.data);
    return { id: /\[ack: cdk-wso2-cluster:(\w+)\]/.exec(text)![1], text, statements: JSON.parse(/\[\n[\s\S]*\n\]/.exec(text)![0]) };
  });
}

type Overrides = (stack: Stack, app: App) => Partial<CarbonClusterProps>;

function cluster(overrides: Overrides): { readonly stack: Stack; readonly template: Template; readonly warnings: Said[] } {
  const app = testApp();
  const stack = testStack(app);
  gateway(stack, overrides(stack, app));
  return { stack, template: Template.fromStack(stack), warnings: said(stack) };
}

const refused = (overrides: Overrides): string => {
  try { cluster(overrides); } catch (problem) { return (problem as Error).message; }
  return 'nothing';
};

const fromBucket = (bucket: s3.IBucket): Partial<CarbonClusterProps> => ({ distribution: Distribution.fromBucket(bucket, PACK) });
const object = (key: string, bucket = 'packs'): string => `arn:aws:s3:::${bucket}/${key}`;

describe('files in buckets', () => {
  const { template, warnings, stack } = cluster(own => {
    const bucket = s3.Bucket.fromBucketName(own, 'Packs', 'packs');
    return {
      ...fromBucket(bucket),
      jdbcDriver: JdbcDriver.mysqlConnectorJ(bucket, 'mysql-connector-java-5.1.49.jar', { sha256: 'a'.repeat(64) }),
      trustedCertificates: [TrustedCertificate.fromBucket('idp', bucket, 'certificates/idp.pem')],
    };
  });
  const statements = identityStatements(template);
  const may = (action: string, resource: string, context: Record<string, string> = {}): boolean =>
    statements.some(each => allows(each, { action, resource, context }));
  const FILES = [PACK, `${PACK}.sha256`, 'mysql-connector-java-5.1.49.jar', 'certificates/idp.pem', 'certificates/idp.pem.sha256'];

  test.each(FILES)('%s may be read, and S3 may say that it is missing', key => {
    expect(may('s3:GetObject', object(key))).toBe(true);
    expect(may('s3:ListBucket', 'arn:aws:s3:::packs', { 's3:prefix': key })).toBe(true);
  });

  test.each([{}, { 's3:prefix': '' }, { 's3:prefix': 'certificates/' }, { 's3:prefix': 'wso2' }])('a list by %p is denied', context => {
    expect(may('s3:ListBucket', 'arn:aws:s3:::packs', context as Record<string, string>)).toBe(false);
  });

  test('other objects are denied', () => {
    expect([object(`${PACK}.bak`), object('mysql-connector-java-5.1.49.jar.sha256'), object(PACK, 'other')].filter(each => may('s3:GetObject', each))).toEqual([]);
  });

  test('no owner has anything to add, and roles have no more than they need', () => {
    expect(warnings).toEqual([]);
    testing.LeastPrivilege.assertNoFindings(testing.SynthesizedStacks.of(stack));
  });
});

test.each([
  ['without a condition', undefined], ['for the whole bucket', ''], ['for a folder', 'packs/'],
])('least privilege: a list %s is a finding', (_what, prefix) => {
  const stack = testStack();
  const nodes = gateway(stack);
  nodes.manager.role.addToPrincipalPolicy(new iam.PolicyStatement({
    actions: ['s3:ListBucket'], resources: ['arn:aws:s3:::packs'], conditions: prefix === undefined ? {} : { StringEquals: { 's3:prefix': prefix } },
  }));
  expect(testing.LeastPrivilege.findings(testing.SynthesizedStacks.of(stack)).join()).toMatch(/allows s3:ListBucket on arn:<AWS::Partition>:s3|allows s3:ListBucket on arn:aws:s3:::packs: it is needed on one named bucket/);
});

describe('a bucket of another account', () => {
  const { warnings } = cluster(stack => fromBucket(s3.Bucket.fromBucketAttributes(stack, 'Packs', { bucketName: 'packs', account: OTHER })));

  test('has one warning with what its policy must let nodes do', () => {
    expect(warnings.map(each => each.id)).toEqual(['importedResource']);
    const allowed = (action: string, resource: string, context = {}): boolean => warnings[0].statements.some(each =>
      allows(each, { action, resource, context, principal: ['AWS', `arn:aws:iam::${ENV.account}:root`] }));
    for (const key of [PACK, `${PACK}.sha256`]) {
      expect(allowed('s3:GetObject', object(key))).toBe(true);
      expect(allowed('s3:ListBucket', 'arn:aws:s3:::packs', { 's3:prefix': key })).toBe(true);
    }
    expect(allowed('s3:GetObject', object('other.zip'))).toBe(false);
  });

  test('of this app gets them itself', () => {
    const app = testApp();
    const owner = testStack(app, 'Owner', { account: OTHER, region: ENV.region });
    const bucket = new s3.Bucket(owner, 'Packs', { bucketName: 'packs', removalPolicy: RemovalPolicy.RETAIN });
    const stack = testStack(app);
    gateway(stack, fromBucket(bucket));
    expect(said(stack)).toEqual([]);
    const [[, policy]] = resourcesOf(Template.fromStack(owner), 'AWS::S3::BucketPolicy');
    expect(policy.PolicyDocument.Statement.flatMap((each: Statement) => each.Action)).toEqual(['s3:GetObject', 's3:ListBucket']);
  });
});

describe('keys of imported buckets and secrets', () => {
  const { warnings, template } = cluster(stack => ({
    ...fromBucket(s3.Bucket.fromBucketAttributes(stack, 'Packs', { bucketName: 'packs', encryptionKey: kms.Key.fromKeyArn(stack, 'BucketKey', `${KEY_ARN}b`) })),
    adminSecret: secretsmanager.Secret.fromSecretAttributes(stack, 'Admin', {
      secretCompleteArn: `arn:aws:secretsmanager:${ENV.region}:${ENV.account}:secret:admin-AbCdEf`, encryptionKey: kms.Key.fromKeyArn(stack, 'SecretKey', `${KEY_ARN}s`),
    }),
  }));

  test.each([['b', 's3'], ['s', 'secretsmanager']])('key %s: nodes may decrypt, and its owner learns what its policy needs', (end, service) => {
    const context = { 'kms:ViaService': `${service}.${ENV.region}.amazonaws.com` };
    expect(identityStatements(template).some(each => allows(each, { action: 'kms:Decrypt', resource: `${KEY_ARN}${end}`, context }))).toBe(true);
    const [warning] = warnings.filter(each => each.text.includes(`key ${KEY_ARN}${end} `));
    expect(warning.id).toBe('importedKey');
    expect(warning.statements).toHaveLength(1);
    expect(allows(warning.statements[0], { action: 'kms:Decrypt', resource: '*', context, principal: ['AWS', `arn:aws:iam::${ENV.account}:root`] })).toBe(true);
  });

  test('a key of the app needs nothing that the CDK has not done', () => {
    const { warnings: none } = cluster(stack => ({
      adminSecret: secretsmanager.Secret.fromSecretAttributes(stack, 'Admin', {
        secretCompleteArn: `arn:aws:secretsmanager:${ENV.region}:${ENV.account}:secret:admin-AbCdEf`, encryptionKey: new kms.Key(stack, 'Key'),
      }),
    }));
    expect(none).toEqual([]);
  });

  test('a secret and its key in another account', () => {
    const { warnings: both } = cluster(stack => ({
      adminSecret: secretsmanager.Secret.fromSecretAttributes(stack, 'Admin', {
        secretCompleteArn: `arn:aws:secretsmanager:${ENV.region}:${OTHER}:secret:admin-AbCdEf`, encryptionKey: kms.Key.fromKeyArn(stack, 'Key', OTHER_KEY_ARN),
      }),
    }));
    expect(both.map(each => each.id).sort()).toEqual(['importedKey', 'importedResource']);
    for (const { statements } of both) expect(statements.map(each => each.Principal)).toEqual([{ AWS: `arn:aws:iam::${ENV.account}:root` }]);
  });
});

describe('a topic that exists', () => {
  const TOPIC_ARN = `arn:aws:sns:${ENV.region}:${ENV.account}:mine`;
  const alarms = (alarmTopic: sns.ITopic): Partial<CarbonClusterProps> => ({ operations: Operations.cloudWatch({ alarmTopic }) });
  const context = { 'aws:SourceAccount': ENV.account, 'aws:SourceArn': `arn:aws:cloudwatch:${ENV.region}:${ENV.account}:alarm:Test` };
  const publishes = (statements: readonly Statement[], topic: string): boolean => statements.some(each =>
    allows(each, { action: 'sns:Publish', resource: topic, context, principal: ['Service', 'cloudwatch.amazonaws.com'] }));
  const uses = (statements: readonly Statement[]): boolean => ['Decrypt', 'GenerateDataKey'].every(action => statements.some(each =>
    allows(each, { action: `kms:${action}`, resource: '*', context, principal: ['Service', 'cloudwatch.amazonaws.com'] })));
  const policyOf = (template: Template): Statement[] => resourcesOf(template, 'AWS::SNS::TopicPolicy').flatMap(([, each]) => deployed(each.PolicyDocument.Statement));

  test('imported: its owner learns what its policy needs', () => {
    const { warnings } = cluster(stack => alarms(sns.Topic.fromTopicArn(stack, 'Mine', TOPIC_ARN)));
    expect(warnings.map(each => each.id)).toEqual(['importedResource']);
    expect(publishes(warnings[0].statements, TOPIC_ARN)).toBe(true);
  });

  test('imported with its key: so does the owner of the key', () => {
    const { warnings } = cluster(stack => alarms(sns.Topic.fromTopicAttributes(stack, 'Mine', { topicArn: TOPIC_ARN, keyArn: KEY_ARN })));
    expect(warnings.map(each => each.id).sort()).toEqual(['importedKey', 'importedResource']);
    expect(uses(warnings.find(each => each.id === 'importedKey')!.statements)).toBe(true);
  });

  test('of the app, without a policy: it stays so, because then all of its account may publish', () => {
    const { template, warnings } = cluster(stack => alarms(new sns.Topic(stack, 'Mine')));
    template.resourceCountIs('AWS::SNS::TopicPolicy', 0);
    expect(warnings).toEqual([]);
  });

  test('of the app, which gets a policy after the cluster, and a key', () => {
    const stack = testStack();
    const topic = new sns.Topic(stack, 'Mine', { masterKey: new kms.Key(stack, 'Key') });
    gateway(stack, alarms(topic));
    topic.grantPublish(new iam.ServicePrincipal('events.amazonaws.com'));
    const template = Template.fromStack(stack);
    const [[id]] = resourcesOf(template, 'AWS::SNS::Topic');
    expect(publishes(policyOf(template), `<${id}>`)).toBe(true);
    const [[, key]] = resourcesOf(template, 'AWS::KMS::Key');
    expect(uses(deployed(key.KeyPolicy.Statement))).toBe(true);
    expect(said(stack)).toEqual([]);
  });

  test('of another region', () => {
    expect(refused(stack => alarms(sns.Topic.fromTopicArn(stack, 'Mine', TOPIC_ARN.replace(ENV.region, 'us-east-1')))))
      .toBe('alarmTopic must be in region eu-west-1, where the alarms are, got region us-east-1: create a topic in eu-west-1');
  });

  test('that AWS\'s own key encrypts', () => {
    expect(refused(stack => alarms(new sns.Topic(stack, 'Mine', { masterKey: kms.Alias.fromAliasName(stack, 'Aws', 'alias/aws/sns') }))))
      .toBe('alarmTopic must not be encrypted with alias/aws/sns, which CloudWatch may not use: encrypt the topic with a key of your own');
  });
});

describe('a file system that exists', () => {
  const fileSystem = (region: string, account: string) => (stack: Stack): Partial<CarbonClusterProps> => ({
    deploymentSynchronizer: DeploymentSynchronizer.efs({ fileSystem: efs.FileSystem.fromFileSystemAttributes(stack, 'Files', {
      fileSystemArn: `arn:aws:elasticfilesystem:${region}:${account}:file-system/fs-1`, securityGroup: ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1'),
    }) }),
  });

  test('of this account: nodes may mount it through their access point', () => {
    const { template, warnings } = cluster(fileSystem(ENV.region, ENV.account));
    const [[accessPoint]] = resourcesOf(template, 'AWS::EFS::AccessPoint');
    const mounts = identityStatements(template).filter(each => list(each.Action).includes('elasticfilesystem:ClientMount'));
    expect(mounts.length).toBeGreaterThan(0);
    for (const each of mounts) {
      expect(each.Resource).toBe(`arn:aws:elasticfilesystem:${ENV.region}:${ENV.account}:file-system/fs-1`);
      expect(JSON.stringify(each.Condition)).toContain(accessPoint);
    }
    expect(warnings).toEqual([]);
  });

  test('of another region', () => {
    expect(refused(fileSystem('us-east-1', ENV.account)))
      .toBe('fileSystem must be in region eu-west-1, where the nodes are, got region us-east-1: give one there, or leave fileSystem out');
  });

  test('of another account', () => {
    expect(refused(fileSystem(ENV.region, OTHER)))
      .toBe('fileSystem must be in account 111111111111, where the nodes are, got account 222222222222: give one there, or leave fileSystem out');
  });
});
