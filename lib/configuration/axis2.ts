import { transportKeystoreEdit } from './keystore';
import { ClusteringModel, ConfigurationLayout, KeystoreModel, TransportModel } from './node-model';
import { Child, Edit, FileEdits, predicate, textChild, Value } from './plan';

const CLUSTERING = '/axisconfig/clustering';
const HTTPS_SENDER = "/axisconfig/transportSender[@name='https']";

/** axis2.xml: clustering, and what the pass-through transports need. */
export function axis2(layout: ConfigurationLayout, clustering: ClusteringModel, transport: TransportModel, keystore?: KeystoreModel): FileEdits {
  return {
    file: `${layout.folder}/axis2/axis2.xml`,
    edits: [...clusteringEdits(clustering), ...(layout.passThrough ? passThroughEdits(transport, keystore) : [])],
  };
}

function clusteringEdits(model: ClusteringModel): Edit[] {
  return [
    // Every file ships the element, disabled. One without it is not an axis2.xml that Carbon would cluster by.
    { set: CLUSTERING, attributes: { enable: 'true' }, existing: true },
    parameter('membershipScheme', model.scheme),
    parameter('domain', model.domain),
    // Ships live as 127.0.0.1; left alone it advertises loopback and no other node can join.
    parameter('localMemberHost', model.localMemberHost),
    parameter('localMemberPort', String(model.localMemberPort)),
    ...model.parameters.map(each => parameter(each.name, each.value)),
    ...memberEdits(model),
    ...propertyEdits(model),
  ];
}

function parameter(name: string, value: Value): Edit {
  return { set: `${CLUSTERING}/parameter${predicate('@name', name)}`, text: value };
}

/** The list ships with one sample at 127.0.0.1:4000, so it is always replaced as a whole, by nothing where none is read. */
function memberEdits(model: ClusteringModel): Edit[] {
  if (!model.members) return [{ replace: `${CLUSTERING}/members`, children: [] }];
  const member: Child = {
    each: 'members',
    name: 'member',
    children: [textChild('hostName', { member: 'host' }), textChild('port', { member: 'port' })],
  };
  return [{ replace: `${CLUSTERING}/members`, children: [member] }];
}

function propertyEdits(model: ClusteringModel): Edit[] {
  const properties: [string, string | undefined][] = [
    ['backendServerURL', model.backendServerUrl],
    ['mgtConsoleURL', model.managementConsoleUrl],
    ['subDomain', model.subDomain],
    ...Object.entries(model.portMapping ?? {}).map(([port, target]): [string, string] => [`port.mapping.${port}`, String(target)]),
  ];
  return properties.flatMap(([name, value]): Edit[] => (value === undefined ? [] : [
    { set: `${CLUSTERING}/parameter[@name='properties']/property${predicate('@name', name)}`, attributes: { value } },
  ]));
}

function passThroughEdits(transport: TransportModel, keystore: KeystoreModel | undefined): Edit[] {
  const https = receiver('https');
  const http = receiver('http');
  const prefix = transport.wsdlEndpointPrefix;
  return [
    ...(prefix?.http ? [{ set: `${http}/parameter[@name='WSDLEPRPrefix']`, text: prefix.http, attributes: { locked: 'false' } }] : []),
    ...(prefix?.https ? [{ set: `${https}/parameter[@name='WSDLEPRPrefix']`, text: prefix.https, attributes: { locked: 'false' } }] : []),
    ...(transport.protocols ? [{ set: `${https}/parameter[@name='HttpsProtocols']`, text: transport.protocols.join(',') }] : []),
    ...(transport.cipherSuites ? [{ set: `${https}/parameter[@name='PreferredCiphers']`, text: transport.cipherSuites.join(',') }] : []),
    ...(keystore ? [transportKeystoreEdit([https, HTTPS_SENDER], keystore)] : []),
  ];
}

/** One live receiver has the name; the samples of other classes are in comments. */
function receiver(name: string): string {
  return `/axisconfig/transportReceiver[@name='${name}']`;
}
