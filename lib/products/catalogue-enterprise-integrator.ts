import { ConfigurationLayout } from '../configuration/node-model';
import { KnownVersions, versionOf } from './catalogue-version';
import { carbonDatabase, CHARACTER_SET, userAndRegistryDatabases } from './databases';
import { compareVersions, isTomlEra, SQL_MODE_OF_OLD_SCRIPTS } from './kernel';
import { DatabaseDescription, ProductVersion, ProfileDescription } from './product-version';
import { consoleProfile, passThrough } from './profiles';

export const ENTERPRISE_INTEGRATOR = { pack: 'wso2ei', title: 'WSO2 Enterprise Integrator' };

function enterpriseIntegrator(version: string, kernel: string, moreSources: readonly string[] = []): ProductVersion {
  return versionOf({
    ...ENTERPRISE_INTEGRATOR,
    version,
    kernel,
    driverFolder: 'lib',
    // Analytics, MSF4J and the micro integrator are no Carbon 4 cluster of this kind: they need databases and configuration of
    // their own, or no cluster at all.
    profiles: [integrator(kernel), businessProcess(kernel), broker(kernel)],
    databases: [
      carbonDatabase(),
      ...userAndRegistryDatabases(kernel),
      ...BUSINESS_PROCESS_DATABASES,
      MESSAGE_STORE,
    ],
    sources: [
      `wso2/product-ei v${version} pom.xml (kernel), distribution/src/assembly/bin.xml (folders), distribution/src/scripts (start scripts, `
        + 'folders of configuration and drivers), carbon.xml of each profile (offset), bps-datasources.xml, activiti-datasources.xml, '
        + 'broker/conf/master-datasources.xml (JNDI names)',
      'WSO2 test grid scripts for product-ei (scripts for MySQL); aws-ei (health check); EI documentation, Clustering (JNDI names)',
      `inferred: AMQP and MQTT ports of the broker, sql_mode of the business process scripts${oldNames(version)}`,
      ...moreSources,
    ],
  });
}

/** The JNDI names and folders of the two smaller profiles were read on branches, not at every tag. */
function oldNames(version: string): string {
  return compareVersions(version, '6.2.0') < 0 ? ', layout of business-process and broker as in later versions' : '';
}

function layout(kernel: string, folder: string, withPassThrough: boolean): ConfigurationLayout {
  return { style: 'xml', folder, passThrough: withPassThrough, log4j: isTomlEra(kernel) ? 2 : 1 };
}

function integrator(kernel: string): ProfileDescription {
  return passThrough(consoleProfile({ name: 'integrator', startScript: 'bin/integrator.sh', layout: layout(kernel, 'conf', true) }));
}

function businessProcess(kernel: string): ProfileDescription {
  return runtime('business-process', kernel, 2);
}

function broker(kernel: string): ProfileDescription {
  return runtime('broker', kernel, 3, { amqp: 5672, mqtt: 1883 });
}

/**
 * A runtime with a Carbon home of its own. bin/<name>.sh only starts this script in the background and sleeps for ever, so
 * nobody would notice when the server dies; started directly it does the same in the foreground.
 */
function runtime(name: string, kernel: string, portOffset: number, otherPorts?: Readonly<Record<string, number>>): ProfileDescription {
  const home = `wso2/${name}`;
  return consoleProfile({
    name, home, portOffset, otherPorts,
    startScript: `${home}/bin/wso2server.sh`,
    layout: layout(kernel, `${home}/conf`, false),
  });
}

const ACTIVITI_SCRIPTS = 'wso2/business-process/dbscripts/bps/bpmn/create/activiti.mysql.create';

const BUSINESS_PROCESS_DATABASES: readonly DatabaseDescription[] = [
  {
    name: 'BPS_DS',
    jndiName: 'bpsds',
    file: 'datasources/bps-datasources.xml',
    description: 'The datasource used for BPEL processes and human tasks',
    scripts: ['wso2/business-process/dbscripts/bps/bpel/create/mysql.sql'],
    characterSet: CHARACTER_SET,
    sqlMode: SQL_MODE_OF_OLD_SCRIPTS,
    defaultAutoCommit: true,
    changesTables: true,
    purpose: 'product',
    profiles: ['business-process'],
  },
  {
    name: 'ACTIVITI_DB',
    jndiName: 'jdbc/ActivitiDB',
    file: 'datasources/activiti-datasources.xml',
    description: 'The datasource used for activiti engine',
    scripts: ['engine', 'history', 'identity'].map(part => `${ACTIVITI_SCRIPTS}.${part}.sql`),
    characterSet: CHARACTER_SET,
    sqlMode: SQL_MODE_OF_OLD_SCRIPTS,
    changesTables: true,
    purpose: 'product',
    profiles: ['business-process'],
  },
];

const MESSAGE_STORE: DatabaseDescription = {
  name: 'WSO2_MB_STORE_DB',
  // Without jdbc/ before it, as broker.xml names it.
  jndiName: 'WSO2MBStoreDB',
  description: 'The datasource used for message broker database',
  scripts: ['wso2/broker/dbscripts/mb-store/mysql-mb.sql'],
  characterSet: CHARACTER_SET,
  foreignKeysOnNonUniqueKeys: true,
  defaultAutoCommit: false,
  purpose: 'product',
  profiles: ['broker'],
};

export const ENTERPRISE_INTEGRATOR_VERSIONS = new KnownVersions(enterpriseIntegrator, [
  ['6.0.0', '4.4.14'],
  ['6.1.0', '4.4.16'],
  ['6.1.1', '4.4.16', ['inferred: kernel as in 6.1.0']],
  ['6.2.0', '4.4.26'],
  ['6.3.0', '4.4.32'],
  ['6.4.0', '4.4.36'],
  ['6.5.0', '4.4.40'],
  // Its kernel knows deployment.toml, the product does not: no deployment.toml and no templates in product-ei v6.6.0.
  ['6.6.0', '4.5.3', ['inferred: no SVN deployment synchronizer, as in other products with this kernel']],
]);
