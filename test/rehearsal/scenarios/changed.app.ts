/**
 * A gateway that its owner changes while it serves. Context: `workers`, how many; `certificate`, the load balancer's, `first` or `second`;
 * `removing`, so that nothing is protected any more: `all` the data too, anything else keeps them.
 */
import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { CarbonCluster, CarbonProduct, Distribution } from '../../../lib';

const app = new App();
const context = (key: string, otherwise: string): string => app.node.tryGetContext(key) ?? otherwise;
const stack = new Stack(app, 'Changed', { env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION } });
const names = { hostName: 'am.example.com', managementHostName: 'mgt.am.example.com' };
const [first, second] = ['First', 'Second'].map(id =>
  new acm.Certificate(stack, `${id}Certificate`, { domainName: names.hostName, subjectAlternativeNames: [names.managementHostName] }));

new CarbonCluster(stack, 'Gateway', {
  vpc: new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 1, restrictDefaultSecurityGroup: false }),
  product: CarbonProduct.apiManager('2.2.0'),
  distribution: Distribution.fromBucket(s3.Bucket.fromBucketName(stack, 'Packs', 'packs'), 'wso2am-2.2.0.zip'),
  ...names,
  internetFacing: true,
  workerCount: Number(context('workers', '2')),
  certificates: [context('certificate', 'first') === 'first' ? first : second],
  ...(context('removing', '') ? { deletionProtection: false } : {}),
  ...(context('removing', '') === 'all' ? { removalPolicy: RemovalPolicy.DESTROY } : {}),
});
