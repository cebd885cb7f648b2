import { SecretValue } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';

export interface MembershipCredentialsProps {
  /** What the user may do. */
  readonly policy: iam.IManagedPolicy;
}

/**
 * An IAM user for kernels whose Hazelcast cannot use the instance's role. Its access key goes from CloudFormation
 * straight into a secret; it is in no template, no user data and no log.
 */
export class MembershipCredentials extends Construct {
  /** Holds `accessKeyId` and `secretAccessKey`. */
  public readonly secret: secretsmanager.ISecret;
  public readonly user: iam.User;

  public constructor(scope: Construct, id: string, props: MembershipCredentialsProps) {
    super(scope, id);
    this.user = new iam.User(this, 'User', { managedPolicies: [props.policy] });
    const key = new iam.AccessKey(this, 'AccessKey', { user: this.user });
    this.secret = new secretsmanager.Secret(this, 'Secret', {
      description: 'Access key with which the members of a WSO2 Carbon cluster find each other',
      secretObjectValue: {
        accessKeyId: SecretValue.resourceAttribute(key.accessKeyId),
        secretAccessKey: key.secretAccessKey,
      },
    });
  }
}
