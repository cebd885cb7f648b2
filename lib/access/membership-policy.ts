import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledgeFindings } from './findings';

/** The only call that Carbon's aws membership scheme ever makes. */
export const MEMBERSHIP_ACTION = 'ec2:DescribeInstances';

/** The smallest policy with which members find each other. */
export function membershipPolicy(scope: Construct, id: string, region: string): iam.ManagedPolicy {
  const policy = new iam.ManagedPolicy(scope, id, {
    description: 'Lets the members of a WSO2 Carbon cluster find each other. EC2 has no resource-level permissions for '
      + 'DescribeInstances, so the resource is any; the region is the cluster\'s own.',
    statements: [membershipStatement(region)],
  });
  acknowledgeFindings(policy, {
    id: 'AwsSolutions-IAM5[Resource::*]', reason: 'EC2 has no resource-level permissions for DescribeInstances; a condition limits the region',
  });
  return policy;
}

export function membershipStatement(region: string): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: [MEMBERSHIP_ACTION],
    resources: ['*'],
    conditions: { StringEquals: { 'aws:RequestedRegion': region } },
  });
}
