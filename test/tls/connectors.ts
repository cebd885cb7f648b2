/** Connectors as the contract wants them, written by the node's own program into files with the structure of the real ones. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { TomlTable } from 'smol-toml' with { 'resolution-mode': 'import' };
import { axis2 } from '../../lib/configuration/axis2';
import { catalinaServer } from '../../lib/configuration/catalina-server';
import { deploymentToml } from '../../lib/configuration/deployment-toml';
import { NodeModel } from '../../lib/configuration/node-model';
import { FileEdits } from '../../lib/configuration/plan';
import { PROGRAMS } from '../../lib/boot/user-data';
import { TlsPolicy } from '../../lib';
import { BackEndClient } from '../../lib/tls/back-end-client';
import { BackEndTls, BackEndTlsOptions, backEndTls } from '../../lib/tls/back-end-tls';
import { CIPHER_SUITES, isTls13, isWeakSuite } from '../../lib/tls/cipher-suites';
import { javaKnows, JavaTls } from '../../lib/tls/java-tls';
import { GATEWAY_WORKER } from '../configuration/gateway-worker';
import { standInSources } from '../places';

// Node.js 20 can require what TypeScript says only import can.
// eslint-disable-next-line @typescript-eslint/no-require-imports
const { parse } = require('smol-toml') as { readonly parse: (toml: string) => TomlTable };

const STAND_IN = path.join(standInSources(), 'conf');
const SOURCES = {
  axis2: path.join(STAND_IN, 'gateway', 'axis2', 'axis2.xml'),
  catalina: path.join(STAND_IN, 'xml', 'tomcat', 'catalina-server.xml'),
  toml: path.join(__dirname, '..', 'boot', 'fixture', 'repository', 'conf', 'deployment.toml'),
};

/** How a product's connector is written. */
export type Style = 'xml' | 'toml';

/** A connector of a server, and who connects to it. */
export interface Connector {
  readonly title: string;
  readonly tls: BackEndTls;
  readonly clients: readonly Client[];
}

/** Something that connects, and what it is called in a table. */
export interface Client {
  readonly title: string;
  readonly client: BackEndClient;
}

/** All that stand before the nodes and end TLS there, but the Classic one. Nodes have the same connector for each of them. */
export const MODERN: readonly Client[] = [
  { title: 'application or network, policy with TLS 1.3', client: BackEndClient.application(TlsPolicy.TLS13_1_2_RES_2021_06) },
  { title: 'application or network, policy for FIPS', client: BackEndClient.network(TlsPolicy.TLS13_1_2_RES_FIPS_2023_04) },
  { title: 'application or network, policy of before', client: BackEndClient.application(TlsPolicy.FS_1_2_RES_2020_10) },
  { title: 'NGINX', client: BackEndClient.nginx(TlsPolicy.TLS13_1_2_RES_2021_06) },
  { title: 'a program on Java 8', client: BackEndClient.javaClient(8) },
];
const CLASSIC: Client = { title: 'Classic', client: BackEndClient.classic(TlsPolicy.TLS_1_2_2017_01) };

/** What the nodes have for each kind of client, on that Java. */
export function connectorsFor(java: JavaTls): Connector[] {
  const make = (title: string, clients: readonly Client[], more: Partial<BackEndTlsOptions> = {}): Connector =>
    ({ title, clients, tls: backEndTls({ client: clients[0]?.client, java: [java.version], ...more }) });
  const direct = (policy: TlsPolicy): Connector => {
    const title = `clients themselves, ${policy}`;
    return make(title, [{ title, client: BackEndClient.passThrough(policy) }]);
  };
  return [
    make('every load balancer but the Classic one', MODERN),
    make('the Classic load balancer', [CLASSIC]),
    direct(TlsPolicy.TLS13_1_2_RES_2021_06),
    direct(TlsPolicy.TLS13_1_2_EXT2_2021_06),
    ...(java.version < 11 ? [] : [direct(TlsPolicy.TLS13_1_3_2021_06)]),
    make('a user who wants every suite', [], { client: MODERN[0].client, cipherSuites: CIPHER_SUITES.filter(each => !isWeakSuite(each) && javaKnows(java, each)) }),
  ];
}

