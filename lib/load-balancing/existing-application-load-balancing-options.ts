import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';

/** Options of `LoadBalancing.existingApplication`. */
export interface ExistingApplicationLoadBalancingOptions {
  /** The load balancer. Its subnets, clients and attributes are its owner's: the cluster's `clients` and `internetFacing` say nothing about it. */
  readonly loadBalancer: elbv2.IApplicationLoadBalancer;

  /**
   * Its HTTPS listener. One that is imported must name its security group, or the nodes are closed to it. The cluster's `tlsPolicy` must
   * be the listener's policy, because nodes offer what such a load balancer speaks to them.
   */
  readonly listener: elbv2.IApplicationListener;

  /**
   * Priority of the rule for the services' host name; the console's is the next higher. Of all who use the listener each needs its own.
   * 1 to 49999.
   */
  readonly priority: number;

  /**
   * Port of the listener, which addresses that nodes make have.
   *
   * @default 443
   */
  readonly port?: number;
}
