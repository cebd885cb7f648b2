import { Duration } from 'aws-cdk-lib';

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
}
