/** One run of the integration test: its steps, what it created, and how all of that is removed again. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { StackResourceSummary } from '@aws-sdk/client-cloudformation';
import { Account, Caller } from './account';
import { Cloud } from './cloud';
import { ADDRESS_MARK } from './names';
import { verify } from '../../bin/commands/verify/verify';
import { deploy } from '../emulator/cdk';

export const APP = 'test/integration/integ.cluster.ts';

/** A checksum that no file has: the nodes refuse the pack. */
const WRONG_CHECKSUM = '0'.repeat(64);

/** The signal of a node that refuses its pack. */
const REFUSED_PACK = 'pack:checksum';

/** Nodes tell their addresses ten times within five minutes; amazon-ec2-net-utils looks at the interfaces every 60 to 90 seconds. */
const ADDRESS_LINES = 10;
const ADDRESS_MINUTES = 8;
const DELETION_MINUTES = 60;
const POLL_MS = 5000;

const GONE = 'DELETE_COMPLETE';

/** What a run has created so far. It is kept in a file, so that a later command can remove what an interrupted run left. */
export interface RunState {
  readonly name: string;
  readonly region: string;
  readonly bucket?: boolean;
  readonly certificate?: boolean;
  /** Ids of the stacks, because a name finds no deleted stack. */
  readonly stacks: readonly string[];
}

export interface StepResult {
  readonly step: string;
  readonly seconds: number;
  readonly state: 'passed' | 'FAILED' | 'not asked';
  readonly detail: string;
}

export interface Answer {
  readonly question: string;
  readonly answer: string;
}

export interface RunOptions {
  readonly cloud: Cloud;
  readonly caller: Caller;
  readonly name: string;
  readonly pack: string;
  readonly instanceType: string;
  readonly stateFile: string;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** A step that this cloud cannot run. */
class NotAsked extends Error {}

/** What a step found wrong. */
export class Unexpected extends Error {}

export class Run {
  public readonly steps: StepResult[] = [];
  public readonly answers: Answer[] = [];
  private readonly account: Account;
  private state: RunState;
  private context: Record<string, string> = {};

  public constructor(private readonly options: RunOptions) {
    this.account = options.cloud.account;
    this.state = { name: options.name, region: options.caller.region, stacks: [] };
  }

  /** All steps; the first that fails ends the run. What was created is removed in any case. */
  public async go(): Promise<boolean> {
    try {
      await this.step('pack and certificate', () => this.prepare());
      await this.step('a first deployment whose nodes refuse the pack', () => this.failFirst());
      await this.step('the failed stack is deleted', () => this.deleteFailed());
      await this.step('deployment under the same name', () => this.deploySound());
      await this.step('verify', () => this.verify());
      await this.step('addresses of the well-known members', () => this.watchAddresses());
      await this.step('update of a setting', () => this.update());
      await this.step('verify after the update', () => this.verify());
      await this.step('deletion while the deletion protection is on', () => this.deleteProtected());
      await this.step('deletion', () => this.deleteStack());
    } catch {
      // The step has told it.
    }
    await this.step('what this run created is removed', () => this.removeAll()).catch(() => {});
    return this.steps.every(each => each.state !== 'FAILED');
  }

  private async step(name: string, work: () => Promise<string>): Promise<void> {
    this.options.say(`${name} ...`);
    const began = Date.now();
    const record = (state: StepResult['state'], detail: string): void => {
      const seconds = (Date.now() - began) / 1000;
      this.steps.push({ step: name, seconds, state, detail });
      this.options.say(`${state} after ${seconds.toFixed(0)} s: ${detail}`);
    };
    try {
      record('passed', await work());
    } catch (error) {
      if (error instanceof NotAsked) return record('not asked', error.message);
      record('FAILED', (error as Error).message);
      throw error;
    }
  }

  private async prepare(): Promise<string> {
    const { name, pack, instanceType, caller } = this.options;
    const bucket = name.toLowerCase();
    this.remember({ bucket: true });
    const { key, sha256 } = await this.account.putPack(bucket, pack, caller.region);
    this.remember({ certificate: true });
    const certificateArn = await this.account.putCertificate(name);
    this.context = { name, packs: bucket, pack: key, checksum: sha256, certificateArn, instanceType };
    return `bucket ${bucket} with ${key}, and server certificate ${name}`;
  }

  private async failFirst(): Promise<string> {
    await this.options.cloud.nodesFail(REFUSED_PACK);
    const failed = await this.deploy({ checksum: WRONG_CHECKSUM }).then(() => false, () => true);
    const stack = await this.account.stack(this.options.name);
    if (!failed || !stack) throw new Unexpected('the deployment succeeded although the nodes have to refuse the pack');
    if (stack.StackStatus !== 'ROLLBACK_COMPLETE') throw new Unexpected(`the stack is ${stack.StackStatus}, expected ROLLBACK_COMPLETE`);
    const signals = await this.account.signals(stack.StackId!);
    const telling = signals.find(each => each.status === 'FAILURE' && each.uniqueId.includes(REFUSED_PACK));
    this.answer('Does CloudFormation accept a unique id that is more than the instance id?', telling
      ? `yes: FAILURE signal with UniqueId ${telling.uniqueId}`
      : `no such event; the signals were ${JSON.stringify(signals)}`);
    const cause = telling?.uniqueId ?? signals.find(each => each.status === 'FAILURE')?.uniqueId;
    if (!cause) throw new Unexpected('no event of the stack tells of a node that failed');
    return `the stack was rolled back, and its events name the cause: ${cause}`;
  }

