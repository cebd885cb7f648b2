import { BackEndClient, TlsOffer } from './back-end-client';
import { CIPHER_SUITES, isRsaKeyExchange, isWeakSuite, jsseName, protocolsOf, takesRsaKey } from './cipher-suites';
import { javaKnows, javaProtocols, javaSpeaks, JavaTls, RSA_KEY_EXCHANGE_PROPERTIES } from './java-tls';

/** Of the nodes, and of what connects to them. */
export interface BackEndTlsOptions {
  readonly client: BackEndClient;
  /** Major versions of Java that the nodes may run, at least one. 7 counts only where no other is there: nodes prefer 8. */
  readonly java: readonly number[];
  /** JSSE names, in order of preference, that the user wants instead of those that follow from the client. */
  readonly cipherSuites?: readonly string[];
  /** Nodes have `TLS_RSA_*` on also where their Java disables them. */
  readonly rsaKeyExchange?: boolean;
}

/** What the nodes' connectors have, of the servlet transports and of the pass-through transports alike. */
export interface BackEndTls extends TlsOffer {
  /** Text of a file of security properties for `-Djava.security.properties`, where `TLS_RSA_*` must be on. */
  readonly javaSecurity?: string;
  /** What is not sure of all this, and what to do when it does not hold. */
  readonly caution?: string;
}

/** A connector, and the Java that it runs on. */
export interface ConnectorTls extends TlsOffer {
  readonly java: JavaTls;
}

/** Whether the handshake succeeds when the client offers this suite only. The connector's key is RSA. */
export function connects(suite: string, client: TlsOffer, connector: ConnectorTls): boolean {
  if (!client.cipherSuites.includes(suite) || !connector.cipherSuites.includes(suite)) return false;
  if (!takesRsaKey(suite) || !javaSpeaks(connector.java, suite)) return false;
  const sides = [client.protocols, connector.protocols, javaProtocols(connector.java)];
  return protocolsOf(suite).some(protocol => sides.every(side => side.includes(protocol)));
}

/**
 * The TLS of the nodes, such that the client can always talk to them, and the node to itself.
 *
 * Fails, naming what both sides have, when on some Java that the nodes may run no suite is sure to connect, and when the listener's
 * policy offers clients what is weak and does not say why.
 */
export function backEndTls(options: BackEndTlsOptions): BackEndTls {
  const { client, cipherSuites, rsaKeyExchange } = options;
  const javas = javasOf(options);
  const listed = cipherSuites ? requested(cipherSuites, javas, client) : fromClient(client, javas);
  checkWeakness(client, listed);
  for (const java of javas) {
    for (const each of [client, BackEndClient.self()]) checkCommon(each, java, listed, options);
  }
  const cautious = javas.filter(java => common(java, listed, client).every(suite => client.likely.includes(suite)));
  return {
    ...listed,
    ...(rsaKeyExchange && listed.cipherSuites.some(isRsaKeyExchange) ? { javaSecurity: RSA_KEY_EXCHANGE_PROPERTIES } : {}),
    ...(cautious.length > 0 ? { caution: cautionOf(client, cautious) } : {}),
  };
}

function javasOf({ java, rsaKeyExchange }: BackEndTlsOptions): JavaTls[] {
  const versions = java.some(each => each > 7) ? java.filter(each => each > 7) : java;
  return versions.map(version => (rsaKeyExchange ? { version, rsaKeyExchange } : { version }));
}

function fromClient({ listed }: BackEndClient, javas: readonly JavaTls[]): TlsOffer {
  const protocols = listed.protocols.filter(each => javas.every(java => javaProtocols(java).includes(each)));
  const cipherSuites = listed.cipherSuites.filter(suite => javas.every(java => javaKnows(java, suite))
    && protocolsOf(suite).some(each => protocols.includes(each)));
  return { protocols, cipherSuites };
}

