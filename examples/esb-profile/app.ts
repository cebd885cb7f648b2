/**
 * The ESB profile of WSO2 Enterprise Integrator 6.4: two nodes, all alike and all well known, behind NGINX.
 * Context: packs (bucket with the pack and its .sha256), hostName, certificateSecret (with certificate and privateKey), loadBalancer, certificateArn.
 */
import { Annotations, App, CfnOutput, Size, Stack, Validations } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  CarbonCluster, CarbonProduct, ClusteringPattern, DeploymentSynchronizer, Distribution, LoadBalancing, LocalRegistry, Membership, NginxCertificate,
  NginxHttp, PrivateNames,
} from '../../lib';

const app = new App();
const context = (key: string, otherwise: string): string => app.node.tryGetContext(key) ?? otherwise;
const stack = new Stack(app, 'CarbonEsb', { env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION } });
const secretName = context('certificateSecret', '');
const certificate = secretName ? NginxCertificate.fromSecret(Secret.fromSecretNameV2(stack, 'Nginx', secretName)) : NginxCertificate.selfSigned();
if (!secretName) Annotations.of(stack).acknowledgeWarning('cdk-wso2-cluster:selfSignedCertificate', 'until certificateSecret is given');
const certificateArn = context('certificateArn', '');
const cluster = new CarbonCluster(stack, 'Esb', {
  vpc: new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 1, restrictDefaultSecurityGroup: false }),
  product: CarbonProduct.enterpriseIntegrator('6.4.0'),
  distribution: Distribution.fromBucket(s3.Bucket.fromBucketName(stack, 'Packs', context('packs', 'wso2-packs')), 'wso2ei-6.4.0.zip'),
  hostName: context('hostName', 'ei.example.com'),
  managementHostName: `ui.${context('hostName', 'ei.example.com')}`,
  domain: 'wso2.ei.domain',
  clusteringPattern: ClusteringPattern.NON_WORKER_MANAGER,
  membership: Membership.wellKnownNodes({ localMemberPort: 4100 }),
  loadBalancing: certificateArn ? LoadBalancing.application() : LoadBalancing.nginx({ certificate, http: NginxHttp.SERVICE }),
  certificates: certificateArn ? [acm.Certificate.fromCertificateArn(stack, 'Certificate', certificateArn)] : undefined,
  privateNames: PrivateNames.hostedZones(),
  localRegistry: LocalRegistry.mySql(),
  registryMounts: [{ path: '/_system/config', targetPath: '/_system/eiconfig' }, { path: '/_system/governance', targetPath: '/_system/governance' }],
  deploymentSynchronizer: DeploymentSynchronizer.efs(),
  heapSize: Size.gibibytes(2),
});
new CfnOutput(stack, 'LoadBalancer', { value: cluster.loadBalancer!.serviceDnsName });
Validations.of(stack).acknowledge({ id: 'AwsSolutions-VPC7', reason: 'The VPC stands for one of yours, whose owner decides on flow logs' });
