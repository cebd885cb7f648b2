#!/usr/bin/env -S npx tsx
/**
 * `npm run integration`: deploys the smallest cluster into an AWS account under a name of its own, makes a boot fail on purpose, verifies,
 * updates, removes everything, and prints what AWS answered. With `--emulator` the same steps run against the local emulator.
 *
 * Exit codes: 0 every step passed; 1 a step failed; 2 the command cannot begin (credentials, region, bootstrap, no consent); 130 interrupted.
 */
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as readline from 'node:readline/promises';
import { Command } from 'commander';
import { Caller } from './account';
import { awsCloud, Cloud, emulatedCloud } from './cloud';
import { HOST_NAME, PRODUCT_VERSION, RUN_TAG } from './names';
import { Run, RunState } from './run';
import { Emulator, LOCAL_FOLDER } from '../emulator/emulator';
import { packFor } from '../rehearsal/pack';

const EXIT = { PASSED: 0, FAILED: 1, CANNOT_BEGIN: 2, INTERRUPTED: 130 };
const STATES = path.join(LOCAL_FOLDER, 'integration');
const PACK = `wso2am-${PRODUCT_VERSION}.zip`;

interface Flags {
  readonly emulator?: boolean;
  readonly region?: string;
  readonly profile?: string;
  readonly pack?: string;
  readonly instanceType: string;
  readonly yes?: boolean;
  readonly clean?: string;
  readonly json?: boolean;
}

class CannotBegin extends Error {}

const ABOUT = `
What it does: a first deployment whose nodes refuse their pack, which must be rolled back and leave nothing; a deployment under the same
name; carbon-cluster verify; five minutes of looking at the addresses of the well-known members; an update of a JVM setting; a deletion
that the deletion protection must refuse; a deletion that must leave nothing. On AWS it takes about two hours.

Without --pack it builds the stand-in of the rehearsal, which takes the place of the product.

Exit codes:
  0    every step passed
  1    a step failed; what the run created is removed all the same
  2    the command cannot begin
  130  interrupted; the last lines name the command that removes what is left

Examples:
  npm run integration -- --region eu-central-1
  npm run integration -- --emulator
  npm run integration -- --clean CarbonIntegration-0a1b2c3d --region eu-central-1
`;

function consentText(caller: Caller, name: string, flags: Flags): string {
  return `
This creates resources that cost money, in account ${caller.account}, region ${caller.region}, as ${caller.arn}:
  stack ${name}, twice: a VPC with a NAT gateway, 2 instances ${flags.instanceType} with 30 GiB each, an RDS instance db.t4g.micro with
  20 GiB, an application load balancer, secrets, a KMS key, alarms, log groups, functions
  bucket ${name.toLowerCase()} with a product pack, and the IAM server certificate ${name}
Assets go to the bucket of cdk bootstrap and stay there (cdk gc removes them). Nothing else is touched: the run knows what it created by name,
by the tag ${RUN_TAG} and by the stacks' ids. It takes about two hours; at the end everything is removed, also after a failure.
`;
}

async function cloudFor(flags: Flags, workFolder: string): Promise<{ readonly cloud: Cloud; readonly emulator?: Emulator }> {
  if (!flags.emulator) return { cloud: awsCloud({ region: flags.region, profile: flags.profile, workFolder }) };
  const emulator = await Emulator.start({ logFile: path.join(workFolder, 'emulator.log'), speed: 60, signals: { bootSeconds: 180, startSeconds: 90 }, onProgress: say });
  try {
    return { emulator, cloud: await emulatedCloud(emulator, workFolder) };
  } catch (error) {
    await emulator.stop();
    throw error;
  }
}

async function callerOf(cloud: Cloud): Promise<Caller> {
  const caller = await cloud.account.caller().catch(error => {
    throw new CannotBegin(`AWS gave no answer to the question who the caller is: ${(error as Error).message}. Set AWS_PROFILE or --profile, and --region`);
  });
  if (!await cloud.account.isBootstrapped()) {
    throw new CannotBegin(`the account is not bootstrapped: run npx cdk bootstrap aws://${caller.account}/${caller.region} first`);
  }
  return caller;
}

async function consent(caller: Caller, name: string, flags: Flags): Promise<void> {
  if (flags.emulator) return;
  process.stderr.write(consentText(caller, name, flags));
  if (flags.yes) return;
  if (!process.stdin.isTTY) throw new CannotBegin('nobody can be asked for consent without a terminal: add --yes');
  const terminal = readline.createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`Type ${caller.account} to begin: `);
  terminal.close();
  if (answer.trim() !== caller.account) throw new CannotBegin('nothing was created, because the answer was not the number of the account');
}

