import { KnownVersions, repositoryLayout, versionOf } from './catalogue-version';
import { carbonDatabase, CHARACTER_SET, localDatabase, sharedDatabase, SharedDatabaseNames, userAndRegistryDatabases } from './databases';
import { compareVersions, isTomlEra, kernelScript } from './kernel';
import { AdministratorProperty, DatabaseDescription, ProductVersion, ProfileDescription, SeparatedRole } from './product-version';
import { consoleProfile, passThrough, ProfileOptions, withoutConsole, withoutSessions } from './profiles';

export const API_MANAGER = { pack: 'wso2am', title: 'WSO2 API Manager' };

const PROFILES_1_10 = ['default', 'api-key-manager', 'api-publisher', 'api-store', 'gateway-manager', 'gateway-worker'];
const PROFILES_2_0 = [...PROFILES_1_10, 'traffic-manager'];
const PROFILES_2_5 = PROFILES_2_0.filter(each => each !== 'gateway-manager');
const PROFILES_3_0 = ['default', 'api-devportal', 'api-key-manager', 'api-publisher', 'gateway-worker', 'traffic-manager'];
const PROFILES_4_5 = ['default', 'control-plane', 'gateway-worker', 'traffic-manager'];
const PROFILES_4_2 = [...PROFILES_4_5, 'api-key-manager-deprecated'];
const PROFILES_4_0 = [...PROFILES_4_2, 'api-devportal-deprecated', 'api-publisher-deprecated'];

const SPLIT_PACKS = 'inferred: profiles of the all-in-one pack; the packs of control plane, gateway and traffic manager are not covered';
const TWO_READINGS = 'kernel: one reading of the tag, another found none in the root pom';

function apiManager(version: string, kernel: string, profiles: readonly string[], moreSources: readonly string[] = []): ProductVersion {
  return versionOf({
    ...API_MANAGER,
    version,
    kernel,
    // Documented as tested; the kernel's own check ends at 17.
    ...(isFrom(version, '4.4.0') && !isFrom(version, '4.7.0') ? { java: { accepted: [11, 17, 21], preferred: 17 } } : {}),
    profiles: profiles.map(name => profile(name, version, kernel)),
    profileByRole: profileByRole(profiles),
    databases: isTomlEra(kernel) ? tomlDatabases(kernel) : xmlDatabases(version, kernel),
    ...(isFrom(version, '2.0.0') && !isTomlEra(kernel) ? { administratorProperties: BROKER_CLIENTS } : {}),
    sources: [...(isTomlEra(kernel) ? tomlSources(version) : xmlSources(version)), ...moreSources],
  });
}

function isFrom(version: string, first: string): boolean {
  return compareVersions(version, first) >= 0;
}

/** From 2.5 on a gateway has no manager of its own: the whole product serves console and Publisher. */
function profileByRole(profiles: readonly string[]): Record<SeparatedRole, string> {
  return { manager: profiles.includes('gateway-manager') ? 'gateway-manager' : 'default', worker: 'gateway-worker' };
}

/** The message broker and event receivers of the traffic manager; 1.10 throttles without them. */
const EVENT_PORTS = { amqp: 5672, binaryTcp: 9611, binarySsl: 9711 };
/** WebSocket APIs came with 2.1 [inferred from the documentation's features], webhooks with 4.0. */
const WEB_SOCKET_PORTS = { ws: 9099, wss: 8099 };
const WEBHOOK_PORTS = { websub: 9021, websubs: 8021 };

function profile(name: string, version: string, kernel: string): ProfileDescription {
  const gateway = { ...(isFrom(version, '2.1.0') ? WEB_SOCKET_PORTS : {}), ...(isFrom(version, '4.0.0') ? WEBHOOK_PORTS : {}) };
  const events = isFrom(version, '2.0.0') ? EVENT_PORTS : {};
  const of = (otherPorts: Readonly<Record<string, number>>): ProfileDescription =>
    consoleProfile({ ...common(name, version, kernel), otherPorts });
  switch (name) {
    case 'default': return passThrough(of({ ...events, ...gateway }));
    case 'gateway-manager': return passThrough(of(gateway));
    case 'gateway-worker': return withoutSessions(passThrough(of(gateway)));
    case 'control-plane': return of(events);
    case 'traffic-manager': return withoutSessions(of(events), { protocol: 'TCP', port: EVENT_PORTS.binaryTcp });
    case 'api-key-manager':
    case 'api-key-manager-deprecated': return of({});
    default: return withoutConsole(of({}));
  }
}

/** How the product logs in to its message broker, which knows the users of the product. */
const BROKER_CLIENTS: readonly AdministratorProperty[] = [['Topic', 'clientid/carbon'], ['Queue', 'clientID/test']].map(([kind, host]) => ({
  file: 'jndi.properties',
  property: `connectionfactory.${kind}ConnectionFactory`,
  before: 'amqp://',
  after: `@${host}?brokerlist='tcp://localhost:${EVENT_PORTS.amqp}'`,
}));

