import { Configuration, Keystore, Text } from '../model';
import { isKernelFrom } from '../rules';
import { Finding, Severity, Trap } from './trap';

const OLD_PROTOCOLS = ['SSLV2', 'SSLV2HELLO', 'SSLV3', 'TLSV1', 'TLSV1.0', 'TLSV1.1'];
const OBSOLETE = /3DES|DES-CBC3|RC4|_DES_|^DES-|DES40|NULL|EXP|anon|ADH|MD5/;
/** RSA key exchange with AES, in JSSE's names: newer JDKs have them in jdk.tls.disabledAlgorithms. */
const RSA_KEY_EXCHANGE = /^TLS_RSA_WITH_AES_/;
const JSSE_NAME = /^(TLS|SSL)_[A-Z0-9_]+$/i;

function listOf(text: Text | undefined): string[] {
  return (text?.text ?? '').split(/[,\s]+/).map(each => each.trim()).filter(each => each !== '');
}

/** One finding for each listener whose list of cipher suites the test is about. */
function byCiphers(find: (suites: readonly string[], configuration: Configuration) => Omit<Finding, 'place'> | undefined): Trap['find'] {
  return configuration => configuration.listeners.flatMap((listener): Finding[] => {
    const suites = listOf(listener.ciphers);
    const found = suites.length > 0 ? find(suites, configuration) : undefined;
    return found ? [{ place: listener.ciphers!.place, ...found, what: `${capital(listener.name)}: ${found.what}` }] : [];
  });
}

function capital(text: string): string {
  return text[0].toUpperCase() + text.slice(1);
}

const openSsl = byCiphers((suites, configuration) => {
  const names = suites.filter(suite => !JSSE_NAME.test(suite));
  if (names.length === 0) return undefined;
  const severity = openSslSeverity(configuration);
  const effect = severity === 'note'
    ? 'Tomcat 9 knows them, Java and older Tomcats do not.'
    : 'Tomcat 7 does not know them: if no other is listed it runs and accepts no connection.';
  return {
    what: `${some(names)} ${names.length === 1 ? 'is a name' : 'are names'} of OpenSSL. ${effect}`,
    todo: 'Write the names of Java: TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 for ECDHE-RSA-AES128-GCM-SHA256.',
    severity,
  };
});

/** Kernels 4.4 have Tomcat 7, from 4.7 on they have Tomcat 9 [inferred between the kernels that were read]. */
function openSslSeverity(configuration: Configuration): Severity {
  if (isKernelFrom(configuration, '4.5.0') === false) return 'error';
  return isKernelFrom(configuration, '4.7.0') === true ? 'note' : 'warning';
}

const rsaKeyExchange = byCiphers((suites, configuration) => {
  // Kernels 4.4 run on Java 7 and 8, whose builds all have them.
  const isNewer = isKernelFrom(configuration, '4.5.0');
  if (isNewer === false) return undefined;
  const names = suites.filter(suite => RSA_KEY_EXCHANGE.test(suite));
  if (names.length === 0) return undefined;
  const others = suites.filter(suite => JSSE_NAME.test(suite) && !RSA_KEY_EXCHANGE.test(suite) && !OBSOLETE.test(suite));
  const result = others.length === 0 ? 'no other is listed, so the connector does not start there.' : 'the others remain.';
  return {
    what: `Newer JDKs (11.0.33, 17.0.21, 21 and later) disable ${some(names)}; ${result}`,
    todo: 'Behind an Application Load Balancer list ECDHE_RSA suites. A Classic one offers no ECDHE: use TLS_DHE_RSA suites, or a TCP listener.',
    severity: others.length === 0 && isNewer ? 'error' : 'warning',
  };
});

const obsoleteOnly = byCiphers(suites => (suites.every(suite => OBSOLETE.test(suite)) ? {
  what: 'only suites with 3DES, RC4, DES, MD5 or without encryption are listed; no current JDK has them, and no load balancer asks for them.',
  todo: 'List ECDHE_RSA suites with AES, or remove the list.',
} : undefined));

const obsolete = byCiphers(suites => {
  const names = suites.filter(suite => OBSOLETE.test(suite));
  if (names.length === 0 || names.length === suites.length) return undefined;
  return { what: `${some(names)} should not be offered any more.`, todo: 'Take them off the list.' };
});

function some(names: readonly string[]): string {
  return names.length > 2 ? `${names.slice(0, 2).join(', ')} and ${names.length - 2} more` : names.join(' and ');
}

/** Protocols that are switched on: `+TLSv1.2`, `TLSv1.2`, not `-TLSv1`. */
function protocolsOf(text: Text | undefined): string[] {
  return listOf(text).filter(each => !each.startsWith('-')).map(each => each.replace(/^\+/, ''));
}

function isOld(protocol: string): boolean {
  return OLD_PROTOCOLS.includes(protocol.toUpperCase());
}

const oldProtocolsOnly: Trap['find'] = ({ listeners }) => listeners
  .filter(({ protocols }) => protocolsOf(protocols).length > 0 && protocolsOf(protocols).every(isOld))
  .map(({ name, protocols }) => ({
    place: protocols!.place,
    what: `${capital(name)} speaks ${protocolsOf(protocols).join(', ')} only, which current JDKs switch off: no handshake succeeds.`,
    todo: 'Add TLSv1.2.',
  }));

const oldProtocols: Trap['find'] = ({ listeners }) => listeners
  .filter(({ protocols }) => protocolsOf(protocols).some(isOld) && !protocolsOf(protocols).every(isOld))
  .map(({ name, protocols }) => ({
    place: protocols!.place,
    what: `${capital(name)} still offers ${protocolsOf(protocols).filter(isOld).join(', ')}.`,
    todo: 'Leave TLSv1.2 (and TLSv1.3 where the JDK has it), as a CarbonCluster does.',
  }));

const proxyPort: Trap['find'] = ({ listeners }) => listeners
  .filter(each => each.kind === 'servlet' && each.proxyPort === undefined)
  .map(({ name, place }) => ({
    place,
    what: `${capital(name)} has no proxyPort: behind a load balancer redirects lead clients to the node's own port.`,
    todo: 'Set it to the listener\'s port; a CarbonCluster sets 443.',
  }));

const defaultKeystore: Trap['find'] = ({ keystores }) => {
  const shipped = keystores.filter(isShipped);
  const files = [...new Set(shipped.map(each => each.file.place.file))];
  return files.map(file => ({
    place: shipped.find(each => each.file.place.file === file)!.file.place,
    what: 'The key pair is that of wso2carbon.jks with its published password: everybody who has the product has the private key.',
    todo: 'Make a key store of your own before the product holds anything secret; tokens and passwords are encrypted with it.',
  }));
};

function isShipped({ file, password }: Keystore): boolean {
  return file.text.trim().endsWith('wso2carbon.jks') && (password === undefined || password.text.trim() === 'wso2carbon');
}

export const TLS_TRAPS: readonly Trap[] = [
  { id: 'cipher-openssl-name', severity: 'error', find: openSsl },
  { id: 'cipher-tls-rsa', severity: 'warning', find: rsaKeyExchange },
  { id: 'cipher-obsolete-only', severity: 'error', find: obsoleteOnly },
  { id: 'cipher-obsolete', severity: 'warning', find: obsolete },
  { id: 'protocol-old-only', severity: 'error', find: oldProtocolsOnly },
  { id: 'protocol-old', severity: 'note', find: oldProtocols },
  { id: 'proxy-port-missing', severity: 'note', find: proxyPort },
  { id: 'default-keystore', severity: 'warning', find: defaultKeystore },
];

