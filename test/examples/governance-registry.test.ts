import { example } from './example';

const registry = example('governance-registry');
const behindElb = example('governance-registry', { loadBalancer: 'wso2elb' });
const NODES = ['Node1', 'Node2', 'Node3'];
const elb = behindElb.document('LoadBalancerInstances');
const conf = JSON.stringify(behindElb.edits('LoadBalancerInstances', 'loadbalancer.conf'));

test('three nodes that are all alike, over two zones', () => {
  const groups = Object.values(registry.template.findResources('AWS::AutoScaling::AutoScalingGroup'));
  expect(groups.map(each => each.Properties.MaxSize)).toEqual(['1', '1', '1']);
});

test('clustering is on, in the domain wso2.governance.domain', () => {
  for (const node of NODES) {
    expect(registry.edits(node, 'axis2.xml')).toMatchObject({
      clustering: { enable: 'true' }, membershipScheme: 'wka', domain: 'wso2.governance.domain', localMemberPort: '4250',
    });
  }
});

test('all nodes are in the sub-domain mgt', () => {
  for (const each of [registry, behindElb]) {
    expect(NODES.map(node => each.edits(node, 'axis2.xml').subDomain.value)).toEqual(['mgt', 'mgt', 'mgt']);
  }
});

test('every node is well known, at an address that it keeps', () => {
  expect(registry.document('Node1').configuration.members.hosts).toHaveLength(3);
  registry.template.resourceCountIs('AWS::EC2::NetworkInterface', 3);
});

test('the load balancer is among the members of the nodes, at its group management port', () => {
  const { hosts } = behindElb.document('Node2').configuration.members;
  expect(hosts.map((each: any) => each.port).sort()).toEqual(['4250', '4250', '4250', '4500']);
  behindElb.template.resourceCountIs('AWS::EC2::NetworkInterface', 4);
});

test('loadbalancer.conf has the governance domain, its group management port and the host names of its sub-domain', () => {
  for (const part of ['wso2.governance.domain', 'group_mgt_port', '4500', 'mgt', 'greg.example.com']) expect(conf).toContain(part);
});

test('the load balancer is a member of a group of its own in its axis2.xml', () => {
  expect(behindElb.edits('LoadBalancerInstances', 'axis2/axis2.xml')).toMatchObject({ clustering: { enable: 'true' }, membershipScheme: 'wka' });
  expect(elb.product.title).toContain('Elastic Load Balancer');
});

test('ports are mapped for it', () => {
  expect(behindElb.edits('Node1', 'axis2.xml')).toMatchObject({ 'port.mapping.80': { value: '9763' }, 'port.mapping.443': { value: '9443' } });
});

test('databases of user management, registry and API management, each with a user of its own', () => {
  const { schemas } = registry.document('Node1').databases;
  expect(schemas.map((each: any) => each.name).sort()).toEqual(['REGISTRY_DB', 'WSO2AM_DB', 'WSO2_USER_DB']);
  expect(registry.edits('Node1', 'user-mgt.xml').dataSource).toBe('jdbc/WSO2UMDB');
});

test('configuration and governance registry are mounted on every node, and each node may write', () => {
  for (const node of NODES) {
    const edits = registry.edits(node, 'registry.xml');
    expect(Object.keys(edits)).toEqual(expect.arrayContaining(['/_system/config', '/_system/governance']));
    expect(Object.fromEntries(edits['https://localhost:9443/registry']).readOnly).toBe('false');
  }
});

test('the local registry stays embedded on each node', () => {
  expect(registry.document('Node1').databases.schemas.map((each: any) => each.name)).not.toContain('WSO2_CARBON_DB');
});

test('host names and the load balancer\'s ports are in carbon.xml and catalina-server.xml', () => {
  for (const node of NODES) {
    expect(registry.edits(node, 'carbon.xml')).toMatchObject({ HostName: 'greg.example.com', MgtHostName: 'mgt.greg.example.com' });
    expect(registry.edits(node, 'catalina-server.xml')).toMatchObject({ 9763: { proxyPort: '80' }, 9443: { proxyPort: '443' } });
  }
});

test('host names lead to the load balancer inside the VPC', () => {
  for (const { template } of [registry, behindElb]) {
    const zones = Object.values(template.findResources('AWS::Route53::HostedZone')).map(each => each.Properties.Name);
    expect(zones.sort()).toEqual(['greg.example.com.', 'mgt.greg.example.com.']);
  }
});