/** The start script got the product's own name with 4.0. */
function common(name: string, version: string, kernel: string): ProfileOptions {
  return {
    name,
    layout: repositoryLayout(kernel, true),
    startScript: isFrom(version, '4.0.0') ? 'bin/api-manager.sh' : 'bin/wso2server.sh',
    arguments: name === 'default' ? [] : [`-Dprofile=${name}`],
  };
}

/** As in API Manager's documentation, Configuring the datasources. */
const DATABASE_NAMES: SharedDatabaseNames = {
  user: ['WSO2UM_DB', 'jdbc/WSO2UM_DB'],
  registry: ['WSO2REG_DB', 'jdbc/WSO2REG_DB'],
};

function xmlDatabases(version: string, kernel: string): DatabaseDescription[] {
  const { script, sqlMode } = kernelScript(kernel);
  return [
    carbonDatabase(),
    {
      name: 'WSO2AM_DB',
      jndiName: 'jdbc/WSO2AM_DB',
      description: 'The datasource used for the API Manager database',
      scripts: [script.replace('dbscripts/', 'dbscripts/apimgt/')],
      characterSet: CHARACTER_SET,
      ...(sqlMode === undefined ? {} : { sqlMode }),
      defaultAutoCommit: false,
      purpose: 'product',
    },
    ...userAndRegistryDatabases(kernel, DATABASE_NAMES),
    localDatabase('WSO2AM_STATS_DB', 'jdbc/WSO2AM_STATS_DB', 'The datasource used for getting statistics to API Manager'),
    // Each traffic manager's broker keeps its own messages.
    ...(isFrom(version, '2.0.0') ? [localDatabase('WSO2_MB_STORE_DB', 'WSO2MBStoreDB', 'The datasource used for message broker database')] : []),
  ];
}

function tomlDatabases(kernel: string): DatabaseDescription[] {
  const { sqlMode } = kernelScript(kernel);
  return [
    carbonDatabase(true),
    sharedDatabase(kernel),
    {
      name: 'WSO2AM_DB',
      jndiName: 'jdbc/WSO2AM_DB',
      tomlName: 'apim_db',
      description: 'The datasource used for the API Manager database',
      scripts: ['dbscripts/apimgt/mysql.sql'],
      characterSet: CHARACTER_SET,
      ...(sqlMode === undefined ? {} : { sqlMode }),
      purpose: 'product',
    },
  ];
}

function xmlSources(version: string): string[] {
  return [
    `wso2/product-apim v${version} pom.xml (kernel), modules/p2-profile/product/pom.xml (profiles), master-datasources.xml (JNDI names), `
      + `axis2.xml (ports)${isFrom(version, '2.0.0') ? ', jndi.properties (broker; read on a branch)' : ''}`,
    'API Manager documentation (names of user and registry databases, ports)',
    'wso2/aws-apim (health of default and gateway-worker)',
    'inferred: health of the other profiles, which of them serve the console'
      + (isFrom(version, '2.0.0') ? '' : ', that mysql.sql of apimgt loads with this sql_mode'),
  ];
}

function tomlSources(version: string): string[] {
  return [
    `wso2/product-apim v${version} pom.xml (kernel), modules/p2-profile/product/pom.xml and profileSetup.sh (profiles), deployment.toml (databases)`,
    'API Manager documentation (ports, latin1, tested Java versions)',
    'wso2/aws-apim (health of default and gateway-worker)',
    'inferred: health of the other profiles, which of them serve the console',
  ];
}

export const API_MANAGER_VERSIONS = new KnownVersions(apiManager, [
  ['1.10.0', '4.4.3', PROFILES_1_10],
  ['2.0.0', '4.4.7', PROFILES_2_0],
  ['2.1.0', '4.4.11', PROFILES_2_0],
  ['2.2.0', '4.4.26', PROFILES_2_0],
  ['2.5.0', '4.4.32', PROFILES_2_5],
  ['2.6.0', '4.4.35', PROFILES_2_5],
  ['3.0.0', '4.5.1', PROFILES_3_0],
  ['3.1.0', '4.6.0', PROFILES_3_0],
  ['3.2.0', '4.6.0', PROFILES_3_0],
  ['4.0.0', '4.6.2', PROFILES_4_0],
  ['4.1.0', '4.6.3', PROFILES_4_0],
  ['4.2.0', '4.8.1', PROFILES_4_2],
  ['4.3.0', '4.9.26', PROFILES_4_2],
  ['4.4.0', '4.9.27', PROFILES_4_2],
  ['4.5.0', '4.9.28', PROFILES_4_5, [SPLIT_PACKS, TWO_READINGS]],
  ['4.6.0', '4.9.33', PROFILES_4_5, [SPLIT_PACKS, TWO_READINGS]],
  ['4.7.0', '4.11.18', PROFILES_4_5, [SPLIT_PACKS, TWO_READINGS, 'inferred: Java']],
]);
