/** Where a command writes. A test gives one that remembers. */
export interface Terminal {
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** Standard output is a terminal, not a pipe or a file. */
  readonly isTty: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export function processTerminal(): Terminal {
  return {
    write: text => { process.stdout.write(text); },
    writeError: text => { process.stderr.write(text); },
    isTty: process.stdout.isTTY === true,
    environment: process.env,
  };
}

/** `wanted` is what the command line says; without a word of it NO_COLOR (no-color.org) counts, and who reads. */
export function useColor(terminal: Terminal, wanted: boolean | undefined): boolean {
  if (wanted !== undefined) return wanted;
  if (terminal.environment.NO_COLOR) return false;
  return terminal.isTty && terminal.environment.TERM !== 'dumb';
}

const CODES = { bold: 1, red: 31, green: 32, yellow: 33, cyan: 36 };

export type Style = keyof typeof CODES;

export type Paint = (style: Style, text: string) => string;

export function painter(enabled: boolean): Paint {
  return (style, text) => (enabled ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text);
}

/** Text from a file, such that it cannot talk to the terminal. A carriage return at the end of a line may stay. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]|\r(?!$)/gm,
    character => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
