import { ConfigurationLayout } from '../configuration/node-model';
import { CustomProductDatabase, CustomProductOptions } from './custom-product-options';
import { carbonDatabase, CHARACTER_SET, sharedDatabase, userAndRegistryDatabases } from './databases';
import { hazelcastOf, isTomlEra, javaOf } from './kernel';
import { DatabaseDescription, ProductVersion, ProfileDescription } from './product-version';
import { CONSOLE_PATH, consoleProfile, passThrough, VERSION_PATH, withoutSessions } from './profiles';

const NUMBERS = /^\d+(\.\d+)+$/;
const DATABASE_NAME = /^[A-Za-z][A-Za-z0-9_]{0,31}$/;
/** Far enough below 65536 for the highest port of the servlet transports. */
const HIGHEST_OFFSET = 50000;

/** What the pack of a product is called that nobody told the name of. */
export const CUSTOM_PACK = 'custom';

/** The facts of a product that is not in the catalogue. */
export function customProduct(options: CustomProductOptions): ProductVersion {
  validate(options);
  const style = options.configurationStyle ?? (isTomlEra(options.kernelVersion) ? 'toml' : 'xml');
  const layout: ConfigurationLayout = {
    style,
    folder: options.configurationFolder ?? 'repository/conf',
    passThrough: options.passThrough ?? false,
    log4j: isTomlEra(options.kernelVersion) ? 2 : 1,
  };
  return {
    pack: CUSTOM_PACK,
    title: options.productName,
    version: options.version,
    kernel: options.kernelVersion,
    hazelcast: hazelcast(options),
    java: java(options),
    driverFolder: options.driverFolder ?? 'repository/components/lib',
    profiles: profiles(options, layout),
    ...(options.managerProfile !== undefined && options.workerProfile !== undefined
      ? { profileByRole: { manager: options.managerProfile, worker: options.workerProfile } } : {}),
    databases: [carbonDatabase(style === 'toml'), ...databases(options, style)],
    deploymentSynchronizer: !isTomlEra(options.kernelVersion),
    source: 'CarbonProduct.of',
  };
}

function validate(options: CustomProductOptions): void {
  checkText('productName', options.productName);
  checkText('version', options.version);
  checkVersion('kernelVersion', options.kernelVersion);
  if (options.hazelcastVersion !== undefined) checkVersion('hazelcastVersion', options.hazelcastVersion);
  checkOffset(options.portOffset);
  checkProfiles(options);
  for (const path of [options.configurationFolder, options.startScript, options.driverFolder]) checkRelative(path);
  for (const path of [options.healthCheckPath, options.workerHealthCheckPath]) checkHealthPath(path);
  checkDatabases(options.databases ?? []);
}

function checkText(property: string, text: string): void {
  if (text.trim() === text && text !== '' && !/[\r\n]/.test(text)) return;
  throw new Error(`${property} '${text}' is empty or has white space around it, give the product's`);
}

function checkVersion(property: string, version: string): void {
  if (!NUMBERS.test(version)) throw new Error(`${property} '${version}' is no version, give numbers with dots such as 4.4.26`);
}

function checkOffset(offset: number | undefined): void {
  if (offset === undefined || (Number.isInteger(offset) && offset >= 0 && offset <= HIGHEST_OFFSET)) return;
  throw new Error(`portOffset ${offset} is no whole number from 0 to ${HIGHEST_OFFSET}, give the one in carbon.xml`);
}

function checkProfiles(options: CustomProductOptions): void {
  const { profile, managerProfile, workerProfile } = options;
  for (const name of [profile, managerProfile, workerProfile]) {
    if (name === undefined || /^[\w.-]+$/.test(name)) continue;
    throw new Error(`profile '${name}' is no value of -Dprofile, use letters, digits, '-' and '.'`);
  }
  if ((managerProfile === undefined) !== (workerProfile === undefined)) {
    throw new Error('managerProfile and workerProfile belong together, give both or none');
  }
  if (profile !== undefined && managerProfile !== undefined) {
    throw new Error(`profile '${profile}' is for every node, leave it out or leave out managerProfile and workerProfile`);
  }
  if (managerProfile !== undefined && managerProfile === workerProfile) {
    throw new Error(`managerProfile and workerProfile are both '${managerProfile}', use profile for every node`);
  }
}

