import { isRsaKeyExchange, isTls13, isWeakSuite } from './cipher-suites';

/** A Java, as far as TLS goes. */
export interface JavaTls {
  /** Major version, 8 for Java 1.8. */
  readonly version: number;
  /** It takes part in RSA key exchange; absent where only the build would tell. */
  readonly rsaKeyExchange?: boolean;
}

const FIRST_WITH_GCM = 8;
const FIRST_WITH_TLS13 = 11;
/** From here on some builds have `TLS_RSA_*` disabled. */
const FIRST_WITHOUT_RSA_KEY_EXCHANGE = 11;

/**
 * Versions of TLS that every build of that Java serves. TLS 1.0 and 1.1 are disabled in all newer builds; TLS 1.3 is in newer builds
 * of Java 8 only.
 */
export function javaProtocols(java: JavaTls): readonly string[] {
  return java.version >= FIRST_WITH_TLS13 ? ['TLSv1.2', 'TLSv1.3'] : ['TLSv1.2'];
}

/**
 * Whether Java knows the name, be it disabled or not. Tomcat leaves out names that its Java does not know; the pass-through transports
 * hand the list to the JDK as it is, which refuses all of it for one such name (ServerSSLSetupHandler of wso2-synapse).
 */
export function javaKnows(java: JavaTls, suite: string): boolean {
  if (isTls13(suite)) return java.version >= FIRST_WITH_TLS13;
  // Java 7 has AES-256 with Oracle's unlimited policy files only.
  return java.version >= FIRST_WITH_GCM || !/_GCM_|_AES_256_/.test(suite);
}

/**
 * Whether every build of that Java speaks the suite when it is asked to.
 *
 * Eleven builds of OpenJDK 8u77 to 25.0.3 were compared (Ubuntu, Debian, Temurin): all have the ECDHE and DHE suites with AES on. 8u512,
 * 11.0.14, 17.0.2 and 17.0.15 have the six `TLS_RSA_WITH_AES_*` on, 11.0.33, 17.0.21, 21.0.13 and 25.0.3 list them in
 * `jdk.tls.disabledAlgorithms`. 3DES is off from 8u312 on, RC4 everywhere.
 */
export function javaSpeaks(java: JavaTls, suite: string): boolean {
  if (!javaKnows(java, suite) || isWeakSuite(suite)) return false;
  return !isRsaKeyExchange(suite) || (java.rsaKeyExchange ?? java.version < FIRST_WITHOUT_RSA_KEY_EXCHANGE);
}

/**
 * Security properties with which a Java that disables `TLS_RSA_*` has them again, for a file that `-Djava.security.properties` names:
 * what OpenJDK 17.0.15 disables, which was the last list without `TLS_RSA_*`. Newer lists also name SHA-1 in handshake signatures, in
 * words that builds of before do not understand.
 */
export const RSA_KEY_EXCHANGE_PROPERTIES = 'jdk.tls.disabledAlgorithms=SSLv3, TLSv1, TLSv1.1, DTLSv1.0, RC4, DES, MD5withRSA, '
  + 'DH keySize < 1024, EC keySize < 224, 3DES_EDE_CBC, anon, NULL, ECDH\n';
