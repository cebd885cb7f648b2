/** The machines of the attack room, and what can be done on them: as root, and as the server's own user within what its unit lets it do. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseUserData, NodeUserData } from '../../../../bin/deployed-user-data';
import { Json } from '../../cluster-document';
import { deployedDocument } from '../../host-paths';
import { Rehearsal, RehearsedNode } from '../../rehearsal';
import { label, until } from '../scenario';
import { Api, Keys, OPERATOR, STS } from './api';

export interface Secret { readonly arn: string; readonly name: string; readonly text: string; readonly fields: Readonly<Record<string, string>> }

interface Done { readonly code: number; readonly stdout: string; readonly stderr: string }

export const HOME = '/opt/wso2/carbon';
/** Only root's, and what is in it is what an attacker must neither get nor change. */
export const VICTIM = '/root/attacked/victim';
export const CANARY = 'canary-7c1f0e';
/** Whoever changes the victim before an attempt says so. */
export const REMEMBER = `sha256sum ${VICTIM} > /root/attacked/sum`;
const NEIGHBOUR = 'i-0aaaaaaaaaaaaaaa1';
const INSIDER = 'i-0aaaaaaaaaaaaaaa2';
const PROGRAMS = ['trigger.py', 'watch_children.py', 'readable_secrets.py'];
const TRIGGER_SECONDS = 120;

export class AttackRoom {
  public readonly api: Api;
  public readonly document: Json;
  public readonly data: NodeUserData;
  public secrets: readonly Secret[] = [];
  public functions: readonly Json[] = [];
  /** Of a machine elsewhere in the account. */
  public image = '';
  /** Why this machine cannot keep the server's processes from instance metadata, although their unit says so. */
  public metadataUndenied?: string;
  /** How long root's programs take before a start when nobody attacks; the first time they start by what the boot has left them. */
  private usualSeconds = 0;
  private readonly roles = new Map<string, Promise<Keys>>();
  private stolenKeys?: Promise<Keys | undefined>;

  public constructor(public readonly rehearsal: Rehearsal, public readonly worker: RehearsedNode, public readonly manager: RehearsedNode) {
    this.api = new Api(rehearsal);
    this.document = deployedDocument(rehearsal);
    this.data = parseUserData(this.node(worker).userData)!;
  }

  public async open(): Promise<void> {
    await this.readSecrets();
    const functions = await this.api.send(OPERATOR, { service: 'lambda', method: 'GET', path: '/2015-03-31/functions/' });
    this.functions = JSON.parse(functions.text).Functions;
    await this.launchNeighbours();
    await this.root(`install -d -m 700 /root/attacked; install -d -m 755 /run/attack`);
    for (const each of PROGRAMS) await this.write(this.worker, `/run/attack/${each}`, fs.readFileSync(path.join(__dirname, each), 'utf8'));
    await this.root(ATTACKER_UNIT);
    await this.lookAtMetadata();
    await this.trigger();
    const began = Date.now();
    const said = await this.trigger();
    if (said !== 'code=0') throw new Error(`root's programs before a start say ${said} though nobody attacks`);
    this.usualSeconds = (Date.now() - began) / 1000;
  }

  /** systemd denies addresses by a program for the control group, which only version 2 of control groups has. */
  private async lookAtMetadata(): Promise<void> {
    const denied = await this.root('grep -c ^IPAddressDeny= /etc/systemd/system/carbon.service; true');
    const groups = await this.root('stat --file-system --format %T /sys/fs/cgroup');
    if (denied !== '0' && groups !== 'cgroup2fs') this.metadataUndenied = `the unit denies it by IPAddressDeny, which systemd cannot do here: /sys/fs/cgroup is ${groups}`;
  }

  /** What takes so long hangs, however busy this machine is. */
  public get hanging(): number {
    return 10 + 4 * this.usualSeconds;
  }

  public node(node: RehearsedNode): Json {
    return this.document.nodes.find((each: Json) => each.instanceId === node.id);
  }

  // As root

  public async run(node: string, script: string, timeout = 60): Promise<Done> {
    return this.rehearsal.command('exec', { node, script, timeout });
  }

  /** What a script says on the worker, or on another machine; its own exit code does not matter. */
  public async root(script: string, node: RehearsedNode | string = this.worker, timeout = 60): Promise<string> {
    const done = await this.run(typeof node === 'string' ? node : node.id, script, timeout);
    if (done.code === null) throw new Error(`${script.trim().slice(0, 60)}: ${done.stderr}`);
    return done.stdout.trim();
  }

