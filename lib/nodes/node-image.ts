import { Annotations, Stack, Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';

export const FLOATING_IMAGE = 'cdk-wso2-cluster:floatingImage';

/**
 * Amazon Linux 2023. Where the stack names its account and region, the image is looked up once and kept in
 * cdk.context.json: a newer image never replaces nodes by itself. Elsewhere it floats, and we say so.
 */
export function defaultImage(scope: Construct, architecture: ec2.InstanceArchitecture): ec2.IMachineImage {
  const { account, region } = Stack.of(scope);
  const pinned = !Token.isUnresolved(account) && !Token.isUnresolved(region);
  if (!pinned) {
    Annotations.of(scope).addWarningV2(FLOATING_IMAGE, 'machineImage is not given and the stack names no account and region, so the newest '
      + 'Amazon Linux 2023 is taken at each deployment and a new one replaces nodes: give machineImage, or env of the stack');
  }
  return ec2.MachineImage.latestAmazonLinux2023({
    cachedInContext: pinned,
    cpuType: architecture === ec2.InstanceArchitecture.ARM_64 ? ec2.AmazonLinuxCpuType.ARM_64 : ec2.AmazonLinuxCpuType.X86_64,
  });
}
