/** Whether a rehearsed cluster tells its secrets: in user data, logs, lists of processes, or files that others may read. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { GetSecretValueCommand, ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { testing } from '../../../lib';
import { Json } from '../cluster-document';
import { deployedDocument } from '../host-paths';
import { Rehearsal, RehearsedNode } from '../rehearsal';
import { nodesOf } from './checks';
import { settings } from './emulated';
import { label, must, pause } from './scenario';

/** What a machine shows of itself. */
export interface Traces {
  readonly label: string;
  /** By name: what nobody must be able to read a secret from. */
  readonly texts: Readonly<Record<string, string>>;
  /** Files that hold a secret. */
  readonly files: readonly SecretFile[];
}

export interface SecretFile {
  readonly path: string;
  /** Octal, `0600`. */
  readonly mode: string;
  readonly owner: string;
}

const PROGRAM = fs.readFileSync(path.join(__dirname, 'secret_files.py'), 'utf8');
/** Where a machine keeps what it is told; the rest is its distribution's. */
const FOLDERS = ['/opt', '/etc', '/home', '/root', '/run', '/srv', '/tmp', '/var'];
const PRODUCT = '/opt/wso2/';
const SERVICE_USER = 'wso2carbon';
const ADMINISTRATOR = 'root';
const PRIVATE_MODES = ['0600', '0400'];
/** Whoever reads logs need not know secrets, whatever the mode of the file; cloud-init's folder has the user data. */
const NEVER = /^\/(var|run)\/(log|lib\/cloud)\/|\/repository\/logs\//;
const LOGS = ['/var/log/carbon-cluster/boot.log', '/var/log/cloud-init-output.log', '/opt/wso2/carbon/repository/logs/wso2carbon.log'];
const LOG_BYTES = 4 << 20;
/** A command line, or an environment, each line; without a process of its own for any of them. */
const PROCESSES = 'for each in /proc/[0-9]*/{cmdline,environ}; do mapfile -d "" -t parts < "$each" && echo "${parts[*]//[[:cntrl:]]/ }"; done 2> /dev/null; true';
/** Names of fields that are worth hiding; others are names of users, of hosts, or public. */
const HIDDEN = /password|secret|key/i;
const PUBLIC = /^publicKey$/;

/** A sentence for each secret that a machine shows. */
export function leaksIn(traces: Traces, secretValues: string[]): string[] {
  const scan = new testing.SecretScan({ secretValues });
  for (const [name, text] of Object.entries(traces.texts)) scan.scanText(name, text);
  return [
    ...scan.findings.map(each => `${traces.label} shows a secret in ${each.file}, line ${each.line}: ${each.kind}`),
    ...traces.files.flatMap(fileProblems).map(each => `${traces.label} ${each}`),
  ];
}

function fileProblems({ path: file, mode, owner }: SecretFile): string[] {
  const expected = file.startsWith(PRODUCT) ? SERVICE_USER : ADMINISTRATOR;
  if (NEVER.test(file)) return [`has a secret in ${file}`];
  if (!PRIVATE_MODES.includes(mode)) return [`lets others read a secret: ${file} has mode ${mode}`];
  return owner === expected ? [] : [`lets ${owner} read a secret: ${file} is not ${expected}'s`];
}

/** Everything that the deployment keeps secret, from the emulator's Secrets Manager. */
export async function secretValues(rehearsal: Rehearsal): Promise<string[]> {
  const client = new SecretsManagerClient(settings(rehearsal));
  const { SecretList = [] } = await client.send(new ListSecretsCommand({ MaxResults: 100 }));
  const answers = await Promise.all(SecretList.map(each => client.send(new GetSecretValueCommand({ SecretId: each.ARN }))));
  return answers.flatMap(each => Object.entries<string>(JSON.parse(each.SecretString!)))
    .filter(([name]) => HIDDEN.test(name) && !PUBLIC.test(name)).map(([, value]) => value);
}