  private async deleteFailed(): Promise<string> {
    const stack = await this.stackId();
    await this.account.deleteStack(stack);
    await this.untilDeleted(stack);
    await this.mustLeaveNothing(stack);
    return 'nothing is left of it';
  }

  private async deploySound(): Promise<string> {
    await this.deploy({});
    const stack = await this.stackId();
    const resources = await this.account.resources(stack);
    const group = physicalId(resources, 'AWS::RDS::DBParameterGroup');
    this.answer('What is require_secure_transport of the parameter group?', await this.account.secureTransport(group));
    const database = physicalId(resources, 'AWS::RDS::DBInstance');
    if (!await this.account.isProtected(database)) throw new Unexpected('the database is not protected from deletion after a successful deployment');
    return `${resources.length} resources, and the database is protected from deletion`;
  }

  private async verify(): Promise<string> {
    const answer = await this.options.cloud.asClient(() => verify({
      stack: this.options.name, region: this.state.region, pathOf: () => undefined, now: new Date(),
    }));
    if ('refusal' in answer) throw new Unexpected(answer.refusal);
    const findings = answer.clusters.flatMap(each => each.findings);
    const doubtful = findings.filter(each => each.state === 'failed' || each.state === 'not answered');
    const bad = doubtful.filter(each => !this.options.cloud.leavesOpen(each.check));
    if (bad.length > 0) throw new Unexpected(bad.map(each => `${each.check} ${each.what} ${each.state}: ${each.detail}`).join('; '));
    const open = [...new Set(doubtful.map(each => each.check))].join(', ');
    return `${findings.length - doubtful.length} checks of carbon-cluster verify have passed${open ? `; the emulator cannot tell: ${open}` : ''}`;
  }

  /** Whether the image's network services leave the address alone that a well-known member keeps. */
  private async watchAddresses(): Promise<string> {
    if (!this.options.cloud.boots) throw new NotAsked('nothing boots in the emulator (npm run rehearse boots the nodes)');
    const resources = await this.account.resources(await this.stackId());
    const group = resources.find(each => each.ResourceType === 'AWS::Logs::LogGroup' && /BootLog/.test(each.LogicalResourceId!))!.PhysicalResourceId!;
    const interfaces = resources.filter(each => each.ResourceType === 'AWS::EC2::NetworkInterface').map(each => each.PhysicalResourceId!);
    const addresses = await Promise.all(interfaces.map(each => this.account.addressOf(each)));
    const told = await this.until(`the nodes told their addresses ${ADDRESS_LINES} times`, ADDRESS_MINUTES, async () => {
      const lines = await this.account.lines(group, ADDRESS_MARK);
      return lines.length >= ADDRESS_LINES * addresses.length ? lines : undefined;
    });
    const lost = told.filter(({ text }) => !addresses.some(each => text.includes(`${each}/`)));
    this.answer('Does a well-known member keep its address for five minutes?', lost.length === 0
      ? `yes: ${addresses.join(' and ')} in all of ${told.length} lines` : `no: ${lost.length} of ${told.length} lines lack it, such as ${lost[0].text}`);
    if (lost.length > 0) throw new Unexpected(`a well-known member lost its address: ${lost[0].text}`);
    return `${addresses.join(' and ')} are there in all of ${told.length} lines`;
  }

  private async update(): Promise<string> {
    const before = (await this.account.signals(await this.stackId())).length;
    await this.deploy({ revision: '2' });
    const signals = (await this.account.signals(await this.stackId())).length - before;
    if (signals < 2) throw new Unexpected(`the update of a JVM setting brought ${signals} signals, expected one of each of two new nodes`);
    return `${signals} new nodes signalled that they are in service`;
  }

  private async deleteProtected(): Promise<string> {
    const stack = await this.stackId();
    await this.account.deleteStack(stack);
    const status = await this.until('the deletion ended', DELETION_MINUTES, async () => {
      const { StackStatus } = (await this.account.stack(stack))!;
      return StackStatus === 'DELETE_IN_PROGRESS' ? undefined : StackStatus;
    });
    if (status !== 'DELETE_FAILED') throw new Unexpected(`the stack is ${status}, expected DELETE_FAILED`);
    const gone = (await this.account.resources(stack)).filter(each => each.ResourceStatus === GONE && LOST.includes(each.ResourceType!));
    if (gone.length > 0) throw new Unexpected(`the refused deletion took ${gone.map(each => each.LogicalResourceId).join(', ')} with it`);
    return 'refused, and the nodes and the database are still there';
  }

