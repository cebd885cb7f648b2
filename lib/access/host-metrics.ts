import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledgeFindings } from './findings';

/**
 * Machines may publish metrics under this one namespace. CloudWatch has no resource-level permissions for PutMetricData; the condition key
 * `cloudwatch:namespace` limits it (Amazon CloudWatch User Guide, "Using condition keys to limit access to CloudWatch namespaces").
 */
export function hostMetricsPolicy(scope: Construct, id: string, namespace: string): iam.ManagedPolicy {
  const policy = new iam.ManagedPolicy(scope, id, {
    description: 'Lets the machines of a WSO2 Carbon cluster publish their metrics, under the namespace of the cluster only',
    statements: [new iam.PolicyStatement({
      actions: ['cloudwatch:PutMetricData'], resources: ['*'], conditions: { StringEquals: { 'cloudwatch:namespace': namespace } },
    })],
  });
  acknowledgeFindings(policy, {
    id: 'AwsSolutions-IAM5[Resource::*]', reason: 'CloudWatch has no resource-level permissions for PutMetricData; a condition limits the namespace',
  });
  return policy;
}
