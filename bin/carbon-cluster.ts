#!/usr/bin/env node
/**
 * The command line `carbon-cluster`. A command is a file of its own in `commands`; its factory is named in COMMANDS below.
 *
 * Exit codes: 0 done; 1 found traps, cannot be applied, or not passed; 2 wrong usage; 3 a fault of carbon-cluster itself, or this
 * machine cannot rehearse; 4 not all could be answered.
 */
import { Command, CommanderError } from 'commander';
import { CommandFactory, CommandFailure, EXIT } from './command';
import { explainCommand } from './commands/explain';
import { inspectCommand } from './commands/inspect';
import { rehearseCommand } from './commands/rehearse';
import { renderCommand } from './commands/render';
import { verifyCommand } from './commands/verify';
import { printable, processTerminal, Terminal } from './terminal';
import { version } from '../package.json';

const COMMANDS: readonly CommandFactory[] = [renderCommand, inspectCommand, explainCommand, verifyCommand, rehearseCommand];

const EXIT_CODES = `
Exit codes:
  0  done
  1  what was asked cannot be done, inspect found traps, or verify or a rehearsal has not passed; each command's --help says more
  2  wrong usage
  3  a fault of carbon-cluster itself, or this machine cannot rehearse
  4  verify: nothing failed, but something could not be answered
`;

/** Runs one command line and returns its exit code. */
export async function main(commandLine: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  let code = EXIT.OK;
  const program = programOf(terminal, exitCode => { code = exitCode; });
  try {
    await program.parseAsync(commandLine, { from: 'user' });
    return code;
  } catch (error) {
    return exitCodeOf(error, terminal);
  }
}

function programOf(terminal: Terminal, exit: (code: number) => void): Command {
  const program = new Command('carbon-cluster')
    .description('Clusters of WSO2 Carbon servers on AWS: what their nodes will be, and what those you have really are.')
    .version(version)
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeOut: terminal.write, writeErr: terminal.writeError })
    .addHelpText('after', EXIT_CODES);
  for (const factory of COMMANDS) {
    const command = factory({ terminal, exit });
    // Only commands made by the program itself inherit its settings.
    command.copyInheritedSettings(program);
    command.showHelpAfterError(`(carbon-cluster ${command.name()} --help says how)`);
    program.addCommand(command);
  }
  return program;
}

function exitCodeOf(error: unknown, terminal: Terminal): number {
  // Commander has already said it; its 0 is help or version that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.OK : EXIT.USAGE;
  if (error instanceof CommandFailure) {
    terminal.writeError(`carbon-cluster: ${printable(error.message)}\n`);
    return error.exitCode;
  }
  terminal.writeError(`carbon-cluster: a fault of carbon-cluster itself\n${error instanceof Error ? error.stack : String(error)}\n`);
  return EXIT.FAULT;
}

if (require.main === module) {
  // `carbon-cluster render | head` closes the pipe; that is no fault.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? EXIT.OK : EXIT.FAULT));
  void main(process.argv.slice(2)).then(code => { process.exitCode = code; });
}
