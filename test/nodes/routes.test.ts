/** No instance is launched before its subnets have their way out: its boot needs AWS's services and packages. */
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { CarbonClusterProps, CarbonProduct, ClusteringPattern, Database, Distribution, LoadBalancing, Membership, NginxCertificate } from '../../lib';
import { gateway, testStack } from '../gateway';

type Resources = Record<string, any>;

function synthesized(props: (stack: Stack) => Partial<CarbonClusterProps> = () => ({})): Resources {
  const stack = testStack();
  gateway(stack, props(stack));
  return Template.fromStack(stack).toJSON().Resources;
}

const ofType = (resources: Resources, type: string): [string, any][] => Object.entries(resources).filter(([, each]) => each.Type === type);

/** Default routes of the subnets that a group's instances are launched into. */
function routesOf(resources: Resources, group: any): string[] {
  return group.Properties.VPCZoneIdentifier.filter((subnet: any) => subnet.Ref).flatMap((subnet: any) => {
    const tables = ofType(resources, 'AWS::EC2::SubnetRouteTableAssociation')
      .filter(([, each]) => each.Properties.SubnetId.Ref === subnet.Ref).map(([, each]) => each.Properties.RouteTableId.Ref);
    return ofType(resources, 'AWS::EC2::Route')
      .filter(([, each]) => tables.includes(each.Properties.RouteTableId.Ref) && each.Properties.DestinationCidrBlock === '0.0.0.0/0').map(([id]) => id);
  });
}

/** What CloudFormation has made before a resource. References count as well, but nothing refers to a route. */
function before(resources: Resources, id: string, seen = new Set<string>()): Set<string> {
  for (const each of [resources[id].DependsOn ?? []].flat()) {
    if (!seen.has(each)) before(resources, each, seen.add(each));
  }
  return seen;
}

const secret = (stack: Stack): secretsmanager.ISecret => secretsmanager.Secret.fromSecretCompleteArn(
  stack, 'Secret', 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:mine-AbCdEf');

test.each<[string, (stack: Stack) => Partial<CarbonClusterProps>, number]>([
  ['members', () => ({}), 2],
  ['members of an existing database', stack => ({ database: Database.existingMySql({ host: 'db.example.com', adminSecret: secret(stack) }) }), 2],
  ['members with addresses of their own', () => ({ membership: Membership.wellKnownNodes() }), 3],
  ['NGINX', stack => ({
    certificates: undefined, loadBalancing: LoadBalancing.nginx({ certificate: NginxCertificate.fromSecret(secret(stack)) }),
  }), 3],
  ['WSO2 Elastic Load Balancer', stack => ({
    product: CarbonProduct.governanceRegistry('5.4.0'),
    clusteringPattern: ClusteringPattern.NON_WORKER_MANAGER,
    membership: Membership.wellKnownNodes(),
    certificates: undefined,
    loadBalancing: LoadBalancing.wso2ElasticLoadBalancer({
      distribution: Distribution.fromBucket(s3.Bucket.fromBucketName(stack, 'ElbPacks', 'packs'), 'wso2elb-2.1.1.zip'), hazelcastVersion: '3.5.4', javaVersion: 8,
    }),
  }), 3],
  ['members in public subnets', () => ({ vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC } }), 2],
])('%s wait for the routes of their subnets', (_, props, count) => {
  const resources = synthesized(props);
  const groups = ofType(resources, 'AWS::AutoScaling::AutoScalingGroup');
  expect(groups).toHaveLength(count);
  for (const [id, group] of groups) {
    const routes = routesOf(resources, group);
    expect(routes).toHaveLength(group.Properties.VPCZoneIdentifier.length);
    expect([...before(resources, id)]).toEqual(expect.arrayContaining(routes));
  }
});

test('imported subnets have their routes already', () => {
  const resources = synthesized(stack => ({
    vpc: ec2.Vpc.fromVpcAttributes(stack, 'Imported', {
      vpcId: 'vpc-1', vpcCidrBlock: '10.0.0.0/16', availabilityZones: ['eu-west-1a', 'eu-west-1b'], privateSubnetIds: ['subnet-1', 'subnet-2'],
    }),
  }));
  for (const [id] of ofType(resources, 'AWS::AutoScaling::AutoScalingGroup')) expect([...before(resources, id)].filter(each => /Route/.test(each))).toEqual([]);
});
