import { ArnFormat, Aws, CfnResource, Resource, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { allowInPolicy, isOfOtherAccount } from './resource-policies';

/** Services that use a key on behalf of whoever calls them, and their part of `kms:ViaService`. */
export type ViaService = 'elasticfilesystem' | 'lambda' | 'rds' | 's3' | 'secretsmanager';

const SIDS: Readonly<Record<ViaService, string>> = {
  elasticfilesystem: 'FileSystemsOfThisAccount',
  lambda: 'FunctionsOfThisAccount',
  rds: 'DatabasesOfThisAccount',
  s3: 'ObjectsForThisAccount',
  secretsmanager: 'SecretsForThisAccount',
};
const USE = ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'];
const EVENTS = new iam.ServicePrincipal('events.amazonaws.com');
const CLOUDWATCH = new iam.ServicePrincipal('cloudwatch.amazonaws.com');

/**
 * Auto Scaling's own role may encrypt volumes with a key: both statements of "Required AWS KMS key policy for use with encrypted volumes" in
 * the Amazon EC2 Auto Scaling User Guide.
 *
 * AWS's example has the role as the principal. KMS refuses a policy with a principal that does not exist, and Auto Scaling creates this role
 * with the first group of the account (terraform-aws-modules/terraform-aws-eks#3013). The account as the principal would not do: it leaves the
 * decision to IAM, whose policies of this role know no key of a customer. So the principal is any and conditions name account and role, as in
 * the key policies of AWS's own services and in that of the CDK's bootstrap stack.
 */
export function allowVolumes(scope: Construct, key: kms.IKey): void {
  const stack = Stack.of(scope);
  const role = stack.formatArn({
    service: 'iam', region: '', resource: 'role', resourceName: 'aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling',
  });
  const statement = (sid: string, actions: string[], conditions: Record<string, unknown>): iam.PolicyStatement => new iam.PolicyStatement({
    sid,
    principals: [new iam.AnyPrincipal()],
    actions,
    resources: ['*'],
    conditions: { StringEquals: { 'kms:CallerAccount': stack.account }, ArnEquals: { 'aws:PrincipalArn': role }, ...conditions },
  });
  allow(scope, key,
    statement('AutoScalingUsesVolumes', USE, {}),
    statement('AutoScalingAttachesVolumes', ['kms:CreateGrant'], { Bool: { 'kms:GrantIsForAWSResource': 'true' } }),
  );
}

/** As CloudWatch Logs asks for it: its own service in this region, for log groups of this account. */
export function allowLogs(scope: Construct, key: kms.IKey): void {
  allow(scope, key, new iam.PolicyStatement({
    principals: [new iam.ServicePrincipal('logs.amazonaws.com')],
    actions: USE,
    resources: ['*'],
    conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': Stack.of(scope).formatArn({ service: 'logs', resource: '*' }) } },
  }));
}

/** What CloudWatch needs of the key of a topic that alarms publish to. */
export function allowAlarms(scope: Construct, key: kms.IKey): void {
  allow(scope, key, new iam.PolicyStatement({
    sid: 'AlarmsOfThisAccount',
    principals: [CLOUDWATCH],
    actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
    resources: ['*'],
    conditions: alarmsOfThisAccount(scope),
  }));
}

/** What CloudWatch needs of a topic that alarms publish to. */
export function alarmsPublish(scope: Construct, topicArn: string): iam.PolicyStatement {
  return new iam.PolicyStatement({
    sid: 'AlarmsOfThisAccount', principals: [CLOUDWATCH], actions: ['sns:Publish'], resources: [topicArn], conditions: alarmsOfThisAccount(scope),
  });
}

function alarmsOfThisAccount(scope: Construct): Record<string, Record<string, string>> {
  const alarms = Stack.of(scope).formatArn({ service: 'cloudwatch', resource: 'alarm', resourceName: '*', arnFormat: ArnFormat.COLON_RESOURCE_NAME });
  return { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID }, ArnLike: { 'aws:SourceArn': alarms } };
}

/** What EventBridge needs of the key of a queue that rules send events to ("Amazon SQS: encrypted queues" in the Amazon EventBridge User Guide). */
export function allowEvents(scope: Construct, key: kms.IKey): void {
  allow(scope, key, new iam.PolicyStatement({
    sid: 'EventsOfThisAccount',
    principals: [EVENTS],
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    resources: ['*'],
    conditions: rulesOfThisAccount(scope),
  }));
}

