import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { CommandContext, CommandFailure, UsageFailure } from '../command';
import { version } from '../../package.json';

interface ExplainOptions {
  readonly assembly: string;
  readonly stack?: string;
  readonly out?: string;
  readonly json?: boolean;
}

const MORE = `
The page is one file that works without a network: the topology as a picture,
every setting of every node with its reason, who may connect to whom, each
permission and why, which instances discovery will return, what is paid for.
It is made from templates, user data and assets of the cloud assembly; AWS is
not asked, and no value of a secret is in it.

Exit codes:
  0  written
  1  the cloud assembly has no nodes of a CarbonCluster, or the page cannot be
     written
  2  wrong usage: no such folder or stack

Examples:
  carbon-cluster explain
  carbon-cluster explain --assembly cdk.out --stack Production --out prod.html
  carbon-cluster explain --json | jq '.discoveries[].checks[] | select(.ok == false)'
`;

/** `carbon-cluster explain`: a page about a cluster, before it is deployed. */
export function explainCommand(context: CommandContext): Command {
  return new Command('explain')
    .summary('a page that explains a cluster before it is deployed')
    .description('Writes one HTML page that explains the clusters of a synthesized app: who talks to whom, what each node is configured with and '
      + 'why, who may do what.')
    .option('-a, --assembly <dir>', 'the cloud assembly', 'cdk.out')
    .option('-s, --stack <name>', 'only this stack, and those nested in it')
    .option('-o, --out <file>', 'the page (default: cluster.html, or none with --json)')
    .option('--json', 'answer as JSON')
    .addHelpText('after', MORE)
    .action(async (options: ExplainOptions) => explain(options, context));
}

async function explain({ assembly, stack, out, json }: ExplainOptions, { terminal }: CommandContext): Promise<void> {
  // The bundle has it in a file of its own, which only this command takes the time to load.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const explanation = require('./explanation') as typeof import('./explanation');
  const model = explanation.explain(assembly, stack);
  if (model.nodes.length === 0) {
    throw new CommandFailure(`${assembly} has no launch template of a node: it is no cloud assembly, or has no CarbonCluster in it`);
  }
  const file = out ?? (json ? undefined : 'cluster.html');
  if (file !== undefined) write(file, await explanation.page(model, version));
  if (json) return terminal.write(`${JSON.stringify(model, undefined, 2)}\n`);
  terminal.write(`${file}\n`);
}

function write(file: string, page: string): void {
  if (file === '') throw new UsageFailure('--out is empty, name a file');
  try {
    writeFileSync(file, page);
  } catch (error) {
    throw new CommandFailure(`${file} cannot be written: ${(error as Error).message}`);
  }
}