/** What is different where RSA key exchange is had back. */
export function relaxedConnector(java: JavaTls): Connector {
  return { title: 'the Classic load balancer, with RSA key exchange', clients: [{ ...CLASSIC, title: 'Classic, with RSA key exchange' }],
    tls: backEndTls({ client: CLASSIC.client, java: [java.version], rsaKeyExchange: true }) };
}

function modelOf(style: Style, tls: BackEndTls): NodeModel {
  const layout = { ...GATEWAY_WORKER.layout, style, passThrough: true };
  return { ...GATEWAY_WORKER, layout, transport: { protocols: tls.protocols, cipherSuites: tls.cipherSuites } };
}

const rendered = new Map<string, string>();

/** What the node's program makes of a file with the structure of the real one, by the edits that are about it. */
function render(source: string, edits: FileEdits): string {
  const key = JSON.stringify([source, edits]);
  const text = rendered.get(key) ?? renderAnew(source, edits);
  rendered.set(key, text);
  return text;
}

function renderAnew(source: string, edits: FileEdits): string {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'connector-'));
  try {
    const file = path.join(home, edits.file);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.copyFileSync(source, file);
    fs.writeFileSync(path.join(home, 'plan.json'), JSON.stringify({ files: [edits] }));
    execFileSync('python3', [path.join(PROGRAMS, 'carbon_configuration.py'), '--plan', path.join(home, 'plan.json'), '--home', home, '--placeholders'],
      { env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' } });
    return fs.readFileSync(file, 'utf8');
  } finally {
    fs.rmSync(home, { recursive: true });
  }
}

/** The axis2.xml of a gateway whose pass-through transport has that TLS. */
export function renderAxis2(tls: BackEndTls): string {
  const model = modelOf('xml', tls);
  return render(SOURCES.axis2, axis2(model.layout, model.clustering, model.transport));
}

/** The connector element of catalina-server.xml with that TLS. */
export function renderConnector(style: Style, tls: BackEndTls): string {
  const model = modelOf(style, tls);
  if (style === 'toml') return sslHostConfig(render(SOURCES.toml, deploymentToml(model)));
  return /<Connector\b[^>]*port="9443"[^>]*>/.exec(render(SOURCES.catalina, catalinaServer(model.layout, model.transport)))![0];
}

/** What the kernel's template makes of deployment.toml: the table's keys are the element's attributes. */
function sslHostConfig(text: string): string {
  const toml = parse(text) as any;
  const attributes = Object.entries({ sslProtocol: 'TLS', certificateVerification: 'false', ...toml.transport.https.sslHostConfig.properties });
  return `<Connector protocol="org.apache.coyote.http11.Http11NioProtocol" port="9443" scheme="https" secure="true" SSLEnabled="true">
    <SSLHostConfig ${attributes.map(([name, value]) => `${name}="${value}"`).join(' ')}>
      <Certificate certificateKeystoreFile="\${carbon.home}/repository/resources/security/wso2carbon.jks" certificateKeystorePassword="wso2carbon"/>
    </SSLHostConfig>
  </Connector>`;
}

/** What to ask a connector by: each suite that OpenSSL has, in the newest version of TLS that carries it; and one in the versions of old. */
export const QUESTIONS: Readonly<Record<string, readonly string[]>> = {
  'TLSv1.3': CIPHER_SUITES.filter(isTls13),
  'TLSv1.2': CIPHER_SUITES.filter(each => !isTls13(each) && !isWeakSuite(each)),
  'TLSv1.1': ['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA'],
  TLSv1: ['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA'],
};
