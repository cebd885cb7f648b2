/**
 * WSO2 Governance Registry 5.3: three nodes, all alike, behind a load balancer of AWS or, with the context loadBalancer=wso2elb, WSO2's own.
 * Context: packs (bucket with the packs and their .sha256), hostName, certificateArn, loadBalancer, nodes.
 */
import { App, CfnOutput, Stack, Validations } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { CarbonCluster, CarbonProduct, ClusteringPattern, Distribution, LoadBalancing, Membership, PrivateNames } from '../../lib';

const app = new App();
const context = (key: string, otherwise: string): string => app.node.tryGetContext(key) ?? otherwise;
const stack = new Stack(app, 'CarbonRegistry', { env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION } });
const packs = s3.Bucket.fromBucketName(stack, 'Packs', context('packs', 'wso2-packs'));
const wso2elb = context('loadBalancer', 'application') === 'wso2elb';
const hostName = context('hostName', 'greg.example.com');
const domains = { domainName: hostName, subjectAlternativeNames: [`mgt.${hostName}`] };
const certificate = context('certificateArn', '')
  ? acm.Certificate.fromCertificateArn(stack, 'Certificate', context('certificateArn', ''))
  : new acm.Certificate(stack, 'Certificate', { ...domains, validation: acm.CertificateValidation.fromDns() });

// WSO2 ships it with Hazelcast 3.0, which no node of kernel 4.4 lets in: this pack is one that was built with the nodes' Hazelcast.
const elb = { distribution: Distribution.fromBucket(packs, 'wso2elb-2.1.1.zip'), hazelcastVersion: '3.5.4', javaVersion: 8 };
const cluster = new CarbonCluster(stack, 'Registry', {
  vpc: new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 1, restrictDefaultSecurityGroup: false }),
  product: CarbonProduct.governanceRegistry('5.3.0'),
  distribution: Distribution.fromBucket(packs, 'wso2greg-5.3.0.zip'),
  hostName,
  managementHostName: `mgt.${hostName}`,
  domain: 'wso2.governance.domain',
  clusteringPattern: ClusteringPattern.NON_WORKER_MANAGER,
  nodeCount: Number(context('nodes', '3')),
  membership: Membership.wellKnownNodes({ localMemberPort: 4250 }),
  loadBalancing: wso2elb ? LoadBalancing.wso2ElasticLoadBalancer(elb) : LoadBalancing.application(),
  certificates: wso2elb ? undefined : [certificate],
  privateNames: PrivateNames.hostedZones(),
});
new CfnOutput(stack, 'LoadBalancer', { value: cluster.loadBalancer!.serviceDnsName });
Validations.of(stack).acknowledge({ id: 'AwsSolutions-VPC7', reason: 'The VPC stands for one of yours, whose owner decides on flow logs' });
Validations.of(stack).acknowledge({ id: 'AwsSolutions-ELB2', reason: 'Requests are logged where accessLogBucket is given' });
