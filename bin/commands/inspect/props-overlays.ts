import { Configuration, isReference, NamedText } from './model';
import { PropsBuilder } from './props-builder';
import { awsNameOf } from './rules';
import { constantName, listLiteral, objectLiteral, quoted } from './source-text';

/** Said by other props, by the cluster itself, or of no effect without multicast. */
const COVERED = ['membershipScheme', 'domain', 'localMemberHost', 'localMemberPort', 'AvoidInitiation', 'mcastAddress', 'mcastBindAddress',
  'mcastPort', 'mcastTTL', 'mcastTimeout', 'clusteringPattern', 'localMemberBindAddress', 'localMemberBindPort'];

const SECRET_NAME = /password|secret|token|key/i;

/** Tables of deployment.toml that the cluster writes itself or that props cover. */
const COVERED_TABLES = /^(clustering|server|super_admin|database|hazelcast|transport\.https?|keystore|datasource)(\.|$)/;

/** What no prop says: edits of the user's own, or remarks. */
export function overlayProps(configuration: Configuration, builder: PropsBuilder): void {
  const overlays = [...parameterOverlay(configuration, builder), ...wsdlOverlay(configuration, builder)];
  if (overlays.length > 0) builder.add('configurationOverlays', listLiteral(overlays));
  tlsRemarks(configuration, builder);
  tableRemark(configuration, builder);
}

function parameterOverlay(configuration: Configuration, builder: PropsBuilder): string[] {
  const { clustering, style, folder } = configuration;
  const rest = !clustering?.enabled ? [] : clustering.parameters
    .filter(each => !COVERED.includes(each.name) && (awsNameOf(each.name) === undefined || awsNameOf(each.name) === 'hostHeader'));
  const kept = rest.filter(each => each.text.trim() !== '' && !isReference(each.text));
  if (kept.length === 0) return [];
  if (style === 'toml') return [overlay(builder, `${folder}/deployment.toml`, [tableEdit(kept, builder)])];
  return [overlay(builder, `${folder}/axis2/axis2.xml`, kept.map(each => textEdit(
    `/axisconfig/clustering/parameter[@name='${each.name}']`, value(each, builder), builder)))];
}

function overlay(builder: PropsBuilder, file: string, edits: readonly string[]): string {
  const type = builder.use('ConfigurationOverlay');
  return `${type}.edits(\n${[quoted(file), ...edits].map(each => `  ${each.split('\n').join('\n  ')},`).join('\n')}\n)`;
}

function textEdit(path: string, code: string, builder: PropsBuilder): string {
  return `${builder.use('ConfigurationEdit')}.text(${quoted(path)}, ${code})`;
}

function tableEdit(parameters: readonly NamedText[], builder: PropsBuilder): string {
  const values = objectLiteral(parameters.map(each => [each.name, value(each, builder)]));
  return `${builder.use('ConfigurationEdit')}.table('clustering.properties', ${values})`;
}

/** A secret by its looks stays out of the code. */
function value(parameter: NamedText, builder: PropsBuilder): string {
  const type = builder.use('ConfigurationValue');
  if (!SECRET_NAME.test(parameter.name) && !parameter.secured) return `${type}.text(${quoted(parameter.text.trim())})`;
  return `${type}.secret(${builder.secret(constantName(parameter.name, 'secret'), `${parameter.name} of the files`)})`;
}

/** A cluster sets the prefix of the HTTPS listener to its host name. */
function wsdlOverlay(configuration: Configuration, builder: PropsBuilder): string[] {
  const own = configuration.server?.hostName?.text.trim();
  const prefixes = configuration.wsdlPrefixes
    .filter(each => each.name !== '' && !isReference(each.text) && !(each.name === 'https' && each.text.trim() === `https://${own}`));
  if (prefixes.length === 0) return [];
  return [overlay(builder, `${configuration.folder}/axis2/axis2.xml`, prefixes.map(each => textEdit(
    `/axisconfig/transportReceiver[@name='${each.name}']/parameter[@name='WSDLEPRPrefix']`,
    `${builder.use('ConfigurationValue')}.text(${quoted(each.text.trim())})`, builder)))];
}

function tlsRemarks({ listeners, keystores }: Configuration, builder: PropsBuilder): void {
  for (const { name, ciphers } of listeners) {
    if (ciphers && ciphers.text.trim() !== '') {
      builder.remark(`Cipher suites of ${name}: a CarbonCluster lists those that its load balancer and the JDK share; `
        + `the files have ${ciphers.text.trim()}.`);
    }
  }
  const own = [...new Set(keystores.map(each => each.file.text.trim()))].filter(each => !each.endsWith('wso2carbon.jks'));
  if (own.length > 0) {
    builder.remark(`Key stores of your own (${own.join(', ')}): put them into the pack, and their passwords, from secrets, into `
      + 'configurationOverlays.');
  }
}

function tableRemark({ tables }: Configuration, builder: PropsBuilder): void {
  const others = [...new Set(tables)].filter(each => !COVERED_TABLES.test(each));
  if (others.length === 0) return;
  builder.remark(`Tables of deployment.toml that no prop covers: ${others.join(', ')}. What of them differs from the pack's goes into `
    + 'configurationOverlays with ConfigurationEdit.table.');
}
