import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as s3 from 'aws-cdk-lib/aws-s3';
import {
  BootPhase, CarbonCluster, CarbonProduct, ConfigurationEdit, ConfigurationOverlay, ConfigurationValue, DeploymentSynchronizer, Distribution,
  HazelcastLogLevel, LoadBalancing, testing, TlsPolicy,
} from 'cdk-wso2-cluster';

const app = new App({ analyticsReporting: false, outdir: process.argv[2] });
const stack = new Stack(app, 'Sample');

const cluster = new CarbonCluster(stack, 'Gateway', {
  vpc: new ec2.Vpc(stack, 'Vpc', { maxAzs: 2 }),
  product: CarbonProduct.apiManager('2.2.0'),
  distribution: Distribution.fromBucket(s3.Bucket.fromBucketName(stack, 'Packs', 'packs'), 'wso2am-2.2.0.zip'),
  hostName: 'am.example.com',
  managementHostName: 'mgt.am.example.com',
  certificates: [acm.Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:eu-west-1:111111111111:certificate/1')],
  workerCount: 3,
  loadBalancing: LoadBalancing.application({ idleTimeout: Duration.minutes(2), redirectHttp: true }),
  tlsPolicy: TlsPolicy.TLS13_1_2_RES_2021_06,
  deploymentSynchronizer: DeploymentSynchronizer.efs(),
  hazelcastLogLevel: HazelcastLogLevel.FINE,
  configurationOverlays: [ConfigurationOverlay.edits(
    'repository/conf/carbon.xml',
    ConfigurationEdit.text('/Server/HotDeployment', ConfigurationValue.text('false')),
  )],
});
cluster.workers.addScriptBefore(BootPhase.START, "echo 'a worker of grüner Weg'");
new CfnOutput(stack, 'LoadBalancer', { value: cluster.loadBalancer!.serviceDnsName });

const stacks = testing.SynthesizedStacks.of(stack);
testing.Discovery.simulate(stacks).assertComplete();
testing.LeastPrivilege.assertNoFindings(stacks);
app.synth();
