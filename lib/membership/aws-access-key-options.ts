import { Duration } from 'aws-cdk-lib';

/** Options of `AwsMembershipCredentials.accessKey`. */
export interface AwsAccessKeyOptions {
  /**
   * Time from one key to the next, whole days from 14 to 1000. Every server has to start at least once in that time.
   *
   * @default Duration.days(90)
   */
  readonly rotation?: Duration;
}
