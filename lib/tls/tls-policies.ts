/** What a security policy of Elastic Load Balancing offers to clients. */
export interface TlsPolicyFacts {
  /** In JSSE's words, which are those of AWS. */
  readonly protocols: readonly string[];
  /** OpenSSL's names in AWS's order. */
  readonly ciphers: readonly string[];
  readonly loadBalancers: 'all' | 'classic' | 'elbv2';
}

const PREFIX = 'ELBSecurityPolicy-';
const TLS13 = ['TLSv1.3'];
const TLS12 = ['TLSv1.2'];
const FROM_TLS12 = ['TLSv1.2', 'TLSv1.3'];
const FROM_TLS11 = ['TLSv1.1', ...FROM_TLS12];
const FROM_TLS10 = ['TLSv1', ...FROM_TLS11];
const TLS10_TO_TLS12 = ['TLSv1', 'TLSv1.1', 'TLSv1.2'];
const TLS11_TO_TLS12 = ['TLSv1.1', 'TLSv1.2'];

const FIPS_TLS13_CIPHERS = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384'];
const TLS13_CIPHERS = [...FIPS_TLS13_CIPHERS, 'TLS_CHACHA20_POLY1305_SHA256'];

const ECDHE = [
  'ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES128-SHA256', 'ECDHE-RSA-AES128-SHA256',
  'ECDHE-ECDSA-AES128-SHA', 'ECDHE-RSA-AES128-SHA', 'ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES256-SHA384', 'ECDHE-RSA-AES256-SHA384', 'ECDHE-ECDSA-AES256-SHA', 'ECDHE-RSA-AES256-SHA',
];
const ECDHE_SHA2 = ECDHE.filter(each => !each.endsWith('-SHA'));
const ECDHE_GCM = ECDHE.filter(each => each.includes('-GCM-'));
const RSA = ['AES128-GCM-SHA256', 'AES128-SHA256', 'AES128-SHA', 'AES256-GCM-SHA384', 'AES256-SHA256', 'AES256-SHA'];
const RSA_SHA2 = RSA.filter(each => !each.endsWith('-SHA'));
const DHE = ['DHE-RSA-AES128-SHA', 'DHE-DSS-AES128-SHA'];

type Row = readonly [string, readonly string[], readonly string[], TlsPolicyFacts['loadBalancers']?];

/** The policies with TLS 1.3 exist as they are, for FIPS 140, and each of both with post-quantum key exchange. */
function tls13Policies(variant: string, postQuantum: string, tls13: readonly string[]): Row[] {
  const rows: Row[] = [
    ['TLS13-1-3', TLS13, tls13],
    ['TLS13-1-2-Res', FROM_TLS12, [...tls13, ...ECDHE_GCM]],
    ['TLS13-1-2', FROM_TLS12, [...tls13, ...ECDHE_SHA2]],
    ['TLS13-1-2-Ext1', FROM_TLS12, [...tls13, ...ECDHE_SHA2, ...RSA_SHA2]],
    ['TLS13-1-2-Ext2', FROM_TLS12, [...tls13, ...ECDHE, ...RSA]],
    ['TLS13-1-1', FROM_TLS11, [...tls13, ...ECDHE, ...RSA]],
    ['TLS13-1-0', FROM_TLS10, [...tls13, ...ECDHE, ...RSA]],
  ];
  const twins = rows.filter(([name]) => name !== 'TLS13-1-1');
  return [...rows.map((row): Row => named(row, variant)), ...twins.map((row): Row => named(row, postQuantum))];
}

function named([name, ...rest]: Row, variant: string): Row {
  return [`${name}-${variant}`, ...rest];
}

/**
 * Protocols and ciphers of the policies of application and network load balancers, as the page describe-ssl-policies of the
 * Application Load Balancer guide lists them, and of those of the Classic Load Balancer, by its page elb-security-policy-table. That
 * page, and the FIPS table, have the two ECDHE suites with AES256-SHA the other way round. Policies with post-quantum (PQ) key exchange
 * have the ciphers of their twins, for FIPS by inference; those for RFC 9151 are not here.
 */
const ROWS: readonly Row[] = [
  ...tls13Policies('2021-06', 'PQ-2025-09', TLS13_CIPHERS),
  ...tls13Policies('FIPS-2023-04', 'FIPS-PQ-2025-09', FIPS_TLS13_CIPHERS),
  ['TLS13-1-2-Ext0-FIPS-2023-04', FROM_TLS12, [...FIPS_TLS13_CIPHERS, ...ECDHE]],
  ['TLS13-1-2-Ext0-FIPS-PQ-2025-09', FROM_TLS12, [...FIPS_TLS13_CIPHERS, ...ECDHE]],
  ['TLS-1-2-Ext-2018-06', TLS12, [...ECDHE, ...RSA]],
  ['TLS-1-2-2017-01', TLS12, [...ECDHE_SHA2, ...RSA_SHA2], 'all'],
  ['TLS-1-1-2017-01', TLS11_TO_TLS12, [...ECDHE, ...RSA], 'all'],
  ['2016-08', TLS10_TO_TLS12, [...ECDHE, ...RSA], 'all'],
  ['FS-1-2-Res-2020-10', TLS12, ECDHE_GCM],
  ['FS-1-2-Res-2019-08', TLS12, ECDHE_SHA2],
  ['FS-1-2-2019-08', TLS12, ECDHE],
  ['FS-1-1-2019-08', TLS11_TO_TLS12, ECDHE],
  ['FS-2018-06', TLS10_TO_TLS12, ECDHE],
  ['2015-05', TLS10_TO_TLS12, [...ECDHE, ...RSA, 'DES-CBC3-SHA'], 'classic'],
  ['2015-03', TLS10_TO_TLS12, [...ECDHE, ...DHE, ...RSA, 'DES-CBC3-SHA'], 'classic'],
  ['2015-02', TLS10_TO_TLS12, [...ECDHE, ...DHE, ...RSA], 'classic'],
];

/** By AWS's full name. */
export const TLS_POLICIES: Readonly<Record<string, TlsPolicyFacts>> = Object.fromEntries(ROWS.map(
  ([name, protocols, ciphers, loadBalancers]) => [PREFIX + name, { protocols, ciphers, loadBalancers: loadBalancers ?? 'elbv2' }]));