  public async write(node: RehearsedNode | string, file: string, text: string): Promise<void> {
    const packed = Buffer.from(text).toString('base64');
    await this.root(`base64 -d <<< ${packed} > ${file} && chmod 644 ${file}`, node);
  }

  // As the server's user

  /** With everything that carbon.service sets for its server: the attacker's unit is carbon.service with another program. */
  public async service(script: string, seconds = 30): Promise<string> {
    await this.write(this.worker, '/run/attack/script', script);
    return this.root('rm -f /run/attack/out; systemctl start attacker.service > /dev/null 2>&1; systemctl reset-failed attacker.service 2> /dev/null; '
      + 'cat /run/attack/out', this.worker, seconds + 10);
  }

  /** What root does before each start of the server, or after it: `code=0`, `hung` or `memory=...`. */
  public trigger(when: 'before' | 'after' = 'before', seconds = TRIGGER_SECONDS): Promise<string> {
    return this.root(`python3 /run/attack/trigger.py ${when} ${seconds}`, this.worker, seconds + 20);
  }

  /** A file that is root's alone, as it must stay. */
  public plantVictim(): Promise<string> {
    return this.root(`umask 077; rm -rf /root/attacked /opt/wso2/victim-beside; mkdir -p /root/attacked/folder; echo ${CANARY} > ${VICTIM}; ${REMEMBER}`);
  }

  /** What became of it: another owner, mode or content, or its content somewhere in the product. */
  public victim(): Promise<string> {
    return this.root(`[ "$(stat -c %U:%a ${VICTIM})" = root:600 ] || stat -c 'the file of root belongs to %U with mode %a' ${VICTIM}
sha256sum --check --status /root/attacked/sum || echo 'the file of root has another content'
find /root/attacked/folder -type f -printf 'in a folder of root there is now %P of %u\\n'
timeout 10 grep -rlsF ${CANARY} --devices=skip ${HOME}/repository/conf ${HOME}/repository/resources | sed 's/^/what only root may read is in /'; true`);
  }

  /** Until the server runs and is a member again. */
  public async serving(): Promise<void> {
    await until(`the server of ${label(this.worker)} did not come back`, 120,
      async () => await this.root('systemctl show --property ActiveState --value carbon.service') === 'active');
  }

  // What AWS has

  /** Log groups of the cluster. */
  public async logGroups(): Promise<string[]> {
    return Object.entries(this.data.values).filter(([name]) => /Log$/.test(name)).map(([, group]) => group);
  }

  /** Whether a text is in one of them. */
  public async logged(text: string): Promise<boolean> {
    for (const logGroupName of new Set(await this.logGroups())) {
      const found = await this.api.json(OPERATOR, 'logs', 'Logs_20140328.FilterLogEvents', { logGroupName });
      if (found.text.includes(text)) return true;
    }
    return false;
  }

  // Credentials

  /** Of the role of a node, as root reads them there. */
  public async roleOf(node: RehearsedNode): Promise<Keys> {
    const keys = keysIn(await this.root(CREDENTIALS, node));
    if (!keys) throw new Error(`the metadata of ${label(node)} has no credentials`);
    return keys;
  }

  /** The same, as the server's user gets them from within its unit; nothing where it does not. */
  public stolen(): Promise<Keys | undefined> {
    this.stolenKeys ??= this.service(CREDENTIALS).then(keysIn);
    return this.stolenKeys;
  }

  /** Of a role, as a service of AWS would get them for it. */
  public assume(role: string, session: string): Promise<Keys> {
    if (!this.roles.has(role)) this.roles.set(role, this.assumed(role, session));
    return this.roles.get(role)!;
  }

  private async assumed(role: string, session: string): Promise<Keys> {
    const answer = await this.api.query(OPERATOR, 'sts', STS, { Action: 'AssumeRole', RoleArn: role, RoleSessionName: session });
    const found = (name: string): string => new RegExp(`<${name}>([^<]+)`).exec(answer.text)?.[1] ?? '';
    if (!answer.ok) throw new Error(`nobody gets the role ${role}: ${answer.text.slice(0, 200)}`);
    return { accessKeyId: found('AccessKeyId'), sessionToken: found('SessionToken') };
  }

