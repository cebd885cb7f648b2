import { withoutSecrets } from './jdbc';
import { Configuration, isLoopback, isReference, isWritten, namedText, Text } from './model';
import { membershipProps } from './props-membership';
import { overlayProps } from './props-overlays';
import { PropsBuilder } from './props-builder';
import { datasourceProps } from './props-datasources';
import { listLiteral, objectLiteral, quoted } from './source-text';

const FACTORIES: Readonly<Record<string, string>> = {
  wso2am: 'apiManager',
  wso2ei: 'enterpriseIntegrator',
  wso2is: 'identityServer',
  wso2greg: 'governanceRegistry',
  wso2as: 'applicationServer',
};

const LOG_LEVELS: Readonly<Record<string, string>> = { TRACE: 'FINEST', ALL: 'FINEST', DEBUG: 'FINE', INFO: 'INFO', WARN: 'WARNING' };

/**
 * The code of a CarbonCluster that would produce the configuration, as TypeScript. What no prop says is a configuration overlay
 * or a comment. Secrets are never in it: each is a constant for you to declare.
 */
export function propsCode(configuration: Configuration): string {
  const builder = new PropsBuilder();
  required(configuration, builder);
  membershipProps(configuration, builder);
  server(configuration, builder);
  registry(configuration, builder);
  datasourceProps(configuration, builder);
  administrator(configuration, builder);
  hazelcast(configuration, builder);
  overlayProps(configuration, builder);
  return builder.code();
}

function required(configuration: Configuration, builder: PropsBuilder): void {
  builder.add('vpc', builder.constant('vpc', 'ec2.IVpc'));
  product(configuration, builder);
  builder.add('hostName', ...hostName(configuration));
  builder.add('managementHostName', ...managementHostName(configuration));
  builder.add('certificates', listLiteral([builder.constant('certificate', 'acm.ICertificate')]), 'of the load balancer, for both names');
}

function product(configuration: Configuration, builder: PropsBuilder): void {
  const { pack, version, kernel } = configuration.product;
  const packs = builder.constant('packs', 's3.IBucket');
  const factory = FACTORIES[pack ?? ''];
  if (factory) builder.add('product', `${builder.use('CarbonProduct')}.${factory}(${quoted(version ?? '')}${profileOption(configuration)})`);
  else if (kernel) builder.add('product', custom(builder.use('CarbonProduct'), configuration), 'its name and version are guesses');
  else builder.add('product', builder.constant('product', 'CarbonProduct'), 'the files do not say which, give --product');
  builder.add('distribution', `${builder.use('Distribution')}.fromBucket(${packs}, ${quoted(`${pack ?? 'product'}-${version ?? 'version'}.zip`)})`);
}

/** A profile of Enterprise Integrator has a folder of its own. */
function profileOption({ folder }: Configuration): string {
  const profile = /^wso2\/([^/]+)\/conf$/.exec(folder)?.[1];
  return profile ? `, ${objectLiteral([['profile', quoted(profile)]])}` : '';
}

function custom(type: string, { product: { pack, version, kernel } }: Configuration): string {
  return `${type}.of(${objectLiteral([['productName', quoted(pack ?? 'WSO2 Carbon')], ['version', quoted(version ?? kernel!)],
    ['kernelVersion', quoted(kernel!)]])})`;
}

const NOT_IN_THE_FILES = 'not in the files';

function hostName(configuration: Configuration): [string, string?] {
  const name = usable(configuration.server?.hostName) ?? hostOf(property(configuration, 'backendServerURL'));
  return name ? [quoted(name)] : [quoted('service.example.com'), NOT_IN_THE_FILES];
}

function managementHostName(configuration: Configuration): [string, string?] {
  const own = usable(configuration.server?.managementHostName) ?? hostOf(property(configuration, 'mgtConsoleURL'));
  const [service] = hostName(configuration);
  if (own && quoted(own) !== service) return [quoted(own)];
  return [quoted(`mgt.${service.slice(1, -1)}`), own ? 'the files have one name for both; the load balancer needs two' : NOT_IN_THE_FILES];
}

function property({ clustering }: Configuration, name: string): Text | undefined {
  return namedText(clustering?.properties ?? [], name);
}

function hostOf(url: Text | undefined): string | undefined {
  const host = /^https?:\/\/([^/:]+)/.exec(url?.text.trim() ?? '')?.[1];
  return host && usable({ text: host, place: url!.place });
}

/** A host name that a load balancer can have: `localhost` and `${carbon.host}` are none. */
function usable(name: Text | undefined): string | undefined {
  const text = name?.text.trim() ?? '';
  return text === '' || isReference(text) || isLoopback(text) || !/^[\w.-]+$/.test(text) ? undefined : text;
}

function server({ server: found }: Configuration, builder: PropsBuilder): void {
  const offset = found?.offset?.text.trim() ?? '0';
  if (/^\d+$/.test(offset) && offset !== '0') builder.add('portOffset', offset);
  if (found?.synchronizer?.enabled) {
    builder.remark(`The deployment synchronizer is on (${withoutSecrets(found.synchronizer.url?.text.trim() ?? '')}, AutoCommit `
      + `${found.synchronizer.autoCommit}): set it with ConfigurationOverlay.namespacedEdits of carbon.xml, its password from a secret.`);
  }
}

function registry({ registry: found, clustering }: Configuration, builder: PropsBuilder): void {
  const mounts = found?.mounts ?? [];
  if (mounts.length > 0) {
    builder.add('registryMounts', listLiteral(mounts.map(mount => objectLiteral([
      ['path', quoted(mount.path.text)],
      ['targetPath', quoted(mount.targetPath?.text.trim() ?? mount.path.text)],
    ]))));
  } else if (found && clustering?.enabled) {
    builder.remark('The files mount nothing of a shared registry. A CarbonCluster mounts /_system/config and /_system/governance; registryMounts: [] '
      + 'leaves that out.');
  }
}

function administrator({ users }: Configuration, builder: PropsBuilder): void {
  const { adminName, adminPassword } = users ?? {};
  const isShipped = adminName?.text.trim() === 'admin' && adminPassword?.text.trim() === 'admin';
  if (isShipped || !adminPassword || !(adminPassword.secured || isWritten(adminPassword))) return;
  builder.add('adminSecret', builder.secret('adminSecret', 'username and password'), 'the password of the file, moved into a secret');
}

function hazelcast({ hazelcastProperties, logging }: Configuration, builder: PropsBuilder): void {
  const properties = hazelcastProperties.filter(each => !isReference(each.text));
  if (properties.length > 0) {
    builder.add('hazelcastProperties', objectLiteral(properties.map(each => [each.name, quoted(each.text)])));
  }
  const level = hazelcastLevel(logging);
  const name = level && LOG_LEVELS[level];
  if (name && name !== 'INFO') builder.add('hazelcastLogLevel', `${builder.use('HazelcastLogLevel')}.${name}`);
  if (level && !name) builder.remark(`The log level of com.hazelcast is ${level}; a CarbonCluster has INFO.`);
}

function hazelcastLevel(logging: Configuration['logging']): string | undefined {
  const one = namedText(logging, 'log4j.logger.com.hazelcast')?.text;
  const name = logging.find(each => /^logger\..*\.name$/.test(each.name) && each.text.trim() === 'com.hazelcast')?.name;
  const two = name && namedText(logging, name.replace(/\.name$/, '.level'))?.text;
  return (one ?? two)?.split(',')[0].trim().toUpperCase();
}
