/**
 * A gateway of three nodes whose load balancer can be asked from outside. Context: `revision`, a JVM setting, and `pack`, its name, so that
 * others replace every node; `broken`, whose workers do not boot.
 */
import { App, Stack } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { BootPhase, CarbonCluster, CarbonProduct, Distribution } from '../../../lib';

const app = new App();
const stack = new Stack(app, 'Rolling', { env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION } });
const names = { hostName: 'am.example.com', managementHostName: 'mgt.am.example.com' };

const cluster = new CarbonCluster(stack, 'Gateway', {
  vpc: new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 1, restrictDefaultSecurityGroup: false }),
  product: CarbonProduct.apiManager('2.2.0'),
  distribution: Distribution.fromBucket(s3.Bucket.fromBucketName(stack, 'Packs', 'packs'), app.node.tryGetContext('pack') ?? 'wso2am-2.2.0.zip'),
  ...names,
  internetFacing: true,
  javaOptions: [`-Drevision=${app.node.tryGetContext('revision') ?? '1'}`],
  certificates: [new acm.Certificate(stack, 'Certificate', { domainName: names.hostName, subjectAlternativeNames: [names.managementHostName] })],
});
if (app.node.tryGetContext('broken')) cluster.workers.addScriptBefore(BootPhase.CONFIGURATION, 'echo "this revision cannot be configured"; exit 1');
