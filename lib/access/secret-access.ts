import { Lazy, Resource, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { grantThrough } from './key-access';
import { allowInPolicy, isOfOtherAccount } from './resource-policies';

/** What Secrets Manager appends to the name of a secret: a hyphen and six characters. */
const SUFFIX = /-[A-Za-z0-9]{6}$/;
const ANY_SUFFIX = '-??????';

/** Only the value: `ISecret.grantRead` also lets its holder describe the secret, which no node needs. */
export function grantSecretValue(secret: secretsmanager.ISecret, role: iam.IRole): void {
  grant(secret, role, 'secretsmanager:GetSecretValue', ['kms:Decrypt']);
}

/** Only a new value: `ISecret.grantWrite` also lets its holder change the secret itself. */
export function grantSecretPut(secret: secretsmanager.ISecret, role: iam.IRole): void {
  grant(secret, role, 'secretsmanager:PutSecretValue', ['kms:Decrypt', 'kms:GenerateDataKey']);
}

/** KMS actions are those of "Secret encryption and decryption in AWS Secrets Manager" in its User Guide. */
function grant(secret: secretsmanager.ISecret, role: iam.IRole, action: string, keyActions: readonly string[]): void {
  checkPlace(secret, role);
  iam.Grant.addToPrincipal({ grantee: role, actions: [action], resourceArns: [secretPolicyArn(secret)] });
  if (secret.encryptionKey) grantThrough(role, secret.encryptionKey, 'secretsmanager', keyActions);
  if (!isOfOtherAccount(role, secret)) return;
  allowInPolicy(role, { kind: 'secret', arn: secret.secretArn, resource: secret }, new iam.PolicyStatement({
    principals: [new iam.AccountPrincipal(Stack.of(role).account)], actions: [action], resources: ['*'],
  }));
}

/**
 * The ARN of a secret for the resource of a policy. IAM compares it with the whole ARN, whose last six characters are known to nobody who has only
 * the name (aws/aws-cdk#12411). That of a secret of the app is whole where the stacks share account and region; elsewhere only its name is known.
 */
export function secretPolicyArn(secret: secretsmanager.ISecret): string {
  const whole = secret.secretFullArn;
  if (whole === undefined || !(Token.isUnresolved(whole) || SUFFIX.test(whole))) return `${secret.secretArn}${ANY_SUFFIX}`;
  if (!Resource.isOwnedResource(secret)) return whole;
  return Lazy.uncachedString({ produce: ({ scope }) => {
    const consumer = Stack.of(scope);
    return secret.stack.account === consumer.account && secret.stack.region === consumer.region ? whole : `${whole}${ANY_SUFFIX}`;
  } });
}

/**
 * What a node asks Secrets Manager for. A name that ends like the suffix would be taken for a whole ARN at the end of a partial one ("Troubleshoot
 * AWS Secrets Manager" in its User Guide), so the node asks by the name alone.
 */
export function secretId(secret: secretsmanager.ISecret): string {
  // `secretName` of a partial ARN lacks the end that looks like the suffix.
  const [, name] = secret.secretArn.split(':secret:');
  const isAmbiguous = secret.secretFullArn === undefined && name !== undefined && !Token.isUnresolved(name) && SUFFIX.test(name);
  return isAmbiguous ? name : secret.secretArn;
}

/** @throws if a node cannot read the secret whatever is granted */
function checkPlace(secret: secretsmanager.ISecret, role: iam.IRole): void {
  const { region, account } = Stack.of(role);
  const other = secret.env;
  const name = Token.isUnresolved(secret.secretArn) ? secret.node.path : secret.secretArn;
  if (!Token.isUnresolved(region) && !Token.isUnresolved(other.region) && region !== other.region) {
    throw new Error(`secret '${name}' must be in region ${region}, where nodes read it, got region ${other.region}: replicate it to ${region}`);
  }
  if (!isOfOtherAccount(role, secret)) return;
  if (!secret.encryptionKey) {
    throw new Error(`secret '${name}' is of account ${other.account} and must be encrypted with a key that account ${account} may use: `
      + 'import it by Secret.fromSecretAttributes() with its secretCompleteArn and encryptionKey');
  }
  if (secret.secretFullArn === undefined) {
    throw new Error(`secret '${name}' is of account ${other.account} and must be imported by its complete ARN, got a partial one: `
      + 'use Secret.fromSecretAttributes() with its secretCompleteArn and encryptionKey');
  }
}
