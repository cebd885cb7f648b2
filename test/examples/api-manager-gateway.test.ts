import { example, preparedSchemas } from './example';

const { template, document, edits } = example('api-manager-gateway');
const GROUPS = ['Manager', 'Workers'];
const targetGroups = template.findResources('AWS::ElasticLoadBalancingV2::TargetGroup');
const ruleOf = (host: string): any => Object.values(template.findResources('AWS::ElasticLoadBalancingV2::ListenerRule'))
  .find(each => each.Properties.Conditions[0].HostHeaderConfig.Values.includes(host))!.Properties;
const targetOf = (host: string): any => targetGroups[ruleOf(host).Actions[0].TargetGroupArn.Ref].Properties;

test('the manager runs the profile gateway-manager, the workers gateway-worker', () => {
  expect(GROUPS.map(group => document(group).product.arguments)).toEqual([['-Dprofile=gateway-manager'], ['-Dprofile=gateway-worker']]);
});

test('later versions have no gateway-manager: the whole product takes its place', () => {
  const later = example('api-manager-gateway', { version: '2.6.0' });
  expect(GROUPS.map(group => later.document(group).product.arguments)).toEqual([[], ['-Dprofile=gateway-worker']]);
});

test('clustering is on, in a domain and with a tag that no other cluster has', () => {
  for (const group of GROUPS) {
    expect(edits(group, 'axis2.xml')).toMatchObject({
      clustering: { enable: 'true' }, membershipScheme: 'aws', domain: 'CarbonGateway-Gateway', tagValue: 'CarbonGateway-Gateway',
    });
  }
});

test('each node is known by its private address', () => {
  for (const group of GROUPS) expect(edits(group, 'axis2.xml').localMemberHost).toEqual({ metadata: 'local-ipv4' });
});

test('sub-domains are mgt and worker', () => {
  expect(GROUPS.map(group => edits(group, 'axis2.xml').subDomain.value)).toEqual(['mgt', 'worker']);
});

test('ports are mapped, for a load balancer that reads it', () => {
  for (const group of GROUPS) {
    expect(edits(group, 'axis2.xml')).toMatchObject({ 'port.mapping.80': { value: '9763' }, 'port.mapping.443': { value: '9443' } });
  }
});

test('both host names are in carbon.xml', () => {
  for (const group of GROUPS) expect(edits(group, 'carbon.xml')).toMatchObject({ HostName: 'am.example.com', MgtHostName: 'mgt.am.example.com' });
});

test('both connectors know the load balancer\'s ports', () => {
  for (const group of GROUPS) expect(edits(group, 'catalina-server.xml')).toMatchObject({ 9763: { proxyPort: '80' }, 9443: { proxyPort: '443' } });
});

test('WSDLs name the load balancer', () => {
  expect(edits('Workers', 'axis2.xml').WSDLEPRPrefix).toBe('https://am.example.com');
});

test('databases of user management, registry and API Manager, each with a user of its own', () => {
  const { schemas } = document('Manager').databases;
  expect(schemas.map((each: any) => each.name)).toEqual(['WSO2AM_DB', 'WSO2UM_DB', 'WSO2REG_DB']);
  expect(new Set(schemas.map((each: any) => each.secret)).size).toBe(3);
});

test('the tables that -Dsetup makes are there before the first start, in latin1', () => {
  expect(preparedSchemas(template).map(each => [each.Scripts, each.CharacterSet])).toEqual([
    [['dbscripts/apimgt/mysql5.7.sql'], 'latin1'], [['dbscripts/mysql5.7.sql'], 'latin1'], [['dbscripts/mysql5.7.sql'], 'latin1'],
  ]);
});

test('API traffic reaches the workers at 8243, the console the manager at 9443', () => {
  expect(targetOf('am.example.com').Port).toBe(8243);
  expect(targetOf('mgt.am.example.com').Port).toBe(9443);
});

test('sessions stick to a node on the console, API traffic need not', () => {
  const attribute = (host: string, key: string): string => targetOf(host).TargetGroupAttributes.find((each: any) => each.Key === key)?.Value;
  expect(attribute('mgt.am.example.com', 'stickiness.app_cookie.cookie_name')).toBe('JSESSIONID');
  expect(attribute('am.example.com', 'stickiness.enabled')).toBe('false');
});
