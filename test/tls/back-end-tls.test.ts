import { TlsPolicy } from '../../lib';
import { CATALOGUE } from '../../lib/products/catalogue';
import { BackEndClient } from '../../lib/tls/back-end-client';
import { backEndTls, BackEndTlsOptions, connects } from '../../lib/tls/back-end-tls';
import { CIPHER_SUITES } from '../../lib/tls/cipher-suites';
import { javaKnows } from '../../lib/tls/java-tls';
import { TLS_POLICIES } from '../../lib/tls/tls-policies';

/** The sets of Java versions on which products run, and what is to come. */
const JAVAS: number[][] = [[7], [8], [7, 8], [8, 11], [11], [11, 17], [11, 17, 21], [17, 21], [21], [25]];
const policy = (name: string): TlsPolicy => TlsPolicy.of(name, { allowWeak: 'to see what follows' });
const names = (kind: 'classic' | 'elbv2'): string[] => Object.keys(TLS_POLICIES).filter(each => ['all', kind].includes(TLS_POLICIES[each].loadBalancers));

/** Every load balancer with every policy that it can have. */
const KINDS: Record<string, [string, BackEndClient][]> = {
  application: names('elbv2').map(name => [name, BackEndClient.application(policy(name))]),
  network: names('elbv2').map(name => [name, BackEndClient.network(policy(name))]),
  nginx: names('elbv2').map(name => [name, BackEndClient.nginx(policy(name))]),
  classic: names('classic').map(name => [name, BackEndClient.classic(policy(name))]),
  'a program on Java 8': [['none', BackEndClient.javaClient(8)]],
  'clients themselves': names('elbv2').map(name => [name, BackEndClient.passThrough(policy(name))]),
};
const cases = Object.keys(KINDS).flatMap(kind => JAVAS.map(java => [kind, java] as const));

/** What clients themselves want and a Java does not have: TLS 1.3, and on Java 7 AES-GCM. */
function isBeyond(kind: string, name: string, java: readonly number[]): boolean {
  if (kind !== 'clients themselves') return false;
  return name.includes('TLS13-1-3') ? java[0] < 11 : /-Res-(2020|2021|FIPS|PQ)/.test(name) && java.join() === '7';
}

test.each(cases)('%s, Java %j: with every policy the client can talk to the nodes', (kind, java) => {
  for (const [name, client] of KINDS[kind]) {
    if (isBeyond(kind, name, java)) {
      expect(() => backEndTls({ client, java })).toThrow('leaves nothing that both sides are sure to have');
      continue;
    }
    const tls = backEndTls({ client, java });
    const versions = java.length > 1 ? java.filter(each => each > 7) : java;
    const served = versions.every(version => tls.cipherSuites.some(suite => connects(suite, client.offer, { ...tls, java: { version } })));
    expect([name, served]).toEqual([name, true]);
    expect(tls.protocols.join()).toMatch(/^(TLSv1\.2)?,?(TLSv1\.3)?$/);
    expect(new Set(tls.cipherSuites).size).toBe(tls.cipherSuites.length);
    // Names of JSSE, and known to every Java there: one that is not costs the pass-through transports all of them.
    expect(tls.cipherSuites.filter(suite => !CIPHER_SUITES.includes(suite) || !versions.every(version => javaKnows({ version }, suite)))).toEqual([]);
  }
});

const RES = TlsPolicy.TLS13_1_2_RES_2021_06;
const CLASSIC = TlsPolicy.TLS_1_2_2017_01;
const GCM = ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384'];
const CBC = ['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256', 'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384'];

test('behind an application load balancer the nodes have forward secrecy only', () => {
  expect(backEndTls({ client: BackEndClient.application(RES), java: [11, 17] })).toEqual({ protocols: ['TLSv1.2'], cipherSuites: [...GCM, ...CBC] });
});

