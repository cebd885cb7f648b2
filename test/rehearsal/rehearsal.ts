/** One rehearsal: an example deployed to the emulator, its nodes booted for real, and what can be asked of them. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { bootstrap, CdkOptions, deploy, destroy, OwnApp, synth } from '../emulator/cdk';
import { Emulator, FunctionCall, LOCAL_FOLDER } from '../emulator/emulator';
import { parseUserData, resolve } from '../../bin/deployed-user-data';
import { Ledger, readLedger } from './authorization/ledger';
import { clusterDocument, Json } from './cluster-document';
import { AuthoritiesObject, replaceAuthorities } from './database-authorities';
import { Follower } from './following';
import { isLoadBalancer } from './host-paths';
import { MachineRoom } from './machine-room';
import { lastMembers } from './members';
import { Pack, packFor, uploadPack, WantedPack } from './pack';
import { PreparationRunner } from './preparation';

export const PHASES = ['boot', 'prepare', 'pack', 'artifacts', 'databases', 'configuration', 'start', 'join', 'health', 'in service'] as const;
export type PhaseName = typeof PHASES[number];

export interface RehearsalOptions {
  /** File of the CDK app, below this repository, or an app from elsewhere. */
  readonly app: string | OwnApp;
  readonly context: Readonly<Record<string, string>>;
  /** The user's pack; a stand-in is built without one. */
  readonly pack?: string;
  readonly healthCheckSpeed: number;
  /** Nodes start with the machine room. Without it they wait for the command `boot`. @default true */
  readonly boot?: boolean;
  /** The machine does what the auto scaling groups do with their instances, until it is closed. @default false */
  readonly followGroups?: boolean;
  /** Changes the cluster document before the nodes boot. */
  readonly prepare?: (document: Json) => void;
  /** Leaves the pack out of the bucket or puts another there. */
  readonly upload?: (emulator: Emulator, wanted: WantedPack, pack: Pack) => Promise<void>;
  readonly onProgress: (line: string) => void;
  readonly onPhase: (node: RehearsedNode, phase: PhaseName, state: 'ends' | 'failed', detail: string) => void;
}

export interface RehearsedNode {
  readonly id: string;
  readonly name: string;
  readonly privateIp: string;
  /** Where the other members see it; differs from its first address when a network interface keeps another for it. */
  readonly memberIp: string;
  /** An instance of NGINX or the like: no Carbon, so no product, no phases and no members are to be expected of it. */
  readonly loadBalancer: boolean;
  /** Hazelcast group that it is configured for. */
  readonly domain: string;
  /** Seconds from the start of its machine to the end of each phase. */
  readonly phases: Partial<Record<PhaseName, number>>;
  /** Unique id of a failure's signal, which is what CloudFormation would show. */
  failure?: string;
  readonly lastLines: string[];
  bootedAt: number;
}

/** The nodes' logs outlive the rehearsal, until the next one. */
export const LOGS = path.join(LOCAL_FOLDER, 'rehearsal', 'logs');
const LAST_LINES = 15;
export const CARBON_LOG = '/opt/wso2/carbon/repository/logs/wso2carbon.log';

export class Rehearsal {
  public static async start(options: RehearsalOptions): Promise<Rehearsal> {
    fs.mkdirSync(LOCAL_FOLDER, { recursive: true });
    const workFolder = fs.mkdtempSync(path.join(LOCAL_FOLDER, 'rehearse-'));
    const emulator = await Emulator.start({
      logFile: path.join(workFolder, 'emulator.log'), judge: true, speed: options.healthCheckSpeed, onProgress: options.onProgress,
    });
    const rehearsal = new Rehearsal(options, emulator, workFolder);
    try {
      await rehearsal.up();
      return rehearsal;
    } catch (error) {
      await rehearsal.close();
      throw error;
    }
  }

  public readonly nodes = new Map<string, RehearsedNode>();
  public readonly events: Json[] = [];
  public readonly times: Record<string, number> = {};
  public standIn = false;
  /** The load balancer has no public address. */
  public internal = false;
  public targetGroups: readonly Json[] = [];
  /** Where the nodes fetch whom they trust as authority of the database. */
  public databaseAuthorities: readonly AuthoritiesObject[] = [];
  private room?: MachineRoom;
  private follower?: Follower;
  private preparation?: PreparationRunner;
  private calls: readonly FunctionCall[] = [];
  private closed?: Promise<void>;

  private constructor(private readonly options: RehearsalOptions, public readonly emulator: Emulator, public readonly workFolder: string) {}

