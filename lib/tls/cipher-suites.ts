/**
 * Cipher suites by both their names: OpenSSL's, in which AWS lists them, and JSSE's, which Java takes. Tomcat 7 and the pass-through
 * transports know no others. From `openssl ciphers -stdname`; Java has SSL_ before those with 3DES and RC4.
 */
const JSSE_NAMES: Readonly<Record<string, string>> = {
  TLS_AES_128_GCM_SHA256: 'TLS_AES_128_GCM_SHA256',
  TLS_AES_256_GCM_SHA384: 'TLS_AES_256_GCM_SHA384',
  TLS_CHACHA20_POLY1305_SHA256: 'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256': 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256': 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384': 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384': 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
  'ECDHE-ECDSA-AES128-SHA256': 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256',
  'ECDHE-RSA-AES128-SHA256': 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256',
  'ECDHE-ECDSA-AES256-SHA384': 'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384',
  'ECDHE-RSA-AES256-SHA384': 'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384',
  'ECDHE-ECDSA-AES128-SHA': 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA',
  'ECDHE-RSA-AES128-SHA': 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA',
  'ECDHE-ECDSA-AES256-SHA': 'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA',
  'ECDHE-RSA-AES256-SHA': 'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA',
  'DHE-RSA-AES128-GCM-SHA256': 'TLS_DHE_RSA_WITH_AES_128_GCM_SHA256',
  'DHE-RSA-AES256-GCM-SHA384': 'TLS_DHE_RSA_WITH_AES_256_GCM_SHA384',
  'DHE-RSA-AES128-SHA256': 'TLS_DHE_RSA_WITH_AES_128_CBC_SHA256',
  'DHE-RSA-AES256-SHA256': 'TLS_DHE_RSA_WITH_AES_256_CBC_SHA256',
  'DHE-RSA-AES128-SHA': 'TLS_DHE_RSA_WITH_AES_128_CBC_SHA',
  'DHE-RSA-AES256-SHA': 'TLS_DHE_RSA_WITH_AES_256_CBC_SHA',
  'DHE-DSS-AES128-SHA': 'TLS_DHE_DSS_WITH_AES_128_CBC_SHA',
  'AES128-GCM-SHA256': 'TLS_RSA_WITH_AES_128_GCM_SHA256',
  'AES256-GCM-SHA384': 'TLS_RSA_WITH_AES_256_GCM_SHA384',
  'AES128-SHA256': 'TLS_RSA_WITH_AES_128_CBC_SHA256',
  'AES256-SHA256': 'TLS_RSA_WITH_AES_256_CBC_SHA256',
  'AES128-SHA': 'TLS_RSA_WITH_AES_128_CBC_SHA',
  'AES256-SHA': 'TLS_RSA_WITH_AES_256_CBC_SHA',
  'EDH-RSA-DES-CBC3-SHA': 'SSL_DHE_RSA_WITH_3DES_EDE_CBC_SHA',
  'DES-CBC3-SHA': 'SSL_RSA_WITH_3DES_EDE_CBC_SHA',
  'RC4-SHA': 'SSL_RSA_WITH_RC4_128_SHA',
};
const OPENSSL_NAMES = Object.fromEntries(Object.entries(JSSE_NAMES).map(([openssl, jsse]) => [jsse, openssl]));

/** JSSE names of all suites that anybody here speaks of. */
export const CIPHER_SUITES: readonly string[] = Object.values(JSSE_NAMES);

/** JSSE's name of a suite that OpenSSL calls so. */
export function jsseName(opensslName: string): string | undefined {
  return JSSE_NAMES[opensslName];
}

/** OpenSSL's name of a suite that JSSE calls so. */
export function opensslName(suite: string): string | undefined {
  return OPENSSL_NAMES[suite];
}

/** JSSE names of those that have one here. */
export function jsseNames(opensslNames: readonly string[]): string[] {
  return opensslNames.flatMap(each => jsseName(each) ?? []);
}

/** A suite of TLS 1.3, which names no key exchange. */
export function isTls13(suite: string): boolean {
  return !suite.includes('_WITH_');
}

/** Versions of TLS, as JSSE names them, that can carry a suite. */
export function protocolsOf(suite: string): readonly string[] {
  if (isTls13(suite)) return ['TLSv1.3'];
  return /_SHA(256|384)$/.test(suite) ? ['TLSv1.2'] : ['TLSv1', 'TLSv1.1', 'TLSv1.2'];
}

/** The server's RSA key also encrypts the session's secret: whoever has the key reads what was recorded. */
export function isRsaKeyExchange(suite: string): boolean {
  return /^(TLS|SSL)_RSA_/.test(suite);
}

/** A server with an RSA key, as every Carbon pack has, can speak it. */
export function takesRsaKey(suite: string): boolean {
  return !/_(ECDSA|DSS)_/.test(suite);
}

/** Broken for all uses, by either name: RFC 7465 (RC4), RFC 8429 (3DES), and what came before them. */
export function isWeakSuite(name: string): boolean {
  return /3DES|DES-CBC|RC4|RC2|NULL|MD5|EXP|ADH|AECDH|anon/.test(name);
}