function checkRelative(path: string | undefined): void {
  if (path === undefined || (/^[^/\s][^\s]*$/.test(path) && !path.split('/').includes('..'))) return;
  throw new Error(`'${path}' does not lie in the product's home, give a path relative to it`);
}

function checkHealthPath(path: string | undefined): void {
  if (path !== undefined && !/^\/\S*$/.test(path)) throw new Error(`health check path '${path}' does not begin with /, give a path`);
}

function checkDatabases(given: readonly CustomProductDatabase[]): void {
  for (const { name, scripts } of given) {
    if (!DATABASE_NAME.test(name)) throw new Error(`database '${name}' is no name for MySQL, use 1 to 32 letters, digits and _`);
    scripts.forEach(checkRelative);
  }
  checkUnique('name', given.map(each => each.name.toLowerCase()));
  checkUnique('jndiName', given.map(each => each.jndiName));
}

function checkUnique(property: string, values: readonly string[]): void {
  const twice = values.find((value, index) => values.indexOf(value) < index);
  if (twice !== undefined) throw new Error(`databases have the ${property} '${twice}' twice, give each its own`);
}

function hazelcast(options: CustomProductOptions): string {
  const version = options.hazelcastVersion ?? hazelcastOf(options.kernelVersion);
  if (version !== undefined) return version;
  throw new Error(`the Hazelcast in kernelVersion ${options.kernelVersion} is not known, give hazelcastVersion`);
}

function java(options: CustomProductOptions): ProductVersion['java'] {
  const { javaVersions } = options;
  if (javaVersions === undefined) return javaOf(options.kernelVersion);
  if (javaVersions.length === 0) throw new Error('javaVersions is empty, give at least one');
  return { accepted: javaVersions, preferred: javaVersions[javaVersions.length - 1] };
}

function profiles(options: CustomProductOptions, layout: ConfigurationLayout): ProfileDescription[] {
  const console = (name: string): ProfileDescription => consoleOf(name, options, layout);
  if (options.managerProfile === undefined || options.workerProfile === undefined) return [console(options.profile ?? 'default')];
  const worker = withoutSessions(console(options.workerProfile));
  return [
    console(options.managerProfile),
    { ...worker, health: { ...worker.health, path: options.workerHealthCheckPath ?? VERSION_PATH } },
  ];
}

function consoleOf(name: string, options: CustomProductOptions, layout: ConfigurationLayout): ProfileDescription {
  const profile = consoleProfile({
    name,
    layout,
    startScript: options.startScript,
    arguments: [...(name === 'default' ? [] : [`-Dprofile=${name}`]), ...(options.startArguments ?? [])],
    portOffset: options.portOffset,
  });
  const checked = { ...profile, health: { ...profile.health, path: options.healthCheckPath ?? CONSOLE_PATH } };
  return layout.passThrough ? passThrough(checked) : checked;
}

function databases(options: CustomProductOptions, style: ConfigurationLayout['style']): DatabaseDescription[] {
  if (options.databases !== undefined) return options.databases.map(each => database(each, style));
  return style === 'toml' ? [sharedDatabase(options.kernelVersion)] : userAndRegistryDatabases(options.kernelVersion);
}

function database(given: CustomProductDatabase, style: ConfigurationLayout['style']): DatabaseDescription {
  return {
    name: given.name,
    jndiName: given.jndiName,
    ...(style === 'toml' ? { tomlName: given.tomlName ?? given.name.toLowerCase() } : {}),
    description: given.description ?? given.name,
    scripts: given.scripts,
    characterSet: given.characterSet ?? CHARACTER_SET,
    ...(given.sqlMode === undefined ? {} : { sqlMode: given.sqlMode }),
    ...(given.foreignKeysOnNonUniqueKeys ? { foreignKeysOnNonUniqueKeys: true as const } : {}),
    purpose: given.purpose,
  };
}
