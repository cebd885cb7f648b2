import { Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledgeFindings } from './findings';

export interface InterfaceAttachment {
  readonly interfaceId: string;
  /** Tag that the instances carry which may take the interface. */
  readonly tagKey: string;
  readonly tagValue: string;
}

/**
 * A node may attach this one interface, to instances of its own cluster. It is a policy of its own, so that what is acknowledged of it is
 * acknowledged of nothing that somebody else grants to the role.
 */
export function interfaceAttachmentPolicy(scope: Construct, id: string, attachment: InterfaceAttachment): iam.ManagedPolicy {
  const stack = Stack.of(scope);
  const arn = (type: string, name: string): string => stack.formatArn({ service: 'ec2', resource: type, resourceName: name });
  const actions = ['ec2:AttachNetworkInterface'];
  const policy = new iam.ManagedPolicy(scope, id, {
    description: 'Lets a node of a WSO2 Carbon cluster take the network interface whose address it keeps',
    statements: [
      new iam.PolicyStatement({ actions, resources: [arn('network-interface', attachment.interfaceId)] }),
      new iam.PolicyStatement({
        actions,
        resources: [arn('instance', '*')],
        conditions: { StringEquals: { [`aws:ResourceTag/${attachment.tagKey}`]: attachment.tagValue } },
      }),
      new iam.PolicyStatement({
        actions: ['ec2:DescribeNetworkInterfaces'],
        resources: ['*'],
        conditions: { StringEquals: { 'aws:RequestedRegion': stack.region } },
      }),
    ],
  });
  acknowledgeFindings(policy,
    {
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'EC2 has no resource-level permissions for DescribeNetworkInterfaces; a condition limits the region',
    },
    {
      id: `AwsSolutions-IAM5[Resource::${instancesOf(stack)}]`,
      reason: 'Nobody knows the ids of instances to come; a condition limits it to those with the cluster\'s tag',
    },
  );
  return policy;
}

/** As cdk-nag spells it. */
function instancesOf(stack: Stack): string {
  const [region, account] = [[stack.region, '<AWS::Region>'], [stack.account, '<AWS::AccountId>']]
    .map(([known, otherwise]) => (Token.isUnresolved(known) ? otherwise : known));
  return `arn:<AWS::Partition>:ec2:${region}:${account}:instance/*`;
}
