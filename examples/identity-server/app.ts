/**
 * Two nodes of today's products, all alike: Identity Server 7.1, or by one word API Manager 4.3.
 * Context: product, packs (bucket with the pack and its .sha256), hostName, certificateArn, nodes.
 */
import { App, CfnOutput, Stack, Validations } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { CarbonCluster, CarbonProduct, ClusteringPattern, Distribution, NodeScaling } from '../../lib';

const PRODUCTS: Record<string, CarbonProduct> = {
  'identity-server': CarbonProduct.identityServer('7.1.0'),
  'api-manager': CarbonProduct.apiManager('4.3.0'),
};
const app = new App();
const context = (key: string, otherwise: string): string => app.node.tryGetContext(key) ?? otherwise;
const stack = new Stack(app, 'CarbonIdentity', { env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION } });

const product = PRODUCTS[context('product', 'identity-server')];
const hostName = context('hostName', 'is.example.com');
const managementHostName = `console.${hostName}`;
const certificateArn = context('certificateArn', '');
const domains = { domainName: hostName, subjectAlternativeNames: [managementHostName] };

const cluster = new CarbonCluster(stack, 'Identity', {
  vpc: new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 1, restrictDefaultSecurityGroup: false }),
  product,
  distribution: Distribution.fromBucket(s3.Bucket.fromBucketName(stack, 'Packs', context('packs', 'wso2-packs')), product.packName!),
  hostName,
  managementHostName,
  clusteringPattern: ClusteringPattern.NON_WORKER_MANAGER,
  nodeCount: Number(context('nodes', '2')),
  scaling: NodeScaling.cpu({ maxCount: Number(context('nodes', '2')) + 2, targetPercent: 60 }),
  certificates: [certificateArn
    ? acm.Certificate.fromCertificateArn(stack, 'Certificate', certificateArn)
    : new acm.Certificate(stack, 'Certificate', { ...domains, validation: acm.CertificateValidation.fromDns() })],
});
new CfnOutput(stack, 'LoadBalancer', { value: cluster.loadBalancer!.serviceDnsName, description: `For ${hostName} and ${managementHostName}` });
Validations.of(stack).acknowledge({ id: 'AwsSolutions-VPC7', reason: 'The VPC stands for one of yours, whose owner decides on flow logs' });
Validations.of(stack).acknowledge({ id: 'AwsSolutions-ELB2', reason: 'Requests are logged where accessLogBucket is given' });
