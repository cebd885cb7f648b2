import { Template } from 'aws-cdk-lib/assertions';
import { CarbonClusterProps, CarbonProduct, ClusteringPattern, Membership } from '../../lib';
import { documentOf, gateway, testStack, userDataOf } from '../gateway';

const APPLICATION_SERVER = {
  product: CarbonProduct.applicationServer('5.3.0'),
  membership: Membership.wellKnownNodes({ managerLocalMemberPort: 4100, workerLocalMemberPort: 4200 }),
};

function templateOf(overrides: Partial<CarbonClusterProps>): Template {
  const stack = testStack();
  gateway(stack, { ...APPLICATION_SERVER, ...overrides });
  return Template.fromStack(stack);
}

const template = templateOf({ workerCount: 3 });
const interfaces = template.findResources('AWS::EC2::NetworkInterface');
const axis2Of = (document: any): Record<string, any> => Object.fromEntries(document.configuration.files
  .find((each: any) => each.file.endsWith('axis2.xml')).edits.map((each: any) => [/@name='(\w+)'\]$/.exec(each.set ?? '')?.[1], each.text ?? each.attributes]));

test('the manager and one worker have an interface each, in zones of their own', () => {
  expect(Object.keys(interfaces)).toHaveLength(2);
  const subnets = Object.values(interfaces).map(each => each.Properties.SubnetId.Ref);
  expect(new Set(subnets).size).toBe(2);
  const groupId = Object.entries(template.findResources('AWS::EC2::SecurityGroup')).find(([, each]) => each.Properties.GroupName)![0];
  expect(Object.values(interfaces).map(each => each.Properties.GroupSet)).toEqual([0, 1].map(() => [{ 'Fn::GetAtt': [groupId, 'GroupId'] }]));
});

test('each of them is a group of one in its interface\'s subnet, the other workers are one group', () => {
  const groups = Object.entries(template.findResources('AWS::AutoScaling::AutoScalingGroup'))
    .map(([id, each]) => [/Gateway(Manager|Worker1|Workers)/.exec(id)![1], each.Properties.MinSize, each.Properties.VPCZoneIdentifier.length]);
  expect(groups).toEqual([['Manager', '1', 1], ['Worker1', '1', 1], ['Workers', '2', 2]]);
});

test('every node lists both, each at its own port', () => {
  const document = documentOf(userDataOf(template, 'WorkersLaunchTemplate'));
  expect(document.configuration.members).toEqual({
    hosts: [{ host: { env: 'Member1Address' }, port: '4100' }, { host: { env: 'Member2Address' }, port: '4200' }],
  });
  expect(axis2Of(document)).toMatchObject({ membershipScheme: 'wka', localMemberPort: '4200', localMemberHost: { metadata: 'local-ipv4' } });
});

test('a well-known node takes its interface and is known by its address', () => {
  const userData = userDataOf(template, 'ManagerLaunchTemplate');
  const document = documentOf(userData);
  expect(document.interface).toEqual({ id: { env: 'InterfaceId' }, address: { env: 'OwnAddress' } });
  expect(axis2Of(document)).toMatchObject({ localMemberPort: '4100', localMemberHost: { env: 'OwnAddress' } });
  const own = Object.keys(interfaces)[0];
  expect(userData).toContain(`InterfaceId=<{"Ref":"${own}"}>`);
  expect(userData).toContain(`OwnAddress=<{"Fn::GetAtt":["${own}","PrimaryPrivateIpAddress"]}>`);
  expect(documentOf(userDataOf(template, 'WorkersLaunchTemplate')).interface).toBeUndefined();
});

test('it may attach its own interface and no other, to instances of its cluster', () => {
  const policies = Object.values(template.findResources('AWS::IAM::ManagedPolicy')).flatMap(each => each.Properties.PolicyDocument.Statement)
    .filter((each: any) => each.Action === 'ec2:AttachNetworkInterface').map((each: any) => [JSON.stringify(each.Resource), each.Condition]);
  expect(policies).toHaveLength(4);
  for (const [resource, condition] of policies) {
    if (resource.includes('instance/*')) expect(condition).toEqual({ StringEquals: { 'aws:ResourceTag/carbon-cluster': 'Test-Gateway' } });
    else expect(Object.keys(interfaces).filter(id => resource.includes(id))).toHaveLength(1);
  }
});

test('the ports of both are open among the members, and no port between', () => {
  const ports = Object.values(template.findResources('AWS::EC2::SecurityGroupIngress')).map(each => [each.Properties.FromPort, each.Properties.ToPort])
    .filter(([from]) => from >= 4000 && from < 6000);
  expect(ports).toEqual([[4100, 4100], [4200, 4200]]);
});

test('nodes that are all alike are all well known', () => {
  const alike = templateOf({
    product: CarbonProduct.enterpriseIntegrator('6.4.0'), clusteringPattern: ClusteringPattern.NON_WORKER_MANAGER,
    membership: Membership.wellKnownNodes({ localMemberPort: 4100 }),
  });
  alike.resourceCountIs('AWS::EC2::NetworkInterface', 2);
  const document = documentOf(userDataOf(alike, 'Node2LaunchTemplate'));
  expect(document.configuration.members.hosts.map((each: any) => each.port)).toEqual(['4100', '4100']);
  const targets = Object.values(alike.findResources('AWS::AutoScaling::AutoScalingGroup')).map(each => each.Properties.TargetGroupARNs.length);
  expect(targets).toEqual([2, 2]);
});

test.each([
  [{ wellKnownWorkerCount: 0 }, 'wellKnownWorkerCount 0 is no whole number of at least 1, give one: with the manager alone no node can join while it is away'],
  [{ workerLocalMemberPort: 80 }, 'workerLocalMemberPort 80 is no port that a service user may open, give one of 1024 to 65535'],
])('refused: %j', (options, message) => {
  expect(() => gateway(testStack(), { ...APPLICATION_SERVER, membership: Membership.wellKnownNodes(options) })).toThrow(new Error(message));
});
