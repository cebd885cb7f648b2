import { AwsMembershipCredentials } from './aws-membership-credentials';

/** Options of `Membership.aws`. */
export interface AwsMembershipOptions {
  /**
   * Region whose instances are asked for.
   *
   * @default - the stack's region
   */
  readonly region?: string;

  /**
   * Port of the Hazelcast member on every node, 5701 to 5800; from Hazelcast 3.12 on 5701 to 5708, the only ports probed.
   *
   * @default 5701
   */
  readonly localMemberPort?: number;

  /**
   * With what the calls of the EC2 API are signed.
   *
   * @default - the instances' role where this Hazelcast can use it (3.12 and later), otherwise an access key in a secret
   */
  readonly credentials?: AwsMembershipCredentials;

  /**
   * Seconds that a call of the EC2 API may take. With Hazelcast 3.5 it is also the time within which a server must reach another member when it
   * starts, and at least 30: a server that reaches none in this time founds a cluster of its own.
   *
   * @default - 60 with Hazelcast 3.5; from 3.12 on Hazelcast's own, 10
   */
  readonly connTimeout?: number;
}
