import { Size } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import {
  CarbonClusterProps, ConfigurationEdit, ConfigurationOverlay, ConfigurationValue, DeploymentSynchronizer, HazelcastLogLevel, JdbcDriver, Operations,
  TrustedCertificate,
} from '../../lib';
import { documentOf, gateway, testStack, userDataOf } from '../gateway';
import { outOfMemoryOptions } from '../../lib/boot/out-of-memory';

const stack = testStack();
const secret = new secretsmanager.Secret(stack, 'Mine');
const bucket = s3.Bucket.fromBucketName(stack, 'Files', 'files');
const PRODUCT: Partial<CarbonClusterProps> = {
  portOffset: 10,
  datasources: [{ name: 'ORDERS_DB', jndiName: 'jdbc/Orders', url: `jdbc:mysql://${secret.secretName}/orders`, secret, pool: { maxActive: '5' } }],
  datasourcePool: { maxWait: '1000' },
  adminSecret: secret,
  portMapping: { 443: 8243 },
  deploymentSynchronizer: DeploymentSynchronizer.svn({ url: 'https://svn.example.com/artifacts', secret }),
  hazelcastProperties: { 'hazelcast.max.no.heartbeat.seconds': '60' },
  hazelcastLogLevel: HazelcastLogLevel.FINEST,
  jdbcDriver: JdbcDriver.mariaDbConnectorJ(bucket, 'mariadb-java-client-2.7.12.jar', { sha256: 'a'.repeat(64) }),
  operations: Operations.none(),
};
/** All of them at once would be more than user data holds. */
const MACHINE: Partial<CarbonClusterProps> = {
  hostAliases: [{ address: '10.0.0.9', names: ['carbondb.mysql-wso2.com'] }],
  heapSize: Size.gibibytes(4),
  javaOptions: ['-XX:+UseG1GC'],
  httpsProxyHost: 'proxy.example.com',
  nonProxyHosts: ['*.internal'],
  trustedCertificates: [TrustedCertificate.fromBucket('partner', bucket, 'partner.pem')],
  configurationOverlays: [
    ConfigurationOverlay.edits('repository/conf/axis2/axis2.xml',
      ConfigurationEdit.text("/axisconfig/parameter[@name='hotdeployment']", ConfigurationValue.text('false')),
      ConfigurationEdit.text("/axisconfig/parameter[@name='late']", ConfigurationValue.text(secret.secretName)),
      ConfigurationEdit.text("/axisconfig/parameter[@name='secret']", ConfigurationValue.secret(secret, 'password'))),
    ConfigurationOverlay.wholeFile('repository/conf/own.txt', ConfigurationValue.text('mine')),
  ],
};
gateway(stack, PRODUCT);
gateway(stack, MACHINE, 'Machine');
const template = Template.fromStack(stack);
const [manager, worker, machine] = ['GatewayManager', 'GatewayWorkers', 'MachineWorkers'].map(role => documentOf(userDataOf(template, role)));
const editsOf = (document: any, file: string): any[] => document.configuration.files.find((each: any) => each.file.endsWith(file))?.edits ?? [];
const setsOf = (document: any, file: string): Record<string, any> =>
  Object.fromEntries(editsOf(document, file).map(each => [each.set ?? each.replace ?? each.property, each.text ?? each.children ?? each.value ?? each.attributes]));

test('the offset moves the product\'s ports wherever they are named', () => {
  expect(setsOf(worker, 'carbon.xml')['/Server/Ports/Offset']).toBe('10');
  expect(worker.health.url).toBe('https://localhost:8253/services/Version');
  expect(manager.health.url).toBe('https://localhost:9453/carbon/admin/login.jsp');
  const groups = Object.entries(template.findResources('AWS::ElasticLoadBalancingV2::TargetGroup')).filter(([id]) => id.startsWith('Gateway'));
  const ports = groups.map(([, each]) => each.Properties.Port);
  expect(ports.sort()).toEqual([8253, 9453]);
});

test('data sources of one\'s own stand beside the product\'s, each pool setting in its order of precedence', () => {
  const children = (name: string): any => Object.fromEntries(
    setsOf(worker, 'master-datasources.xml')[`/datasources-configuration/datasources/datasource[name='${name}']`]
      .find((each: any) => each.name === 'definition').children[0].children);
  expect(children('ORDERS_DB')).toMatchObject({ url: { env: 'DatasourceORDERSDBUrl' }, maxActive: '5', maxWait: '1000' });
  expect(children('WSO2AM_DB')).toMatchObject({ maxActive: '80', maxWait: '1000', driverClassName: 'org.mariadb.jdbc.Driver' });
});

