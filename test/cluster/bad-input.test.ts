import { App, Duration, Stack } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import {
  BootPhase, CarbonClusterProps, CarbonProduct, ConfigurationEdit, ConfigurationOverlay, ConfigurationValue, Datasource,
  DeploymentSynchronizer, Distribution, Membership, TrustedCertificate,
} from '../../lib';
import { gateway, gatewayProps, testApp, testStack } from '../gateway';

type Overrides = Partial<CarbonClusterProps>;

/** What is wrong, and the one sentence that says so. */
const TABLE: [string, (stack: Stack) => Overrides, string][] = [
  ['a region with a zone letter', () => ({ membership: Membership.aws({ region: 'us-east-1a' }) }),
    "region 'us-east-1a' is an availability zone, give its region 'us-east-1'"],
  ['a region that is none', () => ({ membership: Membership.aws({ region: 'Ireland' }) }), "region 'Ireland' is no region, give one such as eu-west-1"],
  ['a member port below the range', () => ({ membership: Membership.aws({ localMemberPort: 4000 }) }),
    'localMemberPort 4000 is outside 5701 to 5800, give a port of the aws membership scheme'],
  ['a member port above the range', () => ({ membership: Membership.aws({ localMemberPort: 5801 }) }),
    'localMemberPort 5801 is outside 5701 to 5800, give a port of the aws membership scheme'],
  ['a timeout of no whole seconds', () => ({ membership: Membership.aws({ connTimeout: 0.5 }) }),
    'connTimeout 0.5 is no whole number of seconds, give one above 0'],
  ['a tag key without a value', () => ({ tagKey: 'cluster' }),
    "tagKey 'cluster' has no tagValue, give both or neither: a key alone lets every cluster that uses it in"],
  ['an empty tag value', () => ({ tagValue: '' }), "tagValue '' is empty or has spaces at its ends, give a plain text"],
  ['a domain with a space', () => ({ domain: 'wso2 domain' }), "domain 'wso2 domain' is empty or has white space, give a name such as wso2.am.domain"],
  ['a group id for a name', () => ({ securityGroupName: 'sg-0123' }),
    "securityGroupName 'sg-0123' looks like an id, give a name: Hazelcast compares the group's name"],
  ['a host name with a space', () => ({ hostName: 'am example.com' }), "hostName 'am example.com' is no host name, give one such as am.example.com"],
  ['an address for a host name', () => ({ managementHostName: '10.0.0.1' }),
    "managementHostName '10.0.0.1' is no host name, give one such as am.example.com"],
  ['one host name for both', () => ({ managementHostName: 'AM.example.com' }),
    "managementHostName 'AM.example.com' is also the hostName, give the console a name of its own: the load balancer tells console and services apart by it"],
  ['one worker', () => ({ workerCount: 1 }), 'workerCount 1 is not highly available, give at least 2 or set highAvailability to false'],
  ['no worker', () => ({ workerCount: 0, highAvailability: false }), 'workerCount 0 is no whole number of at least 1, give one'],
  ['half a worker', () => ({ workerCount: 2.5 }), 'workerCount 2.5 is no whole number of at least 1, give one'],
  ['no certificate', () => ({ certificates: [] }),
    'certificates is empty, give at least one ACM certificate: the TLS listener on port 443 needs it'],
  ['a Java that the product does not run on', () => ({ javaVersion: 17 }), 'javaVersion 17 does not run WSO2 API Manager 2.2.0, give one of 7, 8'],
  ['a boot timeout that no boot meets', () => ({ bootTimeout: Duration.minutes(2) }), 'bootTimeout of 2 minutes is outside 6 to 60 minutes, give one between'],
  ['a pack that is no zip', stack => ({ distribution: Distribution.fromBucket(s3.Bucket.fromBucketName(stack, 'B', 'bucket'), 'pack.tar') }),
    "distribution: key 'pack.tar' does not end in .zip, give the file as distributed"],
  ['a checksum that is none', stack => ({ distribution: Distribution.fromBucket(s3.Bucket.fromBucketName(stack, 'B', 'bucket'), 'p.zip', { sha256: 'x' }) }),
    "distribution: sha256 'x' is no SHA-256 checksum, give 64 lower-case hexadecimal digits"],
];

