/**
 * A manager and a worker of WSO2 Application Server that have their artifacts in common: context `synchronizer`, `efs`, `bucket` or
 * `svn`. With the bucket their databases are on a server that exists, elsewhere on RDS under an alias.
 */
import { App, Duration, SecretValue, Stack } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { CarbonCluster, CarbonProduct, Database, DeploymentSynchronizer, Distribution, PrivateNames } from '../../../lib';

const app = new App();
const stack = new Stack(app, 'Artifacts', { env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION } });

function secret(id: string, fields: Record<string, string>): secretsmanager.Secret {
  return new secretsmanager.Secret(stack, id, {
    secretObjectValue: Object.fromEntries(Object.entries(fields).map(([name, text]) => [name, SecretValue.unsafePlainText(text)])),
  });
}

const synchronizers: Record<string, () => DeploymentSynchronizer> = {
  efs: () => DeploymentSynchronizer.efs(),
  bucket: () => DeploymentSynchronizer.bucket({ interval: Duration.seconds(10) }),
  svn: () => DeploymentSynchronizer.svn({
    url: 'svn://svn.example.com/artifacts', secret: secret('Committer', { username: 'committer', password: 'may commit' }),
    workerSecret: secret('Reader', { username: 'reader', password: 'may read' }),
  }),
};
const name = app.node.tryGetContext('synchronizer') as string;
const hostAlias = 'carbondb.mysql-wso2.com';

new CarbonCluster(stack, 'Cluster', {
  vpc: new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 1, restrictDefaultSecurityGroup: false }),
  product: CarbonProduct.applicationServer('5.3.0'),
  distribution: Distribution.fromBucket(s3.Bucket.fromBucketName(stack, 'Packs', 'packs'), 'wso2as-5.3.0.zip'),
  hostName: 'as.wso2.com',
  managementHostName: 'mgt.as.wso2.com',
  highAvailability: false,
  workerCount: 1,
  certificates: [new acm.Certificate(stack, 'Certificate', { domainName: 'as.wso2.com', subjectAlternativeNames: ['mgt.as.wso2.com'] })],
  database: name === 'bucket'
    ? Database.existingMySql({ host: 'mysql.example.com', adminSecret: secret('Admin', { username: 'root', password: 'of the server' }), databasePrefix: 'as_' })
    : Database.rdsMySql({ hostAlias }),
  privateNames: PrivateNames.hostedZones(),
  deploymentSynchronizer: synchronizers[name](),
});
