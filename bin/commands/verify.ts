import { Command } from 'commander';
import { constructPaths } from './render/assembly';
import { ACTIONS } from './verify/actions';
import { asJson, asText, exitCodeOf } from './verify/report';
import { CommandContext, CommandFailure } from '../command';
import { painter, useColor } from '../terminal';

interface VerifyOptions {
  readonly cluster?: string;
  readonly region?: string;
  readonly assembly?: string;
  readonly json?: boolean;
  readonly color?: boolean;
}

const MORE = `
Checks, of each cluster:
  permissions        IAM's own simulation of the nodes' roles and of the user
                     whose key the members have: what they need is allowed, a
                     wide sample of what they do not need is denied. Policies of
                     secrets, buckets and keys are not part of it.
  access key         its age (a warning from 91 days on) and its last use
  discovery          what EC2 answers to the very question that this Hazelcast
                     (or NGINX) asks, against the instances of the auto scaling
                     groups; whether well-known addresses are running instances'
  security groups    member ports for the members only, product ports for the
                     load balancer only, database port for the members only,
                     nothing for 0.0.0.0/0 but listeners of a public balancer
  targets            health, and that each node is a target
  database           encryption, TLS, public access, backups, deletion protection
  instance metadata  tokens required unless this Hazelcast cannot; hop limit 1
  members            how many members each node's log last listed, where the
                     stack has log groups with a stream for each instance

States: passed, failed, warning (worth a look, changes no exit code), and not
answered: a service did not answer, or the stack cannot tell.

Nodes and their groups are found by construct path, which CDK puts into the
template; where a stack was deployed without, --assembly gives it.

The caller's own credentials are used (AWS_PROFILE and the like), for these
calls, all of which only read; no secret's value is ever asked for:
${ACTIONS.map(each => `  ${each}`).join('\n')}

Exit codes:
  0  nothing failed, and everything was answered
  1  something failed
  2  wrong usage: no such stack or cluster, no region, no credentials
  4  nothing failed, but something could not be answered

Examples:
  carbon-cluster verify CarbonGateway
  carbon-cluster verify Staging --cluster Staging/Gateway --region eu-west-1
  carbon-cluster verify CarbonGateway --json | jq '.clusters[].findings[] | select(.state == "failed")'
`;

/** `carbon-cluster verify`: what a deployed cluster really is, against what it needs. */
export function verifyCommand(context: CommandContext): Command {
  return new Command('verify')
    .summary('what is deployed, against what a cluster needs')
    .description('Checks the clusters of a deployed stack: permissions, discovery, network, database, health. Changes nothing.')
    .argument('<stack>', 'name of the stack in CloudFormation')
    .option('-c, --cluster <path>', 'construct path of a cluster, or a unique part of it (default: every cluster of the stack)')
    .option('-r, --region <region>', 'region of the stack (default: that of your AWS settings)')
    .option('-a, --assembly <dir>', 'the cloud assembly, for a stack that was deployed without construct paths')
    .option('--json', 'answer as JSON')
    .option('--color', 'colours even if the output is no terminal')
    .option('--no-color', 'no colours; so does the environment variable NO_COLOR')
    .addHelpText('after', MORE)
    .action(async (stack: string, options: VerifyOptions, command: Command) => {
      // Commander lets --no-color default to true, which would read as a wish.
      const color = command.getOptionValueSource('color') === 'cli' ? options.color : undefined;
      await verify(stack, { ...options, color }, context);
    });
}

async function verify(stack: string, options: VerifyOptions, { terminal, exit }: CommandContext): Promise<void> {
  const paths = options.assembly === undefined ? new Map<string, string>() : constructPaths(options.assembly, stack);
  // The bundle has it in a file of its own, which only commands that call AWS take the time to load.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const aws = require('./with-aws') as typeof import('./with-aws');
  const { AWS_REGION, AWS_DEFAULT_REGION } = terminal.environment;
  const answer = await aws.verify({
    stack, cluster: options.cluster, region: options.region ?? AWS_REGION ?? AWS_DEFAULT_REGION, pathOf: id => paths.get(id), now: new Date(),
  });
  if ('refusal' in answer) throw new CommandFailure(answer.refusal, answer.exitCode);
  terminal.write(options.json ? asJson(answer) : asText(answer, painter(useColor(terminal, options.color))));
  exit(exitCodeOf(answer));
}
