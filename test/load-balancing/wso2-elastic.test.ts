import { Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as s3 from 'aws-cdk-lib/aws-s3';
import {
  CarbonClusterProps, CarbonProduct, ClusteringPattern, Distribution, Keystore, LoadBalancing, Membership, testing, TrustedCertificate,
  WellKnownMember, Wso2ElasticLoadBalancingOptions,
} from '../../lib';
import { documentOf, gateway, statementsOf, testStack, userDataOf } from '../gateway';
import { balancingOf, openings } from './openings';

expect.addSnapshotSerializer(new testing.TemplateSnapshot());

type Options = Partial<Wso2ElasticLoadBalancingOptions>;
interface Made { readonly stack: Stack; readonly template: Template; readonly document: any; readonly userData: string }

/** A pack that was built with the Hazelcast of the nodes. */
function elb(options: Options | ((bucket: s3.IBucket) => Options) = {}, props: Partial<CarbonClusterProps> = {}): Made {
  const stack = testStack();
  const bucket = s3.Bucket.fromBucketName(stack, 'Elb', 'packs');
  gateway(stack, {
    product: CarbonProduct.governanceRegistry('5.4.0'),
    clusteringPattern: ClusteringPattern.NON_WORKER_MANAGER,
    nodeCount: 3,
    membership: Membership.wellKnownNodes(),
    certificates: undefined,
    clients: [ec2.Peer.ipv4('10.9.0.0/16')],
    loadBalancing: LoadBalancing.wso2ElasticLoadBalancer({
      distribution: Distribution.fromBucket(bucket, 'wso2elb-2.1.1.zip'), hazelcastVersion: '3.5.4', javaVersion: 8,
      ...typeof options === 'function' ? options(bucket) : options,
    }),
    ...props,
  });
  const template = Template.fromStack(stack);
  const userData = userDataOf(template, 'LoadBalancerInstances');
  return { stack, template, document: documentOf(userData), userData };
}

function contentOf(document: any): string {
  const file = document.configuration.files.find((each: any) => each.file.endsWith('loadbalancer.conf'));
  return file.edits[0].content.join.map((part: any) => (typeof part === 'string' ? part : `<${part.word?.env ?? JSON.stringify(part)}>`)).join('');
}

function clusteringOf(template: Template, id: string): any[] {
  return documentOf(userDataOf(template, id)).configuration.files.find((each: any) => each.file.endsWith('axis2.xml')).edits;
}

const made = elb();
const separated = elb({}, { clusteringPattern: ClusteringPattern.WORKER_MANAGER, nodeCount: undefined });

test('the governance registry behind it', () => {
  expect(balancingOf(made.template)).toMatchSnapshot();
});

test('it joins with the default group password, so its nodes keep that', () => {
  const secrets = (template: Template): string[] => Object.keys(template.findResources('AWS::SecretsManager::Secret'));
  const withoutIt = testStack();
  gateway(withoutIt, { product: CarbonProduct.governanceRegistry('5.4.0') });
  expect(secrets(made.template).filter(each => each.includes('GroupPassword'))).toEqual([]);
  expect(secrets(Template.fromStack(withoutIt)).filter(each => each.includes('GroupPassword'))).toHaveLength(1);
});

test('loadbalancer.conf names domain, port, members and host names', () => {
  expect(contentOf(made.document)).toMatch(new RegExp([
    'wso2greg \\{', 'domains \\{', 'Test-Gateway \\{', 'tenant_range \\*;', 'group_mgt_port 4500;',
    'members <Member1Address>:4000,<Member2Address>:4000,<Member3Address>:4000;', 'mgt \\{', 'hosts am.example.com,mgt.am.example.com;',
  ].join('\\s+')));
  expect(contentOf(separated.document)).toMatch(/worker \{\s+hosts am\.example\.com;\s+\}\s+mgt \{\s+hosts mgt\.am\.example\.com;/);
});

test('its member has an address that outlives its instances', () => {
  const [id] = Object.keys(made.template.findResources('AWS::EC2::NetworkInterface')).filter(each => each.includes('LoadBalancer'));
  expect(made.document.interface).toEqual({ id: { env: 'InterfaceId' }, address: { env: 'OwnAddress' } });
  expect(made.userData).toContain(`InterfaceId=<{"Ref":"${id}"}>`);
  expect(made.userData).toContain(`OwnAddress=<{"Fn::GetAtt":["${id}","PrimaryPrivateIpAddress"]}>`);
  const edits = made.document.configuration.files.find((each: any) => each.file.endsWith('axis2.xml')).edits;
  expect(edits).toContainEqual({ set: "/axisconfig/clustering/parameter[@name='localMemberHost']", text: { env: 'OwnAddress' } });
});

test('every node has it among its members, and tells it where requests go', () => {
  for (const node of ['Node1', 'Node2', 'Node3']) {
    const document = documentOf(userDataOf(made.template, node));
    expect(document.configuration.members.hosts).toContainEqual({ host: { env: 'LoadBalancerAddress' }, port: '4500' });
    expect(document.configuration.members.hosts).toHaveLength(4);
  }
  const mapping = (id: string, template = separated.template): Record<string, string> => Object.fromEntries(clusteringOf(template, id)
    .filter(each => /port\.mapping|subDomain/.test(each.set ?? '')).map(each => [/@name='([^']+)'\]$/.exec(each.set)![1], each.attributes.value]));
  expect(mapping('Worker1')).toEqual({ subDomain: 'worker', 'port.mapping.80': '9763', 'port.mapping.443': '9443' });
  expect(mapping('Manager')).toEqual({ subDomain: 'mgt', 'port.mapping.80': '9763', 'port.mapping.443': '9443' });
  expect(mapping('Node1', elb({}, { portOffset: 1, portMapping: { 80: 7000 } }).template))
    .toEqual({ subDomain: 'mgt', 'port.mapping.80': '7000', 'port.mapping.443': '9444' });
});

test('pass-through products are mapped by what each role serves', () => {
  const { template } = elb({}, { product: CarbonProduct.enterpriseIntegrator('6.4.0'), clusteringPattern: ClusteringPattern.WORKER_MANAGER, nodeCount: undefined });
  const port = (id: string): string => clusteringOf(template, id).find(each => each.set?.includes('port.mapping.443')).attributes.value;
  expect([port('Worker1'), port('Manager')]).toEqual(['8243', '9443']);
  // It takes a node once all ports answer that the node has told of.
  expect(openings(template)).toEqual(expect.arrayContaining(['8243', '8280', '9443', '9763'].map(each => `Members: ${each} from ELB`)));
});

test('opens exactly what is served', () => {
  expect(openings(made.template)).toEqual([
    'Members: 4000 from Members',
    'Members: 4000 from ELB',
    'Members: 9443 from ELB',
    'Members: 9763 from ELB',
    'ELB: 4500 from Members',
    'ELB: 8243 from Balancer',
    'ELB: 8280 from Balancer',
    'Balancer: 443 from 10.9.0.0/16',
    'Balancer: 80 from 10.9.0.0/16',
  ].sort());
});

test('TCP is passed on to its transports', () => {
  const ports = Object.values(made.template.findResources('AWS::ElasticLoadBalancingV2::TargetGroup')).map(each => each.Properties.Port);
  expect(ports.sort()).toEqual([8243, 8280]);
  made.template.allResourcesProperties('AWS::ElasticLoadBalancingV2::TargetGroup', {
    Protocol: 'TCP', HealthCheckProtocol: 'TCP', TargetGroupAttributes: Match.arrayWith([{ Key: 'preserve_client_ip.enabled', Value: 'true' }]),
  });
});

test('its instance starts as it likes, is no node, and may attach its own interface only', () => {
  expect([made.document.start, made.document.join, made.document.driver, made.document.databases]).toEqual([undefined, undefined, undefined, undefined]);
  expect(made.document).toMatchObject({
    kind: 'elastic-load-balancer',
    product: { title: 'WSO2 Elastic Load Balancer 2.1.1', script: 'bin/wso2server.sh' },
    java: { version: 8, accepted: [8] },
    health: { url: 'tcp://localhost:8243' },
  });
  const [role] = Object.keys(made.template.findResources('AWS::IAM::Role')).filter(id => id.includes('LoadBalancerInstances'));
  const statements = statementsOf(made.template, role);
  expect(statements.map((each: any) => each.Action).sort()).toEqual([
    'cloudformation:SignalResource', 'cloudwatch:PutMetricData', 'ec2:AttachNetworkInterface', 'ec2:AttachNetworkInterface', 'ec2:DescribeNetworkInterfaces',
    ['logs:CreateLogStream', 'logs:PutLogEvents'], 's3:GetObject', 's3:GetObject', 's3:ListBucket',
    'secretsmanager:GetSecretValue',
    ['ssm:UpdateInstanceInformation', 'ssmmessages:CreateControlChannel', 'ssmmessages:CreateDataChannel', 'ssmmessages:OpenControlChannel', 'ssmmessages:OpenDataChannel'],
  ]);
  expect(statements).toContainEqual(expect.objectContaining({
    Condition: { StringEquals: { 'aws:ResourceTag/carbon-cluster-load-balancer': 'Test-Gateway' } },
  }));
});

test('what predicts discovery knows that it is no node', () => {
  const discovery = testing.Discovery.simulate(testing.SynthesizedStacks.of(made.stack));
  expect(discovery.nodes).toEqual([]);
  testing.LeastPrivilege.assertNoFindings(testing.SynthesizedStacks.of(made.stack));
});

test('it has the nodes\' key pair, so that it trusts them and clients see no certificate of a pack', () => {
  expect(made.document.keystore).toEqual(documentOf(userDataOf(made.template, 'Node1')).keystore);
  const edits = made.document.configuration.files.find((each: any) => each.file.endsWith('axis2.xml')).edits;
  expect(edits).toContainEqual(expect.objectContaining({ replace: "/axisconfig/transportReceiver[@name='https']/parameter[@name='keystore']" }));
  const shipped = elb({}, { keystore: Keystore.shipped() });
  expect(shipped.document.keystore).toBeUndefined();
});

test('options', () => {
  const { document } = elb(bucket => ({
    version: '2.1.0', javaVersion: 11, javaHome: '/opt/java', groupManagementPort: 4600, sessionTimeout: Duration.minutes(5),
    trustedCertificates: [TrustedCertificate.fromBucket('nodes', bucket, 'nodes.pem')],
  }));
  expect(document).toMatchObject({
    product: { title: 'WSO2 Elastic Load Balancer 2.1.0' },
    java: { version: 11, accepted: [11], home: '/opt/java' },
    trust: { store: 'repository/resources/security/client-truststore.jks', systemRoots: false, certificates: [{ alias: 'nodes', source: { key: 'nodes.pem' } }] },
  });
  expect(contentOf(document)).toMatch(/session_timeout 300000;[\s\S]*group_mgt_port 4600;/);
});

test('members at addresses of the user\'s own are told to it too', () => {
  const membership = Membership.wellKnown({ members: [WellKnownMember.range('10.0.1.10', 11)] });
  expect(contentOf(elb({}, { membership }).document)).toContain('members 10.0.1.10:4000,10.0.1.11:4000;');
  // With none the nodes know the load balancer only, as in WSO2's guides.
  const alone = elb({}, { membership: Membership.wellKnown({ members: [] }) });
  expect(contentOf(alone.document)).not.toContain('members');
  expect(documentOf(userDataOf(alone.template, 'Nodes')).configuration.members.hosts).toEqual([{ host: { env: 'LoadBalancerAddress' }, port: '4500' }]);
});
