import { Duration, RemovalPolicy, SecretValue } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { AccessKeyRotation } from './access-key-rotation';

export interface MembershipCredentialsProps {
  /** What the user may do. */
  readonly policy: iam.IManagedPolicy;
  /** Region in which members look for each other. */
  readonly region: string;
  /** How often there is a new key. */
  readonly rotation: Duration;
  /** Encrypts the secret, and the environment and the log of the function that rotates it. */
  readonly encryptionKey?: kms.IKey;
}

/**
 * An IAM user for kernels whose Hazelcast cannot use the instance's role. Its access key goes from CloudFormation
 * straight into a secret; it is in no template, no user data and no log. Later ones are made by the rotation: see the README.
 */
export class MembershipCredentials extends Construct {
  /** Holds `accessKeyId` and `secretAccessKey`. */
  public readonly secret: secretsmanager.ISecret;
  public readonly user: iam.User;

  public constructor(scope: Construct, id: string, props: MembershipCredentialsProps) {
    super(scope, id);
    this.user = new iam.User(this, 'User', { managedPolicies: [props.policy] });
    const rotation = new AccessKeyRotation(this, 'Rotation', {
      user: this.user, region: props.region, encryptionKey: props.encryptionKey,
    });
    this.secret = new secretsmanager.Secret(this, 'Secret', {
      description: 'Access key with which the members of a WSO2 Carbon cluster find each other',
      encryptionKey: props.encryptionKey,
      // A change of this value would bring the first key back, which may be long gone: CloudFormation writes it when it changes.
      secretObjectValue: this.firstKey(rotation),
    });
    rotation.rotate(this.secret, props.rotation);
  }

  /**
   * CloudFormation makes it, so that nodes need not wait for a rotation, and never takes it away, except when it rolls its own creation
   * back: the rotation will have done that long before.
   */
  private firstKey(rotation: AccessKeyRotation): Record<string, SecretValue> {
    const key = new iam.AccessKey(this, 'AccessKey', { user: this.user });
    key.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    key.node.addDependency(rotation.keys);
    return { accessKeyId: SecretValue.resourceAttribute(key.accessKeyId), secretAccessKey: key.secretAccessKey };
  }
}