function requested(cipherSuites: readonly string[], javas: readonly JavaTls[], client: BackEndClient): TlsOffer {
  if (cipherSuites.length === 0) throw new Error('cipherSuites is empty, give at least one or leave it out');
  cipherSuites.forEach(suite => checkRequested(suite, javas));
  const protocols = client.offer.protocols.filter(protocol => javas.every(java => javaProtocols(java).includes(protocol))
    && cipherSuites.some(suite => protocolsOf(suite).includes(protocol)));
  return { protocols, cipherSuites };
}

function checkRequested(suite: string, javas: readonly JavaTls[]): void {
  if (!CIPHER_SUITES.includes(suite)) {
    const known = jsseName(suite);
    throw new Error(`cipherSuites has '${suite}', which ${known ? `is OpenSSL's name, give '${known}'` : 'Java does not have on, '
      + `give one of ${CIPHER_SUITES.filter(each => !isWeakSuite(each)).join(', ')}`}`);
  }
  if (isWeakSuite(suite)) throw new Error(`cipherSuites has '${suite}', which is weak and disabled in Java, leave it out`);
  const without = javas.find(java => !javaKnows(java, suite));
  if (without) throw new Error(`cipherSuites has '${suite}', which Java ${without.version} may lack, leave it out or give another javaVersion`);
}

function common(java: JavaTls, listed: TlsOffer, client: BackEndClient): string[] {
  return listed.cipherSuites.filter(suite => connects(suite, client.offer, { ...listed, java }));
}

function checkWeakness({ policy }: BackEndClient, listed: TlsOffer): void {
  const weaknesses = policy?._weaknesses() ?? [];
  if (!policy || policy._allowWeak !== undefined || weaknesses.length === 0) return;
  throw new Error(`tlsPolicy '${policy}' is weak, it offers ${weaknesses.join(', ')} to clients while the nodes have ${describe(listed)}: `
    + 'give one without, or say in its allowWeak why clients need it');
}

function checkCommon(client: BackEndClient, java: JavaTls, listed: TlsOffer, { cipherSuites }: BackEndTlsOptions): void {
  if (common(java, listed, client).length > 0) return;
  const sure = listed.cipherSuites.filter(suite => takesRsaKey(suite) && javaSpeaks(java, suite));
  throw new Error(`${subject(client, cipherSuites)} leaves nothing that both sides are sure to have, ${client.name} offers `
    + `${describe(client.offer)} and nodes on Java ${java.version} have ${describe({ ...listed, cipherSuites: sure })}`
    + `${disabled(java, listed)}: ${advice(client, cipherSuites)}`);
}

function subject(client: BackEndClient, cipherSuites?: readonly string[]): string {
  if (cipherSuites) return `cipherSuites '${cipherSuites.join(', ')}'`;
  return client.policy ? `tlsPolicy '${client.policy}'` : client.name;
}

function disabled(java: JavaTls, listed: TlsOffer): string {
  const some = listed.cipherSuites.filter(suite => isRsaKeyExchange(suite) && !javaSpeaks(java, suite));
  return some.length === 0 ? '' : ` (newer builds disable ${some.join(', ')})`;
}

function advice(client: BackEndClient, cipherSuites?: readonly string[]): string {
  if (cipherSuites) return `add one such as ${client.listed.cipherSuites[0]}, or leave cipherSuites out`;
  return client.policy ? 'give another policy or javaVersion' : 'let it run on Java 8 or later';
}

function describe({ protocols, cipherSuites }: TlsOffer): string {
  return `${protocols.join(', ') || 'no protocol'} with ${cipherSuites.join(', ') || 'no cipher suite'}`;
}

function cautionOf(client: BackEndClient, javas: readonly JavaTls[]): string {
  return `that ${client.name} offers ${client.likely.join(', ')} to nodes is likely but not documented, and newer builds of `
    + `Java ${javas.map(each => each.version).join(', ')} have the TLS_RSA_* suites that it is known to offer disabled: `
    + 'set its rsaKeyExchange where it does not reach the nodes, or take an application load balancer';
}