const datasource = (stack: Stack, over: Partial<Datasource> = {}): Datasource => ({
  name: 'ORDERS_DB', jndiName: 'jdbc/Orders', url: 'jdbc:mysql://db.example.com/orders', ...over,
  secret: secretsmanager.Secret.fromSecretNameV2(stack, `Orders${over.name ?? ''}`, 'orders'),
});
const overlay = (file: string, ...edits: ConfigurationEdit[]): Overrides => ({ configurationOverlays: [ConfigurationOverlay.edits(file, ...edits)] });
const text = (value: string): ConfigurationValue => ConfigurationValue.text(value);

TABLE.push(
  ['two data sources with one JNDI name', stack => ({ datasources: [datasource(stack), datasource(stack, { name: 'OTHER' })] }),
    "jndiName 'jdbc/Orders' of datasource OTHER is also that of ORDERS_DB, give each its own"],
  ['a data source with a JNDI name of the product', stack => ({ datasources: [datasource(stack, { jndiName: 'jdbc/WSO2AM_DB' })] }),
    "jndiName 'jdbc/WSO2AM_DB' of datasource ORDERS_DB is also that of WSO2AM_DB, give each its own"],
  ['a URL of another engine', stack => ({ datasources: [datasource(stack, { url: 'jdbc:oracle:thin:@db/x' })] }),
    "url 'jdbc:oracle:thin:@db/x' of datasource ORDERS_DB is not one of MySQL, give driverClassName of its driver too"],
  ['an offset below 0', () => ({ portOffset: -1 }), 'portOffset -1 is none, give a whole number from 0 to 50000'],
  ['a member port that another listener has', () => ({ membership: Membership.wellKnown({ members: [], localMemberPort: 9443 }) }),
    'localMemberPort 9443 is also the port of servletHttps with portOffset 0, give another of the two'],
  ['an offset that moves a listener onto the member port', () => ({ portOffset: 57, membership: Membership.wellKnown({ members: [], localMemberPort: 9500 }) }),
    'localMemberPort 9500 is also the port of servletHttps with portOffset 57, give another of the two'],
  ['a port mapping of no ports', () => ({ portMapping: { http: 8280 } }), "portMapping from 'http' to 8280 names no two ports, give numbers from 1 to 65535"],
  ['a synchronizer for a product without', stack => ({
    product: CarbonProduct.apiManager('4.2.0'),
    deploymentSynchronizer: DeploymentSynchronizer.svn({ url: 'svn://svn/x', secret: secretsmanager.Secret.fromSecretNameV2(stack, 'Svn', 'svn') }),
  }), 'deploymentSynchronizer: WSO2 API Manager 4.2.0 has none for Subversion, use DeploymentSynchronizer.efs, or deploy its artifacts with the pack'],
  ['a synchronizer without an address', stack => ({
    deploymentSynchronizer: DeploymentSynchronizer.svn({ url: 'svn.example.com', secret: secretsmanager.Secret.fromSecretNameV2(stack, 'Svn', 'svn') }),
  }), "url 'svn.example.com' of the deployment synchronizer is no address of Subversion, give one such as https://svn.example.com/x"],
  ['an option of Java with a space', () => ({ javaOptions: ['-Da=b c'] }),
    "javaOptions: '-Da=b c' has white space or characters beyond ASCII, which the start script would split or spoil: give one option each, without them"],
  ['an option of Java with a line break', () => ({ javaOptions: ['-Da=b\n'] }),
    "javaOptions: '-Da=b\n' has white space or characters beyond ASCII, which the start script would split or spoil: give one option each, without them"],
  ['hosts without the proxy without the proxy', () => ({ nonProxyHosts: ['*.internal'] }),
    'nonProxyHosts and httpsProxyPort say nothing without httpsProxyHost, give it too'],
  ['an overlay outside the product', () => overlay('../etc/passwd.xml'),
    "configurationOverlays: '../etc/passwd.xml' is no path below the product's home, give one such as repository/conf/carbon.xml"],
  ['an overlay of a file that is not edited', () => overlay('bin/wso2server.sh'),
    "configurationOverlays: 'bin/wso2server.sh' ends in none of .xml, .properties and .toml, use ConfigurationOverlay.wholeFile"],
  ['a relative path of an edit', () => overlay('repository/conf/carbon.xml', ConfigurationEdit.text('Server/Name', text('x'))),
    "configurationOverlays: path 'Server/Name' is not absolute, give one such as /Server/Ports/Offset"],
  ['a cache id that differs between nodes', () => overlay('repository/conf/registry.xml',
    ConfigurationEdit.text("/wso2registry/remoteInstance[@url='x']/cacheId", ConfigurationValue.metadata('local-ipv4'))),
  "configurationOverlays: value of /wso2registry/remoteInstance[@url='x']/cacheId would differ between nodes, give one that is the same on all: user@jdbcUrl"],
  ['an alias that is no host name', () => ({ hostAliases: [{ address: '10.0.0.1', names: ['a b'] }] }), "hostAliases: name 'a b' is no host name, give one such as am.example.com"],
  ['an alias with a line break', () => ({ hostAliases: [{ address: '10.0.0.1', names: ['a\nb'] }] }),
    "hostAliases: name 'a\nb' is no host name, give one such as am.example.com"],
  ['an alias for no address', () => ({ hostAliases: [{ address: 'db.example.com', names: ['db'] }] }),
    "hostAliases: address 'db.example.com' is no IP address, give one such as 10.0.1.10"],
  ['an alias without a name', () => ({ hostAliases: [{ address: '10.0.0.1', names: [] }] }), 'hostAliases: 10.0.0.1 has no names, give at least one'],
  ['a trusted certificate without a proper alias', stack => ({
    trustedCertificates: [TrustedCertificate.fromBucket('My CA', s3.Bucket.fromBucketName(stack, 'B', 'bucket'), 'ca.pem')],
  }), "trustedCertificates: alias 'My CA' is none, use lower-case letters, digits, '.', '_' and '-'"],
);