  private async deleteStack(): Promise<string> {
    const stack = await this.stackId();
    await this.account.unprotect(await this.account.resources(stack));
    await this.account.deleteStack(stack);
    await this.untilDeleted(stack);
    await this.mustLeaveNothing(stack);
    return 'nothing is left of it';
  }

  /** Also what an earlier step did not get to. It touches nothing but what the state names. */
  public async removeAll(): Promise<string> {
    for (const stack of this.state.stacks) {
      const status = (await this.account.stack(stack))?.StackStatus;
      if (status === undefined || status === GONE) continue;
      await this.untilSettled(stack);
      await this.account.unprotect(await this.account.resources(stack));
      await this.account.deleteStack(stack);
      await this.untilDeleted(stack);
      await this.account.removeDatabaseLogs(stack);
    }
    if (this.state.certificate) await this.ifThere(() => this.account.removeCertificate(this.state.name));
    if (this.state.bucket) await this.ifThere(() => this.account.removeBucket(this.state.name.toLowerCase()));
    fs.rmSync(this.options.stateFile, { force: true });
    return `${this.state.stacks.length} stacks, the certificate and the bucket`;
  }

  /** What an interrupted run left. */
  public resume(state: RunState): void {
    this.state = state;
  }

  private async ifThere(remove: () => Promise<void>): Promise<void> {
    await remove().catch(error => {
      if (!['NoSuchEntity', 'NoSuchEntityException', 'NoSuchBucket'].includes((error as Error).name)) throw error;
    });
  }

  private async deploy(context: Readonly<Record<string, string>>): Promise<void> {
    const { cloud, signal, name } = this.options;
    try {
      await deploy({
        app: APP, env: cloud.env, workFolder: cloud.workFolder, atHome: cloud.atHome, signal, context: { ...this.context, ...context },
        onLine: line => { if (/_FAILED|_COMPLETE +\| AWS::CloudFormation::Stack/.test(line)) this.options.say(`  ${line.trimEnd()}`); },
      });
    } finally {
      const id = (await this.account.stack(name))?.StackId;
      if (id && !this.state.stacks.includes(id)) this.remember({ stacks: [...this.state.stacks, id] });
    }
  }

  private async stackId(): Promise<string> {
    const stack = await this.account.stack(this.options.name);
    if (!stack) throw new Unexpected(`there is no stack ${this.options.name}`);
    return stack.StackId!;
  }

  private async mustLeaveNothing(stack: string): Promise<void> {
    const left = await this.account.left(stack);
    if (left.length > 0) throw new Unexpected(`the deleted stack left ${left.join(', ')}`);
    const logs = await this.account.removeDatabaseLogs(stack);
    if (logs.length > 0) this.answer('Which log groups did RDS leave?', `${logs.join(', ')}; this run removed them`);
  }

  private async untilDeleted(stack: string): Promise<void> {
    const status = await this.untilSettled(stack);
    if (status === GONE) return;
    const failed = (await this.account.resources(stack)).filter(each => each.ResourceStatus === 'DELETE_FAILED');
    throw new Unexpected(`the stack is ${status}: ${failed.map(each => `${each.LogicalResourceId} ${each.ResourceStatusReason}`).join('; ')}`);
  }

  private async untilSettled(stack: string): Promise<string> {
    return this.until('the stack settled', DELETION_MINUTES, async () => {
      const status = (await this.account.stack(stack))?.StackStatus ?? GONE;
      return /_IN_PROGRESS$/.test(status) ? undefined : status;
    });
  }

  private async until<T>(what: string, minutes: number, ask: () => Promise<T | undefined>): Promise<T> {
    const end = Date.now() + minutes * 60_000;
    for (;;) {
      const answer = await ask();
      if (answer !== undefined) return answer;
      if (Date.now() > end) throw new Unexpected(`${minutes} minutes passed before ${what}`);
      await new Promise(resolve => setTimeout(resolve, this.options.cloud.boots ? POLL_MS : POLL_MS / 10));
    }
  }

  private answer(question: string, answer: string): void {
    this.answers.push({ question, answer });
    this.options.say(`  ${question} ${answer}`);
  }

  private remember(more: Partial<RunState>): void {
    this.state = { ...this.state, ...more };
    fs.mkdirSync(path.dirname(this.options.stateFile), { recursive: true });
    fs.writeFileSync(this.options.stateFile, `${JSON.stringify(this.state, undefined, 2)}\n`);
  }
}

/** What a refused deletion must not have touched. */
const LOST = ['AWS::AutoScaling::AutoScalingGroup', 'AWS::RDS::DBInstance', 'AWS::ElasticLoadBalancingV2::LoadBalancer'];

function physicalId(resources: readonly StackResourceSummary[], type: string): string {
  const found = resources.find(each => each.ResourceType === type);
  if (!found) throw new Unexpected(`the stack has no ${type}`);
  return found.PhysicalResourceId!;
}
