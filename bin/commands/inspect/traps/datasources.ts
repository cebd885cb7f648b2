import { Configuration, Datasource, isLoopback, isReference, isWritten, Text } from '../model';
import { jdbcUrl, withoutSecrets } from '../jdbc';
import { Finding, NONE, Trap } from './trap';

/** Each node keeps its own: the local registry, and the store of the message broker inside. */
const LOCAL_DATASOURCES = ['WSO2_CARBON_DB', 'WSO2_MB_STORE_DB', 'local'];

const NO_TLS = /\b(useSSL=false|sslMode=DISABLED|ssl-?mode=disable|encrypt=false)\b/i;

const DRIVERS: Readonly<Record<string, RegExp>> = {
  mysql: /^(com\.mysql\.|org\.mariadb\.|software\.amazon\.)/,
  mariadb: /^org\.mariadb\./,
  postgresql: /^(org\.postgresql\.|software\.amazon\.)/,
  oracle: /^oracle\./,
  sqlserver: /^com\.microsoft\./,
  h2: /^org\.h2\./,
};

/** One finding for each data source that the test is about. */
function byDatasource(find: (datasource: Datasource, configuration: Configuration) => Finding | undefined): Trap['find'] {
  return configuration => configuration.datasources.flatMap(each => find(each, configuration) ?? []);
}

const noTls = byDatasource(({ name, url }) => (url && NO_TLS.test(url.text) ? {
  place: url.place,
  what: `${name.text.trim()} talks to its database in the clear, its password included; a server that requires TLS refuses it.`,
  todo: 'Remove the switch and ask for TLS 1.2, as the URLs of a CarbonCluster do.',
} : undefined));

const ampersand = byDatasource(({ name, url }, { style }) => (style === 'toml' && url && /&(?!amp;|lt;|gt;|quot;|apos;|#)/.test(url.text) ? {
  place: url.place,
  what: `The URL of ${name.text.trim()} has a bare '&', which the templates put into XML as it is: what they write is no XML, the start fails.`,
  todo: 'Write &amp; for each.',
} : undefined));

const password = byDatasource(({ name, url, password: secret }) => (isWritten(secret) && jdbcUrl(url)?.engine !== 'h2' ? {
  place: secret.place,
  what: `The password of ${name.text.trim()} stands in the file.`,
  todo: 'Keep it in a secret (Datasource.secret); the node reads it at boot.',
} : undefined));

const passwordInUrl = byDatasource(({ name, url }) => (url && withoutSecrets(url.text) !== url.text ? {
  place: url.place,
  what: `The URL of ${name.text.trim()} carries a password, which logs and the cacheId of a mount repeat.`,
  todo: 'Take it out of the URL.',
} : undefined));

const driver = byDatasource(({ name, url, driver: driverClass }) => {
  const engine = jdbcUrl(url)?.engine ?? '';
  const right = DRIVERS[engine];
  if (!driverClass || !right || isReference(driverClass.text) || right.test(driverClass.text.trim())) return undefined;
  return {
    place: driverClass.place,
    what: `The driver of ${name.text.trim()} is ${driverClass.text.trim()}, its URL is one of ${engine}.`,
    todo: 'Make them one engine\'s.',
  };
});

const oldConnector = byDatasource(({ name, url, driver: driverClass }) => {
  const isOld = driverClass?.text.trim() === 'com.mysql.jdbc.Driver' && jdbcUrl(url)?.engine === 'mysql';
  if (!isOld || /enabledTLSProtocols|useSSL=false/i.test(url!.text)) return undefined;
  return {
    place: url!.place,
    what: `${name.text.trim()}: Connector/J 5.1 up to 5.1.45 speaks TLS 1.0 and 1.1 unless told otherwise, which MySQL 8 refuses.`,
    todo: 'Use 5.1.49 or 8.0, and enabledTLSProtocols=TLSv1.2.',
  };
});

const localHost = byDatasource(({ name, url }, { clustering }) => {
  const host = jdbcUrl(url)?.host;
  if (!clustering?.enabled || host === undefined || !isLoopback(host)) return undefined;
  return {
    place: url!.place,
    what: `${name.text.trim()} is at ${host}, which is another database on each node.`,
    todo: 'Name the shared database server.',
  };
});

