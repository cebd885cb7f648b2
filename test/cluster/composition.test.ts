/** Two clusters of different products in one VPC, with one database server and one load balancer that exist. */
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { CarbonCluster, CarbonClusterProps, CarbonProduct, ClusteringPattern, Database, Distribution, LoadBalancing, testing } from '../../lib';
import { documentOf, ENV, testApp, testStack, userDataOf } from '../gateway';

interface Shared { readonly stack: Stack; readonly template: Template; readonly found: testing.Discovery }

/** `changed` is what the second cluster has otherwise than it should. */
function compose(changed: Partial<CarbonClusterProps> = {}): Shared {
  const stack = testStack(testApp(), 'Company');
  const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 2 });
  const loadBalancer = new elbv2.ApplicationLoadBalancer(stack, 'Shared', { vpc });
  const listener = loadBalancer.addListener('Https', {
    port: 443,
    open: false,
    sslPolicy: elbv2.SslPolicy.TLS13_RES,
    certificates: [acm.Certificate.fromCertificateArn(stack, 'Own', `arn:aws:acm:${ENV.region}:${ENV.account}:certificate/own`)],
    defaultAction: elbv2.ListenerAction.fixedResponse(404),
  });
  const packs = s3.Bucket.fromBucketName(stack, 'Packs', 'packs');
  const database = (databasePrefix: string): Database => Database.existingMySql({
    host: 'db.example.com', databasePrefix,
    adminSecret: secretsmanager.Secret.fromSecretNameV2(stack, `Admin-${databasePrefix}`, 'mysql-admin'),
  });
  const certificate = (name: string): acm.ICertificate =>
    acm.Certificate.fromCertificateArn(stack, `Certificate-${name}`, `arn:aws:acm:${ENV.region}:${ENV.account}:certificate/${name}`);
  new CarbonCluster(stack, 'Gateway', {
    vpc, product: CarbonProduct.apiManager('2.2.0'), distribution: Distribution.fromBucket(packs, 'wso2am-2.2.0.zip'),
    hostName: 'am.example.com', managementHostName: 'mgt.am.example.com', certificates: [certificate('am')],
    loadBalancing: LoadBalancing.existingApplication({ loadBalancer, listener, priority: 100 }), database: database('am_'),
  });
  new CarbonCluster(stack, 'Identity', {
    vpc, product: CarbonProduct.identityServer('7.1.0'), distribution: Distribution.fromBucket(packs, 'wso2is-7.1.0.zip'),
    clusteringPattern: ClusteringPattern.NON_WORKER_MANAGER, nodeCount: 2, hostName: 'is.example.com',
    loadBalancing: LoadBalancing.existingApplication({ loadBalancer, listener, priority: 200 }), database: database('is_'), ...changed,
  });
  const template = Template.fromStack(stack);
  return { stack, template, found: testing.Discovery.simulate(testing.SynthesizedStacks.of(stack)) };
}

const shared = compose();

function valuesOf(type: string, value: (properties: any) => unknown): unknown[] {
  return Object.values(shared.template.findResources(type)).map(each => value(each.Properties)).filter(each => each !== undefined);
}

function expectDistinct(values: readonly unknown[], count: number): void {
  expect(values).toHaveLength(count);
  expect(new Set(values.map(each => JSON.stringify(each))).size).toBe(count);
}

test('make no load balancer and no database server, and one rule for each host name', () => {
  shared.template.resourceCountIs('AWS::ElasticLoadBalancingV2::LoadBalancer', 1);
  shared.template.resourceCountIs('AWS::ElasticLoadBalancingV2::Listener', 1);
  shared.template.resourceCountIs('AWS::RDS::DBInstance', 0);
  const rules = valuesOf('AWS::ElasticLoadBalancingV2::ListenerRule', each => [each.Priority, each.Conditions[0].HostHeaderConfig.Values]);
  expect(rules.sort()).toEqual([[100, ['am.example.com']], [101, ['mgt.am.example.com']], [200, ['is.example.com']]]);
  expectDistinct(valuesOf('AWS::ElasticLoadBalancingV2::ListenerRule', each => each.Actions[0].TargetGroupArn), 3);
  expect(valuesOf('AWS::ElasticLoadBalancingV2::ListenerCertificate', each => each.Certificates.length)).toEqual([1]);
});

test('every node group is behind the load balancer, which reaches its ports', () => {
  for (const group of Object.values(shared.template.findResources('AWS::AutoScaling::AutoScalingGroup'))) expect(group.Properties.TargetGroupARNs).toHaveLength(1);
  const balancer = { 'Fn::GetAtt': [shared.stack.getLogicalId(shared.stack.node.findChild('Shared').node.findChild('SecurityGroup').node.defaultChild as ec2.CfnSecurityGroup), 'GroupId'] };
  const opened = Object.values(shared.template.findResources('AWS::EC2::SecurityGroupIngress')).map(each => each.Properties)
    .filter(each => JSON.stringify(each.SourceSecurityGroupId) === JSON.stringify(balancer)).map(each => each.FromPort);
  expect(opened.sort()).toEqual([8243, 9443, 9443]);
});

test('have no name, tag, domain, database or user in common', () => {
  expectDistinct(valuesOf('AWS::EC2::SecurityGroup', each => each.GroupName), 2);
  expectDistinct(valuesOf('AWS::IAM::Role', each => each.RoleName), 0);
  const nodes = ['GatewayManager', 'IdentityNodes'].map(each => documentOf(userDataOf(shared.template, each)));
  expectDistinct(nodes.map(each => each.start), 2);
  const schemas = nodes.flatMap(each => each.databases.schemas);
  expectDistinct(schemas.map(each => each.name), schemas.length);
  expectDistinct(schemas.map(each => each.secret), schemas.length);
});

test('nodes find all of their own cluster and nobody else, at ports that are open', () => {
  const { found } = shared;
  found.assertApart();
  found.assertComplete();
  found.assertPortsOpen();
  expect(found.nodesNamed('Identity').finds.map(each => each.name)).toEqual(['Company/Identity/Nodes']);
  expect(found.nodesNamed('Gateway/Manager').finds.map(each => each.name).sort()).toEqual(['Company/Gateway/Manager', 'Company/Gateway/Workers']);
});

test('a priority that leaves none for the console is refused', () => {
  expect(() => LoadBalancing.existingApplication({ priority: 50_000 } as any)).toThrow('priority 50000 of a listener rule is none, give one of 1 to 49999');
});

test('one tag for both is refused', () => {
  expect(() => compose({ tagValue: 'Company-Gateway' })).toThrow('give each cluster a tagValue of its own or they merge');
});
