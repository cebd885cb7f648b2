import { Element } from '@xmldom/xmldom';
import { Clustering, Datasource, Keystore, Member, Mount, NamedText, Registry, RemoteInstance, Server, Synchronizer, Text, TlsListener,
  Users } from './model';
import { XmlFile } from './xml-file';

/** axis2.xml: clustering, and the HTTPS listener where it is the pass-through one. */
export function readAxis2(file: XmlFile): { clustering?: Clustering; listeners: TlsListener[]; wsdlPrefixes: NamedText[] } {
  const element = file.first(file.root, 'clustering');
  const receivers = file.all(file.root, 'transportReceiver').filter(each => (each.getAttribute('class') ?? '').includes('.passthru.'));
  return {
    ...(element ? { clustering: clusteringOf(file, element) } : {}),
    listeners: receivers.filter(each => each.getAttribute('name') === 'https').map(each => passThroughListener(file, each)),
    wsdlPrefixes: receivers.flatMap(each => parameters(file, each)
      .filter(({ name }) => name === 'WSDLEPRPrefix')
      .map(prefix => ({ ...prefix, name: each.getAttribute('name') ?? '' }))),
  };
}

function clusteringOf(file: XmlFile, element: Element): Clustering {
  const lists = file.first(element, 'members');
  const group = file.first(element, 'groupManagement');
  const agentClass = file.attribute(element, 'class');
  const properties = file.all(element, 'parameter').filter(each => each.getAttribute('name') === 'properties')
    .flatMap(each => file.all(each, 'property'));
  return {
    place: file.place(element),
    enabled: element.getAttribute('enable')?.trim() === 'true',
    ...(agentClass ? { agentClass } : {}),
    parameters: parameters(file, element).filter(each => each.name !== 'properties'),
    properties: properties.map(each => ({ name: each.getAttribute('name') ?? '', text: each.getAttribute('value') ?? '', place: file.place(each) })),
    ...(lists ? { members: file.all(lists, 'member').map(each => memberOf(file, each)) } : {}),
    ...(group ? { groupManagement: file.attribute(group, 'enable') } : {}),
  };
}

function parameters(file: XmlFile, parent: Element): NamedText[] {
  return file.all(parent, 'parameter').map(each => ({ name: each.getAttribute('name') ?? '', ...file.textOf(each) }));
}

function memberOf(file: XmlFile, element: Element): Member {
  const port = file.text(element, 'port')?.text.trim();
  return { host: file.text(element, 'hostName')?.text.trim() ?? '', ...(port ? { port } : {}), place: file.place(element) };
}

function passThroughListener(file: XmlFile, element: Element): TlsListener {
  const all = parameters(file, element);
  const find = (name: string): Text | undefined => all.find(each => each.name === name);
  return { name: 'the pass-through HTTPS listener', kind: 'passThrough', place: file.place(element), ciphers: find('PreferredCiphers'),
    protocols: find('HttpsProtocols') };
}

/** catalina-server.xml: the HTTPS connector, in the form of Tomcat 7 and in that of Tomcat 9. */
export function readCatalinaServer(file: XmlFile): { listeners: TlsListener[]; keystores: Keystore[] } {
  const connectors = file.all(file.root, 'Service/Connector').filter(each => each.getAttribute('SSLEnabled') === 'true');
  return {
    listeners: connectors.map(each => servletListener(file, each)),
    keystores: connectors.flatMap(each => keystoreOf(file.attribute(each, 'keystoreFile'), file.attribute(each, 'keystorePass'))),
  };
}

function servletListener(file: XmlFile, connector: Element): TlsListener {
  const host = file.first(connector, 'SSLHostConfig');
  const either = (name: string, ofHost: string): Text | undefined => (host && file.attribute(host, ofHost)) ?? file.attribute(connector, name);
  return {
    name: `the servlet connector on ${connector.getAttribute('port')}`,
    kind: 'servlet',
    place: file.place(connector),
    ciphers: either('ciphers', 'ciphers'),
    protocols: either('sslEnabledProtocols', 'protocols'),
    proxyPort: file.attribute(connector, 'proxyPort'),
  };
}

