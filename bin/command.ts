import { Command } from 'commander';
import { Terminal } from './terminal';

/** What every command of carbon-cluster answers with. */
export const EXIT = {
  /** Done, and nothing found. */
  OK: 0,
  /** Done what was asked, and the answer is no: traps found, or a plan that cannot be applied. */
  NO: 1,
  /** Not asked in a way that could be answered. */
  USAGE: 2,
  /** A fault of carbon-cluster itself. */
  FAULT: 3,
  /** Only where a command says so: this machine lacks what it needs. */
  UNABLE: 3,
  /** Nothing found, but something that was asked got no answer. */
  UNANSWERED: 4,
};

/** Ends a command with a sentence and an exit code, instead of a stack trace. */
export class CommandFailure extends Error {
  public constructor(message: string, public readonly exitCode: number = EXIT.NO) {
    super(message);
  }
}

/** The command line itself is wrong. */
export class UsageFailure extends CommandFailure {
  public constructor(message: string) {
    super(message, EXIT.USAGE);
  }
}

/** What a command writes to, and whom it tells its exit code. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly exit: (code: number) => void;
}

/** One command of carbon-cluster. Each is in a file of its own, and named once more in carbon-cluster.ts. */
export type CommandFactory = (context: CommandContext) => Command;