  private async up(): Promise<void> {
    await this.timed('deploy', () => this.deploy());
    const document = await clusterDocument(this.emulator, { healthCheckSpeed: this.options.healthCheckSpeed, java: ['8', '11', '17', '21'] });
    await this.timed('pack', () => this.providePacks(document));
    this.databaseAuthorities = await replaceAuthorities(this.emulator, document.nodes, this.options.onProgress);
    this.options.prepare?.(document);
    for (const each of document.nodes as Json[]) this.addNode(each);
    this.targetGroups = document.targetGroups;
    this.internal = (document.loadBalancers as Json[]).every(each => each.scheme === 'internal');
    const file = path.join(this.workFolder, 'cluster.json');
    fs.writeFileSync(file, JSON.stringify(document));
    fs.rmSync(LOGS, { recursive: true, force: true });
    this.room = new MachineRoom({ python: 'python3', document: file, logs: LOGS, boot: false, onEvent: event => this.take(event) });
    await this.timed('machine room', () => this.room!.up());
    await this.timed('databases', () => this.prepareDatabases());
    if (this.options.boot !== false) await this.command('boot');
    if (this.options.followGroups) {
      this.follower = new Follower(this, this.emulator, this.options.healthCheckSpeed, problem => this.options.onProgress(`warning: ${problem.message}`));
    }
  }

  /** Deploys the app again, with other context: its nodes are replaced as CloudFormation would. Until the stack is done, or has gone back. */
  public async update(context: Readonly<Record<string, string>>): Promise<void> {
    await deploy({ ...this.deployment(), context: { ...this.options.context, ...context } });
  }

  /** Removes the app's stacks; the nodes go when the groups are followed. Until there are none, or the removal has failed. */
  public async destroy(context: Readonly<Record<string, string>>): Promise<void> {
    await destroy({ ...this.deployment(), context: { ...this.options.context, ...context } });
  }

  private deployment(): CdkOptions & { readonly app: string | OwnApp } {
    return { env: this.emulator.environment(), workFolder: this.workFolder, onLine: () => {}, app: this.options.app };
  }

  private async deploy(): Promise<void> {
    const options = this.deployment();
    this.options.onProgress('deploying to the emulator');
    const { context } = this.options;
    // Neither needs the other, and each is a process that is busy for some seconds.
    const [assembly] = await Promise.all([
      synth({ ...options, context }), bootstrap({ ...options, account: this.emulator.account, region: this.emulator.region }),
    ]);
    await deploy({ ...options, context, assembly });
  }

  /** Nodes boot when the databases are there, as the template has it. */
  private async prepareDatabases(): Promise<void> {
    this.calls = await this.emulator.functionCalls();
    this.preparation = new PreparationRunner(this.emulator, (command, options) => this.command(command, options));
    const [reason] = await this.preparation.runWaiting();
    // A scenario with a bad pack wants to see what nodes say to it, too.
    if (reason !== undefined && !this.options.upload) throw new Error(reason);
    if (reason !== undefined) this.options.onProgress(`the deployment would have failed: ${reason}`);
    await this.preparation.attend();
  }

  /** Calls the function that prepares the databases by hand. */
  public async callPreparation(event: unknown): Promise<Json> {
    return this.preparation!.invoke(this.calls[0], event);
  }

  private async providePacks(document: Json): Promise<void> {
    const wanted = new Map<string, WantedPack>();
    for (const node of document.nodes as Json[]) {
      const parsed = parseUserData(node.userData);
      if (!parsed) continue;
      const plain = (value: any): string => (typeof value === 'string' ? value : parsed.values[value.env]);
      const source = parsed.document.pack as Json | undefined;
      if (!source) continue;
      wanted.set(`${plain(source.bucket)}/${plain(source.key)}`, { bucket: plain(source.bucket), key: plain(source.key) });
    }
    for (const each of wanted.values()) {
      const pack = packFor(each, [...wanted.values()], this.options.pack, this.options.onProgress);
      this.standIn ||= pack.standIn;
      await (this.options.upload ?? uploadPack)(this.emulator, each, pack);
    }
  }

  public addNode(node: Json): RehearsedNode {
    const added: RehearsedNode = {
      id: node.instanceId, name: node.name, privateIp: node.privateIp, memberIp: memberIpOf(node), loadBalancer: isLoadBalancer(node),
      domain: domainOf(node.userData), phases: {}, lastLines: [], bootedAt: 0,
    };
    this.nodes.set(node.instanceId, added);
    return added;
  }

  /** A command of the machine room; see its README. */
  public async command(command: string, options: Json = {}): Promise<any> {
    return this.room!.command(command, options);
  }

  /** How every call so far was judged. */
  public async authorizations(): Promise<Ledger> {
    return readLedger(this.emulator);
  }

  /** Until every node is in service or has failed. */
  public async settled(timeoutSeconds: number, ids?: readonly string[]): Promise<void> {
    const end = Date.now() + timeoutSeconds * 1000;
    const waiting = (): RehearsedNode[] => [...this.nodes.values()].filter(each => (ids ?? [each.id]).includes(each.id))
      .filter(each => each.phases['in service'] === undefined && each.failure === undefined);
    while (waiting().length > 0) {
      // Or Ctrl-C would have closed everything, and the process would live on for these seconds.
      if (this.closed) throw new Error('the rehearsal has ended');
      if (Date.now() > end) throw new Error(`${waiting().map(each => each.name).join(', ')} did not settle within ${timeoutSeconds} s`);
      await new Promise(resolve => setTimeout(resolve, 200));
    }
  }

