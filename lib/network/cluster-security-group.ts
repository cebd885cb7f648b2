import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';

export interface PortRange { readonly from: number; readonly to: number }

export interface ClusterSecurityGroupProps {
  readonly vpc: ec2.IVpc;
  readonly securityGroupName: string;
  readonly memberPorts: readonly PortRange[];
}

/**
 * The one security group of a cluster. Its member ports are open to itself only; it may leave by HTTPS, for the APIs of
 * AWS and the package repositories, and to its own members.
 */
export class ClusterSecurityGroup extends ec2.SecurityGroup {
  public constructor(scope: Construct, id: string, props: ClusterSecurityGroupProps) {
    super(scope, id, {
      vpc: props.vpc,
      // Hazelcast filters by the name, and CloudFormation does not return a generated one.
      securityGroupName: props.securityGroupName,
      // Constant: a change of the description replaces the group, and the new one would clash on the name.
      description: 'Members of a WSO2 Carbon cluster',
      allowAllOutbound: false,
    });
    for (const { from, to } of props.memberPorts) {
      const ports = ec2.Port.tcpRange(from, to);
      this.addIngressRule(this, ports, 'Hazelcast members of this cluster');
      this.addEgressRule(this, ports, 'Hazelcast members of this cluster');
    }
    this.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), 'APIs of AWS, package repositories');
  }
}
