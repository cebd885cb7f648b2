/** Which servers drivers and clients accept, with the URLs that the library renders and the options that the node writes. */
import { ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { findJdks, WANTED_JAVA } from '../tls/jdks';
import { Authority } from './authority';
import { classes, DRIVERS, fetchDrivers, fileNameOf, FOLDER, pathOf, REFUSED } from './drivers';
import { DATABASE, rendered } from './rendered';
import { install, World } from './world';

const NAME = 'database.rds.test';
const OTHER_NAME = 'elsewhere.rds.test';
const ADDRESS = '127.0.0.1';

const missing = ['mvn', 'openssl', 'javac', 'python3', 'unshare', 'mmdebstrap'].filter(each => spawnSync('which', [each]).status !== 0);
const why = process.getuid?.() !== 0 ? 'they need root, for mount namespaces' : missing.length > 0 ? `they need ${missing.join(', ')}` : serverMissing();
if (why) console.warn(`no driver and no client is tried: ${why}`);
const jdks = why ? [] : findJdks();
for (const each of WANTED_JAVA) if (!jdks.some(jdk => jdk.tls.version === each)) console.warn(`Java ${each} is not here, so it is left out`);
const clients = why ? {} : JSON.parse(execFileSync('python3', ['-B', path.join(__dirname, 'clients.py')], { encoding: 'utf8' })) as Record<string, string>;

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'database-tls-'));
const foreignStore = path.join(folder, 'foreign.jks');
let servers: ChildProcess;
let admin: { readonly ports: readonly number[]; readonly user: string; readonly password: string };
let world: World;
/** Ports of: the server with its own certificate; one whose certificate somebody else has signed; one without TLS. */
let ours: number;
let foreign: number;
let plain: number;

beforeAll(async () => {
  if (why) return;
  fs.mkdirSync(FOLDER, { recursive: true });
  fetchDrivers();
  const [rds, stranger] = [new Authority(folder, 'rds'), new Authority(folder, 'stranger')];
  const names = `DNS:${NAME},IP:${ADDRESS}`;
  servers = spawn('python3', ['-B', path.join(__dirname, 'servers.py'), DATABASE, rds.issue('ours', names), stranger.issue('foreign', names), 'none']);
  admin = JSON.parse(await firstLine(servers)) as typeof admin;
  [ours, foreign, plain] = admin.ports;
  world = new World(folder, [NAME, OTHER_NAME], rds.root, rendered(fileNameOf(DRIVERS[0]), { host: NAME }).files!);
  install(stranger.root, path.join(folder, 'foreign.pem'), foreignStore);
}, 600_000);

afterAll(async () => {
  if (servers && servers.exitCode === null) {
    const ended = new Promise(resolve => servers.once('exit', resolve));
    servers.stdin!.end();
    await ended;
  }
  fs.rmSync(folder, { recursive: true, force: true });
});

const drivers = DRIVERS.flatMap(driver => jdks.map(jdk => [fileNameOf(driver), jdk.version, driver, jdk] as const));

(drivers.length > 0 ? test : test.skip).each(drivers)('%s on Java %s accepts the database server only', (fileName, _version, driver, jdk) => {
  const hostAlias = OTHER_NAME;
  const expected: [string, Parameters<typeof rendered>[1], string][] = [
    ['the server itself', { host: NAME, port: ours }, 'connects'],
    ['the server by an address in its certificate', { host: ADDRESS, port: ours }, 'connects'],
    ['the server by a name that is not in its certificate', { host: OTHER_NAME, port: ours }, driver.comparesNames ? 'refused' : 'connects'],
    ['a server of a foreign authority', { host: NAME, port: foreign }, 'refused'],
    ['a server without TLS', { host: NAME, port: plain }, 'refused'],
    ['the server by an alias', { host: ADDRESS, hostAlias, port: ours }, 'connects'],
    ['a server of a foreign authority by an alias', { host: ADDRESS, hostAlias, port: foreign }, 'refused'],
    ['a server without TLS by an alias', { host: ADDRESS, hostAlias, port: plain }, 'refused'],
    ['any server where that is asked for', { host: NAME, port: foreign, acceptAnyCertificate: true }, 'connects'],
    ['a server without TLS where any is asked for', { host: NAME, port: plain, acceptAnyCertificate: true }, 'refused'],
  ];
  const made = expected.map(([, options]) => rendered(fileName, options));
  const answers = world.askDriver(jdk, [classes(), pathOf(driver)], foreignStore, [made[0].className, admin.user, admin.password], made.map(each => each.url));
  expect(expected.map(([what], index) => [what, verdict(answers[index])])).toEqual(expected.map(([what, , wanted]) => [what, wanted]));
});

