import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { LOCAL_FOLDER, PROJECT } from '../places';
import { EmulatorError, run } from './processes';

const CDK = path.join(PROJECT, 'node_modules', 'aws-cdk', 'bin', 'cdk');
const TSX = path.join(PROJECT, 'node_modules', 'tsx', 'dist', 'cli.mjs');

/** An app outside this repository. */
export interface OwnApp {
  /** What `app` of its cdk.json says: a command for a shell, or a folder with a cloud assembly. */
  readonly command: string;
  /** The folder that the command runs in, with cdk.json. */
  readonly folder: string;
  /** The program of the CDK's command line that belongs to it. */
  readonly cdk: string;
}

/** What every call of the CDK's command line needs. */
export interface CdkOptions {
  /** The TypeScript file of the app, absolute or below the project, or one from elsewhere. @default - only what all apps here share */
  readonly app?: string | OwnApp;
  /** The environment that points it at the emulator: `Emulator.environment()`. */
  readonly env: NodeJS.ProcessEnv;
  /** A folder of the caller's that everything the call writes goes to. */
  readonly workFolder: string;
  /** Is told what it says, line by line. */
  readonly onLine?: (line: string) => void;
  /** Ends it early. */
  readonly signal?: AbortSignal;
  /** Run with the caller's own home folder, because the settings of an AWS account are in it. @default false */
  readonly atHome?: boolean;
}

/** What to deploy. */
export interface DeployOptions extends CdkOptions {
  readonly app: string | OwnApp;
  /** @default - none */
  readonly context?: Readonly<Record<string, string>>;
  /** The folder of a cloud assembly, which is deployed as it is. @default - the app makes one */
  readonly assembly?: string;
}

/** What was deployed. */
export interface Deployment {
  /** The outputs by stack and name. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The cloud assembly: templates and assets. */
  readonly assembly: string;
}

/** Makes what the CDK needs in an account before anything can be deployed there. */
export async function bootstrap(options: CdkOptions & { readonly account: string; readonly region: string }): Promise<void> {
  await cdk(['bootstrap', `aws://${options.account}/${options.region}`], options, 'cdk bootstrap');
}

/** Makes the cloud assembly of an app with the real `cdk synth`, and returns its folder. Needs nothing of a bootstrapped account. */
export async function synth(options: DeployOptions): Promise<string> {
  const assembly = path.join(options.workFolder, 'cdk.synth');
  await cdk(['synth', '--quiet', '--app', appCommand(options.app), '--output', assembly, ...contextArguments(options)], options, 'cdk synth');
  return assembly;
}

/** Deploys every stack of an app with the real `cdk deploy`. */
export async function deploy(options: DeployOptions): Promise<Deployment> {
  const assembly = options.assembly ?? path.join(options.workFolder, 'cdk.out');
  const outputs = path.join(options.workFolder, 'outputs.json');
  await cdk([
    'deploy', '--all', '--app', options.assembly ?? appCommand(options.app), '--method', 'direct', '--require-approval', 'never', '--progress', 'events',
    ...options.assembly ? [] : ['--output', assembly, ...contextArguments(options)], '--outputs-file', outputs,
  ], options, 'cdk deploy');
  return { outputs: JSON.parse(fs.readFileSync(outputs, 'utf8')), assembly };
}

/** Removes every stack of an app with the real `cdk destroy`. */
export async function destroy(options: DeployOptions): Promise<void> {
  const assembly = path.join(options.workFolder, 'cdk.out');
  await cdk(['destroy', '--all', '--force', '--app', appCommand(options.app), '--output', assembly, ...contextArguments(options)], options, 'cdk destroy');
}

function contextArguments({ context = {} }: DeployOptions): string[] {
  return Object.entries(context).flatMap(([key, value]) => ['--context', `${key}=${value}`]);
}

