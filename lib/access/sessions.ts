import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledgeFindings } from './findings';

/**
 * What the agent of Systems Manager calls to register an instance, and to open sessions and receive commands (AWS Systems Manager User Guide,
 * "Create a custom IAM role for Session Manager" and "Reference: ec2messages, ssmmessages, and other API operations").
 */
export const SESSION_ACTIONS = [
  'ssm:UpdateInstanceInformation',
  'ssmmessages:CreateControlChannel', 'ssmmessages:CreateDataChannel', 'ssmmessages:OpenControlChannel', 'ssmmessages:OpenDataChannel',
];

/**
 * Sessions and commands through Systems Manager, which replace SSH. AWS's own policy for this, AmazonSSMManagedInstanceCore, also allows
 * ssm:GetParameter on every parameter of the account. The README lists the actions of that policy that are left out, and what is lost.
 */
export function sessionsPolicy(scope: Construct, id: string): iam.ManagedPolicy {
  const policy = new iam.ManagedPolicy(scope, id, {
    description: 'Lets the agent of AWS Systems Manager register a node of a WSO2 Carbon cluster, open sessions and receive commands',
    statements: [new iam.PolicyStatement({ actions: SESSION_ACTIONS, resources: ['*'] })],
  });
  acknowledgeFindings(policy, {
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason: 'The channels of Systems Manager (ssmmessages) have no resource-level permissions, and ssm:UpdateInstanceInformation is about an '
      + 'instance whose id is not known before it is launched. None of these actions reads data of the account',
  });
  return policy;
}
