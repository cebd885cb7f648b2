import { Command } from 'commander';
import { CommandContext, EXIT } from '../command';
import { Configuration } from './inspect/model';
import { namedProduct, productName } from './inspect/product';
import { propsCode } from './inspect/props';
import { readConfiguration } from './inspect/read';
import { FoundTrap, trapsOf } from './inspect/traps';
import { Severity } from './inspect/traps/trap';
import { Paint, painter, printable, Style, useColor } from '../terminal';

interface InspectOptions {
  readonly product?: string;
  readonly json?: boolean;
  readonly color?: boolean;
}

const MORE = `
Reads axis2/axis2.xml or deployment.toml and what lies beside them: carbon.xml,
tomcat/catalina-server.xml, datasources/master-datasources.xml, registry.xml,
user-mgt.xml, hazelcast.properties, log4j.properties, log4j2.properties,
etc/hazelcast.xml, and where a whole product is there its start scripts. Writes
nothing, and prints no secret.

Which kernel and Hazelcast read the files is found in the product's home
(bin/version.txt, bin/wso2carbon-version.txt, the Hazelcast bundle), in
carbon.xml or in the folder's name. Where nothing tells, --product does; without
it, what depends on it is said of each that is possible.

Severities: an error keeps the cluster from forming or a node from starting, or
gives a secret away; a warning is silently ignored or goes wrong one day; a note
is worth knowing.

Exit codes:
  0  no traps, notes apart
  1  errors or warnings found
  2  wrong usage: no such folder or product, no configuration files

Examples:
  carbon-cluster inspect /opt/wso2am-2.2.0
  carbon-cluster inspect /opt/wso2ei-6.4.0/conf --product wso2ei-6.4.0
  carbon-cluster inspect conf --json | jq '.traps[] | select(.severity == "error")'
`;

const STYLES: Readonly<Record<Severity, Style>> = { error: 'red', warning: 'yellow', note: 'cyan' };

/** `carbon-cluster inspect`: an existing cluster as props, and the traps that its files hold. */
export function inspectCommand(context: CommandContext): Command {
  return new Command('inspect')
    .summary('an existing cluster as props, and the traps in its files')
    .description('Reads the configuration files of an existing Carbon server, and prints the props of a CarbonCluster that would produce '
      + 'them and the traps that they hold, each with what to do.')
    .argument('<folder>', 'configuration folder, or the product\'s home')
    .option('-p, --product <pack-version>', 'product and version, wso2am-2.2.0')
    .option('--json', 'answer as JSON')
    .option('--color', 'colours even if the output is no terminal')
    .option('--no-color', 'no colours; so does the environment variable NO_COLOR')
    .addHelpText('after', MORE)
    .action((folder: string, options: InspectOptions, command: Command) => {
      // Commander lets --no-color default to true, which would read as a wish.
      const color = command.getOptionValueSource('color') === 'cli' ? options.color : undefined;
      inspect(folder, { ...options, color }, context);
    });
}

function inspect(folder: string, options: InspectOptions, { terminal, exit }: CommandContext): void {
  const configuration = readConfiguration(folder, options.product === undefined ? undefined : namedProduct(options.product));
  const traps = trapsOf(configuration);
  terminal.write(options.json ? asJson(configuration, traps) : asText(configuration, traps, painter(useColor(terminal, options.color))));
  if (traps.some(trap => trap.severity !== 'note')) exit(EXIT.NO);
}

function asJson(configuration: Configuration, traps: readonly FoundTrap[]): string {
  const { product, style } = configuration;
  return `${JSON.stringify({ product, style, props: propsCode(configuration), traps: traps.map(flat) }, undefined, 2)}\n`;
}

function flat({ id, severity, place, what, todo }: FoundTrap): object {
  return { id, severity, file: place.file, ...(place.line ? { line: place.line } : {}), what, todo };
}

function asText(configuration: Configuration, traps: readonly FoundTrap[], paint: Paint): string {
  const props = printable(propsCode(configuration));
  return [
    paint('bold', `// ${printable(heading(configuration))}`),
    '',
    props,
    paint('bold', summary(traps)),
    '',
    ...traps.map(trap => trapText(trap, paint)),
  ].join('\n');
}

function heading(configuration: Configuration): string {
  const { product } = configuration;
  const kernel = product.kernel ? `kernel ${product.kernel}` : 'unknown kernel';
  const hazelcast = product.hazelcast ? `Hazelcast ${product.hazelcast}` : 'unknown Hazelcast';
  const known = `${productName(configuration)}, ${kernel}, ${hazelcast}`;
  if (product.kernel && product.hazelcast) return `${known} (from ${product.source})`;
  return `${known}: give --product, or read each sentence for the Hazelcast that you have`;
}

function summary(traps: readonly FoundTrap[]): string {
  const counts = (['error', 'warning', 'note'] as const).map(severity => {
    const count = traps.filter(trap => trap.severity === severity).length;
    return `${count} ${severity}${count === 1 ? '' : 's'}`;
  });
  return counts.join(', ');
}

function trapText({ id, severity, place, what, todo }: FoundTrap, paint: Paint): string {
  const where = place.line ? `${place.file}:${place.line}` : place.file;
  return `${paint(STYLES[severity], severity.padEnd(8))} ${paint('bold', id)}  ${where}\n  ${printable(what)}\n  Do: ${printable(todo)}\n`;
}
