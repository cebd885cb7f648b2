/**
 * The gateway of WSO2 API Manager 2.2.0: a manager and two workers.
 * Context: version, packs (bucket with the pack and its .sha256), hostName, certificateArn, nodes (with the manager).
 */
import { App, CfnOutput, Stack, Validations } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { CarbonCluster, CarbonProduct, Distribution } from '../../lib';

const app = new App();
const context = (key: string, otherwise: string): string => app.node.tryGetContext(key) ?? otherwise;
const stack = new Stack(app, 'CarbonGateway', { env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION } });

const product = CarbonProduct.apiManager(context('version', '2.2.0'));
const hostName = context('hostName', 'am.example.com');
const managementHostName = `mgt.${hostName}`;
const certificateArn = context('certificateArn', '');

const cluster = new CarbonCluster(stack, 'Gateway', {
  vpc: new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 1, restrictDefaultSecurityGroup: false }),
  product,
  distribution: Distribution.fromBucket(s3.Bucket.fromBucketName(stack, 'Packs', context('packs', 'wso2-packs')), product.packName!),
  hostName,
  managementHostName,
  portMapping: { 80: 9763, 443: 9443 },
  workerCount: Number(context('nodes', '3')) - 1,
  certificates: [certificateArn
    ? acm.Certificate.fromCertificateArn(stack, 'Certificate', certificateArn)
    : new acm.Certificate(stack, 'Certificate', {
      domainName: hostName, subjectAlternativeNames: [managementHostName], validation: acm.CertificateValidation.fromDns(),
    })],
});
new CfnOutput(stack, 'LoadBalancer', { value: cluster.loadBalancer!.serviceDnsName, description: `For ${hostName} and ${managementHostName}` });
Validations.of(stack).acknowledge({ id: 'AwsSolutions-VPC7', reason: 'The VPC stands for one of yours, whose owner decides on flow logs' });
Validations.of(stack).acknowledge({ id: 'AwsSolutions-ELB2', reason: 'Requests are logged where accessLogBucket is given' });