/** The CLI gives this text to a shell, but would take away quotes that enclose the whole of it. */
function appCommand(app: string | OwnApp): string {
  if (typeof app !== 'string') {
    return ownAppCommand(app);
  }
  return `exec ${[process.execPath, TSX, path.resolve(PROJECT, app)].map(quoted).join(' ')}`;
}

/** The app runs where it always does, and at home: its tools have their caches and settings there. */
function ownAppCommand({ command, folder }: OwnApp): string {
  const assembly = path.resolve(folder, command);
  if (fs.statSync(assembly, { throwIfNoEntry: false })?.isDirectory()) {
    return assembly;
  }
  return `export HOME=${quoted(os.homedir())}; cd ${quoted(folder)} && ${command}`;
}

function quoted(text: string): string {
  return `'${text.replace(/'/g, "'\\''")}'`;
}

async function cdk(args: readonly string[], options: CdkOptions, name: string): Promise<void> {
  const own = typeof options.app === 'object' ? options.app : undefined;
  prepare(options.workFolder, own?.folder ?? PROJECT);
  const env = options.atHome ? options.env : { ...options.env, ...ownFolders(options.workFolder) };
  const { code, lines } = await run(process.execPath, [own?.cdk ?? CDK, ...args, '--no-notices', '--no-color', '--ci'], {
    cwd: options.workFolder, env, onLine: options.onLine, signal: options.signal,
  });
  if (code !== 0) {
    throw new EmulatorError(`${name} failed with exit code ${code}: ${reasonIn(lines)}`);
  }
}

/** The CLI keeps caches at home and the app may write temporary files: nothing of it may leave the project. */
function ownFolders(workFolder: string): Record<string, string> {
  const home = path.join(workFolder, 'home');
  const temporary = path.join(workFolder, 'tmp');
  fs.mkdirSync(home, { recursive: true });
  fs.mkdirSync(temporary, { recursive: true });
  shareCompiled(temporary);
  return { HOME: home, TMPDIR: temporary, CDK_HOME: path.join(home, '.cdk') };
}

/** tsx looks for what it has compiled before in the temporary folder: one for all runs saves a second or two in each. */
function shareCompiled(temporary: string): void {
  const name = `tsx-${process.geteuid?.() ?? os.userInfo().username}`;
  const shared = path.join(LOCAL_FOLDER, name);
  fs.mkdirSync(shared, { recursive: true });
  if (!fs.existsSync(path.join(temporary, name))) {
    fs.symlinkSync(shared, path.join(temporary, name), 'dir');
  }
}

/** The work folder is the CLI's current folder, so the app's context (feature flags, results of lookups) has to be there too. */
function prepare(workFolder: string, appFolder: string): void {
  fs.mkdirSync(workFolder, { recursive: true });
  const settings = path.join(appFolder, 'cdk.json');
  if (fs.existsSync(settings)) {
    const { context } = JSON.parse(fs.readFileSync(settings, 'utf8'));
    fs.writeFileSync(path.join(workFolder, 'cdk.json'), JSON.stringify({ context }));
  }
  const lookups = path.join(appFolder, 'cdk.context.json');
  if (fs.existsSync(lookups)) {
    fs.copyFileSync(lookups, path.join(workFolder, 'cdk.context.json'));
  }
}

/** What tells most, best first: a failed resource, what the CLI or the app calls the error. */
const REASONS = [
  /\| \w+_FAILED +\| ((?!AWS::CloudFormation::Stack)\S+ +\| .*)/,
  /^‣ (?:\w+: )?(.*)/,
  /^\w*Error: (.*)/,
];

function reasonIn(lines: readonly string[]): string {
  const said = lines.map(line => line.trim()).filter(line => line !== '');
  for (const pattern of REASONS) {
    const found = said.map(line => pattern.exec(line)?.[1]).find(text => text !== undefined);
    if (found !== undefined) {
      return found.replace(/ +\| /g, ' ');
    }
  }
  return said[said.length - 1] ?? 'it said nothing';
}
