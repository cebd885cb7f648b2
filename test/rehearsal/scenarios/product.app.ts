/**
 * Any product of the catalogue as a cluster of a manager and a worker: context `product`, as in `wso2is-7.1.0`; `nodes` for their count, and
 * `hazelcast` for lines of hazelcast.properties, as JSON.
 */
import { App, Stack } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { CarbonCluster, CarbonProduct, Distribution } from '../../../lib';

const FACTORIES: Record<string, (version: string) => CarbonProduct> = {
  wso2am: version => CarbonProduct.apiManager(version),
  wso2as: version => CarbonProduct.applicationServer(version),
  wso2ei: version => CarbonProduct.enterpriseIntegrator(version),
  wso2greg: version => CarbonProduct.governanceRegistry(version),
  wso2is: version => CarbonProduct.identityServer(version),
};

const app = new App();
const name = app.node.tryGetContext('product') as string;
const hazelcast = app.node.tryGetContext('hazelcast') as string | undefined;
const [pack, version] = name.split('-');
const stack = new Stack(app, 'Product', { env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION } });

new CarbonCluster(stack, 'Cluster', {
  vpc: new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 1, restrictDefaultSecurityGroup: false }),
  product: FACTORIES[pack](version),
  distribution: Distribution.fromBucket(s3.Bucket.fromBucketName(stack, 'Packs', 'packs'), `${name}.zip`),
  hostName: 'service.example.com',
  managementHostName: 'mgt.example.com',
  highAvailability: false,
  workerCount: Number(app.node.tryGetContext('nodes') ?? 2) - 1,
  certificates: [new acm.Certificate(stack, 'Certificate', { domainName: '*.example.com' })],
  hazelcastProperties: hazelcast && JSON.parse(hazelcast),
});
