import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { TlsPolicy } from '../../lib';
import { BackEndClient } from '../../lib/tls/back-end-client';
import { CIPHER_SUITES, jsseName, jsseNames, opensslName, takesRsaKey } from '../../lib/tls/cipher-suites';
import { TLS_POLICIES } from '../../lib/tls/tls-policies';

const CONSTANTS = Object.entries(TlsPolicy).filter((each): each is [string, TlsPolicy] => each[1] instanceof TlsPolicy);

test('a constant has the name that AWS gave the policy', () => {
  expect(CONSTANTS.length).toBeGreaterThan(20);
  for (const [constant, policy] of CONSTANTS) {
    expect(`ELBSecurityPolicy-${constant}`.replaceAll('_', '-').toLowerCase()).toBe(policy.policyName.toLowerCase());
  }
});

test('every policy that is not weak and not for FIPS with post-quantum key exchange is a constant, and no weak one is', () => {
  const constants = CONSTANTS.map(([, policy]) => policy.policyName);
  const strong = Object.keys(TLS_POLICIES).filter(each => TlsPolicy.of(each)._weaknesses().length === 0 && !each.includes('FIPS-PQ'));
  expect(constants.sort()).toEqual(strong.sort());
});

test('every cipher of every policy has a name in JSSE', () => {
  for (const [name, { ciphers }] of Object.entries(TLS_POLICIES)) expect([name, ciphers.filter(each => !jsseName(each))]).toEqual([name, []]);
});

test('the two names of a suite lead to each other', () => {
  for (const each of CIPHER_SUITES) expect(jsseName(opensslName(each)!)).toBe(each);
});

const openssl = spawnSync('openssl', ['ciphers', '-stdname', '-v', 'ALL:@SECLEVEL=0'], { encoding: 'utf8' });
if (openssl.status !== 0) console.warn('names of cipher suites are not compared with those of OpenSSL: it is not here');

(openssl.status === 0 ? test : test.skip)('OpenSSL itself has the same pairs of names', () => {
  const pairs = new Map(openssl.stdout.split('\n').map(line => line.split(/\s+/)).map(([standard, , name]) => [name, standard]));
  const compared = CIPHER_SUITES.filter(each => pairs.has(opensslName(each)!));
  expect(compared.length).toBeGreaterThan(25);
  for (const each of compared) expect([each, pairs.get(opensslName(each)!)]).toEqual([each, each]);
});

/** The rehearsal's load balancer has a table of its own, in Python. */
const REHEARSAL = `
import json, tls_policies as t
def plain(policy): return [policy.lowest, policy.highest, sorted(policy.ciphers)]
print(json.dumps({
  'front': {'ELBSecurityPolicy-' + name: plain(policy) for name, policy in t.FRONT.items()},
  'back': {'ELBSecurityPolicy-' + name: plain(t.back([name], 'application')) for name in t.FRONT},
  'classic': plain(t.back([], 'classic')),
}))`;
const python = spawnSync('python3', ['-c', REHEARSAL], {
  encoding: 'utf8', env: { ...process.env, PYTHONPATH: join(__dirname, '..', 'rehearsal', 'machine'), PYTHONDONTWRITEBYTECODE: '1' },
});
if (python.error) console.warn('policies are not compared with those of the rehearsal: there is no python3');
const compared = python.error ? describe.skip : describe;
const rehearsal = python.error ? { front: { none: [] }, back: { none: [] } } : JSON.parse(python.stdout);
const version = (protocol: string): string => (protocol === 'TLSv1' ? '1.0' : protocol.slice('TLSv'.length));

compared('the load balancer of a rehearsal', () => {
  test.each(Object.keys(rehearsal.front))('%s is what the load balancer of a rehearsal has', name => {
    const { protocols, ciphers } = TLS_POLICIES[name];
    expect([version(protocols[0]), version(protocols.at(-1)!), [...ciphers].sort()]).toEqual(rehearsal.front[name]);
  });

  test.each(Object.keys(rehearsal.back))('%s leads to the back end that the load balancer of a rehearsal has', name => {
    const { protocols, cipherSuites } = BackEndClient.application(TlsPolicy.of(name)).offer;
    const [lowest, highest, ciphers] = rehearsal.back[name];
    expect([version(protocols[0]), version(protocols.at(-1)!), [...cipherSuites].sort()]).toEqual([lowest, highest, jsseNames(ciphers).sort()]);
  });

  test('a rehearsal has a Classic load balancer offer what the contract counts on', () => {
    const { offer } = BackEndClient.classic(TlsPolicy.TLS_1_2_2017_01);
    expect(jsseNames(rehearsal.classic[2])).toEqual(expect.arrayContaining([...offer.cipherSuites]));
  });
});

test('a FIPS listener has a FIPS back end, without ChaCha20', () => {
  const fips = BackEndClient.application(TlsPolicy.TLS13_1_3_FIPS_2023_04).offer;
  const other = BackEndClient.application(TlsPolicy.TLS13_1_3_2021_06).offer;
  expect(other.cipherSuites.filter(each => !fips.cipherSuites.includes(each))).toEqual(['TLS_CHACHA20_POLY1305_SHA256']);
});

test('what clients speak to themselves is the policy, as far as an RSA key and the nodes go', () => {
  const { listed } = BackEndClient.passThrough(TlsPolicy.of('ELBSecurityPolicy-2016-08', { allowWeak: 'a scanner of 2009' }));
  expect(listed.protocols).toEqual(['TLSv1.2']);
  expect(listed.cipherSuites).toHaveLength(12);
  expect(listed.cipherSuites.every(takesRsaKey)).toBe(true);
});

test('a policy that the library does not know is as it is given', () => {
  const policy = TlsPolicy.of('ELBSecurityPolicy-2031-01', { protocols: ['TLSv1.3'], ciphers: ['TLS_AES_256_GCM_SHA384'] });
  expect(policy.policyName).toBe('ELBSecurityPolicy-2031-01');
  expect(`${policy}`).toBe('ELBSecurityPolicy-2031-01');
  expect(BackEndClient.application(policy).offer).toEqual(BackEndClient.application(TlsPolicy.TLS13_1_3_2021_06).offer);
});
