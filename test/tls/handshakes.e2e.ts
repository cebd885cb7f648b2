import { spawnSync } from 'node:child_process';
import { SERVERS, surprises, tomcatVersions, tryServer } from './handshakes';
import { findJdks, WANTED_JAVA } from './jdks';
import { fetchTomcats } from './tomcats';

const missing = ['mvn', 'openssl', 'javac', 'keytool', 'python3'].filter(each => spawnSync('which', [each]).status !== 0);
if (missing.length > 0) console.warn(`no handshakes are tried: they need ${missing.join(', ')}`);
const jdks = missing.length > 0 ? [] : findJdks();

beforeAll(() => {
  if (jdks.length > 0) fetchTomcats(tomcatVersions());
});

for (const version of WANTED_JAVA.filter(each => !jdks.some(jdk => jdk.tls.version === each))) {
  console.warn(`Java ${version} is neither below /usr/lib/jvm nor in a root tree of the rehearsal (which only root can enter): not tried`);
  test.skip(`Java ${version}: no such JDK here`, () => undefined);
}

const cases = SERVERS.flatMap(kind => jdks.filter(each => kind.java.includes(each.tls.version)).map(jdk => [kind.title, jdk.version, kind, jdk] as const));

(cases.length > 0 ? test : test.skip).each(cases)('%s on Java %s: what connects is what the contract predicts', async (_title, _version, kind, jdk) => {
  const results = await tryServer(kind, jdk);
  expect(surprises(results)).toEqual([]);
  for (const { connector, handshakes } of results) expect([connector.title, handshakes.some(each => each.observed)]).toEqual([connector.title, true]);
});