  /** What the Hazelcast of each node last said of its members. */
  public async memberships(): Promise<Map<string, string[] | undefined>> {
    const seen = new Map<string, string[] | undefined>();
    for (const node of this.nodes.values()) {
      if (node.failure || node.loadBalancer) continue;
      const log = await this.command('read', { node: node.id, path: CARBON_LOG, bytes: 1 << 22 }).catch(() => '');
      seen.set(node.id, lastMembers(log));
    }
    return seen;
  }

  public async close(): Promise<void> {
    this.closed ??= (async () => {
      await this.follower?.stop();
      await this.preparation?.stop();
      await this.room?.close();
      await this.emulator.stop();
      fs.rmSync(this.workFolder, { recursive: true, force: true });
    })();
    await this.closed;
  }

  private async timed<T>(what: string, work: () => Promise<T>): Promise<T> {
    const began = process.hrtime.bigint();
    const result = await work();
    this.times[what] = Number(process.hrtime.bigint() - began) / 1e9;
    return result;
  }

  private take(event: Json): void {
    if (event.event !== 'log') this.events.push(event);
    const node = this.nodes.get(event.node);
    if (event.event === 'phase' && event.state === 'started') this.options.onProgress(`machine room: ${event.phase}`);
    if (event.event === 'tree' && event.state === 'building' && !event.step) {
      this.options.onProgress(`building ${event.tree} once, which takes a while`);
    }
    if (event.event === 'warning') this.options.onProgress(`warning: ${event.message}`);
    if (!node) return;
    if (event.event === 'node') this.takeState(node, event);
    if (event.event === 'log') this.takeLine(node, event);
  }

  private takeState(node: RehearsedNode, event: Json): void {
    if (event.state === 'starting' || event.state === 'booting') node.bootedAt ||= event.time;
    if (event.state === 'running' || event.state === 'booted') this.endPhase(node, 'boot', event.time, '');
    // A load balancer has no phases that a log would tell of: it serves when its user data has ended well.
    if (event.state === 'booted' && node.loadBalancer) this.endPhase(node, 'in service', event.time, '');
    if (event.state !== 'failed' || node.failure || node.phases['in service'] !== undefined) return;
    node.failure = `${node.id}:user-data`;
    this.options.onPhase(node, 'boot', 'failed', (event.errors ?? []).join('; '));
  }

  private takeLine(node: RehearsedNode, event: Json): void {
    const line = String(event.line);
    // What the boot programs say is in their own log and in cloud-init's.
    if (node.lastLines.includes(line)) return;
    node.lastLines.push(line);
    if (node.lastLines.length > LAST_LINES) node.lastLines.shift();
    const ends = /carbon-cluster phase (\w+) ends after ([\d.]+) s/.exec(line);
    if (ends) this.endPhase(node, ends[1] as PhaseName, event.time, `${ends[2]} s`);
    if (/carbon-cluster in service$/.test(line)) this.endPhase(node, 'in service', event.time, '');
    const failed = /carbon-cluster phase (\w+) failed: (.*)/.exec(line);
    if (failed) this.options.onPhase(node, failed[1] as PhaseName, 'failed', failed[2]);
    const signalled = /carbon-cluster signalled FAILURE as (\S+)/.exec(line);
    if (signalled) node.failure = signalled[1];
    if (/carbon-cluster bootstrap: exit code/.test(line)) {
      node.failure ??= `${node.id}:bootstrap`;
      this.options.onPhase(node, 'boot', 'failed', line);
    }
  }

  private endPhase(node: RehearsedNode, phase: PhaseName, time: number, detail: string): void {
    if (node.phases[phase] !== undefined) return;
    node.bootedAt ||= time;
    node.phases[phase] = time - node.bootedAt;
    this.options.onPhase(node, phase, 'ends', detail);
  }
}

/** The address that a network interface keeps for it, or its own. */
function memberIpOf(node: Json): string {
  const parsed = parseUserData(node.userData);
  const kept = parsed?.document.interface as { address?: unknown } | undefined;
  return (kept && resolve(kept.address, parsed!.values)) ?? node.privateIp;
}

function domainOf(userData: string): string {
  const plan = parseUserData(userData)?.document.configuration as Json | undefined;
  const edits: Json[] = (plan?.files ?? []).flatMap((file: Json) => file.edits);
  const domain = edits.find(each => each.set === "/axisconfig/clustering/parameter[@name='domain']")?.text
    ?? edits.find(each => each.table === 'clustering')?.values.domain;
  return typeof domain === 'string' ? domain : JSON.stringify(domain) ?? '';
}
