import { CarbonConfigurationStyle, CarbonDatabasePurpose, CarbonProduct, CustomProductOptions } from '../../lib/products';
import { hazelcastOf } from '../../lib/products/kernel';

const NEEDED: CustomProductOptions = { productName: 'WSO2 Data Services Server', version: '3.5.1', kernelVersion: '4.4.7' };
const of = (options: Partial<CustomProductOptions>): CarbonProduct => CarbonProduct.of({ ...NEEDED, ...options });

test('name, version and kernel are enough', () => {
  const product = CarbonProduct.of(NEEDED);
  expect(product).toMatchObject({ productName: 'WSO2 Data Services Server', version: '3.5.1', kernelVersion: '4.4.7', hazelcastVersion: '3.5.4' });
  const { profiles, java, databases, driverFolder, source } = product._facts;
  expect(profiles).toEqual([expect.objectContaining({
    name: 'default',
    startScript: 'bin/wso2server.sh',
    arguments: [],
    layout: { style: 'xml', folder: 'repository/conf', passThrough: false, log4j: 1 },
    portOffset: 0,
    health: { protocol: 'HTTPS', port: 9443, path: '/carbon/admin/login.jsp' },
  })]);
  expect(java).toEqual({ accepted: [7, 8], preferred: 8 });
  expect(databases.map(each => each.name)).toEqual(['WSO2_CARBON_DB', 'WSO2_USER_DB', 'REGISTRY_DB']);
  expect([driverFolder, source]).toEqual(['repository/components/lib', 'CarbonProduct.of']);
});

test('a kernel from 4.5 on means deployment.toml', () => {
  const { profiles, databases } = of({ kernelVersion: '4.9.0' })._facts;
  expect(profiles[0].layout).toMatchObject({ style: 'toml', log4j: 2 });
  expect(databases.map(each => [each.name, each.tomlName])).toEqual([['WSO2_CARBON_DB', 'local'], ['WSO2_SHARED_DB', 'shared_db']]);
});

test('everything can be said', () => {
  const product = of({
    kernelVersion: '4.5.3',
    hazelcastVersion: '3.12.3',
    configurationStyle: CarbonConfigurationStyle.XML,
    configurationFolder: 'conf',
    startScript: 'bin/esb.sh',
    startArguments: ['-Dmine=1'],
    managerProfile: 'boss',
    workerProfile: 'hand',
    passThrough: true,
    portOffset: 5,
    healthCheckPath: '/up',
    workerHealthCheckPath: '/work',
    javaVersions: [8, 11],
    driverFolder: 'lib',
    databases: [{ name: 'MY_DB', jndiName: 'jdbc/MyDB', purpose: CarbonDatabasePurpose.USER, scripts: ['dbscripts/my.sql'], sqlMode: 'ANSI' }],
  });
  const [manager, worker] = [product._profileOf('manager'), product._profileOf('worker')];
  expect(product.hazelcastVersion).toBe('3.12.3');
  expect(manager).toMatchObject({ name: 'boss', startScript: 'bin/esb.sh', arguments: ['-Dprofile=boss', '-Dmine=1'], console: true });
  expect(manager.ports).toEqual({ servletHttp: 9768, servletHttps: 9448, serviceHttp: 8285, serviceHttps: 8248 });
  expect(manager.health).toEqual({ protocol: 'HTTPS', port: 9448, path: '/up' });
  expect(worker).toMatchObject({ name: 'hand', console: false, health: { protocol: 'HTTPS', port: 8248, path: '/work' } });
  expect(worker.layout).toEqual({ style: 'xml', folder: 'conf', passThrough: true, log4j: 2 });
  expect(product._facts.java).toEqual({ accepted: [8, 11], preferred: 11 });
  expect(product._sharedDatabases()).toEqual([{
    name: 'MY_DB',
    jndiName: 'jdbc/MyDB',
    description: 'MY_DB',
    scripts: ['dbscripts/my.sql'],
    characterSet: 'latin1',
    sqlMode: 'ANSI',
    purpose: 'user',
  }]);
});

