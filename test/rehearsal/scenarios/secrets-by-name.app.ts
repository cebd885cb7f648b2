/** A gateway whose administrator is in a secret that the app names, as one does with a secret that somebody else has made. */
import { App, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { CarbonCluster, CarbonProduct, Distribution, LoadBalancing } from '../../../lib';

const NAME = 'wso2/administrator';
const app = new App();
const stack = new Stack(app, 'Named', { env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION } });
const made = new secretsmanager.Secret(stack, 'Administrator', {
  secretName: NAME,
  generateSecretString: { secretStringTemplate: '{"username":"admin"}', generateStringKey: 'password', passwordLength: 28, excludePunctuation: true },
});

const cluster = new CarbonCluster(stack, 'Gateway', {
  vpc: new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 1, restrictDefaultSecurityGroup: false }),
  product: CarbonProduct.apiManager('2.2.0'),
  distribution: Distribution.fromBucket(s3.Bucket.fromBucketName(stack, 'Packs', 'packs'), 'wso2am-2.2.0.zip'),
  hostName: 'am.example.com',
  managementHostName: 'mgt.am.example.com',
  highAvailability: false,
  workerCount: 1,
  loadBalancing: LoadBalancing.none(),
  adminSecret: secretsmanager.Secret.fromSecretNameV2(stack, 'Named', NAME),
});
cluster.node.addDependency(made);