test.each(TABLE)('%s', (_what, overrides, message) => {
  const stack = testStack();
  let said = 'nothing';
  try { gateway(stack, overrides(stack)); } catch (problem) { said = (problem as Error).message; }
  expect(said).toBe(message);
});

test('a stack in an availability zone instead of a region', () => {
  const stack = testStack(testApp(), 'Zone', { account: '111111111111', region: 'us-east-1a' });
  expect(() => gateway(stack)).toThrow("region 'us-east-1a' is an availability zone, give its region 'us-east-1'");
});

test('an unknown version names the known ones', () => {
  expect(() => CarbonProduct.apiManager('2.2')).toThrow(/^version '2\.2' of WSO2 API Manager is not known, use one of .*2\.2\.0/);
});

test('a script without text', () => {
  expect(() => gateway().manager.addScriptBefore(BootPhase.PACK, ' ')).toThrow(/^script before-pack of Test\/Gateway\/Manager is empty/);
});

describe('two clusters of one app', () => {
  const both = (first: Overrides, second: Overrides, stacks: (app: App) => [Stack, Stack] = app => [testStack(app, 'One'), testStack(app, 'Two')]) => {
    const app = testApp();
    const [one, two] = stacks(app);
    gateway(one, first);
    gateway(two, second);
    return () => app.synth();
  };

  test('with the same tag', () => {
    expect(both({ tagValue: 'same' }, { tagValue: 'same' })).toThrow(/tagValue 'same' of .* is also that of .*, give each cluster a tagValue of its own or they merge/);
  });

  test('with the same domain', () => {
    expect(both({ domain: 'same' }, { domain: 'same' })).toThrow(/domain 'same' of .* is also that of .*, give each cluster a domain of its own or they merge/);
  });

  test('with defaults differ', () => {
    expect(both({}, {})).not.toThrow();
  });

  test('with the same tag in regions apart', () => {
    const elsewhere = (app: App): [Stack, Stack] => [testStack(app, 'One'), testStack(app, 'Two', { account: '111111111111', region: 'us-west-2' })];
    expect(both({ tagValue: 'same', domain: 'same' }, { tagValue: 'same', domain: 'same' }, elsewhere)).not.toThrow();
  });
});

test('user data that becomes too large', () => {
  const app = testApp();
  const cluster = gateway(testStack(app));
  cluster.workers.addScriptAfter(BootPhase.CONFIGURATION, `: ${'x'.repeat(9000)}`);
  expect(() => app.synth()).toThrow(/user data of Test\/Gateway\/Workers may become \d+ bytes, EC2 takes 16384/);
});

test('props of a good cluster pass', () => {
  const stack = testStack();
  expect(() => gateway(stack, gatewayProps(stack, 'Other'))).not.toThrow();
});
