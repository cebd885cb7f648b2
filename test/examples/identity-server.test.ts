import { example, preparedSchemas } from './example';

const identity = example('identity-server');
const manager = example('identity-server', { product: 'api-manager' });

test('two nodes that are all alike, in two zones', () => {
  for (const { template } of [identity, manager]) {
    template.resourceCountIs('AWS::AutoScaling::AutoScalingGroup', 1);
    template.hasResourceProperties('AWS::AutoScaling::AutoScalingGroup', { MinSize: '2', MaxSize: '4' });
  }
});

test('more nodes come with the load, two beside those that are always there', () => {
  for (const { template } of [identity, manager]) {
    template.hasResourceProperties('AWS::AutoScaling::ScalingPolicy', { PolicyType: 'TargetTrackingScaling' });
  }
});

test('members are found by tag in the aws scheme, in this kernel\'s spelling', () => {
  expect(identity.edits('Nodes', 'deployment.toml').clustering).toMatchObject({ membership_scheme: 'aws', local_member_port: '5701' });
  expect(identity.edits('Nodes', 'deployment.toml')['clustering.properties']).toMatchObject({
    region: 'eu-west-1', tagKey: 'carbon-cluster', tagValue: 'CarbonIdentity-Identity',
  });
});

test('under the instances\' role, with IMDSv2 and no access key', () => {
  for (const { template } of [identity, manager]) {
    template.resourceCountIs('AWS::IAM::AccessKey', 0);
    template.hasResourceProperties('AWS::EC2::LaunchTemplate', { LaunchTemplateData: { MetadataOptions: { HttpTokens: 'required' } } });
  }
});

test('a Hazelcast that knows IMDSv1 only discovers its members instead', () => {
  expect(manager.edits('Nodes', 'deployment.toml').clustering).toMatchObject({ membership_scheme: 'wka', local_member_port: '4000' });
  expect(manager.document('Nodes').configuration.members).toMatchObject({ tag: 'carbon-cluster', value: 'CarbonIdentity-Identity' });
});

test('the node is known by its private address', () => {
  expect(identity.edits('Nodes', 'deployment.toml').clustering.local_member_host).toEqual({ metadata: 'local-ipv4' });
});

test('identity and shared database, each with a user of its own and its tables', () => {
  const schemas = (each: typeof identity): any[] => each.document('Nodes').databases.schemas;
  expect(schemas(identity).map(each => each.name)).toEqual(['WSO2_SHARED_DB', 'WSO2_IDENTITY_DB']);
  expect(schemas(manager).map(each => each.name)).toEqual(['WSO2_SHARED_DB', 'WSO2AM_DB']);
  for (const each of [identity, manager]) {
    const prepared = preparedSchemas(each.template);
    expect(prepared.map(schema => schema.Name)).toEqual(schemas(each).map(schema => schema.name));
    for (const schema of prepared) expect(schema.Scripts.length).toBeGreaterThan(0);
  }
  expect(identity.edits('Nodes', 'deployment.toml')['database.identity_db']).toMatchObject({ type: 'mysql', driver: 'com.mysql.jdbc.Driver' });
});

test('host name and proxy ports are the load balancer\'s', () => {
  const toml = identity.edits('Nodes', 'deployment.toml');
  expect(toml.server).toMatchObject({ hostname: 'is.example.com', mgt_console_hostname: 'console.is.example.com' });
  expect([toml['transport.http.properties'].proxyPort, toml['transport.https.properties'].proxyPort]).toEqual([80, 443]);
});

test('the server is started by the script of its product', () => {
  expect([identity, manager].map(each => each.document('Nodes').product.script)).toEqual(['bin/wso2server.sh', 'bin/api-manager.sh']);
});

test('sessions stick to a node on both names', () => {
  for (const { template } of [identity, manager]) {
    const cookies = Object.values(template.findResources('AWS::ElasticLoadBalancingV2::TargetGroup'))
      .map(each => each.Properties.TargetGroupAttributes.find((attribute: any) => attribute.Key === 'stickiness.app_cookie.cookie_name')?.Value);
    expect(cookies).toEqual(['JSESSIONID', 'JSESSIONID']);
  }
});
