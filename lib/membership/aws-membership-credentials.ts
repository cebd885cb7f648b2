import { Duration } from 'aws-cdk-lib';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { AwsAccessKeyOptions } from './aws-access-key-options';

const DEFAULT_ROTATION = Duration.days(90);

/** With what the members sign their calls of the EC2 API in the `aws` membership scheme. */
export class AwsMembershipCredentials {
  /**
   * The access key of an IAM user that is made for this cluster. It is only in a secret, and rotated there.
   *
   * A rotation makes a second key, tries it, and puts it into the secret; servers take it when they start. The key before it stays
   * active as long as the server of any node holds it, is disabled once that was not so for 7 days, and is deleted by the next
   * rotation. A rotation that would have to delete a key which is held fails and changes nothing: restart the servers at least once
   * between two rotations.
   *
   * @throws if the interval of rotation is none
   */
  public static accessKey(options: AwsAccessKeyOptions = {}): AwsMembershipCredentials {
    const rotation = options.rotation ?? DEFAULT_ROTATION;
    checkRotation(rotation);
    return new AwsMembershipCredentials('access-key', undefined, rotation);
  }

  /**
   * An access key that you have, and rotate yourself: a secret with the JSON fields `accessKeyId` and `secretAccessKey`. A key that
   * was replaced must stay active until the servers of all nodes have started again: each node uses the one that its server
   * holds once a day, so that IAM tells.
   */
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
  /** @internal */
  public readonly _rotation: Duration;

  private constructor(mode: 'access-key' | 'instance-role', secret?: secretsmanager.ISecret, rotation = DEFAULT_ROTATION) {
    this._mode = mode;
    this._secret = secret;
    this._rotation = rotation;
  }
}

/** Shorter than 14 days, a key could not be unused for 7 of them before its place is needed; Secrets Manager takes up to 1000. */
function checkRotation(rotation: Duration): void {
  if (rotation.isUnresolved()) throw new Error('rotation must be known at synthesis, give a literal duration');
  const days = rotation.toDays({ integral: false });
  if (Number.isInteger(days) && days >= 14 && days <= 1000) return;
  throw new Error(`rotation of ${days} days is none, give whole days from 14 to 1000`);
}
