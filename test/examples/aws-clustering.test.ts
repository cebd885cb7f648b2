import { example } from './example';
import { outOfMemoryOptions } from '../../lib/boot/out-of-memory';

const { template, document, edits } = example('aws-clustering');
const parameters = edits('Nodes', 'axis2.xml');
const [group] = Object.values(template.findResources('AWS::EC2::SecurityGroup')).filter(each => each.Properties.GroupName);
const balancer = Object.values(template.findResources('AWS::ElasticLoadBalancing::LoadBalancer'))[0].Properties;

test('all nodes are in one security group, found by its name', () => {
  expect(group.Properties.GroupName).toBe('CarbonAws-Cluster');
  expect(parameters.securityGroup).toBe('CarbonAws-Cluster');
});

test('the member ports are open within the group and to nobody else', () => {
  const rules = Object.values(template.findResources('AWS::EC2::SecurityGroupIngress')).map(each => each.Properties).filter(each => each.FromPort === 5701);
  expect(rules).toEqual([expect.objectContaining({ FromPort: 5701, ToPort: 5703 })]);
  expect(rules[0].SourceSecurityGroupId).toEqual(rules[0].GroupId);
});

test('instances carry the tag from their launch, and no other cluster\'s do', () => {
  const data = Object.values(template.findResources('AWS::EC2::LaunchTemplate'))[0].Properties.LaunchTemplateData;
  const tags = data.TagSpecifications.find((each: any) => each.ResourceType === 'instance').Tags;
  expect(tags).toContainEqual({ Key: parameters.tagKey, Value: parameters.tagValue });
});

test('clustering is on in the scheme aws', () => {
  expect(parameters).toMatchObject({ clustering: { enable: 'true' }, membershipScheme: 'aws', domain: 'wso2.governance.domain' });
});

test('the member port is 5701', () => {
  expect(parameters.localMemberPort).toBe('5701');
});

test('the node is known by its private address', () => {
  expect(parameters.localMemberHost).toEqual({ metadata: 'local-ipv4' });
});

test('the region is the stack\'s, without a zone', () => {
  expect(parameters.region).toBe('eu-west-1');
});

test('the access key is in a secret, and in no template and no user data', () => {
  expect([parameters.accessKey, parameters.secretKey]).toEqual([
    { secret: 'MembershipCredentials', field: 'accessKeyId' }, { secret: 'MembershipCredentials', field: 'secretAccessKey' },
  ]);
  const secret = Object.values(template.findResources('AWS::SecretsManager::Secret')).find(each => /Access key/.test(each.Properties.Description))!;
  expect(JSON.stringify(secret.Properties.SecretString)).toMatch(/SecretAccessKey/);
});

test('its user may describe instances and nothing else', () => {
  const user = Object.values(template.findResources('AWS::IAM::User'))[0].Properties;
  expect(user.ManagedPolicyArns).toHaveLength(1);
  const policies = template.findResources('AWS::IAM::ManagedPolicy');
  expect(user.ManagedPolicyArns.map((each: any) => policies[each.Ref].Properties.PolicyDocument.Statement)).toEqual([[expect.objectContaining({ Action: 'ec2:DescribeInstances', Effect: 'Allow' })]]);
});

test('the load balancer and the nodes have ciphers in common', () => {
  const https = edits('Nodes', 'catalina-server.xml')['9443'];
  expect(https.sslEnabledProtocols).toContain('TLSv1.2');
  expect(https.ciphers.split(',').filter((name: string) => /^TLS_(RSA|DHE_RSA)_/.test(name)).length).toBeGreaterThan(0);
  const policy = balancer.Policies.find((each: any) => each.PolicyType === 'SSLNegotiationPolicyType');
  expect(policy.Attributes).toEqual([{ Name: 'Reference-Security-Policy', Value: 'ELBSecurityPolicy-TLS-1-2-2017-01' }]);
});

test('sessions stick by the product\'s cookie, and the connector knows the balancer\'s port', () => {
  expect(balancer.AppCookieStickinessPolicy).toEqual([expect.objectContaining({ CookieName: 'JSESSIONID' })]);
  expect(edits('Nodes', 'catalina-server.xml')['9443'].proxyPort).toBe('443');
});

test('the server trusts the authorities that sign for AWS', () => {
  expect(document('Nodes').trust).toMatchObject({ store: 'repository/resources/security/client-truststore.jks', systemRoots: true });
});

test('a proxy is passed on to the server, metadata never goes through it', () => {
  const behind = example('aws-clustering', { proxy: 'proxy.example.com' });
  expect(behind.document('Nodes').product.environment.JAVA_OPTS)
    .toBe(`-Dsun.net.inetaddr.ttl=30 ${outOfMemoryOptions([7]).join(' ')} -Dhttps.proxyHost=proxy.example.com -Dhttps.proxyPort=3128 -Dhttp.nonProxyHosts=localhost|127.*|169.254.169.254`);
});

test('what Hazelcast says is a property', () => {
  expect(edits('Nodes', 'log4j.properties')['log4j.logger.com.hazelcast']).toBe('INFO');
  const loud = example('aws-clustering', { hazelcastLogLevel: 'FINEST' });
  expect(loud.edits('Nodes', 'logging-bridge.properties')['com.hazelcast.level']).toBe('FINEST');
});
