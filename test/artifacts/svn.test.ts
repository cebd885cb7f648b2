import { ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DOMParser } from '@xmldom/xmldom';
import { Template } from 'aws-cdk-lib/assertions';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { CarbonProduct, DeploymentSynchronizer } from '../../lib';
import { PROGRAMS } from '../../lib/boot/user-data';
import { documentOf, gateway, testStack, userDataOf } from '../gateway';

const CONF = join(__dirname, '..', 'rehearsal', 'stand-in', 'conf', 'xml');
const PASSWORDS: Record<string, string> = { committer: 'may & commit <"$', reader: "may only read '%" };
const available = ['svn', 'svnadmin', 'svnserve'].every(program => spawnSync(program, ['--version']).status === 0);

if (!available) console.warn('the deployment synchronizer is not tested with a real Subversion: svn and svnserve are not installed');

/** What Carbon's synchronizer does with a folder, told by nothing but the carbon.xml that the node's own program has written. */
class Synchronized {
  public readonly folder: string;
  private readonly settings: Record<string, string>;

  public constructor(root: string, role: string, port: number) {
    const home = join(root, role);
    this.folder = join(home, 'repository', 'deployment', 'server');
    this.settings = settingsOf(configured(home, role, port));
    this.svn(['checkout', this.settings.SvnUrl, this.folder]);
  }

  public cycle(): void {
    if (this.settings.AutoCheckout === 'true') this.svn(['update', this.folder]);
    if (this.settings.AutoCommit === 'true') this.commit();
  }

  public commit(): void {
    execFileSync('svn', ['add', '--force', '--quiet', this.folder]);
    this.svn(['commit', '--message', 'by the synchronizer', this.folder]);
  }

  private svn(commands: string[]): void {
    const user = ['--non-interactive', '--no-auth-cache', '--username', this.settings.SvnUser, '--password-from-stdin'];
    execFileSync('svn', [...commands, ...user], { input: this.settings.SvnPassword, stdio: ['pipe', 'pipe', 'pipe'] });
  }
}

/** carbon.xml of a node, as its boot program writes it. */
function configured(home: string, role: string, port: number): string {
  const stack = testStack();
  const [secret, workerSecret] = ['Committer', 'Reader'].map(name => new secretsmanager.Secret(stack, name));
  gateway(stack, {
    product: CarbonProduct.applicationServer('5.3.0'),
    deploymentSynchronizer: DeploymentSynchronizer.svn({ url: `svn://127.0.0.1:${port}/artifacts`, secret, workerSecret }),
  });
  const userData = userDataOf(Template.fromStack(stack), role);
  const [files] = [documentOf(userData).configuration.files.filter((each: any) => each.file.endsWith('carbon.xml'))];
  // By the secret that the user data leads to, not by the role: a worker that had the manager's would come as the manager.
  const username = /^SvnSecret=<\{"Ref":"Committer/m.test(userData) ? 'committer' : 'reader';
  mkdirSync(join(home, 'repository'), { recursive: true });
  cpSync(CONF, join(home, 'repository', 'conf'), { recursive: true });
  writeFileSync(join(home, 'plan.json'), JSON.stringify({ files }));
  writeFileSync(join(home, 'resolutions.json'), JSON.stringify({ env: {}, metadata: {}, secrets: {
    SvnSecret: { username, password: PASSWORDS[username] }, Keystore: { password: 'unused' },
  } }));
  execFileSync('python3', [join(PROGRAMS, 'carbon_configuration.py'), '--plan', join(home, 'plan.json'), '--home', home, '--root', home,
    '--resolutions', join(home, 'resolutions.json')]);
  return readFileSync(join(home, 'repository', 'conf', 'carbon.xml'), 'utf8');
}

function settingsOf(carbonXml: string): Record<string, string> {
  const document = new DOMParser().parseFromString(carbonXml, 'text/xml');
  const elements = Array.from(document.getElementsByTagName('DeploymentSynchronizer')[0].childNodes).filter(each => each.nodeType === 1);
  return Object.fromEntries(elements.map(each => [each.nodeName, each.textContent ?? '']));
}

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

(available ? describe : describe.skip)('a real Subversion on loopback', () => {
  const root = mkdtempSync(join(tmpdir(), 'carbon-svn-'));
  let server: ChildProcess;
  let port: number;
  let manager: Synchronized;
  let worker: Synchronized;

  beforeAll(async () => {
    mkdirSync(join(root, 'served'));
    execFileSync('svnadmin', ['create', join(root, 'served', 'artifacts')], { stdio: 'pipe' });
    const conf = join(root, 'served', 'artifacts', 'conf');
    writeFileSync(join(conf, 'svnserve.conf'), '[general]\nanon-access = none\nauth-access = write\npassword-db = passwd\nauthz-db = authz\n');
    writeFileSync(join(conf, 'passwd'), `[users]\n${Object.entries(PASSWORDS).map(each => each.join(' = ')).join('\n')}\n`);
    writeFileSync(join(conf, 'authz'), '[/]\ncommitter = rw\nreader = r\n');
    port = await freePort();
    server = spawn('svnserve', ['--daemon', '--foreground', '--root', join(root, 'served'), '--listen-host', '127.0.0.1', '--listen-port', String(port)]);
    for (let tries = 0; tries < 100 && spawnSync('bash', ['-c', `</dev/tcp/127.0.0.1/${port}`]).status !== 0; tries++) {
      await new Promise(resolve => setTimeout(resolve, 50));
    }
    manager = new Synchronized(root, 'Manager', port);
    worker = new Synchronized(root, 'Workers', port);
  }, 60_000);

  afterAll(() => {
    server?.kill();
    rmSync(root, { recursive: true });
  });

  test('brings what is put on the manager to the worker, and takes it away again', () => {
    const [put, arrived] = [manager, worker].map(each => join(each.folder, 'webapps', 'orders.war'));
    mkdirSync(join(manager.folder, 'webapps'));
    writeFileSync(put, 'an artifact');
    manager.cycle();
    worker.cycle();
    expect(readFileSync(arrived, 'utf8')).toBe('an artifact');
    execFileSync('svn', ['delete', '--quiet', put]);
    manager.cycle();
    worker.cycle();
    expect(existsSync(arrived)).toBe(false);
  });

  test('gets nothing from a worker: it is not told to commit, and may not', () => {
    writeFileSync(join(worker.folder, 'mine.war'), 'of the worker');
    worker.cycle();
    manager.cycle();
    expect(existsSync(join(manager.folder, 'mine.war'))).toBe(false);
    expect(() => worker.commit()).toThrow(/Access denied|E170001|E220004/);
  });

  test('tells nobody anything without a password', () => {
    const done = spawnSync('svn', ['list', '--non-interactive', `svn://127.0.0.1:${port}/artifacts`]);
    expect(done.status).not.toBe(0);
  });
});
