import { keystoreTable } from './keystore';
import { DatasourceModel, NodeModel, Parameter } from './node-model';
import { Edit, FileEdits, TableValue, Value } from './plan';

/** What the config mapper would take for a reference of its own. */
const MAPPER_REFERENCE = /\$(env|sys|secret|ref)\{/;
const PLAIN = /^[\w .,:/@+-]*$/;

type Values = Record<string, TableValue>;

/** deployment.toml: tables that are ours are set, everything else in the file is kept. The XML is written anew from it. */
export function deploymentToml(node: NodeModel): FileEdits {
  return {
    file: `${node.layout.folder}/deployment.toml`,
    edits: [
      table('server', serverValues(node)),
      ...clusteringTables(node),
      ...transportTables(node),
      ...(node.keystore ? [keystoreTable(node.keystore)] : []),
      ...node.datasources.filter(each => each.tomlName !== undefined).flatMap(databaseTables),
      ...administratorTable(node),
      ...hazelcastTable(node),
    ],
  };
}

function serverValues(node: NodeModel): Values {
  return {
    hostname: text(node.hostName),
    ...(node.managementHostName === node.hostName ? {} : { mgt_console_hostname: text(node.managementHostName) }),
    ...(node.portOffset === undefined ? {} : { offset: String(node.portOffset) }),
  };
}

function table(name: string, values: Values): Edit {
  return { table: name, values };
}

/** The mapper's templates put values into XML unescaped, so a value is escaped as XML text before it becomes TOML. */
function text(value: Value): Value {
  if (typeof value !== 'string') return { xml: value };
  if (MAPPER_REFERENCE.test(value)) {
    throw new Error(`value '${value}' holds a reference of the config mapper, which deployment.toml cannot hold literally, give another`);
  }
  return PLAIN.test(value) ? value : { xml: value };
}

function clusteringTables(node: NodeModel): Edit[] {
  const { clustering } = node;
  return [
    table('clustering', {
      // The presence of this key is what enables clustering.
      membership_scheme: clustering.scheme,
      domain: text(clustering.domain),
      local_member_host: clustering.localMemberHost,
      local_member_port: String(clustering.localMemberPort),
      ...(clustering.members
        ? { members: [{ each: 'members' as const, value: { join: [{ member: 'host' as const }, ':', { member: 'port' as const }] } }] }
        : {}),
    }),
    ...(clustering.parameters.length > 0 ? [table('clustering.properties', parameterValues(clustering.parameters))] : []),
  ];
}

function parameterValues(parameters: readonly Parameter[]): Values {
  return Object.fromEntries(parameters.map(each => [each.name, text(each.value)]));
}

function transportTables(node: NodeModel): Edit[] {
  const { httpProxyPort, httpsProxyPort, protocols, cipherSuites } = node.transport;
  const tls: Values = {
    ...(protocols ? { protocols: protocols.map(each => `+${each}`).join(',') } : {}),
    ...(cipherSuites ? { ciphers: cipherSuites.join(',') } : {}),
  };
  return [
    ...(httpProxyPort ? [table('transport.http.properties', { proxyPort: httpProxyPort })] : []),
    ...(httpsProxyPort ? [table('transport.https.properties', { proxyPort: httpsProxyPort })] : []),
    ...(Object.keys(tls).length > 0 ? [table('transport.https.sslHostConfig.properties', tls)] : []),
    ...(node.layout.passThrough ? passThroughTable(node) : []),
  ];
}

/** The pass-through listener has lists of its own. */
function passThroughTable(node: NodeModel): Edit[] {
  const { protocols, cipherSuites } = node.transport;
  const values: Values = {
    ...(protocols ? { HttpsProtocols: protocols.join(',') } : {}),
    ...(cipherSuites ? { PreferredCiphers: cipherSuites.join(',') } : {}),
  };
  return Object.keys(values).length > 0 ? [table('transport.passthru_https.listener.parameters', values)] : [];
}

function databaseTables(model: DatasourceModel): Edit[] {
  const name = `database.${model.tomlName}`;
  return [
    table(name, {
      type: 'mysql',
      url: text(model.url),
      username: text(model.username),
      password: text(model.password),
      driver: text(model.driverClassName),
    }),
    table(`${name}.pool_options`, Object.fromEntries(Object.entries(model.pool).map(([key, value]) => [key, text(value)]))),
  ];
}

function administratorTable(node: NodeModel): Edit[] {
  const { adminUserName, adminPassword } = node.userManagement ?? {};
  if (!adminUserName && !adminPassword) return [];
  return [table('super_admin', {
    ...(adminUserName ? { username: text(adminUserName) } : {}),
    ...(adminPassword ? { password: text(adminPassword) } : {}),
    create_admin_account: true,
  })];
}

function hazelcastTable(node: NodeModel): Edit[] {
  const properties = Object.entries(node.hazelcastProperties ?? {});
  if (properties.length === 0) return [];
  return [table('hazelcast', Object.fromEntries(properties.map(([name, value]) => [name, text(value)])))];
}
