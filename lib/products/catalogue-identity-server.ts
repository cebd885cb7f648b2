import { KnownVersions, repositoryLayout, versionOf } from './catalogue-version';
import { carbonDatabase, CHARACTER_SET, localDatabase, sharedDatabase, userAndRegistryDatabases } from './databases';
import { compareVersions, isTomlEra, kernelScript, SQL_MODE_OF_OLD_SCRIPTS } from './kernel';
import { DatabaseDescription, DatasourceReference, ProductVersion } from './product-version';
import { consoleProfile } from './profiles';

export const IDENTITY_SERVER = { pack: 'wso2is', title: 'WSO2 Identity Server' };

function identityServer(version: string, kernel: string): ProductVersion {
  return versionOf({
    ...IDENTITY_SERVER,
    version,
    kernel,
    // From 5.5 on its classes are compiled for Java 8.
    ...(isTomlEra(kernel) || !isFrom(version, '5.5.0') ? {} : { java: { accepted: [8], preferred: 8 } }),
    profiles: [consoleProfile({ name: 'default', layout: repositoryLayout(kernel, false) })],
    databases: isTomlEra(kernel) ? tomlDatabases(version, kernel) : xmlDatabases(version, kernel),
    sources: isTomlEra(kernel) ? tomlSources(version, kernel) : xmlSources(version),
  });
}

function isFrom(version: string, first: string): boolean {
  return compareVersions(version, first) >= 0;
}

/** Consent management came with 5.5, user-managed access came with 5.7 and went with 7.0. */
function identityScripts(version: string): string[] {
  return [
    'dbscripts/identity/mysql.sql',
    ...(isFrom(version, '5.7.0') && !isFrom(version, '7.0.0') ? ['dbscripts/identity/uma/mysql.sql'] : []),
    ...(isFrom(version, '5.5.0') ? ['dbscripts/consent/mysql.sql'] : []),
  ];
}

function xmlDatabases(version: string, kernel: string): DatabaseDescription[] {
  return [
    carbonDatabase(),
    ...userAndRegistryDatabases(kernel),
    {
      name: 'WSO2_IDENTITY_DB',
      jndiName: 'jdbc/WSO2IdentityDS',
      references: identityReferences(version),
      description: 'The datasource used for identity and consent data',
      // mysql-5.7.sql beside it is not in every version; mysql.sql is.
      scripts: identityScripts(version),
      characterSet: CHARACTER_SET,
      sqlMode: SQL_MODE_OF_OLD_SCRIPTS,
      defaultAutoCommit: false,
      purpose: 'product',
    },
    {
      name: 'BPS_DS',
      jndiName: 'bpsds',
      file: 'datasources/bps-datasources.xml',
      description: 'The datasource used for workflows',
      scripts: ['dbscripts/bps/bpel/create/mysql.sql'],
      characterSet: CHARACTER_SET,
      sqlMode: SQL_MODE_OF_OLD_SCRIPTS,
      defaultAutoCommit: false,
      purpose: 'product',
    },
  ];
}

/** As shipped they name jdbc/WSO2CarbonDB, each node's own: tokens of one node would be unknown to the others. */
function identityReferences(version: string): DatasourceReference[] {
  const identity = {
    file: 'identity/identity.xml',
    namespace: 'http://wso2.org/projects/carbon/carbon.xml',
    path: '/Server/JDBCPersistenceManager/DataSource/Name',
  };
  const consent = {
    file: 'consent-mgt-config.xml',
    namespace: 'http://wso2.org/carbon/consent/management',
    path: '/ConsentManager/DataSource/Name',
  };
  return isFrom(version, '5.5.0') ? [identity, consent] : [identity];
}

function tomlDatabases(version: string, kernel: string): DatabaseDescription[] {
  const { sqlMode } = kernelScript(kernel);
  return [
    carbonDatabase(true),
    sharedDatabase(kernel),
    {
      name: 'WSO2_IDENTITY_DB',
      jndiName: 'jdbc/WSO2IdentityDB',
      tomlName: 'identity_db',
      description: 'The datasource used for identity and consent data',
      scripts: identityScripts(version),
      characterSet: CHARACTER_SET,
      ...(sqlMode === undefined ? {} : { sqlMode }),
      purpose: 'product',
    },
    // In [datasource.AgentIdentity], not in a [database] table.
    ...(isFrom(version, '7.2.0') ? [localDatabase('WSO2AGENTIDENTITY_DB', 'jdbc/AgentIdentity', 'The user store of AI agents')] : []),
  ];
}

function xmlSources(version: string): string[] {
  return [
    `wso2/product-is v${version} pom.xml (kernel), modules/distribution/src/assembly/bin.xml (scripts)`,
    'IS documentation, Setting Up Deployment Pattern 1 and Setting Up Separate Databases for Clustering (datasources, their files, identity.xml)',
    'wso2/kubernetes-is (consent-mgt-config.xml, bps-datasources.xml); Clustering Guide 4.4.x (names of user and registry databases)',
    'wso2/aws-is (health check)',
    `inferred: sql_mode of the identity scripts${isFrom(version, '5.7.0') ? ', that user-managed access came with 5.7' : ''}`,
  ];
}

function tomlSources(version: string, kernel: string): string[] {
  const inferred = [
    ...(['7.0.0', '7.2.0'].includes(version) ? [] : ['scripts, as in versions around it']),
    ...(['6.0.0', '7.0.0', '7.1.0'].includes(version) ? ['Java'] : []),
    ...(kernel.startsWith('4.10.') ? ['Hazelcast 5.3.6 rather than 5.3.2, by one reading'] : []),
    ...(isFrom(version, '7.2.0') ? ['that agent identities came with 7.2'] : []),
  ];
  return [
    `wso2/product-is v${version} pom.xml (kernel), deployment.toml (databases)`,
    'wso2/docs-is, Change to MySQL (names and scripts; read for 7.0 and 7.2)',
    'wso2/aws-is (health check)',
    ...(inferred.length === 0 ? [] : [`inferred: ${inferred.join(', ')}`]),
  ];
}

/** The kernels of 5.4.0, 5.4.1 and 5.6.0 were not found, so these are not here. */
export const IDENTITY_SERVER_VERSIONS = new KnownVersions(identityServer, [
  ['5.1.0', '4.4.3'],
  ['5.2.0', '4.4.9'],
  ['5.3.0', '4.4.11'],
  ['5.5.0', '4.4.26'],
  ['5.7.0', '4.4.35'],
  ['5.8.0', '4.4.40'],
  ['5.9.0', '4.5.1'],
  ['5.10.0', '4.6.0'],
  ['5.11.0', '4.6.1'],
  ['6.0.0', '4.7.1'],
  ['6.1.0', '4.9.0'],
  ['7.0.0', '4.10.9'],
  ['7.1.0', '4.10.42'],
  ['7.2.0', '4.10.101'],
  ['7.3.0', '4.12.34'],
]);
