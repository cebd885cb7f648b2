/** Two nodes that are alike, whose console needs one of them for a session, behind two instances of NGINX. */
import { App, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { CarbonCluster, CarbonProduct, ClusteringPattern, Distribution, LoadBalancing, NginxCertificate, NginxHttp, PrivateNames } from '../../../lib';

const app = new App();
const stack = new Stack(app, 'Nginx', { env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION } });

new CarbonCluster(stack, 'Esb', {
  vpc: new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 1, restrictDefaultSecurityGroup: false }),
  product: CarbonProduct.enterpriseIntegrator('6.4.0'),
  distribution: Distribution.fromBucket(s3.Bucket.fromBucketName(stack, 'Packs', 'wso2-packs'), 'wso2ei-6.4.0.zip'),
  clusteringPattern: ClusteringPattern.NON_WORKER_MANAGER,
  hostName: 'ei.example.com',
  managementHostName: 'ui.ei.example.com',
  privateNames: PrivateNames.hostedZones(),
  loadBalancing: LoadBalancing.nginx({ certificate: NginxCertificate.selfSigned(), http: NginxHttp.SERVICE }),
});
