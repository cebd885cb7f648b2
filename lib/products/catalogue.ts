import { ConfigurationLayout } from '../configuration/node-model';
import { DatabaseDescription, ProductVersion, ProfileDescription } from './product-version';

/** `repository/conf` with pass-through transports, as in API Manager 1.10 to 2.6. */
const API_MANAGER_LAYOUT: ConfigurationLayout = { style: 'xml', folder: 'repository/conf', passThrough: true, log4j: 1 };

/** mysql5.7.sql and latin1 are what loads on MySQL 8: the plain scripts fail in strict mode, utf8mb4 makes keys too long. */
const API_MANAGER_DATABASES: readonly DatabaseDescription[] = [
  {
    name: 'WSO2AM_DB',
    jndiName: 'jdbc/WSO2AM_DB',
    description: 'The datasource used for the API Manager database',
    scripts: ['dbscripts/apimgt/mysql5.7.sql'],
    defaultAutoCommit: false,
    purpose: 'product', characterSet: 'latin1',
  },
  {
    name: 'WSO2UM_DB',
    jndiName: 'jdbc/WSO2UM_DB',
    description: 'The datasource used for user management',
    scripts: ['dbscripts/mysql5.7.sql'],
    purpose: 'user', characterSet: 'latin1',
  },
  {
    name: 'WSO2REG_DB',
    jndiName: 'jdbc/WSO2REG_DB',
    description: 'The datasource used for the shared registry',
    scripts: ['dbscripts/mysql5.7.sql'],
    purpose: 'registry', characterSet: 'latin1',
  },
];

const API_MANAGER_2_PROFILES = ['api-key-manager', 'api-publisher', 'api-store', 'gateway-manager', 'gateway-worker', 'traffic-manager'];

function gatewayProfile(name: string): ProfileDescription {
  const worker = name === 'gateway-worker';
  return {
    name,
    startScript: 'bin/wso2server.sh',
    arguments: [`-Dprofile=${name}`],
    layout: API_MANAGER_LAYOUT,
    portOffset: 0,
    ports: { servletHttp: 9763, servletHttps: 9443, serviceHttp: 8280, serviceHttps: 8243 },
    console: !worker,
    health: worker ? { protocol: 'HTTPS', port: 8243, path: '/services/Version' } : { protocol: 'HTTPS', port: 9443, path: '/carbon/admin/login.jsp' },
    ...(worker ? {} : { sessionCookie: 'JSESSIONID' }),
  };
}

function apiManager2(version: string, kernel: string): ProductVersion {
  return {
    pack: 'wso2am',
    title: 'WSO2 API Manager',
    version,
    kernel,
    hazelcast: '3.5.4',
    java: { accepted: [7, 8], preferred: 8 },
    driverFolder: 'repository/components/lib',
    profiles: API_MANAGER_2_PROFILES.map(gatewayProfile),
    profileByRole: { manager: 'gateway-manager', worker: 'gateway-worker' },
    databases: API_MANAGER_DATABASES,
    deploymentSynchronizer: true,
    source: 'temporary',
  };
}

/** Every product version that the library knows. */
export const CATALOGUE: readonly ProductVersion[] = [
  apiManager2('2.2.0', '4.4.26'),
];

/** The versions known of one product, in the catalogue's order. */
export function knownVersions(pack: string): string[] {
  return CATALOGUE.filter(each => each.pack === pack).map(each => each.version);
}
