import { Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';

/**
 * Of a VPC that is made in the same app both settings are known; what is imported is taken to have them.
 *
 * @throws if the VPC resolves no names, or gives none, which `user` needs
 */
export function checkVpcDns(user: string, vpc: ec2.IVpc): void {
  const resource = vpc.node.defaultChild;
  if (!(resource instanceof ec2.CfnVPC)) return;
  for (const setting of ['enableDnsSupport', 'enableDnsHostnames'] as const) {
    const value = resource[setting];
    if (value !== false || Token.isUnresolved(value)) continue;
    throw new Error(`${user} needs DNS in the VPC and ${setting} of ${vpc.node.path} is false, make it true`);
  }
}