async function integration(flags: Flags, signal: AbortSignal): Promise<number> {
  fs.mkdirSync(LOCAL_FOLDER, { recursive: true });
  const workFolder = fs.mkdtempSync(path.join(LOCAL_FOLDER, 'integration-'));
  let emulator: Emulator | undefined;
  try {
    const made = await cloudFor(flags, workFolder);
    emulator = made.emulator;
    const caller = await callerOf(made.cloud);
    return await (flags.clean ? clean(made.cloud, caller, flags, signal) : test(made.cloud, caller, flags, signal));
  } finally {
    await emulator?.stop();
    fs.rmSync(workFolder, { recursive: true, force: true });
  }
}

async function test(cloud: Cloud, caller: Caller, flags: Flags, signal: AbortSignal): Promise<number> {
  const name = `CarbonIntegration-${randomBytes(4).toString('hex')}`;
  await consent(caller, name, flags);
  const run = newRun(cloud, caller, flags, name, signal);
  const passed = await run.go();
  print(run, caller, flags);
  if (signal.aborted) return EXIT.INTERRUPTED;
  return passed ? EXIT.PASSED : EXIT.FAILED;
}

async function clean(cloud: Cloud, caller: Caller, flags: Flags, signal: AbortSignal): Promise<number> {
  const name = flags.clean!;
  if (!fs.existsSync(stateFile(name))) throw new CannotBegin(`there is no record of a run ${name} in ${path.relative(process.cwd(), STATES)}`);
  const run = newRun(cloud, caller, flags, name, signal);
  run.resume(JSON.parse(fs.readFileSync(stateFile(name), 'utf8')) as RunState);
  say(`removed ${await run.removeAll()}`);
  return EXIT.PASSED;
}

function newRun(cloud: Cloud, caller: Caller, flags: Flags, name: string, signal: AbortSignal): Run {
  // In the emulator no node reads the pack.
  const pack = (): string => flags.emulator ? emptyPack(cloud.workFolder) : packFor({ bucket: name, key: PACK }, [], undefined, say).file;
  return new Run({
    cloud, caller, name, signal, say, pack: flags.pack ?? (flags.clean ? '' : pack()), instanceType: flags.instanceType, stateFile: stateFile(name),
  });
}

function emptyPack(folder: string): string {
  const file = path.join(folder, PACK);
  fs.writeFileSync(file, '');
  return file;
}

function stateFile(name: string): string {
  return path.join(STATES, `${name}.json`);
}

function print(run: Run, caller: Caller, flags: Flags): void {
  if (flags.json) {
    process.stdout.write(`${JSON.stringify({ region: caller.region, emulator: flags.emulator === true, steps: run.steps, answers: run.answers }, undefined, 2)}\n`);
    return;
  }
  const rows = run.steps.map(({ step, seconds, state, detail }) => `  ${state.padEnd(9)}  ${seconds.toFixed(0).padStart(5)} s  ${step}: ${detail}`);
  const answers = run.answers.map(({ question, answer }) => `  ${question}\n    ${answer}`);
  process.stdout.write(['', `Steps (${HOST_NAME}, ${caller.region})`, ...rows, '', `What ${flags.emulator ? 'the emulator' : 'AWS'} answered`, ...answers, ''].join('\n'));
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function main(): Promise<void> {
  const abort = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => interrupt(abort));
  const program = new Command('integration')
    .description('Deploys, breaks, verifies, updates and removes the smallest cluster in an AWS account, or in the local emulator.')
    .option('--emulator', 'run against the local emulator, which costs nothing')
    .option('--region <region>', 'region (default: that of your AWS settings)')
    .option('--profile <name>', 'profile of your AWS settings')
    .option('--pack <file>', `pack of WSO2 API Manager ${PRODUCT_VERSION} with a JDBC driver in it (default: the stand-in of the rehearsal)`)
    .option('--instance-type <type>', 'instance type of the nodes', 't3.medium')
    .option('--yes', 'do not ask for consent')
    .option('--clean <name>', 'only remove what an interrupted run of this name left')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', ABOUT)
    .action(async (flags: Flags) => { process.exitCode = await integration(flags, abort.signal); });
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = explain(error, abort.signal);
  }
}

/** The first interruption ends the steps, and what exists is removed. A second one does not wait for that. */
function interrupt(abort: AbortController): void {
  if (abort.signal.aborted) {
    const names = fs.existsSync(STATES) ? fs.readdirSync(STATES).map(each => path.basename(each, '.json')) : [];
    say(`Interrupted again, so resources may be left. These commands remove them:\n${names.map(each => `  npm run integration -- --clean ${each}`).join('\n')}`);
    process.exit(EXIT.INTERRUPTED);
  }
  say('Interrupted: what this run created is removed now. A second Ctrl-C leaves it there.');
  abort.abort();
}

function explain(error: unknown, signal: AbortSignal): number {
  if (error instanceof CannotBegin) {
    say(error.message);
    return EXIT.CANNOT_BEGIN;
  }
  say((error as Error).stack ?? String(error));
  return signal.aborted ? EXIT.INTERRUPTED : EXIT.FAILED;
}

void main();
