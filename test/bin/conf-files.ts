/**
 * Configuration files of our own, in the shape of the products': a worker of a cluster in which nothing is wrong. Each test
 * makes one thing wrong in them.
 */
import { folderWith } from './command-line';
import { namedProduct } from '../../bin/commands/inspect/product';
import { readConfiguration } from '../../bin/commands/inspect/read';
import { FoundTrap, trapsOf } from '../../bin/commands/inspect/traps';
import { Configuration } from '../../bin/commands/inspect/model';

export type Files = Readonly<Record<string, string>>;

/** A text of a file that another takes the place of; a whole new content; or no file at all. */
export type Change = readonly [string, string, string] | readonly [string, string] | readonly [string];

const AXIS2 = `<?xml version="1.0" encoding="ISO-8859-1"?>
<axisconfig name="AxisJava2.0" xmlns:svns="http://org.wso2.securevault/configuration">
  <transportReceiver name="http" class="org.apache.synapse.transport.passthru.PassThroughHttpListener">
    <parameter name="port">8280</parameter>
  </transportReceiver>
  <transportReceiver name="https" class="org.apache.synapse.transport.passthru.PassThroughHttpSSLListener">
    <parameter name="port">8243</parameter>
    <parameter name="WSDLEPRPrefix" locked="false">https://am.example.com</parameter>
    <parameter name="HttpsProtocols">TLSv1.2</parameter>
  </transportReceiver>
  <clustering class="org.wso2.carbon.core.clustering.hazelcast.HazelcastClusteringAgent" enable="true">
    <parameter name="AvoidInitiation">true</parameter>
    <parameter name="membershipScheme">wka</parameter>
    <parameter name="domain">gateways</parameter>
    <parameter name="localMemberHost">10.0.1.11</parameter>
    <parameter name="localMemberPort">4000</parameter>
    <!-- end of parameters -->
    <parameter name="properties">
      <property name="backendServerURL" value="https://am.example.com/services/"/>
      <property name="mgtConsoleURL" value="https://mgt.am.example.com/"/>
      <property name="subDomain" value="worker"/>
    </parameter>
    <members>
      <member><hostName>10.0.1.10</hostName><port>4000</port></member>
      <member><hostName>10.0.1.11</hostName><port>4000</port></member>
    </members>
    <groupManagement enable="false"/>
  </clustering>
  <transportSender name="https" class="org.apache.synapse.transport.passthru.PassThroughHttpSSLSender">
    <parameter name="non-blocking">true</parameter>
  </transportSender>
</axisconfig>
`;

const CARBON = `<?xml version="1.0" encoding="UTF-8"?>
<Server xmlns="http://wso2.org/projects/carbon/carbon.xml">
  <HostName>am.example.com</HostName>
  <MgtHostName>mgt.am.example.com</MgtHostName>
  <Ports><Offset>0</Offset></Ports>
  <Security>
    <KeyStore><Location>\${carbon.home}/repository/resources/security/example.jks</Location><Password>own</Password></KeyStore>
  </Security>
  <DeploymentSynchronizer>
    <Enabled>false</Enabled>
    <AutoCommit>false</AutoCommit>
    <SvnUrl>https://svn.example.com/carbon</SvnUrl>
    <SvnUser>carbon</SvnUser>
    <SvnPassword>\${svn.password}</SvnPassword>
  </DeploymentSynchronizer>
</Server>
`;

const CATALINA = `<Server port="8005">
  <Service name="Catalina">
    <Connector port="9763" proxyPort="80"/>
    <Connector port="9443" proxyPort="443" SSLEnabled="true" sslEnabledProtocols="TLSv1.2"
               ciphers="TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
               keystoreFile="\${carbon.home}/repository/resources/security/example.jks" keystorePass="own"/>
  </Service>
</Server>
`;

function datasource(name: string, jndiName: string, url: string, driver: string, userAndPassword: string): string {
  return `    <datasource>
      <name>${name}</name>
      <jndiConfig><name>${jndiName}</name></jndiConfig>
      <definition type="RDBMS">
        <configuration>
          <url>${url}</url>
          ${userAndPassword}
          <driverClassName>${driver}</driverClassName>
          <maxActive>50</maxActive>
        </configuration>
      </definition>
    </datasource>
`;
}

const REGISTRY_URL = 'jdbc:mysql://db.example.com:3306/WSO2REG_DB?enabledTLSProtocols=TLSv1.2';
const VAULT = '<password svns:secretAlias="Datasource">dummy</password>';

const DATASOURCES = `<datasources-configuration xmlns:svns="http://org.wso2.securevault/configuration">
  <datasources>
${datasource('WSO2_CARBON_DB', 'jdbc/WSO2CarbonDB', 'jdbc:h2:repository/database/WSO2CARBON_DB;DB_CLOSE_ON_EXIT=FALSE', 'org.h2.Driver',
    '<username>wso2carbon</username><password>wso2carbon</password>')}${
  datasource('WSO2REG_DB', 'jdbc/WSO2REG_DB', REGISTRY_URL, 'com.mysql.jdbc.Driver', `<username>regadmin</username>${VAULT}`)}${
  datasource('ORDERS_DB', 'jdbc/OrdersDB', 'jdbc:postgresql://orders.example.com/orders', 'org.postgresql.Driver', `<username>o</username>${VAULT}`)}
  </datasources>
</datasources-configuration>
`;

