/** What goes into the product's own files. */
import { Stack } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { BadInput, Overrides } from './bad-input';
import {
  CarbonProduct, ConfigurationEdit, ConfigurationOverlay, ConfigurationValue, Datasource, DeploymentSynchronizer, Membership, TrustedCertificate,
} from '../../../lib';

const datasource = (stack: Stack, over: Partial<Datasource> = {}): Datasource => ({
  name: 'ORDERS_DB', jndiName: 'jdbc/Orders', url: 'jdbc:mysql://db.example.com/orders', ...over,
  secret: secretsmanager.Secret.fromSecretNameV2(stack, `Orders${over.name ?? ''}`, 'orders'),
});
const overlay = (file: string, ...edits: ConfigurationEdit[]): Overrides => ({ configurationOverlays: [ConfigurationOverlay.edits(file, ...edits)] });
const text = (value: string): ConfigurationValue => ConfigurationValue.text(value);

export const FILES: readonly BadInput[] = [
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
  ['a host alias that is no host name', () => ({ hostAliases: [{ address: '10.0.0.1', names: ['a b'] }] }), "hostAliases: name 'a b' is no host name, give one such as am.example.com"],
  ['an alias with a line break', () => ({ hostAliases: [{ address: '10.0.0.1', names: ['a\nb'] }] }),
    "hostAliases: name 'a\nb' is no host name, give one such as am.example.com"],
  ['an alias for no address', () => ({ hostAliases: [{ address: 'db.example.com', names: ['db'] }] }),
    "hostAliases: address 'db.example.com' is no IP address, give one such as 10.0.1.10"],
  ['an alias without a name', () => ({ hostAliases: [{ address: '10.0.0.1', names: [] }] }), 'hostAliases: 10.0.0.1 has no names, give at least one'],
  ['a trusted certificate without a proper alias', stack => ({
    trustedCertificates: [TrustedCertificate.fromBucket('My CA', s3.Bucket.fromBucketName(stack, 'B', 'bucket'), 'ca.pem')],
  }), "trustedCertificates: alias 'My CA' is none, use lower-case letters, digits, '.', '_' and '-'"],
];
