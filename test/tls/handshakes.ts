/**
 * Real handshakes against what the cipher contract has the nodes' connectors be, on every Tomcat and JDK.
 *
 * Usage:     npx tsx test/tls/handshakes.ts [--write]
 *
 * --write    puts the table into test/tls/README.md
 *
 * Exit codes: 0 what connects is what the contract predicted; 1 it is not
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { connects } from '../../lib/tls/back-end-tls';
import { Connector, connectorsFor, QUESTIONS, relaxedConnector } from './connectors';
import { findJdks, Jdk, WANTED_JAVA } from './jdks';
import { askAsNode, takenBy } from './probe';
import { ServerKind, startServer } from './servers';
import { tableOf } from './table';
import { fetchTomcats } from './tomcats';

/**
 * Carbon's Tomcats by kernel, with the Java that products run there: 7.0.59 is of 4.4.0, 7.0.93 of 4.4.40, 9.0.108 of 4.9. Enterprise
 * Integrator 6.6 has Tomcat 9 and no deployment.toml. No kernel is known to have 10.1.
 */
export const SERVERS: readonly ServerKind[] = [
  { title: 'Tomcat 7.0.59', tomcat: '7.0.59', style: 'xml', java: [8] },
  { title: 'Tomcat 7.0.93', tomcat: '7.0.93', style: 'xml', java: [8] },
  { title: 'Tomcat 9.0.108 by deployment.toml', tomcat: '9.0.108', style: 'toml', java: WANTED_JAVA, relaxed: true },
  { title: 'Tomcat 9.0.108 by catalina-server.xml', tomcat: '9.0.108', style: 'xml', java: [8] },
  { title: 'Tomcat 10.1.52 by deployment.toml', tomcat: '10.1.52', style: 'toml', java: [21] },
  { title: 'pass-through transport', style: 'xml', java: WANTED_JAVA },
];

/** One handshake, tried and predicted. */
export interface Handshake {
  readonly suite: string;
  readonly protocol: string;
  readonly predicted: boolean;
  readonly observed: boolean;
}

/** One connector of one server on one JDK. */
export interface Result {
  readonly server: string;
  readonly jdk: Jdk;
  readonly connector: Connector;
  readonly handshakes: readonly Handshake[];
  /** What the node's own health check got. */
  readonly health: string;
}

/** Starts that server on that JDK, with every connector that nodes on that Java have, and tries every suite on each. */
export async function tryServer(kind: ServerKind, jdk: Jdk): Promise<Result[]> {
  const results = await tryConnectors(kind, jdk, connectorsFor(jdk.tls));
  if (!kind.relaxed || jdk.tls.rsaKeyExchange) return results;
  return [...results, ...await tryConnectors(kind, jdk, [relaxedConnector(jdk.tls)])];
}

async function tryConnectors(kind: ServerKind, jdk: Jdk, connectors: readonly Connector[]): Promise<Result[]> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'handshakes-'));
  try {
    const server = await startServer(kind, jdk, connectors, folder);
    try {
      const health = await askAsNode(server.ports);
      const results: Result[] = [];
      for (const [index, connector] of connectors.entries()) {
        const handshakes = await tryConnector(server.ports[index], connector, jdk);
        results.push({ server: kind.title, jdk, connector, handshakes, health: health[index] });
      }
      return results;
    } finally {
      await server.stop();
    }
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

async function tryConnector(port: number, { tls }: Connector, jdk: Jdk): Promise<Handshake[]> {
  const java = { ...jdk.tls, rsaKeyExchange: jdk.tls.rsaKeyExchange || tls.javaSecurity !== undefined };
  const handshakes: Handshake[] = [];
  for (const [protocol, suites] of Object.entries(QUESTIONS)) {
    const predicted = suites.filter(suite => connects(suite, { protocols: [protocol], cipherSuites: [suite] }, { ...tls, java }));
    const observed = await takenBy(port, protocol, predicted, suites.filter(each => !predicted.includes(each)));
    handshakes.push(...suites.map(suite => ({ suite, protocol, predicted: predicted.includes(suite), observed: observed.includes(suite) })));
  }
  return handshakes;
}

/** Of all results, those that are not as predicted, a sentence each. */
export function surprises(results: readonly Result[]): string[] {
  return results.flatMap(({ server, jdk, connector, handshakes, health }) => {
    const where = `${server} on Java ${jdk.version}, ${connector.title}`;
    const wrong = handshakes.filter(each => each.predicted !== each.observed)
      .map(each => `${where}: ${each.suite} with ${each.protocol} ${each.observed ? 'connects' : 'does not connect'}`);
    return /^\d{3}$/.test(health) ? wrong : [...wrong, `${where}: the node's health check gets ${health}`];
  });
}

/** Versions of Tomcat that the servers need. */
export function tomcatVersions(): string[] {
  return [...new Set(SERVERS.flatMap(each => each.tomcat ?? []))];
}

const README = path.join(__dirname, 'README.md');
const MARKS = /(<!-- table: [^\n]*-->\n)[\s\S]*(<!-- end of the table -->)/;

async function main(): Promise<void> {
  const jdks = findJdks();
  for (const each of WANTED_JAVA) if (!jdks.some(jdk => jdk.tls.version === each)) console.log(`Java ${each} is not here, so it is left out`);
  fetchTomcats(tomcatVersions());
  const results: Result[] = [];
  for (const kind of SERVERS) {
    for (const jdk of jdks.filter(each => kind.java.includes(each.tls.version))) {
      console.log(`${kind.title} on Java ${jdk.version}`);
      results.push(...await tryServer(kind, jdk));
    }
  }
  const table = tableOf(results);
  console.log(table);
  if (process.argv.includes('--write')) fs.writeFileSync(README, fs.readFileSync(README, 'utf8').replace(MARKS, (_, from, to) => `${from}\n${table}\n${to}`));
  const wrong = surprises(results);
  wrong.forEach(each => console.log(each));
  process.exitCode = wrong.length > 0 ? 1 : 0;
}

if (require.main === module) void main();
