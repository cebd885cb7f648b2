import { KnownVersions, repositoryLayout, versionOf } from './catalogue-version';
import { carbonDatabase, CHARACTER_SET, localDatabase, userAndRegistryDatabases } from './databases';
import { SQL_MODE_OF_OLD_SCRIPTS } from './kernel';
import { DatabaseDescription, ProductVersion } from './product-version';
import { consoleProfile } from './profiles';

export const GOVERNANCE_REGISTRY = { pack: 'wso2greg', title: 'WSO2 Governance Registry' };

/** What 5.3 and 5.4 bring along; what earlier versions bring was not looked up. */
const STORE_DATABASES: readonly DatabaseDescription[] = [
  {
    name: 'WSO2AM_DB',
    jndiName: 'jdbc/WSO2AM_DB',
    description: 'The datasource used for API Manager database',
    scripts: ['dbscripts/apimgt/mysql.sql'],
    characterSet: CHARACTER_SET,
    sqlMode: SQL_MODE_OF_OLD_SCRIPTS,
    purpose: 'product',
  },
  localDatabase('JAGH2', 'jdbc/test', 'The datasource of the Jaggery applications'),
];

function governanceRegistry(version: string, kernel: string, more: readonly DatabaseDescription[] = []): ProductVersion {
  return versionOf({
    ...GOVERNANCE_REGISTRY,
    version,
    kernel,
    profiles: [consoleProfile({ name: 'default', layout: repositoryLayout(kernel, false) })],
    databases: [carbonDatabase(), ...more, ...userAndRegistryDatabases(kernel)],
    sources: [
      `wso2/product-greg v${version} pom.xml (kernel), master-datasources.xml`,
      'Clustering Guide 4.4.x, Setting up the Database (names of the shared databases)',
      ...(more.length > 0 ? ['wso2/product-greg modules/distribution/src/main/assembly/bin.xml (apimgt scripts); inferred: its sql_mode'] : []),
      'inferred: health check (as WSO2\'s templates for other products with this console)',
    ],
  });
}

export const GOVERNANCE_REGISTRY_VERSIONS = new KnownVersions(governanceRegistry, [
  ['5.0.0', '4.4.1'],
  ['5.1.0', '4.4.1'],
  ['5.2.0', '4.4.5'],
  ['5.3.0', '4.4.7', STORE_DATABASES],
  ['5.4.0', '4.4.14', STORE_DATABASES],
]);
