/** Two clusters of the same product side by side in one network; only their identity tells them apart. */
import { App, Stack } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { CarbonCluster, CarbonProduct, Distribution } from '../../../lib';

const app = new App();
const stack = new Stack(app, 'TwoClusters', { env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION } });
const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 1, restrictDefaultSecurityGroup: false });
const packs = s3.Bucket.fromBucketName(stack, 'Packs', 'wso2-packs');

for (const id of ['First', 'Second']) {
  const hostName = `${id.toLowerCase()}.example.com`;
  new CarbonCluster(stack, id, {
    vpc,
    product: CarbonProduct.apiManager('2.2.0'),
    distribution: Distribution.fromBucket(packs, 'wso2am-2.2.0.zip'),
    hostName,
    managementHostName: `mgt.${hostName}`,
    workerCount: 1,
    // Four nodes in all, which two processors can boot.
    highAvailability: false,
    certificates: [new acm.Certificate(stack, `${id}Certificate`, {
      domainName: hostName, subjectAlternativeNames: [`mgt.${hostName}`], validation: acm.CertificateValidation.fromDns(),
    })],
  });
}
