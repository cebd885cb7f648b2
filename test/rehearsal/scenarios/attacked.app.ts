/** A manager and a worker with everything that an attacker may be after: an access key, a key store, databases, logs, artifacts that are copied. */
import { App, Duration, Stack } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { CarbonCluster, CarbonProduct, DeploymentSynchronizer, Distribution } from '../../../lib';

const app = new App();
const stack = new Stack(app, 'Attacked', { env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION } });

new CarbonCluster(stack, 'Cluster', {
  vpc: new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 1, restrictDefaultSecurityGroup: false }),
  product: CarbonProduct.applicationServer('5.3.0'),
  distribution: Distribution.fromBucket(s3.Bucket.fromBucketName(stack, 'Packs', 'packs'), 'wso2as-5.3.0.zip'),
  hostName: 'as.example.com',
  managementHostName: 'mgt.as.example.com',
  highAvailability: false,
  workerCount: 1,
  certificates: [new acm.Certificate(stack, 'Certificate', { domainName: 'as.example.com', subjectAlternativeNames: ['mgt.as.example.com'] })],
  deploymentSynchronizer: DeploymentSynchronizer.bucket({ interval: Duration.seconds(10) }),
});