const embedded = byDatasource(({ name, url }, { clustering }) => {
  if (!clustering?.enabled || jdbcUrl(url)?.engine !== 'h2' || LOCAL_DATASOURCES.includes(name.text.trim())) return undefined;
  return {
    place: url!.place,
    what: `${name.text.trim()} is an H2 file, so each node of the cluster has data of its own.`,
    todo: 'Put it on a database server; a CarbonCluster makes one for the databases of the product.',
  };
});

const sharedFolder = byDatasource(({ name, url }) => {
  const file = jdbcUrl(url)?.h2File;
  if (file === undefined || !/^(\/|~|[A-Za-z]:|\\\\)/.test(file)) return undefined;
  return {
    place: url!.place,
    what: `${name.text.trim()} is an H2 file at the absolute path ${file}: nodes that share that folder lock each other out, or destroy it.`,
    todo: 'Put it on a database server.',
  };
});

const oneFile: Trap['find'] = ({ datasources }) => duplicates(datasources, each => jdbcUrl(each.url)?.h2File?.replace(/^\.\//, ''))
  .map(([first, second, file]) => ({
    place: second.url!.place,
    what: `${first.name.text.trim()} and ${second.name.text.trim()} are one H2 file, ${file}: one of them may not open it, and their tables mix.`,
    todo: 'Give each its own database.',
  }));

const oneJndiName: Trap['find'] = ({ datasources }) => duplicates(datasources, each => each.jndiName?.text.trim())
  .map(([first, second, name]) => ({
    place: second.jndiName!.place,
    what: `${first.name.text.trim()} and ${second.name.text.trim()} have one JNDI name, ${name}: which of them is found depends on the order.`,
    todo: 'Give each its own.',
  }));

const oneName: Trap['find'] = ({ datasources }) => duplicates(datasources, each => each.name.text.trim())
  .map(([, second, name]) => ({
    place: second.name.place,
    what: `Two data sources have the name ${name}: the second takes the place of the first.`,
    todo: 'Give each its own.',
  }));

function duplicates(datasources: readonly Datasource[], keyOf: (datasource: Datasource) => string | undefined): [Datasource, Datasource, string][] {
  return datasources.flatMap((each, index): [Datasource, Datasource, string][] => {
    const key = keyOf(each);
    const first = key ? datasources.slice(0, index).find(other => keyOf(other) === key) : undefined;
    return first ? [[first, each, key!]] : [];
  });
}

const unknownReference: Trap['find'] = ({ datasources, registry, users, malformed }) => {
  // Without the data sources every name is unknown.
  if (datasources.length === 0 || malformed.length > 0) return NONE;
  const names = datasources.map(each => each.jndiName?.text.trim());
  const references = [...(registry?.dbConfigs.map(each => each.datasource) ?? []), users?.datasource];
  return references
    .filter((each): each is Text => each !== undefined && !isReference(each.text) && !names.includes(each.text.trim()))
    .map(each => ({
      place: each.place,
      what: `No data source of master-datasources.xml has the JNDI name ${each.text.trim()}.`,
      todo: 'Add it, or name one that is there.',
    }));
};

export const DATASOURCE_TRAPS: readonly Trap[] = [
  { id: 'jdbc-tls-off', severity: 'warning', find: noTls },
  { id: 'jdbc-ampersand', severity: 'error', find: ampersand },
  { id: 'jdbc-password-in-file', severity: 'warning', find: password },
  { id: 'jdbc-password-in-url', severity: 'warning', find: passwordInUrl },
  { id: 'jdbc-driver-mismatch', severity: 'error', find: driver },
  { id: 'jdbc-old-connector', severity: 'note', find: oldConnector },
  { id: 'jdbc-local-host', severity: 'warning', find: localHost },
  { id: 'h2-in-cluster', severity: 'warning', find: embedded },
  { id: 'h2-shared-folder', severity: 'error', find: sharedFolder },
  { id: 'h2-one-file', severity: 'warning', find: oneFile },
  { id: 'jndi-name-twice', severity: 'error', find: oneJndiName },
  { id: 'datasource-name-twice', severity: 'error', find: oneName },
  { id: 'datasource-unknown', severity: 'error', find: unknownReference },
];
