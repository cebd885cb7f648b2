import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import { IDependable } from 'constructs';

/** A group that grows. */
export interface ScaledGroup {
  readonly autoScalingGroup: autoscaling.AutoScalingGroup;
  /** How the load balancer counts requests for each node, and what must exist before it does; absent where it does not. */
  readonly requests?: { readonly label: string; readonly after: IDependable };
}
