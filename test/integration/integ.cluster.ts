/**
 * The smallest cluster of `npm run integration`: a manager and a worker in one zone, both well-known members, an application load balancer
 * and a database. The address that a well-known member keeps is what the image's own network services could take away, so each node
 * writes its addresses to its boot log for five minutes.
 *
 * Context: name (of the stack), packs (bucket), pack (object key), checksum (SHA-256 that the nodes expect of the pack), certificateArn,
 * instanceType, revision (a JVM setting), protected (`no` takes the deletion protection off).
 */
import { App, RemovalPolicy, Stack, Tags, Validations } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { BootPhase, CarbonCluster, CarbonProduct, Database, Distribution, Membership } from '../../lib';
import { ADDRESS_MARK, HOST_NAME, PRODUCT_VERSION, RUN_TAG } from './names';

const app = new App();
const context = (key: string, otherwise: string): string => app.node.tryGetContext(key) ?? otherwise;
const name = context('name', 'CarbonIntegration');
const stack = new Stack(app, 'Integration', {
  stackName: name, env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION },
});
Tags.of(stack).add(RUN_TAG, name);

const bucket = s3.Bucket.fromBucketName(stack, 'Packs', context('packs', 'packs'));
const cluster = new CarbonCluster(stack, 'Cluster', {
  vpc: new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 1, restrictDefaultSecurityGroup: false }),
  product: CarbonProduct.apiManager(PRODUCT_VERSION),
  distribution: Distribution.fromBucket(bucket, context('pack', `wso2am-${PRODUCT_VERSION}.zip`), { sha256: app.node.tryGetContext('checksum') }),
  hostName: HOST_NAME,
  managementHostName: `mgt.${HOST_NAME}`,
  workerCount: 1,
  highAvailability: false,
  instanceType: new ec2.InstanceType(context('instanceType', 't3.medium')),
  membership: Membership.wellKnownNodes(),
  database: Database.rdsMySql({ instanceType: new ec2.InstanceType('t4g.micro') }),
  certificates: [acm.Certificate.fromCertificateArn(stack, 'Certificate', context('certificateArn', ''))],
  javaOptions: [`-Dintegration.revision=${context('revision', '1')}`],
  deletionProtection: context('protected', 'yes') === 'yes',
  removalPolicy: RemovalPolicy.DESTROY,
});

const watch = 'for i in $(seq 10); do sleep 30; '
  + `echo "$(date -u +%FT%TZ) ${ADDRESS_MARK} $(ip -4 -o addr show scope global | awk '{print $4}' | tr '\\n' ' ')" >> /var/log/carbon-cluster/boot.log; done`;
for (const group of cluster.nodeGroups) {
  group.addScriptAfter(BootPhase.HEALTH, `systemd-run --quiet --unit=integration-addresses bash -c '${watch.replace(/'/g, `'\\''`)}'`);
}

Validations.of(stack).acknowledge({ id: 'AwsSolutions-VPC7', reason: 'The VPC lives as long as one run of the integration test' });
Validations.of(stack).acknowledge({ id: 'AwsSolutions-ELB2', reason: 'The load balancer lives as long as one run of the integration test' });
