/**
 * The function that prepares the databases, run as Lambda would run it: the very bundle, at an address in the VPC with the security groups of the
 * function, with the credentials of its role, which the deployed policies judge, and the request of the deployed custom resource.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { Emulator, FunctionCall } from '../emulator/emulator';
import { PREPARATION, PROJECT } from '../places';
import { Json } from './cluster-document';

const POLL_MILLISECONDS = 100;

/** A command of the machine room. */
type Command = (command: string, options: Json) => Promise<Json>;

export class PreparationRunner {
  private readonly modules = sdkFolder();
  private stopped = false;
  private attending?: Promise<void>;

  public constructor(private readonly emulator: Emulator, private readonly command: Command) {}

  /** What the deployment has not run. @returns the reasons of those that failed */
  public async runWaiting(): Promise<string[]> {
    const answers = [];
    for (const each of await this.emulator.functionCalls()) answers.push(await this.answer(each));
    return answers.filter(each => each.Status !== 'SUCCESS').map(each => String(each.Reason));
  }

  /** Runs whatever CloudFormation asks for from now on, while it waits. */
  public async attend(): Promise<void> {
    await this.emulator.attendFunctions();
    this.attending = (async () => {
      while (!this.stopped) {
        for (const each of await this.emulator.functionCalls().catch(() => [])) await this.answer(each);
        await new Promise(resolve => setTimeout(resolve, POLL_MILLISECONDS));
      }
    })();
  }

  public async stop(): Promise<void> {
    this.stopped = true;
    await this.attending;
  }

  /** A function of the cluster, called by hand with the settings that are deployed. */
  public async invoke(call: FunctionCall, event: unknown): Promise<Json> {
    return this.command('call-function', await this.request(call, event));
  }

  private async answer(call: FunctionCall): Promise<Json> {
    const answer = await this.invoke(call, { RequestId: call.id, ...call.event })
      .catch((problem: Error): Json => ({ Status: 'FAILED', Reason: problem.message }));
    await this.emulator.answerFunction(call.id, answer);
    return answer;
  }

  private async request(call: FunctionCall, event: unknown): Promise<Json> {
    const { url: endpoint, region } = this.emulator;
    const sts = new STSClient({ endpoint, region, credentials: { accessKeyId: 'testing', secretAccessKey: 'testing' } });
    const { Credentials: own } = await sts.send(new AssumeRoleCommand({ RoleArn: call.role, RoleSessionName: call.function.slice(-64) }));
    return {
      securityGroups: call.network.SecurityGroupIds,
      subnet: call.network.SubnetIds[0],
      code: PREPARATION,
      handler: call.handler.split('.').pop(),
      event,
      seconds: call.seconds,
      modules: this.modules,
      environment: {
        ...call.environment, AWS_REGION: region, AWS_LAMBDA_FUNCTION_NAME: call.function,
        AWS_ACCESS_KEY_ID: own!.AccessKeyId, AWS_SECRET_ACCESS_KEY: own!.SecretAccessKey, AWS_SESSION_TOKEN: own!.SessionToken,
      },
    };
  }
}

/** Lambda has the AWS SDK. @throws if there is none here */
function sdkFolder(): string {
  const wanted = ['client-ec2', 'client-s3', 'client-secrets-manager'];
  for (let folder = PROJECT; ; folder = path.dirname(folder)) {
    const modules = path.join(folder, 'node_modules');
    if (wanted.every(each => fs.existsSync(path.join(modules, '@aws-sdk', each)))) return modules;
    if (folder === path.dirname(folder)) break;
  }
  throw new Error('the function that prepares the databases needs the AWS SDK, which Lambda has: '
    + `npm install --save-dev ${wanted.map(each => `@aws-sdk/${each}`).join(' ')}`);
}
