import { Duration } from 'aws-cdk-lib';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { BalancedHost, BalancedTargets } from './load-balancing-host';

/** Instances that a network load balancer passes all host names on to. */
export function networkTargets(id: string, hosts: readonly BalancedHost[], targets: elbv2.NetworkTargetGroup): BalancedTargets {
  const period = Duration.minutes(1);
  return {
    id,
    name: hosts.map(each => each.hostName).join(' and '),
    purpose: 'service',
    healthy: targets.metrics.healthyHostCount({ period, statistic: 'Minimum' }),
    unhealthy: targets.metrics.unHealthyHostCount({ period, statistic: 'Maximum' }),
  };
}