/** Command lines and environments while the machines boot: what is passed to a program that lives for a second is seen now or never. */
export class ProcessSamples {
  private readonly seen = new Map<string, Set<string>>();
  private stopped = false;
  private readonly watching: Promise<void>;

  public constructor(private readonly rehearsal: Rehearsal, private readonly everySeconds = 1.5) {
    this.watching = this.watch();
  }

  /** What was seen, by the id of the machine. */
  public async end(): Promise<ReadonlyMap<string, string>> {
    this.stopped = true;
    await this.watching;
    await this.sample(nodesOf(this.rehearsal));
    return new Map([...this.seen].map(([id, lines]) => [id, [...lines].join('\n')]));
  }

  private async watch(): Promise<void> {
    while (!this.stopped) {
      await this.sample(nodesOf(this.rehearsal).filter(each => each.phases['in service'] === undefined));
      await pause(this.everySeconds);
    }
  }

  private async sample(nodes: readonly RehearsedNode[]): Promise<void> {
    await Promise.all(nodes.map(async node => {
      // A machine that is not up yet, or goes down, has no processes to look at.
      const { stdout = '' } = await this.rehearsal.command('exec', { node: node.id, argv: ['bash', '-c', PROCESSES] }).catch(() => ({}));
      const lines = this.seen.get(node.id) ?? new Set();
      for (const line of String(stdout).split('\n')) lines.add(line);
      this.seen.set(node.id, lines);
    }));
  }
}

/** @throws with a sentence for the first secrets that are told */
export async function nothingLeaks(rehearsal: Rehearsal, samples: ProcessSamples): Promise<number> {
  const values = await secretValues(rehearsal);
  must(values.length > 0, 'the emulator has no secrets');
  const processes = await samples.end();
  const userData = new Map((deployedDocument(rehearsal).nodes as Json[]).map(each => [each.instanceId, each.userData]));
  const problems: string[] = [];
  for (const node of nodesOf(rehearsal)) {
    const traces = await tracesOf(rehearsal, node, values, { processes: processes.get(node.id)!, 'user data': userData.get(node.id) });
    must(processes.get(node.id)!.includes('systemd'), `${label(node)} showed no processes, so nothing was looked at`);
    must(node.loadBalancer || traces.files.length > 0, `${label(node)} has no file with a secret, so nothing was looked at`);
    problems.push(...leaksIn(traces, values));
  }
  must(problems.length === 0, problems.slice(0, 10).join('; '));
  return values.length;
}

async function tracesOf(rehearsal: Rehearsal, node: RehearsedNode, values: readonly string[], texts: Record<string, string>): Promise<Traces> {
  const encoded = values.flatMap(forms).map(each => each.toString('base64'));
  const found = await run(rehearsal, node, ['python3', '-c', PROGRAM, ...FOLDERS], JSON.stringify(encoded));
  const logs = await Promise.all(LOGS.map(async file =>
    [file, await rehearsal.command('read', { node: node.id, path: file, bytes: LOG_BYTES }).catch(() => '')] as const));
  const journal = await run(rehearsal, node, ['journalctl', '--no-pager', '--output', 'cat']);
  return { label: label(node), files: JSON.parse(found), texts: { ...texts, ...Object.fromEntries(logs), journal } };
}

/** A secret as it is, as XML and JSON write it, and what it holds in base64. */
function forms(value: string): Buffer[] {
  const xml = value.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
  const decoded = /^[A-Za-z0-9+/\s]{200,}={0,2}$/.test(value) ? [Buffer.from(value, 'base64')] : [];
  return [...new Set([value, xml, JSON.stringify(value).slice(1, -1)])].map(each => Buffer.from(each)).concat(decoded);
}

async function run(rehearsal: Rehearsal, node: RehearsedNode, argv: string[], script = ''): Promise<string> {
  const { code, stdout, stderr } = await rehearsal.command('exec', { node: node.id, argv, script, timeout: 120 });
  must(code === 0, `${argv[0]} failed on ${label(node)}: ${stderr}`);
  return stdout;
}
