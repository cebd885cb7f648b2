/** The two clouds that the integration test runs in: an AWS account, and the emulator, where the same steps are run in minutes and for nothing. */
import { bootstrap } from '../emulator/cdk';
import { Emulator } from '../emulator/emulator';
import { Account } from './account';

export interface Cloud {
  readonly account: Account;
  /** Environment of the CDK's command line. */
  readonly env: NodeJS.ProcessEnv;
  /** The CDK's command line reads the settings of the caller's home folder. */
  readonly atHome: boolean;
  readonly workFolder: string;
  /** Instances boot there. */
  readonly boots: boolean;
  /** A node of the next deployment fails, and its signal's unique id has this text after the instance id. */
  nodesFail(code: string): Promise<void>;
  /** Runs a client of this process against this cloud. */
  asClient<T>(work: () => Promise<T>): Promise<T>;
  /** Whether this cloud cannot answer a check of `carbon-cluster verify`. */
  leavesOpen(check: string): boolean;
}

export interface AwsOptions {
  readonly region?: string;
  readonly profile?: string;
  readonly workFolder: string;
}

/** The caller's account. Its nodes really boot, so they fail and succeed by themselves. */
export function awsCloud({ region, profile, workFolder }: AwsOptions): Cloud {
  const env = {
    ...process.env,
    ...(region ? { AWS_REGION: region, AWS_DEFAULT_REGION: region } : {}),
    ...(profile ? { AWS_PROFILE: profile } : {}),
  };
  return {
    account: new Account({ region, profile }),
    env,
    atHome: true,
    workFolder,
    boots: true,
    nodesFail: async () => {},
    asClient: work => withVariables(env, work),
    leavesOpen: () => false,
  };
}

/** What depends on what a node does when it boots, or on IAM's simulation of policies. */
const OPEN_IN_EMULATOR = ['discovery', 'members', 'permissions'];

/** Nothing boots in the emulator, which simulates the nodes' signals instead. */
export async function emulatedCloud(emulator: Emulator, workFolder: string): Promise<Cloud> {
  const env = emulator.environment();
  await bootstrap({ env, workFolder, account: emulator.account, region: emulator.region });
  return {
    account: new Account({ region: emulator.region, endpoint: emulator.url }),
    env,
    atHome: false,
    workFolder,
    boots: false,
    nodesFail: code => emulator.failBoot(code),
    asClient: work => withVariables(emulator.variables(), work),
    leavesOpen: check => OPEN_IN_EMULATOR.includes(check),
  };
}

async function withVariables<T>(variables: NodeJS.ProcessEnv, work: () => Promise<T>): Promise<T> {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  try {
    return await work();
  } finally {
    process.env = before;
  }
}
