import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { CommandContext, CommandFailure, EXIT, UsageFailure } from '../command';

interface RehearseOptions {
  readonly app?: string;
  readonly pack?: string;
  readonly keep?: boolean;
  readonly json?: boolean;
  readonly speed: number;
  readonly context?: readonly string[];
}

const MORE = `
The app is deployed by its own CDK's command line to an emulator of AWS, and
each instance boots in a namespace of this machine: systemd, cloud-init, a
MySQL at the database's name, a load balancer. Nothing reaches AWS.

It needs root on Linux. Work and caches (2 GB) go to .carbon-cluster/ in the
current folder, which git is told to ignore; the first run fills it and takes
some minutes. Without --pack, a stand-in for the product is built with Maven.

Exit codes:
  0  passed: every node in service, one cluster, all targets healthy
  1  not passed; the report says which node, phase and why
  2  wrong usage: no app, no such pack
  3  this machine cannot rehearse; the sentence says what is missing

Examples:
  sudo npx carbon-cluster rehearse
  sudo npx carbon-cluster rehearse --pack ~/wso2am-2.2.0.zip
  sudo npx carbon-cluster rehearse --app 'npx tsx app.ts' -c nodes=4 --json
`;

/** `carbon-cluster rehearse`: boots the nodes of the app in the current folder on this machine. */
export function rehearseCommand(context: CommandContext): Command {
  return new Command('rehearse')
    .summary('boots the nodes of an app on this machine')
    .description('Boots every node of the CDK app in the current folder on this machine, from its unmodified user data, and watches the '
      + 'members join.')
    .option('-a, --app <command>', 'what runs the app (default: app of ./cdk.json)')
    .option('--pack <file>', 'the product pack; a stand-in is built without one')
    .option('--keep', 'leave everything running until Ctrl-C')
    .option('--json', 'the report as JSON and nothing else')
    .option('--speed <factor>', 'health checks come this much faster than the template says', positive, 5)
    .option('-c, --context <key=value>', 'context for the app; may be repeated', (value: string, all: readonly string[] = []) => [...all, value])
    .addHelpText('after', MORE)
    .action(async (options: RehearseOptions) => context.exit(await rehearse(options, context)));
}

async function rehearse(options: RehearseOptions, { terminal }: CommandContext): Promise<number> {
  const folder = process.cwd();
  const command = options.app ?? appOf(folder);
  const context = contextOf(options.context ?? []);
  if (options.pack !== undefined && !existsSync(options.pack)) throw new UsageFailure(`--pack ${options.pack} does not exist`);
  const cdk = cdkOf(folder);
  // The bundle has it in a file of its own, which only commands that call AWS take the time to load.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const aws = require('./with-aws') as typeof import('./with-aws');
  return aws.rehearse({ ...options, app: { command, folder, cdk }, context }, {
    print: line => terminal.write(`${line}\n`),
    complain: line => terminal.writeError(`carbon-cluster: ${line}\n`),
  });
}

function positive(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('Give a whole number above 0.');
  return number;
}

function appOf(folder: string): string {
  const file = join(folder, 'cdk.json');
  if (!existsSync(file)) throw new UsageFailure('there is no cdk.json in the current folder: go to the folder of your app, or give --app');
  const { app } = settingsIn(file);
  if (typeof app !== 'string' || app === '') throw new UsageFailure('cdk.json says no app: give --app');
  return app;
}

function settingsIn(file: string): { readonly app?: unknown } {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) ?? {};
  } catch (error) {
    throw new UsageFailure(`cdk.json cannot be read: ${(error as Error).message}`);
  }
}

function contextOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(pairs.map(pair => {
    const at = pair.indexOf('=');
    if (at < 1) throw new UsageFailure(`--context ${pair} is not of the form key=value`);
    return [pair.slice(0, at), pair.slice(at + 1)];
  }));
}

/** The app's own CLI, because it must be at least as new as the app's library. */
function cdkOf(folder: string): string {
  try {
    return join(dirname(createRequire(join(folder, 'package.json')).resolve('aws-cdk/package.json')), 'bin', 'cdk');
  } catch {
    throw new CommandFailure('the CDK\'s command line is not installed here: npm install --save-dev aws-cdk', EXIT.UNABLE);
  }
}
