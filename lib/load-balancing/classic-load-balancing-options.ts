import { Duration } from 'aws-cdk-lib';
import { ClassicListener } from './classic-listener';

/** How a Classic load balancer asks nodes for their health. */
export enum ClassicHealthCheckProtocol {
  /** A request to the product by HTTPS, which must be answered with 200. */
  HTTPS = 'HTTPS',
  /** A TLS handshake. */
  SSL = 'SSL',
  /** A connection; it says that the port is open, not that the product serves. */
  TCP = 'TCP',
}

/** Options of `LoadBalancing.classic`. */
export interface ClassicLoadBalancingOptions {
  /**
   * Listeners of the load balancer before the services.
   *
   * @default - HTTPS on port 443
   */
  readonly serviceListeners?: ClassicListener[];

  /**
   * Listeners of the load balancer before the console. It has no use where services and console have one host name.
   *
   * @default - HTTPS on port 443
   */
  readonly consoleListeners?: ClassicListener[];

  /**
   * How nodes are asked for their health.
   *
   * @default - as the product's profile has it, by HTTPS for most, where listeners end TLS and the nodes run Java 8 or older or have
   * `rsaKeyExchange`; TCP to the same port elsewhere. A Classic load balancer is only known to offer RSA key exchange when it asks by TLS,
   * which newer builds of Java 11 and later have disabled
   */
  readonly healthCheckProtocol?: ClassicHealthCheckProtocol;

  /**
   * Nodes take part in RSA key exchange also where their build of Java has it disabled. It is all that a Classic load balancer is known
   * to offer; whoever has recorded its connections and comes to have the node's key can read them.
   *
   * @default - false: on Java 11 and later the nodes count on DHE, which a Classic load balancer is likely to offer, and synthesis warns
   */
  readonly rsaKeyExchange?: boolean;

  /**
   * How long a connection on which nothing is sent stays open, 1 to 4000 seconds. A service that thinks longer needs more.
   *
   * @default - 60 seconds
   */
  readonly idleTimeout?: Duration;

  /**
   * A node that is told to leave gets this long to finish what it serves, in whole seconds up to an hour.
   *
   * @default Duration.seconds(60)
   */
  readonly connectionDrainingTimeout?: Duration;
}