test('clients themselves get TLS 1.3 where every Java of the nodes has it', () => {
  const client = BackEndClient.passThrough(RES);
  expect(backEndTls({ client, java: [8, 11] })).toEqual({ protocols: ['TLSv1.2'], cipherSuites: GCM });
  expect(backEndTls({ client, java: [11, 17] })).toEqual({ protocols: ['TLSv1.2', 'TLSv1.3'],
    cipherSuites: ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', ...GCM] });
});

test('Java 7 has neither GCM nor, without files of Oracle, AES-256', () => {
  const tls = backEndTls({ client: BackEndClient.application(RES), java: [7] });
  expect(tls.cipherSuites).toEqual(['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256']);
});

test('behind a Classic load balancer, DHE and RSA key exchange; only DHE is sure of the nodes where Java may disable the other', () => {
  const client = BackEndClient.classic(CLASSIC);
  const old = backEndTls({ client, java: [8] });
  expect(old.cipherSuites).toEqual(expect.arrayContaining(['TLS_DHE_RSA_WITH_AES_128_GCM_SHA256', 'TLS_RSA_WITH_AES_256_GCM_SHA384', ...GCM]));
  expect(old.caution).toBeUndefined();
  expect(backEndTls({ client, java: [17] }).cipherSuites).toEqual(old.cipherSuites);
  expect(backEndTls({ client, java: [17] }).caution).toMatch(/^that a Classic load balancer offers TLS_DHE_RSA_WITH_AES_128_GCM_SHA256, .* is likely but not documented, and newer builds of Java 17 have .*: set its rsaKeyExchange /);
});

test('RSA key exchange can be had back, for the price of a security property, and then nothing is doubtful', () => {
  const tls = backEndTls({ client: BackEndClient.classic(CLASSIC), java: [17], rsaKeyExchange: true });
  expect(tls.caution).toBeUndefined();
  expect(tls.javaSecurity).toMatch(/^jdk\.tls\.disabledAlgorithms=SSLv3, TLSv1, TLSv1\.1, .*\n$/);
  expect(tls.javaSecurity).not.toContain('TLS_RSA');
  expect(backEndTls({ client: BackEndClient.application(RES), java: [17], rsaKeyExchange: true }).javaSecurity).toBeUndefined();
});

test('cipher suites of the user decide the protocols too', () => {
  const client = BackEndClient.application(RES);
  const both = ['TLS_AES_256_GCM_SHA384', GCM[1]];
  expect(backEndTls({ client, java: [17], cipherSuites: both })).toEqual({ protocols: ['TLSv1.2', 'TLSv1.3'], cipherSuites: both });
  expect(backEndTls({ client, java: [17], cipherSuites: both.slice(0, 1) }).protocols).toEqual(['TLSv1.3']);
  expect(backEndTls({ client, java: [8], cipherSuites: [CBC[0]] })).toEqual({ protocols: ['TLSv1.2'], cipherSuites: [CBC[0]] });
});

test('some product runs on each of the sets of Java versions', () => {
  const sets = new Set(CATALOGUE.map(each => each.java.accepted.join()));
  expect(JAVAS.map(each => each.join())).toEqual(expect.arrayContaining([...sets]));
});

const OFFERED = 'TLSv1, TLSv1.1, TLSv1.2, TLSv1.3 with TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384, TLS_CHACHA20_POLY1305_SHA256, '
  + 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, '
  + 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256, TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, '
  + 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384, '
  + 'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384, TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, '
  + 'TLS_RSA_WITH_AES_128_GCM_SHA256, TLS_RSA_WITH_AES_128_CBC_SHA256, TLS_RSA_WITH_AES_128_CBC_SHA, TLS_RSA_WITH_AES_256_GCM_SHA384, '
  + 'TLS_RSA_WITH_AES_256_CBC_SHA256, TLS_RSA_WITH_AES_256_CBC_SHA';
const CLASSIC_OFFER = 'TLSv1.2 with TLS_RSA_WITH_AES_128_GCM_SHA256, TLS_RSA_WITH_AES_256_GCM_SHA384, TLS_RSA_WITH_AES_128_CBC_SHA256, '
  + 'TLS_RSA_WITH_AES_256_CBC_SHA256, TLS_RSA_WITH_AES_128_CBC_SHA, TLS_RSA_WITH_AES_256_CBC_SHA, TLS_DHE_RSA_WITH_AES_128_GCM_SHA256, '
  + 'TLS_DHE_RSA_WITH_AES_256_GCM_SHA384, TLS_DHE_RSA_WITH_AES_128_CBC_SHA256, TLS_DHE_RSA_WITH_AES_256_CBC_SHA256';
const OWN = `TLSv1.2, TLSv1.3 with TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384, TLS_CHACHA20_POLY1305_SHA256, ${[...GCM, ...CBC].join(', ')}`;

const application = (java: number[], ...cipherSuites: string[]): BackEndTlsOptions => ({ client: BackEndClient.application(RES), java, cipherSuites });
const weak = (name: string, client: (each: TlsPolicy) => BackEndClient): (() => BackEndTlsOptions) => () => ({ client: client(TlsPolicy.of(name)), java: [8] });

/** What is wrong, and the one sentence that names both sides and says what to do. */
const TABLE: [string, () => BackEndTlsOptions, string][] = [
  ['RSA key exchange only, where Java may disable it', () => application([17], 'TLS_RSA_WITH_AES_128_GCM_SHA256'),
    `cipherSuites 'TLS_RSA_WITH_AES_128_GCM_SHA256' leaves nothing that both sides are sure to have, an application load balancer offers ${OFFERED} `
    + 'and nodes on Java 17 have TLSv1.2 with no cipher suite (newer builds disable TLS_RSA_WITH_AES_128_GCM_SHA256): '
    + 'add one such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, or leave cipherSuites out'],
  ['RSA key exchange only behind a Classic load balancer', () => ({ client: BackEndClient.classic(CLASSIC), java: [11, 17], cipherSuites: ['TLS_RSA_WITH_AES_256_GCM_SHA384'] }),
    `cipherSuites 'TLS_RSA_WITH_AES_256_GCM_SHA384' leaves nothing that both sides are sure to have, a Classic load balancer offers ${CLASSIC_OFFER} `
    + 'and nodes on Java 11 have TLSv1.2 with no cipher suite (newer builds disable TLS_RSA_WITH_AES_256_GCM_SHA384): '
    + 'add one such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, or leave cipherSuites out'],
  ['ECDHE only behind a Classic load balancer', () => ({ client: BackEndClient.classic(CLASSIC), java: [8], cipherSuites: GCM }),
    `cipherSuites '${GCM.join(', ')}' leaves nothing that both sides are sure to have, a Classic load balancer offers ${CLASSIC_OFFER} `
    + `and nodes on Java 8 have TLSv1.2 with ${GCM.join(', ')}: add one such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, or leave cipherSuites out`],
  ['what the node cannot ask itself by', () => application([8], 'TLS_RSA_WITH_AES_128_GCM_SHA256'),
    `cipherSuites 'TLS_RSA_WITH_AES_128_GCM_SHA256' leaves nothing that both sides are sure to have, the node itself, which asks for its health, offers ${OWN} `
    + 'and nodes on Java 8 have TLSv1.2 with TLS_RSA_WITH_AES_128_GCM_SHA256: add one such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, or leave cipherSuites out'],
  ['suites of another key', () => application([17], 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'),
    `cipherSuites 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256' leaves nothing that both sides are sure to have, an application load balancer offers ${OFFERED} `
    + 'and nodes on Java 17 have TLSv1.2 with no cipher suite: add one such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, or leave cipherSuites out'],
  ['TLS 1.3 only, toward a load balancer without', () => ({ client: BackEndClient.application(CLASSIC), java: [17], cipherSuites: ['TLS_AES_128_GCM_SHA256'] }),
    `cipherSuites 'TLS_AES_128_GCM_SHA256' leaves nothing that both sides are sure to have, an application load balancer offers ${
      OFFERED.replace(', TLSv1.3 with TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384, TLS_CHACHA20_POLY1305_SHA256,', ' with')} `
    + 'and nodes on Java 17 have no protocol with TLS_AES_128_GCM_SHA256: add one such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, or leave cipherSuites out'],
  ['TLS 1.3 only for clients themselves, on Java 8', () => ({ client: BackEndClient.passThrough(TlsPolicy.TLS13_1_3_FIPS_2023_04), java: [8, 11] }),
    "tlsPolicy 'ELBSecurityPolicy-TLS13-1-3-FIPS-2023-04' leaves nothing that both sides are sure to have, a client offers TLSv1.3 with TLS_AES_128_GCM_SHA256, "
    + 'TLS_AES_256_GCM_SHA384 and nodes on Java 8 have no protocol with no cipher suite: give another policy or javaVersion'],
  ['a load balancer on Java 7', () => ({ client: BackEndClient.javaClient(7), java: [8] }),
    'a client on Java 7 leaves nothing that both sides are sure to have, a client on Java 7 offers TLSv1 with TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, '
    + `TLS_DHE_RSA_WITH_AES_128_CBC_SHA and nodes on Java 8 have TLSv1.2 with ${[...GCM, ...CBC].join(', ')}: let it run on Java 8 or later`],
  ['a policy with TLS 1.0', weak('ELBSecurityPolicy-2016-08', BackEndClient.application),
    `tlsPolicy 'ELBSecurityPolicy-2016-08' is weak, it offers TLSv1, TLSv1.1 to clients while the nodes have TLSv1.2 with ${[...GCM, ...CBC].join(', ')}: `
    + 'give one without, or say in its allowWeak why clients need it'],
  ['a policy with TLS 1.1', weak('ELBSecurityPolicy-TLS13-1-1-2021-06', BackEndClient.network),
    `tlsPolicy 'ELBSecurityPolicy-TLS13-1-1-2021-06' is weak, it offers TLSv1.1 to clients while the nodes have TLSv1.2 with ${[...GCM, ...CBC].join(', ')}: `
    + 'give one without, or say in its allowWeak why clients need it'],
  ['a policy with 3DES', weak('ELBSecurityPolicy-2015-05', BackEndClient.nginx),
    `tlsPolicy 'ELBSecurityPolicy-2015-05' is weak, it offers TLSv1, TLSv1.1, DES-CBC3-SHA to clients while the nodes have TLSv1.2 with ${[...GCM, ...CBC].join(', ')}: `
    + 'give one without, or say in its allowWeak why clients need it'],
  ['a policy with RC4 that the library does not know', () => ({ client: BackEndClient.nginx(TlsPolicy.of('ours', { protocols: ['TLSv1.2'], ciphers: ['RC4-SHA'] })), java: [8] }),
    `tlsPolicy 'ours' is weak, it offers RC4-SHA to clients while the nodes have TLSv1.2 with ${[...GCM, ...CBC].join(', ')}: `
    + 'give one without, or say in its allowWeak why clients need it'],
  ['a policy of the Classic load balancer elsewhere', weak('ELBSecurityPolicy-2015-03', BackEndClient.application),
    "tlsPolicy 'ELBSecurityPolicy-2015-03' is no policy of an application load balancer, give one of its own such as TlsPolicy.TLS13_1_2_RES_2021_06"],
  ['a policy with TLS 1.3 on a Classic load balancer', weak('ELBSecurityPolicy-TLS13-1-3-2021-06', BackEndClient.classic),
    "tlsPolicy 'ELBSecurityPolicy-TLS13-1-3-2021-06' is no policy of a Classic load balancer, give one of its own such as TlsPolicy.TLS_1_2_2017_01"],
  ['a policy that nobody knows', weak('ELBSecurityPolicy-2031-01', BackEndClient.application),
    "tlsPolicy 'ELBSecurityPolicy-2031-01' is not known to the library, give its protocols and ciphers too"],
  ['weakness without a reason', () => ({ client: BackEndClient.application(TlsPolicy.of('ELBSecurityPolicy-2016-08', { allowWeak: ' ' })), java: [8] }),
    "allowWeak of tlsPolicy 'ELBSecurityPolicy-2016-08' is empty, say why clients need it"],
  ["a name of OpenSSL's", () => application([8], 'ECDHE-RSA-AES128-GCM-SHA256'),
    "cipherSuites has 'ECDHE-RSA-AES128-GCM-SHA256', which is OpenSSL's name, give 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'"],
  ['a weak suite', () => application([8], GCM[0], 'SSL_RSA_WITH_RC4_128_SHA'),
    "cipherSuites has 'SSL_RSA_WITH_RC4_128_SHA', which is weak and disabled in Java, leave it out"],
  ['a suite that some Java lacks', () => application([8, 11], GCM[0], 'TLS_AES_128_GCM_SHA256'),
    "cipherSuites has 'TLS_AES_128_GCM_SHA256', which Java 8 may lack, leave it out or give another javaVersion"],
  ['no suite', () => application([8]), 'cipherSuites is empty, give at least one or leave it out'],
];

test.each(TABLE)('fails for %s', (_, options, sentence) => {
  expect(() => backEndTls(options())).toThrow(new Error(sentence));
});

test('fails for a name that is none with those that are', () => {
  expect(() => backEndTls(application([8], 'TLS_FALLBACK_SCSV'))).toThrow(/^cipherSuites has 'TLS_FALLBACK_SCSV', which Java does not have on, give one of TLS_AES_128_GCM_SHA256, [A-Z0-9_, ]+$/);
});

test('a reason lets a weak policy through', () => {
  const client = BackEndClient.application(TlsPolicy.of('ELBSecurityPolicy-2016-08', { allowWeak: 'card readers of 2012 until March' }));
  expect(backEndTls({ client, java: [8] }).cipherSuites).toEqual([...GCM, ...CBC]);
});
