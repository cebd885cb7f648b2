import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';

/**
 * The custom resource of `protection` switches it on, and nobody else may say anything about it: the CDK writes `false`, which
 * CloudFormation would set again with each change of another attribute. It leaves attributes alone that a template does not have
 * (aws-cloudformation/cloudformation-coverage-roadmap#554).
 */
export function leaveProtection(loadBalancer: elbv2.BaseLoadBalancer): void {
  loadBalancer.removeAttribute('deletion_protection.enabled');
}
