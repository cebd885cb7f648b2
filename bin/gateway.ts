/**
 * The gateway of WSO2 API Manager 2.2.0 as a cluster: what `npx cdk deploy` and `npm run deploy:local` deploy.
 *
 * Context: packs (bucket with wso2am-2.2.0.zip and its .sha256), hostName, certificateArn.
 */
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { CarbonCluster, CarbonProduct, Distribution } from '../lib';

const app = new App();
const context = (key: string, otherwise: string): string => app.node.tryGetContext(key) ?? otherwise;

const stack = new Stack(app, 'CarbonGateway', {
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION },
});
const hostName = context('hostName', 'am.example.com');
// A rehearsal asks for a number of nodes, the manager among them.
const nodes = Number(context('nodes', '3'));
const managementHostName = `mgt.${hostName}`;
const certificateArn = app.node.tryGetContext('certificateArn');

const cluster = new CarbonCluster(stack, 'Gateway', {
  vpc: new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 1, restrictDefaultSecurityGroup: false }),
  product: CarbonProduct.apiManager('2.2.0'),
  distribution: Distribution.fromBucket(s3.Bucket.fromBucketName(stack, 'Packs', context('packs', 'wso2-packs')), 'wso2am-2.2.0.zip'),
  hostName,
  managementHostName,
  workerCount: nodes - 1,
  certificates: [certificateArn
    ? acm.Certificate.fromCertificateArn(stack, 'Certificate', certificateArn)
    : new acm.Certificate(stack, 'Certificate', {
      domainName: hostName,
      subjectAlternativeNames: [managementHostName],
      validation: acm.CertificateValidation.fromDns(),
    })],
});

new CfnOutput(stack, 'LoadBalancer', {
  value: cluster.loadBalancer.loadBalancerDnsName,
  description: `Point ${hostName} and ${managementHostName} at it`,
});
