import { Duration } from 'aws-cdk-lib';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';

/** Options of `LoadBalancing.application`. */
export interface ApplicationLoadBalancingOptions {
  /**
   * How long a connection on which nothing is sent stays open, 1 to 4000 seconds. A service that thinks longer needs more.
   *
   * @default - 60 seconds
   */
  readonly idleTimeout?: Duration;

  /**
   * Protocols and ciphers that clients may use.
   *
   * @default - ELBSecurityPolicy-TLS13-1-2-Res-2021-06: TLS 1.2 and 1.3 with forward secrecy and authenticated encryption
   */
  readonly sslPolicy?: elbv2.SslPolicy;

  /**
   * A listener on port 80 sends clients to the same address by HTTPS.
   *
   * @default - false: port 80 is closed
   */
  readonly redirectHttp?: boolean;
}
