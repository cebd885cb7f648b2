import { ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as path from 'node:path';
import { EMULATOR, LOCAL_FOLDER, makeLocalFolder } from '../places';
import { EmulatorError, hasEnded, startGroup, stopGroup } from './processes';
import { findPython, Python, quiet, without } from './python';

export { LOCAL_FOLDER, PROJECT } from '../places';

const ATTEMPTS = 3;
const READY_TIMEOUT_MS = 60_000;
const POLL_MS = 50;

/** Variables of a real account, or of somebody's habits, that must not reach a client of the emulator. */
const FOREIGN = new RegExp(`^(${[
  'AWS_(DEFAULT_)?PROFILE', 'AWS_(SESSION|SECURITY)_TOKEN', 'AWS_CREDENTIAL_EXPIRATION', 'AWS_ROLE_.*', 'AWS_WEB_IDENTITY_.*',
  'AWS_CONTAINER_.*', 'AWS_ENDPOINT_URL.*', 'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS', 'AWS_USE_.*', 'AWS_CA_BUNDLE', 'CDK_DEFAULT_.*',
].join('|')})$`);

/** How to start an emulator. */
export interface EmulatorOptions {
  /** @default '127.0.0.1' */
  readonly host?: string;
  /** @default - a free one */
  readonly port?: number;
  /**
   * How many API calls are served before policies are enforced.
   *
   * @default - all, until `enforceIam()`
   */
  readonly noAuthActionCount?: number;
  /** Judge every call of a role or a user by the deployed policies, their conditions included. @default false */
  readonly judge?: boolean;
  /** Load balancers drain, and hooks end unanswered, so many times faster. @default 1 */
  readonly speed?: number;
  /**
   * Nodes that nobody boots signal by a clock of their own, and creation policies wait for them.
   *
   * @default - creation policies never wait
   */
  readonly signals?: SimulatedSignals;
  /**
   * Leave the server running when this process ends.
   *
   * @default false
   */
  readonly outlive?: boolean;
  /** Where the server writes its log. @default - a file in the local folder */
  readonly logFile?: string;
  /** Is told what takes long. */
  readonly onProgress?: (line: string) => void;
  /** Gives up starting. */
  readonly signal?: AbortSignal;
}

/** A call of a function that CloudFormation makes. */
export interface FunctionCall {
  readonly id: string;
  readonly function: string;
  /** ARN. */
  readonly role: string;
  readonly environment: Readonly<Record<string, string>>;
  /** `index.handler` */
  readonly handler: string;
  readonly network: { readonly SubnetIds: readonly string[]; readonly SecurityGroupIds: readonly string[] };
  readonly seconds: number;
  readonly event: Readonly<Record<string, unknown>> & { readonly LogicalResourceId: string; readonly ResourceProperties: Record<string, unknown> };
}

/** How long the boot of every simulated node takes. */
export interface SimulatedSignals {
  /** Until it starts its server. */
  readonly bootSeconds: number;
  /** Until its server has started and joined. */
  readonly startSeconds: number;
  /** The servers of a group start one after the other. @default false */
  readonly queued?: boolean;
}

/** A running AWS emulator: moto's server with the extension of this folder. */
export class Emulator {
  /**
   * Starts one and returns when it answers.
   *
   * Uses an installed moto of a known version, or installs one into a virtual environment of this project.
   */
  public static async start(options: EmulatorOptions = {}): Promise<Emulator> {
    makeLocalFolder();
    const python = await findPython({ localFolder: LOCAL_FOLDER, onProgress: options.onProgress ?? (() => {}), signal: options.signal });
    for (let attempt = 1; ; attempt++) {
      const emulator = await Emulator.launch(python, options);
      try {
        await emulator.waitUntilReady(options.signal);
        return emulator;
      } catch (error) {
        await emulator.stop();
        // Somebody else may have taken the port since it was found free.
        if (attempt === ATTEMPTS || options.port !== undefined || options.signal?.aborted) {
          throw error;
        }
      }
    }
  }

  private static async launch(python: Python, options: EmulatorOptions): Promise<Emulator> {
    const host = options.host ?? '127.0.0.1';
    const port = options.port ?? await findFreePort(host);
    const logFile = options.logFile ?? path.join(LOCAL_FOLDER, `emulator-${port}.log`);
    const log = fs.openSync(logFile, 'w');
    const args = [path.join(EMULATOR, 'server.py'), '--host', host, '--port', String(port)];
    const child = startGroup(python.command, [
      ...args,
      ...options.noAuthActionCount === undefined ? [] : ['--no-auth-actions', String(options.noAuthActionCount)],
      ...options.judge ? ['--judge'] : [],
      ...options.speed === undefined ? [] : ['--speed', String(options.speed)],
      ...options.signals === undefined ? [] : simulation(options.signals),
      ...options.outlive ? [] : ['--tied'],
    ], { cwd: path.dirname(logFile), env: quiet(without(process.env, python.unset)), stdio: [options.outlive ? 'ignore' : 'pipe', log, log] });
    fs.closeSync(log);
    return new Emulator(child, host, port, logFile, python);
  }

  /** The account that everything is in. */
  public readonly account = '123456789012';
  /** The region to use: moto itself knows some things only there. */
  public readonly region = 'us-east-1';
  /** Where clients find it. */
  public readonly url: string;

  private constructor(private readonly child: ChildProcess, public readonly host: string, public readonly port: number,
    /** The server's log. */
    public readonly logFile: string,
    /** What runs it. */
    public readonly python: Python) {
    this.url = `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`;
    child.on('error', () => {}); // seen as an exit by whoever waits
  }

  /** The process id of the server, which leads a process group of its own. */
  public get pid(): number {
    return this.child.pid!;
  }

  /** The variables that point a client here. */
  public variables(): Record<string, string> {
    return {
      AWS_ACCESS_KEY_ID: 'testing',
      AWS_SECRET_ACCESS_KEY: 'testing',
      AWS_REGION: this.region,
      AWS_DEFAULT_REGION: this.region,
      AWS_ENDPOINT_URL: this.url,
      // moto takes the first label of a template's address for a bucket unless the address has the form of AWS.
      AWS_ENDPOINT_URL_S3_FOR_CLOUDFORMATION: 'https://s3.amazonaws.com',
      AWS_EC2_METADATA_DISABLED: 'true',
      // Nobody's profile may add an endpoint, a role or a region.
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    };
  }

  /** The whole environment for a client process. */
  public environment(base: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
    const kept = Object.fromEntries(Object.entries(base).filter(([name]) => !FOREIGN.test(name)));
    const noProxy = [base.NO_PROXY ?? base.no_proxy, new URL(this.url).hostname].filter(Boolean).join(',');
    return {
      CDK_VALIDATION: 'false',
      ...kept,
      ...this.variables(),
      NO_PROXY: noProxy,
      no_proxy: noProxy,
      CDK_DISABLE_CLI_TELEMETRY: 'true',
      CDK_DISABLE_VERSION_CHECK: '1',
      NODE_NO_WARNINGS: '1',
    };
  }

  /** From now on every call needs a right key and a policy that allows it. Conditions of policies are not looked at. */
  public async enforceIam(): Promise<void> {
    await this.setFreeActions('0');
  }

  /** Serves every call again. */
  public async relaxIam(): Promise<void> {
    await this.setFreeActions('inf');
  }

  private async setFreeActions(count: string): Promise<void> {
    const answer = await fetch(`${this.url}/moto-api/reset-auth`, { method: 'POST', headers: { 'Content-Type': 'text/plain' }, body: count });
    if (!answer.ok) {
      throw new EmulatorError(`the emulator did not change its enforcement of policies: HTTP ${answer.status}`);
    }
  }

  /** Lets the next creation of a resource in any stack fail, once; the resource exists by then if `made`. */
  public async failCreation(logicalId: string, reason: string, made = false): Promise<void> {
    await this.order({ logicalId, reason, made });
  }

  private async order(fault: Readonly<Record<string, unknown>>): Promise<void> {
    const body = JSON.stringify(fault);
    const answer = await fetch(`${this.url}/moto-api/creation-fault`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
    if (!answer.ok) {
      throw new EmulatorError(`the emulator did not take the failure of ${fault.logicalId}: HTTP ${answer.status}`);
    }
  }

  /** Calls of functions in a VPC that nobody has run, see carbon_emulator/vpc_functions.py. */
  public async functionCalls(): Promise<FunctionCall[]> {
    return (await (await fetch(`${this.url}/moto-api/vpc-functions`)).json()) as FunctionCall[];
  }

  /** From now on functions in a VPC are waited for: somebody answers their calls. */
  public async attendFunctions(): Promise<void> {
    await this.tellFunctions({ attended: true });
  }

  public async answerFunction(id: string, answer: unknown): Promise<void> {
    await this.tellFunctions({ id, answer });
  }

  private async tellFunctions(body: unknown): Promise<void> {
    const headers = { 'Content-Type': 'application/json' };
    const answer = await fetch(`${this.url}/moto-api/vpc-functions`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new EmulatorError(`the emulator did not take the answer of a function: HTTP ${answer.status}`);
  }

  /** Lets a node of the next group that is created signal a failure, once. `code` is what follows the instance id in the signal's unique id. */
  public async failBoot(code: string): Promise<void> {
    await this.order({ logicalId: '*AutoScalingGroup*', reason: code, phase: code });
  }

  /** Lets it run on when this process ends; needs the option `outlive`. */
  public detach(): void {
    this.child.unref();
  }

  /** Ends it. */
  public async stop(): Promise<void> {
    await stopGroup(this.child);
  }

  private async waitUntilReady(signal?: AbortSignal): Promise<void> {
    const deadline = Date.now() + READY_TIMEOUT_MS;
    while (Date.now() < deadline) {
      signal?.throwIfAborted();
      if (hasEnded(this.child) || this.child.pid === undefined) {
        throw new EmulatorError(`the emulator ended at once: ${lastLine(this.logFile)} (log: ${this.logFile})`);
      }
      if (await this.answers()) {
        return;
      }
      await new Promise(resolve => setTimeout(resolve, POLL_MS));
    }
    throw new EmulatorError(`the emulator did not answer within ${READY_TIMEOUT_MS / 1000} s (log: ${this.logFile})`);
  }

  private async answers(): Promise<boolean> {
    try {
      const answer = await fetch(`${this.url}/moto-api/data.json`);
      await answer.arrayBuffer();
      return answer.ok;
    } catch {
      return false;
    }
  }
}

function simulation({ bootSeconds, startSeconds, queued }: SimulatedSignals): string[] {
  return ['--signals', 'simulated', '--boot', String(bootSeconds), '--start', String(startSeconds), ...queued ? ['--queued-starts'] : []];
}

function lastLine(file: string): string {
  const lines = fs.readFileSync(file, 'utf8').split('\n').filter(line => line.trim() !== '');
  return lines.pop() ?? 'it said nothing';
}

async function findFreePort(host: string): Promise<number> {
  const probe = net.createServer();
  await new Promise<void>((resolve, reject) => probe.once('error', reject).listen(0, host, resolve));
  const { port } = probe.address() as net.AddressInfo;
  await new Promise(resolve => probe.close(resolve));
  return port;
}
