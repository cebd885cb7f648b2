import { Duration } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';

/** Options of `LoadBalancing.application`. */
export interface ApplicationLoadBalancingOptions {
  /**
   * How long a connection on which nothing is sent stays open, 1 to 4000 seconds. A service that thinks longer needs more.
   *
   * @default - 60 seconds
   */
  readonly idleTimeout?: Duration;

  /**
   * A listener on port 80 sends clients to the same address by HTTPS.
   *
   * @default - false: port 80 is closed
   */
  readonly redirectHttp?: boolean;

  /**
   * Bucket for the log of requests, in the region of the stack, which must be known. The load balancer is allowed to write there.
   *
   * @default - requests are not logged
   */
  readonly accessLogBucket?: s3.IBucket;

  /**
   * What the names of the log's objects begin with, for a bucket that several have.
   *
   * @default - nothing
   */
  readonly accessLogPrefix?: string;
}
