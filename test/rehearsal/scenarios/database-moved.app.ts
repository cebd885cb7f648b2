/** A gateway that leaves its own database server for one that exists. Context: `moved`, to have it there. */
import { App, SecretValue, Stack } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { CarbonCluster, CarbonProduct, Database, Distribution } from '../../../lib';

const app = new App();
const stack = new Stack(app, 'Moved', { env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION } });
const names = { hostName: 'am.example.com', managementHostName: 'mgt.am.example.com' };
const administrator = { host: 'mysql.example.com', username: 'root', password: 'of the server' };
const secret = new secretsmanager.Secret(stack, 'Administrator', {
  secretObjectValue: Object.fromEntries(Object.entries(administrator).map(([name, text]) => [name, SecretValue.unsafePlainText(text)])),
});

new CarbonCluster(stack, 'Gateway', {
  vpc: new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 1, restrictDefaultSecurityGroup: false }),
  product: CarbonProduct.apiManager('2.2.0'),
  distribution: Distribution.fromBucket(s3.Bucket.fromBucketName(stack, 'Packs', 'packs'), 'wso2am-2.2.0.zip'),
  ...names,
  internetFacing: true,
  database: app.node.tryGetContext('moved') ? Database.existingMySql({ host: administrator.host, adminSecret: secret }) : Database.rdsMySql(),
  certificates: [new acm.Certificate(stack, 'Certificate', { domainName: names.hostName, subjectAlternativeNames: [names.managementHostName] })],
});
