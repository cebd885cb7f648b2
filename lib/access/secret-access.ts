import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';

/** Only the value: `ISecret.grantRead` also lets its holder describe the secret, which no node needs. */
export function grantSecretValue(secret: secretsmanager.ISecret, grantee: iam.IGrantable): iam.Grant {
  secret.encryptionKey?.grantDecrypt(grantee);
  return iam.Grant.addToPrincipal({ grantee, actions: ['secretsmanager:GetSecretValue'], resourceArns: [secret.secretArn] });
}

/** Only a new value: `ISecret.grantWrite` also lets its holder change the secret itself. */
export function grantSecretPut(secret: secretsmanager.ISecret, grantee: iam.IGrantable): iam.Grant {
  secret.encryptionKey?.grantEncrypt(grantee);
  return iam.Grant.addToPrincipal({ grantee, actions: ['secretsmanager:PutSecretValue'], resourceArns: [secret.secretArn] });
}
