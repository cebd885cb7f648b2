import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';

export interface FixedInterfaceProps {
  readonly subnet: ec2.ISubnet;
  readonly securityGroup: ec2.ISecurityGroup;
  readonly description: string;
}

/**
 * A network interface that outlives the instances which attach it, one after the other, when they boot. An instance that had
 * it as its primary interface could not be replaced: CloudFormation and auto scaling groups make the new one first.
 */
export class FixedInterface extends Construct {
  public readonly interfaceId: string;
  /** Its private IPv4 address, which only CloudFormation knows. */
  public readonly address: string;
  /** Instances that attach it must be in this subnet. */
  public readonly subnet: ec2.ISubnet;

  public constructor(scope: Construct, id: string, props: FixedInterfaceProps) {
    super(scope, id);
    this.subnet = props.subnet;
    const resource = new ec2.CfnNetworkInterface(this, 'Resource', {
      subnetId: props.subnet.subnetId,
      groupSet: [props.securityGroup.securityGroupId],
      description: props.description,
    });
    this.interfaceId = resource.ref;
    this.address = resource.attrPrimaryPrivateIpAddress;
  }
}
