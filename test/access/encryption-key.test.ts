/**
 * One key for all that a cluster encrypts. Which resources have a key at all is read from CloudFormation's own schema, as aws-cdk-lib carries it; what
 * the services need of the key is from their user guides.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import { allows, deployed, list, Request, resourcesOf, Statement } from './policies';
import { CarbonClusterProps, CarbonProduct, DeploymentSynchronizer, LoadBalancing, NginxCertificate, Operations, testing } from '../../lib';
import { ENV, gateway, testApp, testStack } from '../gateway';

const KEY_ARN = `arn:aws:kms:${ENV.region}:${ENV.account}:key/11111111-2222-3333-4444-555555555555`;
const AUTO_SCALING = `arn:aws:iam::${ENV.account}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`;
const ROOT = `arn:aws:iam::${ENV.account}:root`;

/** Everything that a cluster may make and encrypt: an access key with its rotation, a database, secrets, logs, a topic, a file system, NGINX. */
function all(stack: Stack, encryptionKey: kms.IKey, overrides: Partial<CarbonClusterProps> = {}): void {
  gateway(stack, {
    encryptionKey,
    certificates: undefined,
    deploymentSynchronizer: DeploymentSynchronizer.efs(),
    loadBalancing: LoadBalancing.nginx({ certificate: NginxCertificate.selfSigned() }),
    ...overrides,
  });
}

function withKeyOfTheApp(): { readonly stack: Stack; readonly template: Template; readonly key: string; readonly policy: Statement[] } {
  const stack = testStack();
  all(stack, new kms.Key(stack, 'Key'));
  const template = Template.fromStack(stack);
  const [[key, properties]] = resourcesOf(template, 'AWS::KMS::Key');
  return { stack, template, key, policy: deployed(properties.KeyPolicy.Statement) };
}

const ofTheApp = withKeyOfTheApp();

const LIBRARY = dirname(require.resolve('aws-cdk-lib/package.json'));

/** Properties of a resource type that hold a key, by the declarations that aws-cdk-lib generates from CloudFormation's schema. */
function keyProperties(type: string): string[] {
  const [, service, name] = type.split('::');
  const folder = readdirSync(LIBRARY).find(each => each === `aws-${service.toLowerCase()}`);
  if (!folder) return [];
  const lib = join(LIBRARY, folder, 'lib');
  const text = readdirSync(lib).filter(each => each.endsWith('.generated.d.ts')).map(each => readFileSync(join(lib, each), 'utf8')).join('\n');
  const declaration = new RegExp(`export interface Cfn${name}Props \\{([\\s\\S]*?)\\n\\}`).exec(text);
  return [...(declaration?.[1] ?? '').matchAll(/readonly (\w*(?:[kK]ms)\w*)\??:/g)].map(([, each]) => each[0].toUpperCase() + each.slice(1));
}

/** Performance Insights and AWS's own management of a database's password are off; the key of other recordings is for what is recorded elsewhere. */
const UNUSED = ['KmsDataKeyReusePeriodSeconds', 'PerformanceInsightsKmsKeyId', 'AutomaticBackupReplicationKmsKeyId', 'MasterUserSecretKmsKeyId'];

test('every resource that CloudFormation gives a key has this one', () => {
  const { template, key } = ofTheApp;
  const types = [...new Set(Object.values(template.toJSON().Resources as Record<string, { Type: string }>).map(each => each.Type))].filter(each => !each.startsWith('AWS::KMS::'));
  const encrypted = types.flatMap(type => keyProperties(type).filter(each => !UNUSED.includes(each)).map(property => [type, property] as const));
  expect(encrypted.map(([type]) => type).sort()).toEqual([
    'AWS::EFS::FileSystem', 'AWS::Lambda::Function', 'AWS::Logs::LogGroup', 'AWS::RDS::DBInstance', 'AWS::SNS::Topic', 'AWS::SQS::Queue',
    'AWS::SecretsManager::Secret',
  ]);
  for (const [type, property] of encrypted) {
    // The environment is all that Lambda encrypts with the key of a function.
    const resources = resourcesOf(template, type).filter(([, each]) => type !== 'AWS::Lambda::Function' || each.Environment !== undefined);
    expect(resources).not.toEqual([]);
    for (const [id, properties] of resources) expect([id, deployed(properties[property])]).toEqual([id, `<${key}>`]);
  }
  expect(resourcesOf(template, 'AWS::KMS::Key')).toHaveLength(1);
});