const REGISTRY = `<wso2registry>
  <currentDBConfig>wso2registry</currentDBConfig>
  <dbConfig name="wso2registry"><dataSource>jdbc/WSO2CarbonDB</dataSource></dbConfig>
  <dbConfig name="shared"><dataSource>jdbc/WSO2REG_DB</dataSource></dbConfig>
  <remoteInstance url="https://localhost:9443/registry">
    <id>instance</id>
    <dbConfig>shared</dbConfig>
    <readOnly>true</readOnly>
    <registryRoot>/</registryRoot>
    <cacheId>regadmin@${REGISTRY_URL}</cacheId>
  </remoteInstance>
  <mount path="/_system/config" overwrite="true">
    <instanceId>instance</instanceId>
    <targetPath>/_system/amConfig</targetPath>
  </mount>
</wso2registry>
`;

const USER_MGT = `<UserManager xmlns:svns="http://org.wso2.securevault/configuration">
  <Realm>
    <Configuration>
      <AdminUser><UserName>carbon</UserName><Password svns:secretAlias="UserManager.AdminUser.Password">dummy</Password></AdminUser>
      <Property name="dataSource">jdbc/WSO2CarbonDB</Property>
    </Configuration>
  </Realm>
</UserManager>
`;

export const XML: Files = {
  'axis2/axis2.xml': AXIS2,
  'carbon.xml': CARBON,
  'tomcat/catalina-server.xml': CATALINA,
  'datasources/master-datasources.xml': DATASOURCES,
  'registry.xml': REGISTRY,
  'user-mgt.xml': USER_MGT,
  'hazelcast.properties': 'hazelcast.shutdownhook.enabled=false\nhazelcast.logging.type=log4j\n',
  'log4j.properties': 'log4j.rootLogger=ERROR, CARBON_LOGFILE\nlog4j.logger.com.hazelcast=INFO\n',
};

/** The same cluster in the aws scheme; its keys are in the secure vault. */
export const AWS: Files = {
  ...XML,
  'axis2/axis2.xml': AXIS2
    .replace('>wka<', '>aws<')
    .replace('>4000</parameter>', '>5701</parameter>')
    .replace('    <!-- end of parameters -->\n', `    <parameter name="accessKey" svns:secretAlias="Axis2.clustering.aws.accessKey">dummy</parameter>
    <parameter name="secretKey" svns:secretAlias="Axis2.clustering.aws.secretKey">dummy</parameter>
    <parameter name="region">eu-west-1</parameter>
    <parameter name="securityGroup">gateways</parameter>
    <parameter name="tagKey">cluster</parameter>
    <parameter name="tagValue">gateways-1</parameter>
    <!-- end of parameters -->\n`)
    .replace(/ {4}<members>[\s\S]*<\/members>\n/, ''),
};

const DEPLOYMENT = `# a worker
[server]
hostname = "is.example.com"
node_ip = "10.0.1.11"

[super_admin]
username = "carbon"
password = "$secret{admin_password}"

[clustering]
membership_scheme = "aws"
domain = "identities"
local_member_host = "10.0.1.11"
local_member_port = "5701"
shutdown_hook_enable = false
logging_type = "log4j2"

[clustering.properties]
region = "eu-west-1"
tagKey = "cluster"
tag-key = "cluster"
tagValue = "identities-1"
tag-value = "identities-1"
# end of properties

[database.shared_db]
type = "mysql"
url = "jdbc:mysql://db.example.com:3306/shared?useUnicode=true&amp;enabledTLSProtocols=TLSv1.2"
username = "shared"
password = "$secret{shared_password}"
driver = "com.mysql.jdbc.Driver"

[database.shared_db.pool_options]
maxActive = "50"

[keystore.primary]
file_name = "example.jks"
password = "$secret{keystore_password}"

[transport.https.properties]
proxyPort = 443

[transport.https.sslHostConfig.properties]
protocols = "+TLSv1.2,+TLSv1.3"
ciphers = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
`;

/** A worker of Identity Server 7, whose Hazelcast can use the role with IMDSv2. */
export const TOML: Files = { 'deployment.toml': DEPLOYMENT };

/** The files with changes made; a text that is not there is a mistake of the test. */
export function changed(files: Files, changes: readonly Change[]): Files {
  const result: Record<string, string> = { ...files };
  for (const [file, first, second] of changes) {
    if (first === undefined) delete result[file];
    else if (second === undefined) result[file] = first;
    else result[file] = replaced(result[file] ?? '', file, first, second);
  }
  return result;
}

function replaced(content: string, file: string, from: string, to: string): string {
  if (!content.includes(from)) throw new Error(`${file} has no '${from}'`);
  return content.replace(from, () => to);
}

export function configurationOf(files: Files, product?: string): Configuration {
  return readConfiguration(folderWith(files), product === undefined ? undefined : namedProduct(product));
}

export function trapsIn(files: Files, product?: string): FoundTrap[] {
  return trapsOf(configurationOf(files, product));
}