/** What EventBridge needs of a queue that rules send events to. */
export function rulesSend(scope: Construct, queueArn: string): iam.PolicyStatement {
  return new iam.PolicyStatement({
    sid: 'EventsOfThisAccount', principals: [EVENTS], actions: ['sqs:SendMessage'], resources: [queueArn], conditions: rulesOfThisAccount(scope),
  });
}

function rulesOfThisAccount(scope: Construct): Record<string, Record<string, string>> {
  const rules = Stack.of(scope).formatArn({ service: 'events', resource: 'rule', resourceName: '*' });
  return { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID }, ArnLike: { 'aws:SourceArn': rules } };
}

/** Whom IAM lets do so in this account, creates what a service encrypts with a key, and uses it through that service. */
export function allowThrough(scope: Construct, key: kms.IKey, service: ViaService): void {
  allow(scope, key, throughService(scope, service, [...USE, 'kms:CreateGrant']));
}

/**
 * Lets a role decrypt with a key through a service, and nowhere else. The policy of a key of the app leaves the decision to IAM already; that of an
 * imported one, or of one in another account, must do so.
 */
export function grantThrough(role: iam.IRole, key: kms.IKey, service: ViaService, actions: readonly string[]): void {
  iam.Grant.addToPrincipal({ grantee: role, actions: [...actions], resourceArns: [key.keyArn], conditions: through(role, service) });
  if (isOfThisApp(key) && !isOfOtherAccount(role, key)) return;
  allow(role, key, throughService(role, service, actions));
}

/** Asks the owner of a key to leave it to IAM who decrypts with it through a service. */
export function allowDecryption(scope: Construct, key: kms.IKey, service: ViaService): void {
  allow(scope, key, throughService(scope, service, ['kms:Decrypt']));
}

/** `Key.fromCfnKey` hangs below the level-1 key whose policy it changes. */
export function isOfThisApp(key: kms.IKey): boolean {
  return Resource.isOwnedResource(key) || CfnResource.isCfnResource(key.node.scope!);
}

function throughService(scope: Construct, service: ViaService, actions: readonly string[]): iam.PolicyStatement {
  return new iam.PolicyStatement({
    sid: SIDS[service],
    principals: [new iam.AccountPrincipal(Stack.of(scope).account)],
    actions: [...actions],
    resources: ['*'],
    conditions: through(scope, service),
  });
}

/** In China the names of services have one more ending. */
export function through(scope: Construct, ...services: readonly ViaService[]): Record<string, Record<string, string[]>> {
  const { region } = Stack.of(scope);
  return { StringLike: { 'kms:ViaService': services.map(each => `${each}.${region}.amazonaws.com*`) } };
}

function allow(scope: Construct, key: kms.IKey, ...statements: iam.PolicyStatement[]): void {
  allowInPolicy(scope, { kind: 'key', arn: key.keyArn, resource: key }, ...statements);
}

/**
 * @throws if the key cannot encrypt what is in the stack: it is an alias, of another region, or not symmetric
 */
export function checkKey(property: string, key: kms.IKey, scope: Construct): void {
  const { region } = Stack.of(scope);
  if ('aliasName' in key || /:alias\//.test(key.keyArn)) {
    const name = Token.isUnresolved(key.keyId) ? key.node.path : key.keyId;
    throw new Error(`${property} must be a key, got the alias '${name}': use Key.fromLookup() with its aliasName, or Key.fromKeyArn()`);
  }
  const keyRegion = key.env.region;
  if (!Token.isUnresolved(region) && !Token.isUnresolved(keyRegion) && region !== keyRegion) {
    throw new Error(`${property} must be a key of region ${region}, where the stack is, got a key of region ${keyRegion}: create one in ${region}`);
  }
  const { keySpec = kms.KeySpec.SYMMETRIC_DEFAULT } = (key.node.defaultChild ?? {}) as { readonly keySpec?: string };
  if (keySpec === kms.KeySpec.SYMMETRIC_DEFAULT || Token.isUnresolved(keySpec)) return;
  throw new Error(`${property} must be a key with keySpec ${kms.KeySpec.SYMMETRIC_DEFAULT}, got ${keySpec}: leave keySpec of the key out`);
}

/** @throws if the key cannot encrypt all that is in a cluster, volumes included */
export function checkClusterKey(property: string, key: kms.IKey, scope: Construct): void {
  checkKey(property, key, scope);
  if (!isOfOtherAccount(scope, key)) return;
  throw new Error(`${property} must be a key of account ${Stack.of(scope).account}, where the stack is, got a key of account ${key.env.account}: `
    + 'Auto Scaling uses a key of a different account only by a grant that no policy takes the place of');
}
