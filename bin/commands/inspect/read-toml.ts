import type { TomlTable } from 'smol-toml' with { 'resolution-mode': 'import' };
import { Clustering, Configuration, Datasource, Keystore, Member, NamedText, Server, Text, TlsListener, Users } from './model';
import { TomlFile } from './toml-file';

/** Keys of `[clustering]` and the parameters of axis2.xml that the templates make of them. */
const CLUSTERING_KEYS: Readonly<Record<string, string>> = {
  membership_scheme: 'membershipScheme',
  domain: 'domain',
  local_member_host: 'localMemberHost',
  local_member_port: 'localMemberPort',
};

/** Parameters of the membership schemes have a table of their own. */
const MISPLACED = /[A-Z-]|^region$/;

type TomlParts = Pick<Configuration, 'listeners' | 'keystores' | 'datasources' | 'hazelcastProperties' | 'tables'> & Partial<Configuration>;

/** deployment.toml in the terms of the XML that the product makes of it. */
export function readToml(file: TomlFile): TomlParts {
  return {
    tables: file.tableNames(),
    listeners: [listenerOf(file)],
    keystores: ['primary', 'tls', 'internal'].flatMap(name => keystoreOf(file, name)),
    datasources: [...databases(file), ...ownDatasources(file)],
    hazelcastProperties: [...hazelcastKeys(file), ...file.texts(['hazelcast'])],
    users: usersOf(file),
    server: serverOf(file),
    ...(file.table('clustering') ? { clustering: clusteringOf(file) } : {}),
  };
}

/** Keys of `[clustering]` that become lines of hazelcast.properties. */
function hazelcastKeys(file: TomlFile): NamedText[] {
  const keys = { shutdown_hook_enable: 'hazelcast.shutdownhook.enabled', logging_type: 'hazelcast.logging.type' };
  return Object.entries(keys).flatMap(([key, name]): NamedText[] => {
    const text = file.text(['clustering'], key);
    return text ? [{ name, ...text }] : [];
  });
}

function clusteringOf(file: TomlFile): Clustering {
  const table = file.table('clustering')!;
  const parameters = Object.entries(CLUSTERING_KEYS).flatMap(([key, name]): NamedText[] => {
    const text = file.text(['clustering'], key);
    return text ? [{ name, ...text }] : [];
  });
  const misplaced = Object.keys(table).filter(key => MISPLACED.test(key));
  const members = membersOf(file, table);
  return {
    place: file.place(['clustering']),
    enabled: 'membership_scheme' in table,
    parameters: [...parameters, ...nodeAddress(file, parameters), ...file.texts(['clustering', 'properties'])],
    properties: [],
    ...(members ? { members } : {}),
    misplaced: misplaced.map(name => ({ name, ...file.text(['clustering'], name)! })),
  };
}

/** Without a host of its own the member has `server.node_ip`, and that is 127.0.0.1 without. */
function nodeAddress(file: TomlFile, parameters: readonly NamedText[]): NamedText[] {
  if (parameters.some(each => each.name === 'localMemberHost')) return [];
  const address = file.text(['server'], 'node_ip') ?? { text: '127.0.0.1', place: file.place(['clustering']) };
  return [{ name: 'localMemberHost', ...address }];
}

function membersOf(file: TomlFile, table: TomlTable): Member[] | undefined {
  if (!Array.isArray(table.members)) return undefined;
  const place = file.place(['clustering'], 'members');
  return table.members.map(each => {
    const [host, port] = String(each).split(':');
    return { host: host.trim(), ...(port ? { port: port.trim() } : {}), place };
  });
}

function listenerOf(file: TomlFile): TlsListener {
  const host = ['transport', 'https', 'sslHostConfig', 'properties'];
  const connector = ['transport', 'https', 'properties'];
  const either = (...keys: string[]): Text | undefined => keys.map(key => file.text(host, key) ?? file.text(connector, key)).find(each => each);
  return {
    name: 'the servlet connector',
    kind: 'servlet',
    place: file.place(connector),
    ciphers: either('ciphers'),
    protocols: either('protocols', 'sslEnabledProtocols'),
    proxyPort: file.text(connector, 'proxyPort'),
  };
}

function keystoreOf(file: TomlFile, name: string): Keystore[] {
  const path = ['keystore', name];
  // Identity Server 5.9 shipped `name`.
  const location = file.text(path, 'file_name') ?? file.text(path, 'name');
  const password = file.text(path, 'password');
  return location ? [{ file: location, ...(password ? { password } : {}) }] : [];
}

function databases(file: TomlFile): Datasource[] {
  return Object.keys(file.table('database') ?? {})
    .filter(name => file.table('database', name) !== undefined)
    .map(name => {
      const path = ['database', name];
      return {
        name: { text: name, place: file.place(path) },
        url: file.text(path, 'url'),
        username: file.text(path, 'username'),
        password: file.text(path, 'password'),
        driver: file.text(path, 'driver'),
        pool: file.texts([...path, 'pool_options']),
      };
    });
}

/** `[[datasource]]`, for data sources that the product does not know. */
function ownDatasources(file: TomlFile): Datasource[] {
  const place = file.place(['datasource']);
  return file.arrayOfTables('datasource').map(table => {
    const text = (key: string): Text | undefined => (table[key] === undefined ? undefined : { text: String(table[key]), place });
    return {
      name: text('id') ?? { text: '', place },
      jndiName: text('jndi_name') ?? text('id'),
      url: text('url'),
      username: text('username'),
      password: text('password'),
      driver: text('driver'),
      pool: [],
    };
  });
}

function usersOf(file: TomlFile): Users {
  return { adminName: file.text(['super_admin'], 'username'), adminPassword: file.text(['super_admin'], 'password') };
}

function serverOf(file: TomlFile): Server {
  return {
    place: file.place(['server']),
    hostName: file.text(['server'], 'hostname'),
    managementHostName: file.text(['server'], 'mgt_console_hostname'),
    offset: file.text(['server'], 'offset'),
  };
}
