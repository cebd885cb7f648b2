import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';

/** With what the members sign their calls of the EC2 API in the `aws` membership scheme. */
export class AwsMembershipCredentials {
  /** The access key of an IAM user that is made for this cluster; it is only in a secret. */
  public static accessKey(): AwsMembershipCredentials {
    return new AwsMembershipCredentials('access-key');
  }

  /** An access key that you have: a secret with the JSON fields `accessKeyId` and `secretAccessKey`. */
  public static fromSecret(secret: secretsmanager.ISecret): AwsMembershipCredentials {
    return new AwsMembershipCredentials('access-key', secret);
  }

  /**
   * The role of the instances. Hazelcast 3.5 cannot use it.
   */
  public static instanceRole(): AwsMembershipCredentials {
    return new AwsMembershipCredentials('instance-role');
  }

  /** @internal */
  public readonly _mode: 'access-key' | 'instance-role';
  /** @internal */
  public readonly _secret?: secretsmanager.ISecret;

  private constructor(mode: 'access-key' | 'instance-role', secret?: secretsmanager.ISecret) {
    this._mode = mode;
    this._secret = secret;
  }
}
