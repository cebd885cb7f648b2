import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { carbonCluster, folderWith } from './command-line';
import { carrying } from '../user-data';

/** Templates that no cluster of today makes: what others have, and what this library will. */
const ref = (id: string): object => ({ Ref: id });
const id = (group: string): object => ({ 'Fn::GetAtt': [group, 'GroupId'] });

function nodeUserData(title: string, files: object[] = [], more: object = {}): object {
  const document = { product: { title }, configuration: { files, ...more } };
  return { 'Fn::Base64': carrying(document, 'Region=eu-west-1') };
}

function group(name: string): object {
  return { Type: 'AWS::EC2::SecurityGroup', Properties: { GroupDescription: name, GroupName: name } };
}

function ingress(from: string, to: string, port: number): object {
  return { Type: 'AWS::EC2::SecurityGroupIngress', Properties: {
    GroupId: id(to), SourceSecurityGroupId: id(from), IpProtocol: 'tcp', FromPort: port, ToPort: port, Description: `${from} to ${to}`,
  } };
}

const RESOURCES = {
  Nodes: group('nodes'),
  Front: group('front'),
  Files: group('files'),
  FrontToNodes: ingress('Front', 'Nodes', 9443),
  NodesToFiles: ingress('Nodes', 'Files', 2049),
  Launch: { Type: 'AWS::EC2::LaunchTemplate', Properties: { LaunchTemplateData: {
    InstanceType: 'm5.large', SecurityGroupIds: [id('Nodes')], UserData: nodeUserData('WSO2 Unheard Of 9.9.9 default'),
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'Name', Value: 'n' }] }],
  } } },
  Group: { Type: 'AWS::AutoScaling::AutoScalingGroup', Properties: {
    MinSize: '2', MaxSize: '6', LaunchTemplate: { LaunchTemplateId: ref('Launch'), Version: '1' }, VPCZoneIdentifier: ['subnet-1', 'subnet-2'],
    LoadBalancerNames: [ref('Classic')],
  } },
  Scaling: { Type: 'AWS::AutoScaling::ScalingPolicy', Properties: { AutoScalingGroupName: ref('Group'), PolicyType: 'TargetTrackingScaling',
    TargetTrackingConfiguration: { PredefinedMetricSpecification: { PredefinedMetricType: 'ASGAverageCPUUtilization' }, TargetValue: 60 } } },
  Alone: { Type: 'AWS::EC2::LaunchTemplate', Properties: { LaunchTemplateData: { UserData: nodeUserData('WSO2 Unheard Of 9.9.9 other') } } },
  Classic: { Type: 'AWS::ElasticLoadBalancing::LoadBalancer', Properties: {
    SecurityGroups: [id('Front')], Scheme: 'internal', HealthCheck: { Target: 'TCP:9443' },
    Listeners: [{ LoadBalancerPort: '443', Protocol: 'tcp', InstancePort: '9443', InstanceProtocol: 'tcp' }],
  } },
  Nginx: { Type: 'AWS::EC2::Instance', Properties: { InstanceType: 't3.small', SecurityGroupIds: [id('Front'), 'sg-outside'], SubnetId: 'subnet-1' } },
  FileSystem: { Type: 'AWS::EFS::FileSystem', Properties: { Encrypted: true } },
  Mount: { Type: 'AWS::EFS::MountTarget', Properties: { FileSystemId: ref('FileSystem'), SubnetId: 'subnet-1', SecurityGroups: [id('Files')] } },
  Network: { Type: 'AWS::ElasticLoadBalancingV2::LoadBalancer', Properties: { Type: 'network', Subnets: ['subnet-1'] } },
  Gate: { Type: 'AWS::EC2::VPCEndpoint', Properties: { ServiceName: 'com.amazonaws.eu-west-1.s3', VpcEndpointType: 'Gateway' } },
  Logs: { Type: 'AWS::Logs::LogGroup', Properties: { RetentionInDays: 30 } },
  Alarm: { Type: 'AWS::CloudWatch::Alarm', Properties: {} },
  Zone: { Type: 'AWS::Route53::HostedZone', Properties: {} },
  Record: { Type: 'AWS::Route53::RecordSet', Properties: {} },
  Odd: { Type: 'Custom::Odd', Properties: { Deep: [null, { a: 1 }] } },
  Nothing: {},
};

