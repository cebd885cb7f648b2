import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elb from 'aws-cdk-lib/aws-elasticloadbalancing';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';

/** What stands before the nodes of a cluster. */
export interface IClusterLoadBalancer extends ec2.IConnectable {
  /** DNS name that the cluster's `hostName` must lead to. */
  readonly serviceDnsName: string;
  /** DNS name that the cluster's `managementHostName` must lead to; the same unless each has a load balancer of its own. */
  readonly managementDnsName: string;
  /** Escape hatch: the application load balancer, where it is one. */
  readonly applicationLoadBalancer?: elbv2.ApplicationLoadBalancer;
  /** Escape hatch: the Classic load balancers, where there are some; that of the services first. */
  readonly classicLoadBalancers?: elb.LoadBalancer[];
  /** Escape hatch: the network load balancer, where clients connect to one. */
  readonly networkLoadBalancer?: elbv2.NetworkLoadBalancer;
}
