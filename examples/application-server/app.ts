/**
 * WSO2 Application Server 5.3, worker/manager separated: one manager, two workers, of which manager and one worker are well known.
 * Context: packs (bucket with the pack and its .sha256), hostName, certificateArn, svnUrl, nodes (with the manager).
 */
import { App, CfnOutput, Stack, Validations } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { CarbonCluster, CarbonProduct, DeploymentSynchronizer, Distribution, Membership } from '../../lib';

const app = new App();
const context = (key: string, otherwise: string): string => app.node.tryGetContext(key) ?? otherwise;
const env = { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION };
const stack = new Stack(app, 'CarbonApplicationServer', { env });

const hostName = context('hostName', 'as.example.com');
const managementHostName = `mgt.${hostName}`;
const certificateArn = context('certificateArn', '');
const domains = { domainName: hostName, subjectAlternativeNames: [managementHostName] };
const password = { secretStringTemplate: '{"username":"wso2"}', generateStringKey: 'password', excludePunctuation: true };
const svnUser = new secretsmanager.Secret(stack, 'SvnUser', { generateSecretString: password });
Validations.of(svnUser).acknowledge({ id: 'AwsSolutions-SMG4', reason: 'Its password changes with that of the user in the Subversion server' });
const cluster = new CarbonCluster(stack, 'ApplicationServer', {
  vpc: new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 1, restrictDefaultSecurityGroup: false }),
  product: CarbonProduct.applicationServer('5.3.0'),
  distribution: Distribution.fromBucket(s3.Bucket.fromBucketName(stack, 'Packs', context('packs', 'wso2-packs')), 'wso2as-5.3.0.zip'),
  hostName,
  managementHostName,
  domain: 'wso2.as.domain',
  workerCount: Number(context('nodes', '3')) - 1,
  membership: Membership.wellKnownNodes({ managerLocalMemberPort: 4100, workerLocalMemberPort: 4200 }),
  deploymentSynchronizer: DeploymentSynchronizer.svn({ url: context('svnUrl', 'svn://svn.example.com/as'), secret: svnUser }),
  certificates: [certificateArn
    ? acm.Certificate.fromCertificateArn(stack, 'Certificate', certificateArn)
    : new acm.Certificate(stack, 'Certificate', { ...domains, validation: acm.CertificateValidation.fromDns() })],
});
new CfnOutput(stack, 'LoadBalancer', { value: cluster.loadBalancer!.serviceDnsName, description: `For ${hostName} and ${managementHostName}` });
Validations.of(stack).acknowledge({ id: 'AwsSolutions-VPC7', reason: 'The VPC stands for one of yours, whose owner decides on flow logs' });
Validations.of(stack).acknowledge({ id: 'AwsSolutions-ELB2', reason: 'Requests are logged where accessLogBucket is given' });