test('workers only read the shared registry, and all nodes have one cache id', () => {
  const instance = (document: any): any => Object.fromEntries(
    Object.entries(setsOf(document, 'registry.xml')).find(([path]) => path.includes('remoteInstance'))![1]);
  expect(instance(manager).readOnly).toBe('false');
  expect(instance(worker).readOnly).toBe('true');
  expect(instance(manager).cacheId).toEqual(instance(worker).cacheId);
  expect(instance(worker).cacheId.join[1]).toBe('@');
});

test('the administrator comes from the secret', () => {
  expect(setsOf(worker, 'user-mgt.xml')).toEqual({
    '/UserManager/Realm/Configuration/AdminUser/UserName': { secret: 'AdminSecret', field: 'username' },
    '/UserManager/Realm/Configuration/AdminUser/Password': { secret: 'AdminSecret', field: 'password' },
    "/UserManager/Realm/Configuration/Property[@name='dataSource']": 'jdbc/WSO2UM_DB',
  });
});

test('the manager commits artifacts, the workers only check them out', () => {
  const set = (document: any, name: string): unknown => setsOf(document, 'carbon.xml')[`/Server/DeploymentSynchronizer/${name}`];
  expect([manager, worker].map(each => [set(each, 'Enabled'), set(each, 'AutoCommit')])).toEqual([['true', 'true'], ['true', 'false']]);
  expect(set(worker, 'SvnPassword')).toEqual({ secret: 'SvnSecret', field: 'password' });
});

test('ports are mapped in the clustering properties', () => {
  expect(setsOf(worker, 'axis2.xml')["/axisconfig/clustering/parameter[@name='properties']/property[@name='port.mapping.443']"]).toEqual({ value: '8243' });
});

test('Hazelcast\'s properties and its level', () => {
  expect(setsOf(worker, 'hazelcast.properties')).toEqual({ 'hazelcast.max.no.heartbeat.seconds': '60' });
  expect(setsOf(worker, 'log4j.properties')).toEqual({ 'log4j.logger.com.hazelcast': 'TRACE' });
  expect(setsOf(worker, 'logging-bridge.properties')).toEqual({ 'com.hazelcast.level': 'FINEST' });
});

test('the machine: hosts, kernel settings, environment of the start script, trust, driver', () => {
  expect(editsOf(machine, '/etc/hosts')).toEqual([{ hosts: [{ address: '10.0.0.9', names: ['carbondb.mysql-wso2.com'] }] }]);
  expect(editsOf(machine, '60-carbon-cluster.conf')[0].content).toContain('net.ipv4.tcp_fin_timeout = 30\n');
  expect(machine.product.environment.JAVA_OPTS).toBe(`-Dsun.net.inetaddr.ttl=30 ${outOfMemoryOptions([7, 8]).join(' ')} -Xms4096m -Xmx4096m `
    + '-Dhttps.proxyHost=proxy.example.com -Dhttps.proxyPort=3128 -Dhttp.nonProxyHosts=localhost|127.*|169.254.169.254|*.internal -XX:+UseG1GC');
  expect(machine.trust).toEqual({
    store: 'repository/resources/security/client-truststore.jks', systemRoots: true,
    certificates: [{ alias: 'partner', source: { bucket: 'files', key: 'partner.pem' } }],
  });
  expect(worker.driver.source).toEqual({ bucket: 'files', key: 'mariadb-java-client-2.7.12.jar', sha256: 'a'.repeat(64) });
});

test('overlays come last, their late values by name and their secrets by ARN', () => {
  const last = editsOf(machine, 'axis2.xml').slice(-3);
  expect(last.map(each => each.text)).toEqual(['false', { env: 'Overlay1Value0' }, { secret: 'Overlay1Value1', field: 'password' }]);
  expect(editsOf(machine, 'own.txt')).toEqual([{ content: 'mine' }]);
});

test('without them nothing of it is there', () => {
  const other = testStack();
  gateway(other);
  const document = documentOf(userDataOf(Template.fromStack(other), 'Workers'));
  expect(document.product.environment).toEqual({ JAVA_OPTS: `-Dsun.net.inetaddr.ttl=30 ${outOfMemoryOptions([7, 8]).join(' ')}` });
  expect(document.trust.certificates).toEqual([]);
  expect(editsOf(document, '/etc/hosts')).toEqual([]);
  expect(setsOf(document, 'hazelcast.properties')).toEqual({ 'hazelcast.shutdownhook.enabled': 'false', 'hazelcast.logging.type': 'log4j' });
});
