import { join } from 'node:path';
import { CustomResource, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { allowLogs, allowThrough, through } from './key-access';

export interface AccessKeyRotationProps {
  readonly user: iam.IUser;
  /** Region in which members look for each other. */
  readonly region: string;
  /** Encrypts the environment and the log of the function, and the secret. */
  readonly encryptionKey?: kms.IKey;
}

/** Beside this file in the sources and in the package. */
const FUNCTION = join(__dirname, 'rotation', 'function');

/** A new key is tried for two minutes. */
const TIMEOUT = Duration.minutes(3);

/** What the events of the stack call it. */
const KEYS_TYPE = 'Custom::MembershipAccessKeys';

/**
 * The function that rotates the access keys of a user, with what it may do, and what has it called.
 *
 * It comes before the first key: whatever goes with the user must be there longer than any of its keys.
 */
export class AccessKeyRotation extends Construct {
  /** Present as long as the user has keys that CloudFormation does not know: going, it takes them away. */
  public readonly keys: CustomResource;
  private readonly role: iam.Role;
  private readonly function: lambda.Function;

  public constructor(scope: Construct, id: string, props: AccessKeyRotationProps) {
    super(scope, id);
    const { user, region, encryptionKey } = props;
    if (encryptionKey) {
      allowLogs(this, encryptionKey);
      allowThrough(this, encryptionKey, 'lambda');
    }
    const logGroup = new logs.LogGroup(this, 'Log', {
      retention: logs.RetentionDays.ONE_YEAR, removalPolicy: RemovalPolicy.DESTROY, encryptionKey,
    });
    this.role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    const keyPolicy = new iam.Policy(this, 'KeyPolicy', { roles: [this.role], statements: [
      new iam.PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] }),
      new iam.PolicyStatement({
        actions: ['CreateAccessKey', 'DeleteAccessKey', 'GetAccessKeyLastUsed', 'ListAccessKeys', 'UpdateAccessKey'].map(each => `iam:${each}`),
        resources: [user.userArn],
      }),
      ...(encryptionKey ? [this.useOfKey(encryptionKey)] : []),
    ] });
    this.function = new lambda.Function(this, 'Function', {
      description: 'Rotates the access key with which the members of a WSO2 Carbon cluster find each other',
      code: lambda.Code.fromAsset(FUNCTION),
      handler: 'index.handler',
      runtime: lambda.Runtime.NODEJS_24_X,
      memorySize: 256,
      timeout: TIMEOUT,
      role: this.role,
      logGroup,
      environment: { USER_NAME: user.userName, MEMBERSHIP_REGION: region },
    });
    // `environmentEncryption` would also let the function encrypt and re-encrypt whatever it likes.
    if (encryptionKey) (this.function.node.defaultChild as lambda.CfnFunction).kmsKeyArn = encryptionKey.keyArn;
    this.function.node.addDependency(keyPolicy);
    this.keys = new CustomResource(this, 'Keys', {
      resourceType: KEYS_TYPE, serviceToken: this.function.functionArn, serviceTimeout: TIMEOUT, properties: { UserName: user.userName },
    });
  }

  /** It reads its environment, and the secret, into which it puts new keys. */
  private useOfKey(key: kms.IKey): iam.PolicyStatement {
    return new iam.PolicyStatement({
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [key.keyArn], conditions: through(this, 'lambda', 'secretsmanager'),
    });
  }

  /** Rotates the user's key in a secret; not at once, because the one that is in it is new. */
  public rotate(secret: secretsmanager.ISecret, interval: Duration): void {
    const policy = new iam.Policy(this, 'SecretPolicy', { roles: [this.role], statements: [new iam.PolicyStatement({
      actions: ['GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage'].map(each => `secretsmanager:${each}`),
      resources: [secret.secretArn],
    })] });
    this.function.addPermission('SecretsManager', {
      principal: new iam.ServicePrincipal('secretsmanager.amazonaws.com'), sourceAccount: Stack.of(this).account,
    });
    const schedule = new secretsmanager.CfnRotationSchedule(this, 'Schedule', {
      secretId: secret.secretArn,
      rotationLambdaArn: this.function.functionArn,
      rotationRules: { automaticallyAfterDays: interval.toDays() },
      rotateImmediatelyOnUpdate: false,
    });
    // It has the function called before it is complete.
    schedule.node.addDependency(policy, this.function);
    this.retireDaily(secret);
  }

  /** A level-1 rule: the targets module of level 2 loads half of the CDK. */
  private retireDaily(secret: secretsmanager.ISecret): void {
    const rule = new events.CfnRule(this, 'Retirement', {
      description: 'Disables access keys that were replaced and are no longer used',
      scheduleExpression: 'rate(1 day)',
      targets: [{ id: 'Function', arn: this.function.functionArn, input: Stack.of(this).toJsonString({ retire: secret.secretArn }) }],
    });
    this.function.addPermission('Retirement', { principal: new iam.ServicePrincipal('events.amazonaws.com'), sourceArn: rule.attrArn });
  }
}