async function explained(resources: object): Promise<{ model: any; page: string }> {
  const folder = folderWith({ 'cdk.out/One.template.json': JSON.stringify({ Resources: resources }) });
  const file = join(folder, 'cluster.html');
  const { code, output, errors } = await carbonCluster(['explain', '-a', join(folder, 'cdk.out'), '--json', '-o', file]);
  expect([code, errors]).toEqual([0, '']);
  return { model: JSON.parse(output), page: readFileSync(file, 'utf8').replaceAll('<wbr>', '') };
}

test('other load balancers, instances, a file system: drawn by what security groups and listeners say', async () => {
  const { model: { topology, neighbours } } = await explained(RESOURCES);
  const label = (place: string): string => topology.places.find((each: any) => each.id === place).label;
  expect(topology.links.map((link: any) => [label(link.from), label(link.to), link.labels, link.agreed])).toEqual([
    ['Classic', 'Group', ['→ TCP 9443'], 'both'],
    ['Nginx', 'Group', ['TCP 9443'], 'both'],
    ['Group', 'FileSystem', ['TCP 2049'], 'both'],
  ]);
  expect(neighbours.map((each: any) => [each.label, each.kind])).toEqual([
    ['Classic', 'Load balancer'], ['Nginx', 'Other instances'], ['FileSystem', 'File system'], ['Network', 'Load balancer'], ['Gate', 'Endpoint of the VPC'],
  ]);
  expect(neighbours[0].routes).toEqual([{ listener: 'TCP 443', condition: '', targets: [{ label: 'Group', anchor: 'r-Group' }], to: 'TCP 9443', healthCheck: 'TCP:9443', stickiness: '' }]);
});

test('a group that may grow, and nodes that something else launches', async () => {
  const { model: { nodes, costs } } = await explained(RESOURCES);
  expect(nodes.map((node: any) => [node.label, node.count])).toEqual([['Group', '2 to 6'], ['Alone', '?']]);
  expect(nodes[0].facts).toContainEqual({ name: 'Scales by', value: 'Scaling, TargetTrackingScaling, ASGAverageCPUUtilization, 60' });
  expect(nodes[0].facts).toContainEqual({ name: 'Subnets', value: 'subnet-1, subnet-2 (outside this assembly)' });
  expect(costs.find((cost: any) => cost.kind === 'EC2 instances').items).toContain('2 to 6 × m5.large (Group)');
});

test('a product that the catalogue does not have is said to be unknown, and nothing is made up', async () => {
  const clustering = { file: 'repository/conf/axis2/axis2.xml', edits: [
    { set: "/axisconfig/clustering/parameter[@name='membershipScheme']", text: 'aws' },
    { set: "/axisconfig/clustering/parameter[@name='domain']", text: 'd' },
    { set: "/axisconfig/clustering/parameter[@name='localMemberPort']", text: '4000' },
  ] };
  const launch = structuredClone(RESOURCES.Launch);
  launch.Properties.LaunchTemplateData.UserData = nodeUserData('WSO2 Unheard Of 9.9.9 default', [clustering]);
  const { model: { nodes, discoveries } } = await explained({ ...RESOURCES, Launch: launch });
  expect(nodes[0].facts).toContainEqual({ name: 'Kernel', value: 'not known: the product is not in the catalogue' });
  const checks = new Map(discoveries[0].checks.map((check: any) => [check.what, check.ok]));
  expect(checks.get('The member port 4000 is looked at')).toBeUndefined();
  expect(checks.get('The filter has a tag')).toBe(false);
});

test('an edit of a kind that came later is shown as it is', async () => {
  const launch = structuredClone(RESOURCES.Launch);
  launch.Properties.LaunchTemplateData.UserData = nodeUserData('WSO2 Unheard Of 9.9.9 default', [{ file: 'a.json', edits: [{ merge: 'patch' }] }]);
  const { model: { nodes } } = await explained({ ...RESOURCES, Launch: launch });
  expect(nodes[0].files[0].settings).toEqual([{ place: '{"merge":"patch"}', does: 'is of a kind that this version cannot read', value: [], elsewhere: [] }]);
});

test('what is not known is told to be so, and nothing is dropped', async () => {
  const { model: { resources, unknownCosts, costs }, page } = await explained(RESOURCES);
  expect(resources.filter((each: any) => each.section === undefined).map((each: any) => each.logicalId)).toEqual(['Odd', 'Nothing']);
  expect(Object.keys(RESOURCES).filter(each => !page.includes(each))).toEqual([]);
  expect(unknownCosts).toEqual(['Custom::Odd', 'no type']);
  expect(costs.map((cost: any) => cost.kind)).toEqual(expect.arrayContaining(['CloudWatch log groups', 'CloudWatch alarms', 'Route 53 hosted zones', 'EFS file systems', 'Classic Load Balancers']));
});