test('every volume has this key', () => {
  const templates = resourcesOf(ofTheApp.template, 'AWS::EC2::LaunchTemplate');
  const volumes = templates.flatMap(([, each]) => each.LaunchTemplateData.BlockDeviceMappings.map((mapping: any) => deployed(mapping.Ebs)));
  expect(volumes.length).toBeGreaterThan(2);
  for (const each of volumes) expect(each).toMatchObject({ Encrypted: true, KmsKeyId: `<${ofTheApp.key}>` });
});

/** A request for the key itself, whose policy names it by `*`. */
const request = (principal: Request['principal'], action: string, context: Record<string, string>): Request => ({ principal, action: `kms:${action}`, resource: KEY_ARN, context });
const ofAutoScaling = { 'kms:CallerAccount': ENV.account, 'aws:PrincipalArn': AUTO_SCALING };

/** Amazon EC2 Auto Scaling User Guide, "Required AWS KMS key policy for use with encrypted volumes". */
const VOLUMES: Request[] = [
  ...['Encrypt', 'Decrypt', 'ReEncryptFrom', 'ReEncryptTo', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext', 'DescribeKey']
    .map(each => request(['AWS', AUTO_SCALING], each, ofAutoScaling)),
  request(['AWS', AUTO_SCALING], 'CreateGrant', { ...ofAutoScaling, 'kms:GrantIsForAWSResource': 'true' }),
];
const LOG_CONTEXT = { 'kms:EncryptionContext:aws:logs:arn': `arn:aws:logs:${ENV.region}:${ENV.account}:log-group:Test-Carbon` };
/** Amazon CloudWatch Logs User Guide, "Encrypt log data in CloudWatch Logs using AWS KMS". */
const LOGS = ['Encrypt', 'Decrypt', 'ReEncryptFrom', 'GenerateDataKey', 'DescribeKey'].map(each => request(['Service', 'logs.amazonaws.com'], each, LOG_CONTEXT));
const ALARM = { 'aws:SourceAccount': ENV.account, 'aws:SourceArn': `arn:aws:cloudwatch:${ENV.region}:${ENV.account}:alarm:Test-Members` };
/** Amazon SNS Developer Guide, "Managing Amazon SNS encryption keys and costs": event sources. */
const ALARMS = ['Decrypt', 'GenerateDataKey'].map(each => request(['Service', 'cloudwatch.amazonaws.com'], each, ALARM));
const through = (service: string, region = ENV.region): Record<string, string> => ({ 'kms:ViaService': `${service}.${region}.amazonaws.com` });
const SERVICES = ['rds', 'elasticfilesystem', 'secretsmanager', 'lambda'].flatMap(service =>
  ['GenerateDataKey', 'Decrypt', 'CreateGrant', 'DescribeKey'].map(each => request(['AWS', ROOT], each, through(service))));
const RULE = { 'aws:SourceAccount': ENV.account, 'aws:SourceArn': `arn:aws:events:${ENV.region}:${ENV.account}:rule/Test-Replacements` };
const EVENTS = ['Decrypt', 'GenerateDataKey'].map(action => request(['Service', 'events.amazonaws.com'], action, RULE));
const NEEDED = [...VOLUMES, ...LOGS, ...ALARMS, ...EVENTS, ...SERVICES];

function allowedBy(statements: readonly Statement[], each: Request): boolean {
  return statements.some(statement => allows(statement, each));
}

/** The account's own statement leaves everything to IAM, so it is not what is looked at. */
const withoutAccount = (statements: readonly Statement[]): Statement[] => statements.filter(each => list(each.Action)[0] !== 'kms:*');

test.each(NEEDED.map(each => [`${each.principal![1]}: ${each.action} ${JSON.stringify(each.context)}`, each] as const))('the key policy allows %s', (_title, each) => {
  expect(allowedBy(withoutAccount(ofTheApp.policy), each)).toBe(true);
});

test.each([
  ['Auto Scaling of another account', request(['AWS', AUTO_SCALING], 'Decrypt', { 'kms:CallerAccount': '222222222222', 'aws:PrincipalArn': AUTO_SCALING.replace(ENV.account, '222222222222') })],
  ['another role', request(['AWS', 'x'], 'Decrypt', { ...ofAutoScaling, 'aws:PrincipalArn': `arn:aws:iam::${ENV.account}:role/AWSServiceRoleForAutoScaling` })],
  ['a grant that is not for an AWS service', request(['AWS', AUTO_SCALING], 'CreateGrant', { ...ofAutoScaling, 'kms:GrantIsForAWSResource': 'false' })],
  ['logs of another account', request(['Service', 'logs.amazonaws.com'], 'Decrypt', { 'kms:EncryptionContext:aws:logs:arn': `arn:aws:logs:${ENV.region}:222222222222:log-group:x` })],
  ['alarms of another account', request(['Service', 'cloudwatch.amazonaws.com'], 'Decrypt', { ...ALARM, 'aws:SourceAccount': '222222222222' })],
  ['rules of another account', request(['Service', 'events.amazonaws.com'], 'Decrypt', { ...RULE, 'aws:SourceAccount': '222222222222' })],
  ['the account through another service', request(['AWS', ROOT], 'Decrypt', through('s3'))],
  ['the account through another region', request(['AWS', ROOT], 'Decrypt', through('rds', 'us-east-1'))],
  ['the account without a service', request(['AWS', ROOT], 'Decrypt', {})],
])('the key policy does not allow %s', (_title, each) => {
  expect(allowedBy(withoutAccount(ofTheApp.policy), each)).toBe(false);
});

test('a new account has no role of Auto Scaling, so no statement has a role as its principal: KMS would refuse the policy', () => {
  const principals = ofTheApp.policy.flatMap(each => list(each.Principal?.AWS));
  expect(principals.filter(each => each !== '*' && each !== ROOT)).toEqual([]);
});

test('any principal is narrowed by its account', () => {
  const open = ofTheApp.policy.filter(each => list(each.Principal?.AWS).includes('*'));
  expect(open.map(each => each.Condition?.StringEquals?.['kms:CallerAccount'])).toEqual(open.map(() => ENV.account));
});

describe('roles', () => {
  const statements = resourcesOf(ofTheApp.template, 'AWS::IAM::Policy').flatMap(([id, each]) => (deployed(each.PolicyDocument.Statement) as Statement[]).map(statement => ({ id, statement })));
  const may = (part: string, action: string, context: Record<string, string>): boolean => statements
    .filter(({ id }) => id.includes(part)).some(({ statement }) => allows(statement, { action, resource: `<${ofTheApp.key}>`, context }));

  test.each(['Manager', 'Workers', 'Rotation'])('%s: may decrypt what Secrets Manager encrypted', part => {
    expect(may(part, 'kms:Decrypt', through('secretsmanager'))).toBe(true);
  });

  test.each(['Manager', 'Workers'])('%s: may not decrypt anything else', part => {
    expect([{}, through('ec2'), through('rds'), through('secretsmanager', 'us-east-1')].filter(each => may(part, 'kms:Decrypt', each))).toEqual([]);
  });

  test.each(['KeyPair', 'Rotation'])('%s: whoever puts a value into a secret may make a data key', part => {
    expect(may(part, 'kms:GenerateDataKey', through('secretsmanager'))).toBe(true);
  });

  test.each(['Manager', 'Workers'])('%s: nodes put no value into a secret, so they make no data key', part => {
    expect(may(part, 'kms:GenerateDataKey', through('secretsmanager'))).toBe(false);
  });

  test('the function that rotates may read its environment', () => {
    expect(may('Rotation', 'kms:Decrypt', through('lambda'))).toBe(true);
  });

  test('have no more than they need', () => {
    testing.LeastPrivilege.assertNoFindings(testing.SynthesizedStacks.of(ofTheApp.stack));
  });
});

const messages = (stack: Stack): string[] => Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('importedKey')).map(each => String(each.entry.data));