test('a profile for every node', () => {
  const product = of({ profile: 'alone' });
  expect(product.profile).toBe('alone');
  expect(product._profileOf('worker').arguments).toEqual(['-Dprofile=alone']);
});

test('a database\'s table in deployment.toml', () => {
  const database = { name: 'MY_DB', jndiName: 'jdbc/MyDB', purpose: CarbonDatabasePurpose.SHARED, scripts: [] };
  const names = of({ kernelVersion: '4.9.0', databases: [database, { ...database, name: 'B', jndiName: 'b', tomlName: 'other' }] })
    ._sharedDatabases().map(each => each.tomlName);
  expect(names).toEqual(['my_db', 'other']);
});

test.each<[Partial<CustomProductOptions>, string]>([
  [{ productName: '' }, "productName '' is empty or has white space around it, give the product's"],
  [{ version: '1 ' }, "version '1 ' is empty or has white space around it"],
  [{ kernelVersion: '4' }, "kernelVersion '4' is no version, give numbers with dots such as 4.4.26"],
  [{ hazelcastVersion: '3.5.4.wso2v2' }, "hazelcastVersion '3.5.4.wso2v2' is no version"],
  [{ kernelVersion: '4.13.0' }, 'the Hazelcast in kernelVersion 4.13.0 is not known, give hazelcastVersion'],
  [{ kernelVersion: '4.2.0' }, 'the Hazelcast in kernelVersion 4.2.0 is not known, give hazelcastVersion'],
  [{ portOffset: -1 }, 'portOffset -1 is no whole number from 0 to 50000, give the one in carbon.xml'],
  [{ portOffset: 1.5 }, 'portOffset 1.5 is no whole number'],
  [{ profile: 'a b' }, "profile 'a b' is no value of -Dprofile"],
  [{ managerProfile: 'a' }, 'managerProfile and workerProfile belong together, give both or none'],
  [{ managerProfile: 'a', workerProfile: 'a' }, "managerProfile and workerProfile are both 'a', use profile for every node"],
  [{ profile: 'a', managerProfile: 'b', workerProfile: 'c' }, "profile 'a' is for every node, leave it out"],
  [{ startScript: '/bin/sh' }, "'/bin/sh' does not lie in the product's home, give a path relative to it"],
  [{ configurationFolder: '../conf' }, "'../conf' does not lie in the product's home"],
  [{ healthCheckPath: 'up' }, "health check path 'up' does not begin with /, give a path"],
  [{ javaVersions: [] }, 'javaVersions is empty, give at least one'],
  [{ databases: [{ name: 'a-b', jndiName: 'x', purpose: CarbonDatabasePurpose.USER, scripts: [] }] }, "database 'a-b' is no name for MySQL"],
  [{ databases: ['A', 'a'].map(name => ({ name, jndiName: name, purpose: CarbonDatabasePurpose.USER, scripts: [] })) },
    "databases have the name 'a' twice, give each its own"],
  [{ databases: ['A', 'B'].map(name => ({ name, jndiName: 'x', purpose: CarbonDatabasePurpose.USER, scripts: [] })) },
    "databases have the jndiName 'x' twice, give each its own"],
  [{ databases: [{ name: 'A', jndiName: 'x', purpose: CarbonDatabasePurpose.USER, scripts: ['/a.sql'] }] },
    "'/a.sql' does not lie in the product's home"],
])('refuses %j', (options, message) => {
  expect(() => of(options)).toThrow(message);
});

test.each([
  ['4.4.0', '3.2.6'], ['4.4.1', '3.5.0'], ['4.4.3', '3.5.2'], ['4.4.5', '3.5.4'], ['4.4.40', '3.5.4'], ['4.6.3', '3.12.2'],
  ['4.8.1', '4.2.5'], ['4.9.10', '4.2.6'], ['4.9.20', '5.3.2'], ['4.9.26', '4.2.6'], ['4.10.0', '5.3.2'], ['4.10.126', '5.3.6'],
  ['4.11.0', '4.2.6'], ['4.12.34', '5.3.6'],
])('kernel %s carries Hazelcast %s', (kernel, hazelcast) => {
  expect(hazelcastOf(kernel)).toBe(hazelcast);
});
