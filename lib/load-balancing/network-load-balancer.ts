import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import { leaveProtection } from './load-balancer-protection';
import { LoadBalancingHost } from './load-balancing-host';
import { acknowledgeFindings } from '../access/findings';

/** What passes TCP on to instances that balance load. `description` is its security group's. */
export function networkLoadBalancer(scope: Construct, host: LoadBalancingHost, description: string): elbv2.NetworkLoadBalancer {
  const loadBalancer = new elbv2.NetworkLoadBalancer(scope, 'Resource', {
    vpc: host.vpc,
    vpcSubnets: host.vpcSubnets,
    internetFacing: host.internetFacing,
    // With few instances a zone may be without one.
    crossZoneEnabled: true,
    securityGroups: [new ec2.SecurityGroup(scope, 'SecurityGroup', { vpc: host.vpc, description, allowAllOutbound: false })],
  });
  leaveProtection(loadBalancer);
  acknowledgeFindings(loadBalancer, {
    id: 'AwsSolutions-ELB2', reason: 'A network load balancer logs no TCP listeners; requests are logged behind it',
  });
  return loadBalancer;
}
