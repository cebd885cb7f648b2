import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { IConstruct } from 'constructs';

export interface InterfaceAttachment {
  readonly interfaceId: string;
  /** Tag that the instances carry which may take the interface. */
  readonly tagKey: string;
  readonly tagValue: string;
}

/** A node may attach this one interface, to instances of its own cluster. What EC2 shows of interfaces has no resource-level permission. */
export function grantInterfaceAttachment(scope: IConstruct, grantee: iam.IGrantable, attachment: InterfaceAttachment): void {
  const stack = Stack.of(scope);
  const arn = (type: string, name: string): string => stack.formatArn({ service: 'ec2', resource: type, resourceName: name });
  const grant = (actions: string[], resourceArns: string[], conditions?: Record<string, Record<string, string>>): void => {
    iam.Grant.addToPrincipal({ grantee, actions, resourceArns, conditions });
  };
  grant(['ec2:AttachNetworkInterface'], [arn('network-interface', attachment.interfaceId)]);
  grant(['ec2:AttachNetworkInterface'], [arn('instance', '*')],
    { StringEquals: { [`aws:ResourceTag/${attachment.tagKey}`]: attachment.tagValue } });
  grant(['ec2:DescribeNetworkInterfaces'], ['*'], { StringEquals: { 'aws:RequestedRegion': stack.region } });
}
