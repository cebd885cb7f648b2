import { example, preparedSchemas } from './example';

const { template, document, edits } = example('application-server');
const GROUPS = ['Manager', 'Worker1', 'Workers'];

test('one manager and two workers, in two zones', () => {
  const groups = Object.values(template.findResources('AWS::AutoScaling::AutoScalingGroup'));
  expect(groups.map(each => each.Properties.MinSize)).toEqual(['1', '1', '1']);
});

test('clustering is on, in the domain wso2.as.domain', () => {
  for (const group of GROUPS) {
    expect(edits(group, 'axis2.xml')).toMatchObject({ clustering: { enable: 'true' }, membershipScheme: 'wka', domain: 'wso2.as.domain' });
  }
});

test('each node is known by an address of its own and not by loopback', () => {
  expect(GROUPS.map(group => edits(group, 'axis2.xml').localMemberHost)).toEqual([{ env: 'OwnAddress' }, { env: 'OwnAddress' }, { metadata: 'local-ipv4' }]);
});

test('the member port is 4100 on the manager and 4200 on the workers', () => {
  expect(GROUPS.map(group => edits(group, 'axis2.xml').localMemberPort)).toEqual(['4100', '4200', '4200']);
});

test('manager and one worker are well known to every node, and keep their addresses', () => {
  for (const group of GROUPS) {
    expect(document(group).configuration.members.hosts).toEqual([
      { host: { env: 'Member1Address' }, port: '4100' }, { host: { env: 'Member2Address' }, port: '4200' },
    ]);
  }
  template.resourceCountIs('AWS::EC2::NetworkInterface', 2);
});

test('sub-domains are mgt and worker', () => {
  expect(GROUPS.map(group => edits(group, 'axis2.xml').subDomain.value)).toEqual(['mgt', 'worker', 'worker']);
});

test('both host names are in carbon.xml', () => {
  for (const group of GROUPS) expect(edits(group, 'carbon.xml')).toMatchObject({ HostName: 'as.example.com', MgtHostName: 'mgt.as.example.com' });
});

test('both connectors know the load balancer\'s ports', () => {
  for (const group of GROUPS) {
    expect(edits(group, 'catalina-server.xml')).toMatchObject({ 9763: { proxyPort: '80' }, 9443: { proxyPort: '443' } });
  }
});

test('the synchronizer is on everywhere, and only the manager commits', () => {
  const committing = GROUPS.map(group => edits(group, 'carbon.xml')).map(each => [each.Enabled, each.AutoCommit, each.AutoCheckout]);
  expect(committing).toEqual([['true', 'true', 'true'], ['true', 'false', 'true'], ['true', 'false', 'true']]);
  expect(edits('Manager', 'carbon.xml')).toMatchObject({ RepositoryType: 'svn', SvnUrl: 'svn://svn.example.com/as', SvnUrlAppendTenantId: 'true' });
});

test('the repository\'s user and password are in a secret', () => {
  expect(edits('Workers', 'carbon.xml').SvnPassword).toEqual({ secret: 'SvnSecret', field: 'password' });
});

test('user store and registry are shared, each in a database with a user of its own', () => {
  const { schemas } = document('Manager').databases;
  expect(schemas.map((each: any) => [each.name, each.secret])).toEqual([['WSO2_USER_DB', 'Wso2UserDbSecret'], ['REGISTRY_DB', 'RegistryDbSecret']]);
  expect(edits('Workers', 'user-mgt.xml').dataSource).toBe('jdbc/WSO2UMDB');
  expect(edits('Workers', 'registry.xml')).toMatchObject({ sharedregistry: [['dataSource', 'jdbc/WSO2RegistryDB']] });
});

test('configuration and governance registry are mounted, workers only read them', () => {
  const mounts = Object.keys(edits('Workers', 'registry.xml'));
  expect(mounts).toEqual(expect.arrayContaining(['/_system/config', '/_system/governance']));
  const remote = (group: string): any => Object.fromEntries(edits(group, 'registry.xml')['https://localhost:9443/registry']);
  expect([remote('Manager').readOnly, remote('Workers').readOnly]).toEqual(['false', 'true']);
});

test('the local registry stays embedded on each node', () => {
  expect(document('Manager').databases.schemas.map((each: any) => each.name)).not.toContain('WSO2_CARBON_DB');
  expect(Object.keys(edits('Manager', 'registry.xml'))).not.toContain('wso2registry');
});

test('the tables that -Dsetup makes are there before the first start', () => {
  expect(preparedSchemas(template).map(each => [each.Scripts, each.SqlMode])).toEqual([
    [['dbscripts/mysql.sql'], 'NO_ENGINE_SUBSTITUTION'], [['dbscripts/mysql.sql'], 'NO_ENGINE_SUBSTITUTION'],
  ]);
});

test('workers are started as workers, after the manager', () => {
  expect(GROUPS.map(group => document(group).product.arguments)).toEqual([[], ['-DworkerNode=true'], ['-DworkerNode=true']]);
  const [[manager, first], [worker, second], [, third]] = Object.entries(template.findResources('AWS::AutoScaling::AutoScalingGroup'));
  expect(manager).toContain('Manager');
  expect([first.DependsOn.includes(worker), second.DependsOn.includes(manager), third.DependsOn.includes(worker)]).toEqual([false, true, true]);
});

test('the console is reached through the load balancer only, services by the other name', () => {
  const rules = Object.values(template.findResources('AWS::ElasticLoadBalancingV2::ListenerRule')).map(each => each.Properties);
  const groups = template.findResources('AWS::ElasticLoadBalancingV2::TargetGroup');
  const healthOf = (rule: any): string => groups[rule.Actions[0].TargetGroupArn.Ref].Properties.HealthCheckPath;
  expect(rules.map(rule => [rule.Conditions[0].HostHeaderConfig.Values, healthOf(rule)])).toEqual([
    [['as.example.com'], '/services/Version'], [['mgt.as.example.com'], '/carbon/admin/login.jsp'],
  ]);
  const toConsole = Object.values(template.findResources('AWS::EC2::SecurityGroupIngress')).map(each => each.Properties)
    .filter(each => each.FromPort === 9443);
  expect(toConsole.length).toBeGreaterThan(0);
  for (const rule of toConsole) expect([rule.CidrIp, JSON.stringify(rule.SourceSecurityGroupId)]).toEqual([undefined, expect.stringContaining('LoadBalancer')]);
});