  // Secrets

  public secretOf(lateBound: string | undefined): Secret | undefined {
    const id = lateBound && this.data.values[lateBound];
    return this.secrets.find(each => each.arn === id || each.name === id);
  }

  /** Of the server of the databases. */
  public get administrator(): Secret {
    return this.secrets.find(each => each.fields.dbInstanceIdentifier && each.fields.masterarn === undefined && /admin|root|master/i.test(each.fields.username))
      ?? this.secrets.find(each => each.fields.dbInstanceIdentifier)!;
  }

  public get membersKey(): Keys | undefined {
    const found = this.secrets.find(each => each.fields.accessKeyId);
    return found && { accessKeyId: found.fields.accessKeyId };
  }

  private async readSecrets(): Promise<void> {
    const list = JSON.parse((await this.api.json(OPERATOR, 'secretsmanager', 'secretsmanager.ListSecrets', { MaxResults: 100 })).text).SecretList as Json[];
    this.secrets = await Promise.all(list.map(async each => {
      const answer = await this.api.json(OPERATOR, 'secretsmanager', 'secretsmanager.GetSecretValue', { SecretId: each.ARN });
      const text = JSON.parse(answer.text).SecretString as string;
      return { arn: each.ARN, name: each.Name, text, fields: text.startsWith('{') ? JSON.parse(text) : {} };
    }));
  }

  // Neighbours

  /** Machines in the VPC that are none of the cluster's: one in no group of the cluster's, one in the group of its members. */
  private async launchNeighbours(): Promise<void> {
    const { cidr } = this.document.network.subnets.find((each: Json) => inRange(this.worker.privateIp, each.cidr));
    const address = (host: number): string => `${cidr.split('.').slice(0, 3).join('.')}.${host}`;
    const groups = this.node(this.worker).securityGroups;
    for (const [instanceId, host, securityGroups] of [[NEIGHBOUR, 201, []], [INSIDER, 202, groups]] as const) {
      await this.rehearsal.command('launch', { node: {
        instanceId, name: instanceId, privateIp: address(host), userData: '#!/bin/sh\n', securityGroups, imds: { httpTokens: 'required' },
      } });
    }
    await this.rehearsal.command('wait', { nodes: [NEIGHBOUR, INSIDER], timeout: 60 });
  }

  public outside(script: string, timeout = 60): Promise<string> {
    return this.root(script, NEIGHBOUR, timeout);
  }

  public inside(script: string, timeout = 60): Promise<string> {
    return this.root(script, INSIDER, timeout);
  }
}

function inRange(address: string, cidr: string): boolean {
  const number = (text: string): number => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const [base, bits] = cidr.split('/');
  const size = 2 ** (32 - Number(bits));
  return Math.floor(number(address) / size) === Math.floor(number(base) / size);
}

function keysIn(text: string): Keys | undefined {
  const begin = text.indexOf('{');
  if (begin < 0) return undefined;
  const found = JSON.parse(text.slice(begin)) as Json;
  return found.AccessKeyId && { accessKeyId: found.AccessKeyId, sessionToken: found.Token };
}

export const METADATA = `metadata() {
  local token
  token=$(curl -sf -m 4 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' http://169.254.169.254/latest/api/token) || return
  curl -sf -m 4 -H "X-aws-ec2-metadata-token: $token" "http://169.254.169.254/latest/$1"
}
`;
const CREDENTIALS = `${METADATA}at=meta-data/iam/security-credentials; metadata "$at/$(metadata $at)"\n`;

/** All that carbon.service sets but what it runs and how it is restarted. */
const ATTACKER_UNIT = `{ echo '[Service]'
systemctl cat carbon.service | sed -n '/^\\[Service\\]/,/^\\[Install\\]/p' | grep -E '^[A-Z][A-Za-z]*=' \\
  | grep -vE '^(Exec|Restart|Timeout|SuccessExit|Type=|RemainAfter|KillMode|Standard|WatchdogSec|PIDFile|WantedBy|NotifyAccess|OOM)'
echo 'Type=oneshot'
echo 'ExecStart=/bin/bash /run/attack/script'
echo 'StandardOutput=file:/run/attack/out'
echo 'StandardError=null'
echo 'TimeoutStartSec=30'; } > /run/systemd/system/attacker.service
systemctl daemon-reload`;
