import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { referencesIn } from '../../lib/configuration/plan';
import { CommandContext, CommandFailure, UsageFailure } from '../command';
import { painter, useColor } from '../terminal';
import { foundProduct, isOtherProduct } from './inspect/product';
import { AssemblyNode, nodeList, nodeNamed, nodesOf, nodesOfStack } from './render/assembly';
import { ProgramRequest, runConfigurationProgram } from './render/configuration-program';
import { differences, paintDiff } from './render/diff';
import { NodeUserData, readUserData, settableNames } from './render/node-user-data';

interface RenderOptions {
  readonly assembly: string;
  readonly stack?: string;
  readonly home?: string;
  readonly out?: string;
  readonly set?: readonly string[];
  readonly resolutions?: string;
  readonly root?: string;
  readonly json?: boolean;
  readonly color?: boolean;
}

const MORE = `
Without --home the nodes of the cloud assembly are listed. A node is named by
its construct path or its logical id; a part that no other node has is enough.

What CloudFormation fills in is shown as <its name>, and what only the node
knows as <secret ...>, <metadata ...> or <members>. --set gives a value that
CloudFormation fills in, by its name in the listing or in the placeholder.
Secrets stay placeholders unless --resolutions gives them:

  { "env": { "DatabaseEndpoint": "db.example.com" },
    "metadata": { "local-ipv4": "10.0.1.10" },
    "secrets": { "MembershipCredentials": { "accessKeyId": "..." } },
    "members": [ { "host": "10.0.1.10", "port": "4000" } ] }

Exit codes:
  0  rendered, or listed
  1  the plan cannot be applied to this product (the sentence names file and
     path, and nothing was written), the cloud assembly has no nodes, or Python
     is missing
  2  wrong usage: no such node, folder or value

Examples:
  carbon-cluster render --assembly cdk.out
  carbon-cluster render Workers --home wso2am-2.2.0 --color | less -R
  carbon-cluster render Gateway/Manager --home wso2am-2.2.0 --out rendered \\
    --set DatabaseEndpoint=db.example.com --set DatabasePort=3306
`;

/** `carbon-cluster render`: what a node of a synthesized app will have in its configuration files. */
export function renderCommand(context: CommandContext): Command {
  return new Command('render')
    .summary('what a node will have in its configuration files')
    .description('Shows what a node of a synthesized app will change in the files of a product, by running the very program that runs on '
      + 'the node.')
    .argument('[node]', 'construct path or logical id of a node, or a unique part of either')
    .option('-a, --assembly <dir>', 'the cloud assembly', 'cdk.out')
    .option('-s, --stack <name>', 'only nodes of this stack')
    .option('-H, --home <dir>', 'folder of the product, as its pack unpacks')
    .option('-o, --out <dir>', 'write the results below this folder instead of showing what changes')
    .option('--set <name=value>', 'a late-bound value; may be repeated', (value: string, all: readonly string[] = []) => [...all, value])
    .option('-r, --resolutions <file>', 'JSON with what only the node knows')
    .option('--root <dir>', 'what absolute paths such as /etc/hosts are below (default: a folder with a bare hosts file)')
    .option('--json', 'answer as JSON')
    .option('--color', 'colours even if the output is no terminal')
    .option('--no-color', 'no colours; so does the environment variable NO_COLOR')
    .addHelpText('after', MORE)
    .action((node: string | undefined, options: RenderOptions, command: Command) => {
      // Commander lets --no-color default to true, which would read as a wish.
      const color = command.getOptionValueSource('color') === 'cli' ? options.color : undefined;
      render(node, { ...options, color }, context);
    });
}

function render(name: string | undefined, options: RenderOptions, context: CommandContext): void {
  const nodes = nodesOfStack(checkedNodes(options.assembly), options.stack);
  if (name === undefined && options.home === undefined) return list(nodes, options, context);
  const node = name === undefined ? onlyNode(nodes) : nodeNamed(nodes, name);
  checkFolders(options);
  const settings = checkedSettings(node, options.set ?? []);
  const userData = readUserData(node.userData, settings);
  const output = runConfigurationProgram(requestOf(userData, options), context.terminal);
  warnOfOtherProduct(userData, options, context);
  report(node, userData, output, options, context);
}

function checkedNodes(assembly: string): AssemblyNode[] {
  const nodes = nodesOf(assembly);
  if (nodes.length > 0) return nodes;
  throw new CommandFailure(`${assembly} has no launch template of a node: it is no cloud assembly, or has no CarbonCluster in it`);
}

function onlyNode(nodes: readonly AssemblyNode[]): AssemblyNode {
  if (nodes.length === 1) return nodes[0];
  throw new UsageFailure(`there are ${nodes.length} nodes, name one of\n${nodeList(nodes)}`);
}