function keystoreOf(location: Text | undefined, password: Text | undefined): Keystore[] {
  return location ? [{ file: location, ...(password ? { password } : {}) }] : [];
}

/** carbon.xml: names, offset, deployment synchronizer, keystores. */
export function readCarbon(file: XmlFile): { server?: Server; keystores: Keystore[] } {
  const synchronizer = file.first(file.root, 'DeploymentSynchronizer');
  return {
    server: {
      place: file.place(file.root),
      hostName: file.text(file.root, 'HostName'),
      managementHostName: file.text(file.root, 'MgtHostName'),
      offset: file.text(file.root, 'Ports/Offset'),
      ...(synchronizer ? { synchronizer: synchronizerOf(file, synchronizer) } : {}),
    },
    keystores: ['Security/KeyStore', 'Security/InternalKeyStore'].flatMap(path => file.all(file.root, path))
      .flatMap(each => keystoreOf(file.text(each, 'Location'), file.text(each, 'Password'))),
  };
}

function synchronizerOf(file: XmlFile, element: Element): Synchronizer {
  const isSet = (name: string): boolean => file.text(element, name)?.text.trim().toLowerCase() === 'true';
  return {
    place: file.place(element),
    enabled: isSet('Enabled'),
    autoCommit: isSet('AutoCommit'),
    url: file.text(element, 'SvnUrl'),
    user: file.text(element, 'SvnUser'),
    password: file.text(element, 'SvnPassword'),
  };
}

const OWN_SETTINGS = ['url', 'username', 'password', 'driverClassName'];

export function readDatasources(file: XmlFile): Datasource[] {
  return file.all(file.root, 'datasources/datasource').map(each => {
    const configuration = file.first(each, 'definition/configuration');
    const name = file.text(each, 'name') ?? { text: '', place: file.place(each) };
    return {
      name,
      jndiName: file.text(each, 'jndiConfig/name'),
      url: file.text(configuration, 'url'),
      username: file.text(configuration, 'username'),
      password: file.text(configuration, 'password'),
      driver: file.text(configuration, 'driverClassName'),
      pool: configuration ? poolOf(file, configuration) : [],
    };
  });
}

function poolOf(file: XmlFile, configuration: Element): NamedText[] {
  return Array.from(configuration.childNodes)
    .filter((node): node is Element => node.nodeType === 1 && !OWN_SETTINGS.includes(node.nodeName))
    .map(each => ({ name: each.nodeName, ...file.textOf(each) }));
}

export function readRegistry(file: XmlFile): Registry {
  const { root } = file;
  return {
    place: file.place(root),
    current: file.text(root, 'currentDBConfig'),
    dbConfigs: file.all(root, 'dbConfig').map(each => ({
      name: file.attribute(each, 'name') ?? { text: '', place: file.place(each) },
      datasource: file.text(each, 'dataSource'),
    })),
    instances: file.all(root, 'remoteInstance').map(each => instanceOf(file, each)),
    mounts: file.all(root, 'mount').map(each => mountOf(file, each)),
  };
}

function instanceOf(file: XmlFile, element: Element): RemoteInstance {
  return {
    place: file.place(element),
    id: file.text(element, 'id'),
    dbConfig: file.text(element, 'dbConfig'),
    readOnly: file.text(element, 'readOnly'),
    cacheId: file.text(element, 'cacheId'),
  };
}

function mountOf(file: XmlFile, element: Element): Mount {
  return {
    path: file.attribute(element, 'path') ?? { text: '', place: file.place(element) },
    instanceId: file.text(element, 'instanceId'),
    targetPath: file.text(element, 'targetPath'),
  };
}

export function readUserMgt(file: XmlFile): Users {
  const configuration = file.first(file.root, 'Realm/Configuration');
  const property = configuration && file.all(configuration, 'Property').find(each => each.getAttribute('name') === 'dataSource');
  return {
    adminName: file.text(configuration, 'AdminUser/UserName'),
    adminPassword: file.text(configuration, 'AdminUser/Password'),
    ...(property ? { datasource: file.textOf(property) } : {}),
  };
}
