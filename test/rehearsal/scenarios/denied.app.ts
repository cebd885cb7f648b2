/** A manager and two workers whose administrator's secret is encrypted with a key of the app's own. */
import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { CarbonCluster, CarbonProduct, Distribution, LoadBalancing } from '../../../lib';

const stack = new Stack(new App(), 'Denied', { env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION } });

new CarbonCluster(stack, 'Gateway', {
  vpc: new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 1, restrictDefaultSecurityGroup: false }),
  product: CarbonProduct.apiManager('2.2.0'),
  distribution: Distribution.fromBucket(s3.Bucket.fromBucketName(stack, 'Packs', 'packs'), 'wso2am-2.2.0.zip'),
  hostName: 'am.example.com',
  managementHostName: 'mgt.am.example.com',
  highAvailability: false,
  workerCount: 2,
  loadBalancing: LoadBalancing.none(),
  adminSecret: new secretsmanager.Secret(stack, 'Administrator', {
    encryptionKey: new kms.Key(stack, 'Key', { removalPolicy: RemovalPolicy.DESTROY }),
    generateSecretString: { secretStringTemplate: '{"username":"admin"}', generateStringKey: 'password', passwordLength: 28, excludePunctuation: true },
  }),
});
