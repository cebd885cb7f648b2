/** Types and versions by region: what the constructs take by default, and what they refuse. */
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as s3 from 'aws-cdk-lib/aws-s3';
import {
  CarbonCluster, CarbonClusterProps, CertificateAuthority, Database, LoadBalancing, Membership, NginxCertificate, RdsMySqlOptions,
} from '../../lib';
import { gatewayProps, testStack } from '../gateway';

type Overrides = Partial<CarbonClusterProps> & { readonly rds?: RdsMySqlOptions };

/**
 * Without an account nothing is looked up; discovery without EC2's API works in every partition. The authorities of RDS are not known in
 * every region, so the cluster brings its own.
 */
function clusterIn(region: string | undefined, { rds: options, ...overrides }: Overrides = {}): Stack {
  const stack = testStack(new App({ analyticsReporting: false }), 'Test', { region });
  const certificateAuthority = CertificateAuthority.fromBucket(s3.Bucket.fromBucketName(stack, 'Authorities', 'authorities'), 'rds.pem');
  const database = Database.rdsMySql({ certificateAuthority, ...options });
  new CarbonCluster(stack, 'Gateway', { ...gatewayProps(stack), membership: Membership.discovered(), database, ...overrides });
  return stack;
}

function typesIn(region?: string): { nodes: string[]; database: string } {
  const template = Template.fromStack(clusterIn(region));
  const nodes = Object.values(template.findResources('AWS::EC2::LaunchTemplate')).map(each => each.Properties.LaunchTemplateData.InstanceType);
  const [database] = Object.values(template.findResources('AWS::RDS::DBInstance'));
  return { nodes: [...new Set<string>(nodes)], database: database.Properties.DBInstanceClass };
}

test.each([
  ['eu-west-1', 'm7i.large', 'db.t4g.medium'],
  ['cn-north-1', 'm6i.large', 'db.t4g.medium'],
  ['cn-northwest-1', 'm6i.large', 'db.t4g.medium'],
  ['me-south-1', 'm6i.large', 'db.t4g.medium'],
  ['ca-west-1', 'm6i.large', 'db.t3.medium'],
  ['us-gov-west-1', 'm7i.large', 'db.t4g.medium'],
])('the default types in %s are %s and %s', (region, node, database) => {
  expect(typesIn(region)).toEqual({ nodes: [node], database });
});

test.each([undefined, 'eusc-de-east-1'])('a stack in region %s, which the facts do not know, keeps the default types', region => {
  expect(typesIn(region)).toEqual({ nodes: ['m7i.large'], database: 'db.t4g.medium' });
});

const type = (name: string): ec2.InstanceType => new ec2.InstanceType(name);
const version = (full: string): rds.MysqlEngineVersion => rds.MysqlEngineVersion.of(full, full.split('.').slice(0, 2).join('.'));

test.each<[string, string, Overrides, string]>([
  ['nodes', 'cn-north-1', { instanceType: type('m7i.large') },
    "instanceType 'm7i.large' of Test/Gateway/Manager is not offered by EC2 in cn-north-1, use a type that is, such as m6i.large"],
  ['nodes of the ARM architecture', 'ca-west-1', { instanceType: type('m7g.large') },
    "instanceType 'm7g.large' of Test/Gateway/Manager is not offered by EC2 in ca-west-1, use a type that is, such as m6g.large"],
  ['instances of NGINX', 'ap-southeast-6', { certificates: [], loadBalancing: LoadBalancing.nginx({ certificate: NginxCertificate.selfSigned(), instanceType: type('t2.small') }) },
    "instanceType 't2.small' of Test/Gateway/LoadBalancer/Instances is not offered by EC2 in ap-southeast-6, use a type that is, such as m7i.large"],
  ['the database', 'ca-west-1', { rds: { instanceType: type('t4g.medium') } },
    "instanceType 't4g.medium' of Test/Gateway/Database is not offered by RDS for MySQL in ca-west-1, use a type that is, such as t3.medium"],
  ['the version of the database', 'eu-west-1', { rds: { engineVersion: version('8.0.36') } },
    "engineVersion '8.0.36' is no longer offered by RDS for MySQL, use 8.4.11, or for a database that exists at least the version that it runs"],
])('what %s in %s cannot have is refused', (_what, region, overrides, message) => {
  expect(() => clusterIn(region, overrides)).toThrow(new Error(message));
});

test.each<[string, string | undefined, Overrides]>([
  ['a type that the facts do not know', 'cn-north-1', { instanceType: type('m99i.large') }],
  ['a type in a region that the facts do not know', 'eusc-de-east-1', { instanceType: type('c1.medium') }],
  ['a type in a stack without a region', undefined, { instanceType: type('c1.medium') }],
  ['a version that is newer than the facts', 'eu-west-1', { rds: { engineVersion: version('8.4.99') } }],
  ['a major version', 'eu-west-1', { rds: { engineVersion: version('8.4') } }],
])('%s is not refused', (_what, region, overrides) => {
  expect(() => clusterIn(region, overrides)).not.toThrow();
});
