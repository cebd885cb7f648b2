/**
 * A Carbon 4.4 product in the AWS clustering mode: two nodes of Governance Registry 5.4, all alike, behind a Classic load balancer.
 * Context: packs (bucket with the pack and its .sha256), hostName, certificateArn, proxy (host of an HTTPS proxy), hazelcastLogLevel, nodes.
 */
import { App, CfnOutput, Stack, Validations } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as s3 from 'aws-cdk-lib/aws-s3';
import {
  AwsMembershipCredentials, CarbonCluster, CarbonProduct, ClusteringPattern, Distribution, HazelcastLogLevel, LoadBalancing, Membership, PrivateNames,
} from '../../lib';

const app = new App();
const context = (key: string, otherwise: string): string => app.node.tryGetContext(key) ?? otherwise;
const stack = new Stack(app, 'CarbonAws', { env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION } });

const hostName = context('hostName', 'greg.example.com');
const certificateArn = context('certificateArn', '');
const cluster = new CarbonCluster(stack, 'Cluster', {
  vpc: new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 1, restrictDefaultSecurityGroup: false }),
  product: CarbonProduct.governanceRegistry('5.4.0'),
  distribution: Distribution.fromBucket(s3.Bucket.fromBucketName(stack, 'Packs', context('packs', 'wso2-packs')), 'wso2greg-5.4.0.zip'),
  hostName,
  clusteringPattern: ClusteringPattern.NON_WORKER_MANAGER,
  nodeCount: Number(context('nodes', '2')),
  domain: 'wso2.governance.domain',
  membership: Membership.aws({ localMemberPort: 5701, credentials: AwsMembershipCredentials.accessKey() }),
  hazelcastLogLevel: context('hazelcastLogLevel', 'INFO') as HazelcastLogLevel,
  httpsProxyHost: context('proxy', '') || undefined,
  trustSystemCertificates: true,
  loadBalancing: LoadBalancing.classic(),
  certificates: [certificateArn
    ? acm.Certificate.fromCertificateArn(stack, 'Certificate', certificateArn)
    : new acm.Certificate(stack, 'Certificate', { domainName: hostName, validation: acm.CertificateValidation.fromDns() })],
  privateNames: PrivateNames.hostedZones(),
});
new CfnOutput(stack, 'LoadBalancer', { value: cluster.loadBalancer!.serviceDnsName });
Validations.of(stack).acknowledge({ id: 'AwsSolutions-VPC7', reason: 'The VPC stands for one of yours, whose owner decides on flow logs' });
Validations.of(stack).acknowledge({ id: 'AwsSolutions-ELB1', reason: 'The guide has a Classic load balancer' },
  { id: 'AwsSolutions-ELB2', reason: 'Requests are logged where an application load balancer has accessLogBucket' });
