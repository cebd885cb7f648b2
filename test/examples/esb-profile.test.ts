import { example } from './example';
import { outOfMemoryOptions } from '../../lib/boot/out-of-memory';

const { template, document, edits } = example('esb-profile');
const NODES = ['Node1', 'Node2'];
const nginx = document('LoadBalancerInstances');

test('two nodes, each in a zone of its own', () => {
  const subnets = ['Node1', 'Node2'].map(node => Object.entries(template.findResources('AWS::AutoScaling::AutoScalingGroup'))
    .find(([id]) => id.includes(node))![1].Properties.VPCZoneIdentifier);
  expect(subnets.map(each => each.length)).toEqual([1, 1]);
  expect(subnets[0]).not.toEqual(subnets[1]);
});

test('clustering is on, in the scheme wka and a domain of their own', () => {
  for (const node of NODES) {
    expect(edits(node, 'axis2.xml')).toMatchObject({ clustering: { enable: 'true' }, membershipScheme: 'wka', domain: 'wso2.ei.domain' });
  }
});

test('both nodes are well known, at addresses that they keep', () => {
  for (const node of NODES) {
    expect(document(node).configuration.members.hosts.map((each: any) => each.port)).toEqual(['4100', '4100']);
    expect(edits(node, 'axis2.xml')).toMatchObject({ localMemberHost: { env: 'OwnAddress' }, localMemberPort: '4100' });
  }
  template.resourceCountIs('AWS::EC2::NetworkInterface', 2);
});

test('host names are in carbon.xml', () => {
  for (const node of NODES) expect(edits(node, 'carbon.xml')).toMatchObject({ HostName: 'ei.example.com', MgtHostName: 'ui.ei.example.com' });
});

test('both connectors know the load balancer\'s ports', () => {
  for (const node of NODES) expect(edits(node, 'catalina-server.xml')).toMatchObject({ 9763: { proxyPort: '80' }, 9443: { proxyPort: '443' } });
});

test('WSDLs name the load balancer', () => {
  for (const node of NODES) expect(edits(node, 'axis2.xml').WSDLEPRPrefix).toBe('https://ei.example.com');
});

test('user management and registry are shared, each with a user of its own', () => {
  const names = document('Node1').databases.schemas.map((each: any) => each.name);
  expect(names).toEqual(expect.arrayContaining(['WSO2_USER_DB', 'REGISTRY_DB']));
  expect(edits('Node1', 'user-mgt.xml').dataSource).toBe('jdbc/WSO2UMDB');
});

test('each node has a local registry of its own in MySQL', () => {
  const urlOf = (node: string): string => JSON.stringify(edits(node, 'master-datasources.xml').WSO2_CARBON_DB);
  expect(urlOf('Node1')).toContain('/REGISTRY_LOCAL1?');
  expect(urlOf('Node2')).toContain('/REGISTRY_LOCAL2?');
});

test('the configuration registry is mounted under eiconfig, the governance registry under its name', () => {
  const registry = edits('Node2', 'registry.xml');
  expect(Object.fromEntries(registry['/_system/config'])).toEqual({ instanceId: 'sharedregistry', targetPath: '/_system/eiconfig' });
  expect(Object.fromEntries(registry['/_system/governance'])).toEqual({ instanceId: 'sharedregistry', targetPath: '/_system/governance' });
});

test('Hazelcast stops with the server and logs by log4j', () => {
  expect(edits('Node1', 'hazelcast.properties')).toEqual({ 'hazelcast.shutdownhook.enabled': 'false', 'hazelcast.logging.type': 'log4j' });
});

test('deployed artifacts are on a file system that both nodes mount', () => {
  template.hasResourceProperties('AWS::EFS::FileSystem', { Encrypted: true });
  for (const node of NODES) expect(document(node).artifacts).toMatchObject({ fileSystem: expect.anything() });
});

test('kernel and connection pools are tuned, and the heap is given', () => {
  expect(JSON.stringify(edits('Node1', '60-carbon-cluster.conf'))).toContain('net.ipv4.tcp_fin_timeout = 30');
  expect(JSON.stringify(edits('Node1', 'master-datasources.xml').WSO2_USER_DB)).toContain('["testOnBorrow","true"]');
  expect(document('Node1').product.environment.JAVA_OPTS).toBe(`-Dsun.net.inetaddr.ttl=30 ${outOfMemoryOptions([7, 8]).join(' ')} -Xms2048m -Xmx2048m`);
});

test('NGINX serves services at 80 and 443 and the console by its own name', () => {
  expect(JSON.stringify(nginx)).toContain('ei.example.com');
  expect(JSON.stringify(nginx)).toContain('ui.ei.example.com');
  const ports = Object.values(template.findResources('AWS::ElasticLoadBalancingV2::Listener')).map(each => each.Properties.Port);
  expect(ports.sort()).toEqual([443, 80]);
});

test('host names lead to the load balancer inside the VPC', () => {
  const zones = Object.values(template.findResources('AWS::Route53::HostedZone')).map(each => each.Properties.Name);
  expect(zones.sort()).toEqual(['ei.example.com.', 'ui.ei.example.com.']);
});

test('a load balancer of AWS takes NGINX\'s place by one word', () => {
  const other = example('esb-profile', { certificateArn: 'arn:aws:acm:eu-west-1:111111111111:certificate/1' });
  other.template.resourceCountIs('AWS::ElasticLoadBalancingV2::ListenerRule', 2);
  expect(Object.keys(other.template.findResources('AWS::AutoScaling::AutoScalingGroup'))).toHaveLength(2);
});