function list(nodes: readonly AssemblyNode[], options: RenderOptions, { terminal }: CommandContext): void {
  const rows = nodes.map(node => ({ node, userData: readUserData(node.userData, new Map()) }));
  if (options.json) return terminal.write(json({ nodes: rows.map(({ node, userData }) => ({ ...about(node, userData), values: userData.values })) }));
  for (const { node, userData } of rows) {
    terminal.write(`${node.path}\n  ${node.logicalId} in ${node.template}: ${userData.title}\n`);
    for (const value of userData.values.filter(each => each.open.length > 0)) terminal.write(`  ${value.name}=${value.text}\n`);
  }
}

function about(node: AssemblyNode, userData: NodeUserData): object {
  return { path: node.path, logicalId: node.logicalId, stack: node.stacks[0], template: node.template, title: userData.title };
}

function checkFolders(options: RenderOptions): void {
  if (options.home === undefined) throw new UsageFailure('--home is missing: name the folder of an unpacked product');
  for (const [option, folder] of [['--home', options.home], ['--root', options.root]]) {
    if (folder !== undefined && !isFolder(folder)) throw new UsageFailure(`${option} ${folder} is no folder`);
  }
  if (options.resolutions !== undefined && !existsSync(options.resolutions)) {
    throw new UsageFailure(`--resolutions ${options.resolutions} does not exist`);
  }
  if (options.out === undefined) return;
  const [home, out] = [realpathSync(options.home), existsSync(options.out) ? realpathSync(options.out) : resolve(options.out)];
  if (home === out) throw new UsageFailure('--out is the product\'s own folder, name another');
}

/** The plan may well fit, and would then say nothing of the node. */
function warnOfOtherProduct({ title }: NodeUserData, { home }: RenderOptions, { terminal }: CommandContext): void {
  const found = foundProduct(realpathSync(home!), undefined, undefined);
  if (!isOtherProduct(found, title)) return;
  terminal.writeError(`warning: ${home} is ${found.pack} ${found.version} (${found.source}), and the node runs ${title}\n`);
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

function checkedSettings(node: AssemblyNode, given: readonly string[]): Map<string, string> {
  const names = settableNames(node.userData);
  return new Map(given.map((setting): [string, string] => {
    const separator = setting.indexOf('=');
    if (separator < 1) throw new UsageFailure(`--set ${setting} is not NAME=VALUE`);
    const [name, value] = [setting.slice(0, separator).replace(/^<(.*)>$/, '$1'), setting.slice(separator + 1)];
    if (!names.includes(name)) throw new UsageFailure(`--set ${name} is no late-bound value of ${node.path}, name one of ${names.join(', ')}`);
    if (/[\r\n]/.test(value)) throw new UsageFailure(`--set ${name} has a line break, which a late-bound value cannot have`);
    return [name, value];
  }));
}

function requestOf(userData: NodeUserData, options: RenderOptions): ProgramRequest {
  const resolved = resolvedNames(options.resolutions);
  const checked = checkedByProgram(userData);
  const given = userData.values.filter(value => value.open.length === 0 || !(resolved.has(value.name) || checked.has(value.name)));
  return {
    plan: userData.plan,
    values: new Map(given.map(value => [value.name, value.text])),
    home: options.home!,
    out: options.out,
    resolutions: options.resolutions,
    root: options.root,
  };
}

/** A placeholder among the values would go before what the file of resolutions says. */
function resolvedNames(resolutions: string | undefined): Set<string> {
  if (resolutions === undefined) return new Set();
  try {
    const { env } = JSON.parse(readFileSync(resolutions, 'utf8')) as { readonly env?: object };
    return new Set(Object.keys(env ?? {}));
  } catch {
    // The program refuses the file with a better sentence.
    return new Set();
  }
}

/** An address in a hosts file is checked: only a placeholder of the program's own may stand there. */
function checkedByProgram(userData: NodeUserData): Set<string> {
  const hosts = userData.plan.files.flatMap(file => file.edits).filter(edit => 'hosts' in edit);
  return new Set(referencesIn(hosts, 'env'));
}

function report(node: AssemblyNode, userData: NodeUserData, output: string, options: RenderOptions, { terminal }: CommandContext): void {
  if (options.json) return terminal.write(json({ node: about(node, userData), ...answer(userData, output, options) }));
  if (options.out !== undefined) return terminal.write(output);
  terminal.write(paintDiff(output, painter(useColor(terminal, options.color)), terminal.isTty));
  if (output === '') terminal.writeError(`nothing changes in ${options.home}\n`);
}

function answer(userData: NodeUserData, output: string, options: RenderOptions): object {
  const open = userData.values.filter(value => value.open.length > 0);
  const placeholders = Object.fromEntries(open.map(({ name, text }) => [name, text]));
  if (options.out === undefined) return { placeholders, files: differences(output, userData.plan.files) };
  return { placeholders, out: options.out, files: statusLines(output) };
}

/** What the program says of each file: its status and its name. */
function statusLines(output: string): object[] {
  const lines = output.split('\n').filter(line => line !== '');
  return lines.map(line => ({ file: line.slice(line.indexOf(' ') + 1), status: line.slice(0, line.indexOf(' ')) }));
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
