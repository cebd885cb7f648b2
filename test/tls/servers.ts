/** Real servers on loopback: Tomcat as it starts itself from a configuration file, and listeners straight on the JDK. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as path from 'node:path';
import * as readline from 'node:readline';
import { hasEnded, startGroup, stopGroup } from '../emulator/processes';
import { Connector, renderAxis2, renderConnector, Style } from './connectors';
import { Jdk } from './jdks';
import { classPathOf, FOLDER } from './tomcats';

const PASSWORD = 'wso2carbon';
const QUICK_START = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx128m'];
const STARTED = /Server startup/;

/** A kind of server. */
export interface ServerKind {
  readonly title: string;
  /** Version of Tomcat; the pass-through transport's listener where absent. */
  readonly tomcat?: string;
  readonly style: Style;
  /** Majors of Java on which products run it. */
  readonly java: readonly number[];
  /** Also tried with RSA key exchange had back. */
  readonly relaxed?: boolean;
}

/** A server that runs, with a port for each connector. */
export interface RunningServer {
  readonly ports: readonly number[];
  stop(): Promise<void>;
}

/** Starts one server with all those connectors, in a folder of its own. Connectors that its Java refuses are left closed, as by Carbon. */
export async function startServer(kind: ServerKind, jdk: Jdk, connectors: readonly Connector[], folder: string): Promise<RunningServer> {
  const home = path.join(folder, 'home');
  const keys = path.join(home, 'repository', 'resources', 'security');
  fs.mkdirSync(keys, { recursive: true });
  fs.copyFileSync(keyStore(), path.join(keys, 'wso2carbon.jks'));
  const ports = await freePorts(connectors.length);
  const security = securityOption(folder, connectors);
  const arguments_ = kind.tomcat
    ? tomcat(kind.tomcat, home, connectors.map(({ tls }) => renderConnector(kind.style, tls)), ports)
    : passThrough(home, connectors.map(({ tls }) => renderAxis2(tls)), ports);
  const child = startGroup(jdk.command[0], [...jdk.command.slice(1), ...QUICK_START, ...security, ...arguments_], { stdio: ['ignore', 'pipe', 'pipe'] });
  await started(child, `${kind.title} on Java ${jdk.version}`);
  return { ports, stop: () => stopGroup(child) };
}

function tomcat(version: string, home: string, connectors: readonly string[], ports: readonly number[]): string[] {
  const own = connectors.map((each, index) => each.replace('port="9443"', `port="${ports[index]}" address="127.0.0.1"`));
  fs.mkdirSync(path.join(home, 'lib'));
  fs.writeFileSync(path.join(home, 'server.xml'), `<Server port="-1">
  <Service name="Catalina">
  ${own.join('\n  ')}
  <Engine name="Catalina" defaultHost="localhost"><Host name="localhost" appBase="webapps"/></Engine>
  </Service>
</Server>
`);
  return ['-cp', classPathOf(version), `-Dcatalina.home=${home}`, `-Dcarbon.home=${home}`, 'org.apache.catalina.startup.Bootstrap', '-config', 'server.xml', 'start'];
}

function passThrough(home: string, axis2: readonly string[], ports: readonly number[]): string[] {
  const files = axis2.map((text, index) => {
    const file = path.join(home, `axis2-${index}.xml`);
    fs.writeFileSync(file, text);
    return file;
  });
  const store = path.join(home, 'repository', 'resources', 'security', 'wso2carbon.jks');
  return ['-cp', classes(), 'PassThrough', store, PASSWORD, ...files.flatMap((file, index) => [String(ports[index]), file])];
}

/** A connector that needs security properties is the only one of its server. */
function securityOption(folder: string, connectors: readonly Connector[]): string[] {
  const text = connectors[0].tls.javaSecurity;
  if (text === undefined) return [];
  const file = path.join(folder, 'java.security');
  fs.writeFileSync(file, text);
  return [`-Djava.security.properties=${file}`];
}

async function started(child: ReturnType<typeof startGroup>, title: string): Promise<void> {
  const lines: string[] = [];
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout!, child.stderr!]) {
      readline.createInterface({ input: stream }).on('line', line => {
        lines.push(line);
        if (STARTED.test(line)) resolve();
      });
    }
    child.once('exit', () => reject(new Error(`${title} did not start: ${lines.slice(-5).join(' | ')}`)));
  }).catch(async error => {
    if (!hasEnded(child)) await stopGroup(child);
    throw error;
  });
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => new Promise<net.Server>((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject).listen(0, '127.0.0.1', () => resolve(server));
  })));
  const ports = servers.map(each => (each.address() as net.AddressInfo).port);
  await Promise.all(servers.map(each => new Promise(resolve => each.close(resolve))));
  return ports;
}

/** As in every pack: JKS, one RSA key. Made once. */
function keyStore(): string {
  const file = path.join(FOLDER, 'wso2carbon.jks');
  if (fs.existsSync(file)) return file;
  fs.mkdirSync(FOLDER, { recursive: true });
  execFileSync('keytool', ['-genkeypair', '-keystore', file, '-storetype', 'JKS', '-storepass', PASSWORD, '-keypass', PASSWORD, '-alias', 'wso2carbon',
    '-keyalg', 'RSA', '-keysize', '2048', '-validity', '3650', '-dname', 'CN=localhost'], { stdio: 'ignore' });
  return file;
}

/** PassThrough.java, compiled for the oldest Java. */
function classes(): string {
  const folder = path.join(FOLDER, 'classes');
  const source = path.join(__dirname, 'pass-through', 'PassThrough.java');
  const made = path.join(folder, 'PassThrough.class');
  if (fs.existsSync(made) && fs.statSync(made).mtimeMs > fs.statSync(source).mtimeMs) return folder;
  execFileSync('javac', ['-Xlint:-options', '--release', '8', '-d', folder, source], { stdio: 'ignore' });
  return folder;
}
