import { join } from 'node:path';
import { CustomResource, Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { allowLogs } from '../access/key-access';
import { grantSecretPut, grantSecretValue } from '../access/secret-access';

export interface GeneratedKeyPairProps {
  /** Has a password and an alias; gets the key pair. */
  readonly secret: secretsmanager.ISecret;
  /** Names of the servers, for the certificate. */
  readonly names: readonly string[];
  /** Encrypts the function's log. */
  readonly encryptionKey?: kms.IKey;
}

/** Beside this file in the sources and in the package. */
const FUNCTION = join(__dirname, 'key-pair', 'function');
const TIMEOUT = Duration.minutes(3);
const TYPE = 'Custom::KeyPair';

/** Makes the key pair of the cluster at deployment, so that no node needs the right to write the secret: see the README. */
export class GeneratedKeyPair extends Construct {
  public constructor(scope: Construct, id: string, { secret, names, encryptionKey }: GeneratedKeyPairProps) {
    super(scope, id);
    if (encryptionKey) allowLogs(this, encryptionKey);
    const logGroup = new logs.LogGroup(this, 'Log', {
      retention: logs.RetentionDays.ONE_YEAR, removalPolicy: RemovalPolicy.DESTROY, encryptionKey,
    });
    const role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    grantSecretValue(secret, role);
    grantSecretPut(secret, role);
    // Without logs:CreateLogGroup: Lambda would make the group again after the stack has deleted it.
    role.addToPolicy(new iam.PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] }));
    const handler = new lambda.Function(this, 'Function', {
      description: 'Makes the key pair of a WSO2 Carbon cluster',
      code: lambda.Code.fromAsset(FUNCTION),
      handler: 'index.handler',
      runtime: lambda.Runtime.NODEJS_24_X,
      memorySize: 512,
      timeout: TIMEOUT,
      role,
      logGroup,
    });
    const resource = new CustomResource(this, 'Resource', {
      resourceType: TYPE,
      serviceToken: handler.functionArn,
      serviceTimeout: TIMEOUT,
      properties: { Secret: secret.secretArn, Names: names },
    });
    resource.node.addDependency(role);
  }
}