(jdks.length > 0 ? test : test.skip)(`${fileNameOf(REFUSED)}, which the library refuses, does not accept these URLs`, () => {
  expect(() => rendered(fileNameOf(REFUSED), { host: NAME })).toThrow(/does not log in/);
  const { className, url } = rendered('mariadb-java-client-2.7.12.jar', { host: NAME, port: ours });
  const [answer] = world.askDriver(jdks[0], [classes(), pathOf(REFUSED)], foreignStore, [className, admin.user, admin.password], [url]);
  expect(answer).toMatch(/^refused \| No suitable driver found/);
});

(why ? test.skip : test).each(Object.entries(clients))('the client of %s accepts the database server only, and waits for one that goes away', (_name, tree) => {
  const { pem } = rendered(fileNameOf(DRIVERS[0]), { host: NAME }).files!;
  // A port below zero: the server there goes away in the middle of the handshake.
  const expected: [string, [string, number, string | null], string][] = [
    ['the server itself', [NAME, ours, pem], 'connects'],
    ['the server by an address in its certificate', [ADDRESS, ours, pem], 'connects'],
    ['the server by a name that is not in its certificate', [OTHER_NAME, ours, pem], 'certificate'],
    ['a server of a foreign authority', [NAME, foreign, pem], 'certificate'],
    ['a server without TLS', [NAME, plain, pem], 'no-tls'],
    ['a server that goes away', [NAME, -ours, pem], 'again'],
    ['a server that is not there', [NAME, 1, pem], 'again'],
    ['a name that leads nowhere', ['nowhere.rds.test', ours, pem], 'again'],
    ['any server where that is asked for', [NAME, foreign, null], 'connects'],
  ];
  const answers = world.askClient(tree, folder, admin.user, admin.password, expected.map(([, each]) => each));
  expect(expected.map(([what], index) => [what, verdict(answers[index])])).toEqual(expected.map(([what, , wanted]) => [what, wanted]));
});

function verdict(answer: string): string {
  if (/^TLSv1\.[23]$/.test(answer)) return 'connects';
  return answer.startsWith('refused |') ? 'refused' : answer;
}

/** As test/boot/programs/real_mysql.py says; the client is not this machine's. */
function serverMissing(): string | undefined {
  const asked = spawnSync('python3', ['-B', '-c', 'import sys; sys.path.insert(0, sys.argv[1]); import real_mysql; print(real_mysql.server_tree() or "")',
    path.join(__dirname, '../boot/programs')], { encoding: 'utf8' });
  return asked.stdout.trim() === '' ? 'no mysqld is installed, and no rehearsal (as root) has made a tree with one' : undefined;
}

async function firstLine(child: ChildProcess): Promise<string> {
  let [said, problems] = ['', ''];
  child.stderr!.on('data', text => { problems += text; });
  return new Promise((resolve, reject) => {
    child.stdout!.on('data', text => {
      said += text;
      if (said.includes('\n')) resolve(said);
    });
    child.once('exit', () => reject(new Error(`the servers did not start: ${problems.slice(-1000)}`)));
  });
}