describe('an imported key', () => {
  const stack = testStack();
  all(stack, kms.Key.fromKeyArn(stack, 'Key', KEY_ARN));
  const said = messages(stack);
  const statements: Statement[] = JSON.parse(/\[\n[\s\S]*\n\]/.exec(said[0])![0]);

  test('has one warning, which names it', () => {
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(`the policy of key ${KEY_ARN} cannot be changed from this app`);
    expect(said[0]).toContain('[ack: cdk-wso2-cluster:importedKey]');
  });

  test('whose statements are those that a key of the app gets', () => {
    const sid = (each: Statement): string => each.Sid ?? String(each.Principal?.Service);
    const same = ofTheApp.policy.filter(each => statements.some(other => sid(other) === sid(each)));
    expect([...statements].sort((a, b) => sid(a).localeCompare(sid(b)))).toEqual(
      same.map(each => ({ ...each, Action: list(each.Action) })).sort((a, b) => sid(a).localeCompare(sid(b))));
    expect(statements).toHaveLength(9);
  });

  test.each(NEEDED.map(each => [`${each.principal![1]}: ${each.action}`, each] as const))('whose statements allow %s', (_title, each) => {
    expect(allowedBy(statements, each)).toBe(true);
  });

  test('whose statements hold nothing that only CloudFormation knows', () => {
    expect(JSON.stringify(statements)).not.toMatch(/[<>{]AWS::|Token|Fn::|"Ref"/);
    expect(new Set(statements.map(each => each.Sid)).size).toBe(statements.length);
  });

  test('can be acknowledged', () => {
    const other = testStack();
    const { Annotations: annotations } = jest.requireActual('aws-cdk-lib');
    annotations.of(other).acknowledgeWarning('cdk-wso2-cluster:importedKey', 'its owner has added them');
    all(other, kms.Key.fromKeyArn(other, 'Key', KEY_ARN));
    expect(messages(other)).toEqual([]);
  });

  test('in a stack without account and region tells both', () => {
    const agnostic = new Stack(testApp(), 'Agnostic');
    gateway(agnostic, { encryptionKey: kms.Key.fromKeyArn(agnostic, 'Key', KEY_ARN) });
    expect(messages(agnostic)).toHaveLength(1);
    expect(messages(agnostic)[0]).toContain(`"aws:PrincipalArn": "${AUTO_SCALING}"`);
  });
});

test('a key of another stack of the app', () => {
  const app = testApp();
  const key = new kms.Key(testStack(app, 'Keys'), 'Key');
  const stack = testStack(app);
  all(stack, key);
  const [[, { KeyPolicy }]] = resourcesOf(Template.fromStack(Stack.of(key)), 'AWS::KMS::Key');
  for (const each of NEEDED) expect(allowedBy(withoutAccount(deployed(KeyPolicy.Statement)), each)).toBe(true);
});

test('two clusters with one key have its statements once', () => {
  const stack = testStack();
  const encryptionKey = new kms.Key(stack, 'Key');
  for (const id of ['One', 'Two']) gateway(stack, { encryptionKey }, id);
  const [[, { KeyPolicy }]] = resourcesOf(Template.fromStack(stack), 'AWS::KMS::Key');
  const texts = KeyPolicy.Statement.map((each: unknown) => JSON.stringify(each));
  expect(new Set(texts).size).toBe(texts.length);
  const sids = KeyPolicy.Statement.flatMap((each: Statement) => each.Sid ?? []);
  expect(new Set(sids).size).toBe(sids.length);
});

test('keys of parts go before the cluster\'s', () => {
  const stack = testStack();
  const [cluster, logs, files] = ['Cluster', 'Logs', 'Files'].map(id => new kms.Key(stack, id));
  gateway(stack, {
    encryptionKey: cluster,
    operations: Operations.cloudWatch({ encryptionKey: logs }),
    deploymentSynchronizer: DeploymentSynchronizer.efs({ encryptionKey: files }),
  });
  const template = Template.fromStack(stack);
  const keyOf = (each: kms.Key): string => `<${stack.getLogicalId(each.node.defaultChild as kms.CfnKey)}>`;
  const groups = resourcesOf(template, 'AWS::Logs::LogGroup').filter(([id]) => id.includes('Operations')).map(([, each]) => deployed(each.KmsKeyId));
  expect(new Set(groups)).toEqual(new Set([keyOf(logs)]));
  expect(resourcesOf(template, 'AWS::EFS::FileSystem').map(([, each]) => deployed(each.KmsKeyId))).toEqual([keyOf(files)]);
  expect(resourcesOf(template, 'AWS::SNS::Topic').map(([, each]) => deployed(each.KmsMasterKeyId))).toEqual([keyOf(cluster)]);
});

test('without a key nothing has one but the topic, which has its own', () => {
  const stack = testStack();
  gateway(stack, { deploymentSynchronizer: DeploymentSynchronizer.efs() });
  const template = Template.fromStack(stack);
  const keys = Object.entries(template.toJSON().Resources as Record<string, any>)
    .filter(([, each]) => !each.Type.startsWith('AWS::KMS') && /"(KmsKeyId|KmsKeyArn|KmsMasterKeyId)"/.test(JSON.stringify(each.Properties ?? {}))).map(([, each]) => each.Type);
  expect(keys).toEqual(['AWS::SNS::Topic']);
  expect(JSON.stringify(template.findResources('AWS::IAM::Policy'))).not.toContain('kms:');
});

describe('a key that cannot serve is refused', () => {
  const refused = (key: (stack: Stack, app: App) => kms.IKey, overrides?: (key: kms.IKey) => Partial<CarbonClusterProps>): string => {
    const app = testApp();
    const stack = testStack(app);
    const made = key(stack, app);
    try { gateway(stack, overrides?.(made) ?? { encryptionKey: made }); } catch (problem) { return (problem as Error).message; }
    return 'nothing';
  };
  const elsewhere = (stack: Stack): kms.IKey => kms.Key.fromKeyArn(stack, 'Key', KEY_ARN.replace(ENV.region, 'us-east-1'));

  test.each<[string, (stack: Stack, app: App) => kms.IKey, string]>([
    ['of another region', elsewhere, 'encryptionKey must be a key of region eu-west-1, where the stack is, got a key of region us-east-1: create one in eu-west-1'],
    ['of a stack in another region', (_stack, app) => new kms.Key(testStack(app, 'Far', { account: ENV.account, region: 'us-east-1' }), 'Key'),
      'encryptionKey must be a key of region eu-west-1, where the stack is, got a key of region us-east-1: create one in eu-west-1'],
    ['of another account', stack => kms.Key.fromKeyArn(stack, 'Key', KEY_ARN.replace(ENV.account, '222222222222')),
      'encryptionKey must be a key of account 111111111111, where the stack is, got a key of account 222222222222: '
      + 'Auto Scaling uses a key of a different account only by a grant that no policy takes the place of'],
    ['by its alias', stack => kms.Alias.fromAliasName(stack, 'Key', 'alias/carbon'),
      "encryptionKey must be a key, got the alias 'alias/carbon': use Key.fromLookup() with its aliasName, or Key.fromKeyArn()"],
    ['by an alias of the app', stack => new kms.Alias(stack, 'Alias', { aliasName: 'alias/carbon', targetKey: new kms.Key(stack, 'Key') }),
      "encryptionKey must be a key, got the alias 'Test/Alias': use Key.fromLookup() with its aliasName, or Key.fromKeyArn()"],
    ['by the ARN of an alias', stack => kms.Key.fromKeyArn(stack, 'Key', KEY_ARN.replace(/key\/.*/, 'alias/carbon')),
      "encryptionKey must be a key, got the alias 'carbon': use Key.fromLookup() with its aliasName, or Key.fromKeyArn()"],
    ['for signatures', stack => new kms.Key(stack, 'Key', { keySpec: kms.KeySpec.RSA_2048, keyUsage: kms.KeyUsage.SIGN_VERIFY }),
      'encryptionKey must be a key with keySpec SYMMETRIC_DEFAULT, got RSA_2048: leave keySpec of the key out'],
  ])('%s', (_what, key, message) => { expect(refused(key)).toBe(message); });

  test('for logs', () => {
    expect(refused(elsewhere, encryptionKey => ({ operations: Operations.cloudWatch({ encryptionKey }) })))
      .toBe('encryptionKey of Operations.cloudWatch must be a key of region eu-west-1, where the stack is, got a key of region us-east-1: create one in eu-west-1');
  });

  test('for a file system', () => {
    expect(refused(elsewhere, encryptionKey => ({ deploymentSynchronizer: DeploymentSynchronizer.efs({ encryptionKey }) })))
      .toBe('encryptionKey of DeploymentSynchronizer.efs must be a key of region eu-west-1, where the stack is, got a key of region us-east-1: create one in eu-west-1');
  });

  test('but a key that is looked up serves', () => {
    const stack = testStack();
    expect(() => gateway(stack, { encryptionKey: kms.Key.fromLookup(stack, 'Key', { aliasName: 'alias/carbon' }), product: CarbonProduct.apiManager('2.2.0') })).not.toThrow();
  });
});
