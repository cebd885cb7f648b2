/**
 * A manager and a worker without a load balancer, so that only a node itself can tell that its server hangs. Their patience is cut
 * short on the node, for nobody wants to wait five minutes.
 */
import { App, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { BootPhase, CarbonCluster, CarbonProduct, Distribution, LoadBalancing } from '../../../lib';

const stack = new Stack(new App(), 'Hung', { env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION } });

const cluster = new CarbonCluster(stack, 'Gateway', {
  vpc: new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 1, restrictDefaultSecurityGroup: false }),
  product: CarbonProduct.apiManager('2.2.0'),
  distribution: Distribution.fromBucket(s3.Bucket.fromBucketName(stack, 'Packs', 'packs'), 'wso2am-2.2.0.zip'),
  hostName: 'am.example.com',
  managementHostName: 'mgt.am.example.com',
  highAvailability: false,
  workerCount: 1,
  loadBalancing: LoadBalancing.none(),
});
cluster.workers.addScriptAfter(BootPhase.HEALTH,
  'sed -i \'s/"patience":300/"patience":30/\' /opt/carbon-cluster/node.json && systemctl restart carbon-group.service');
