import { Stack } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledgeFindings } from './findings';

/**
 * A node may say to its own group that it has left its cluster, and that it does not serve. What Auto Scaling shows of instances has no
 * resource-level permission. A policy of its own: the group cannot wait for one that names it.
 */
export function leavingPolicy(scope: Construct, id: string, role: iam.IRole, group: autoscaling.AutoScalingGroup): iam.Policy {
  const resource = group.node.defaultChild as autoscaling.CfnAutoScalingGroup;
  const policy = new iam.Policy(scope, id, {
    roles: [role],
    statements: [
      new iam.PolicyStatement({
        actions: ['autoscaling:CompleteLifecycleAction', 'autoscaling:SetInstanceHealth'],
        resources: [resource.attrAutoScalingGroupArn],
      }),
      new iam.PolicyStatement({
        actions: ['autoscaling:DescribeAutoScalingInstances'],
        resources: ['*'],
        conditions: { StringEquals: { 'aws:RequestedRegion': Stack.of(scope).region } },
      }),
    ],
  });
  acknowledgeFindings(policy, {
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason: 'Auto Scaling has no resource-level permissions for DescribeAutoScalingInstances; a condition limits the region',
  });
  return policy;
}
