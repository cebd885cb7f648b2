import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { readableTexts, textOf } from './readable-texts';
import { SecretKind } from './secret-kind';
import { shapesIn, spellings, valuesIn } from './secret-patterns';

/** Options of a `SecretScan`. */
export interface SecretScanOptions {
  /**
   * Values that must not occur anywhere, of at least 8 characters each.
   *
   * @default - none: only what looks like a secret is found
   */
  readonly secretValues?: string[];
}

/** Something that looks like a secret; never its value. */
export interface SecretFinding {
  /** The file, relative to the folder that was looked through, or the name of the text. */
  readonly file: string;
  /** The line, from 1. */
  readonly line: number;
  /** What it looks like. */
  readonly kind: SecretKind;
  /**
   * How it is wrapped up there.
   *
   * @default - it is not
   */
  readonly inside?: string;
}

const SHORTEST_VALUE = 8;

/**
 * Looks for secrets: in a cloud assembly (templates, and the text files of its assets), and in whatever else you have of a deployment:
 * user data as the API gives it, boot logs, lists of processes.
 *
 * It finds values that you give; access keys; private keys; JDBC URLs with a password; and the default passwords of WSO2's packs,
 * `wso2carbon` and `admin`, where something called a password has them as its value. As the name of a user, a group or a key's
 * alias they are no finding, nor as the password of a trust store, which holds public certificates only.
 *
 * It reads through strings of JSON, the pieces of `Fn::Join`, base64 and gzip. Findings tell file, line and kind, never the value.
 */
export class SecretScan {
  /** What was found, in the order of looking. */
  public readonly findings: SecretFinding[] = [];
  /** Files that are no text, zip archives among them: nobody looked into them. */
  public readonly skippedFiles: string[] = [];
  /** Really private: whoever prints this scan, a failed assertion for one, must not print them. */
  readonly #secretValues: readonly string[];

  /** @throws if a given value is so short that it occurs by accident */
  public constructor(options: SecretScanOptions = {}) {
    const values = options.secretValues ?? [];
    values.forEach((value, index) => {
      if (value.length >= SHORTEST_VALUE) return;
      throw new Error(`secretValues: number ${index + 1} has ${value.length} characters and would occur by accident, `
        + `give values of at least ${SHORTEST_VALUE}`);
    });
    this.#secretValues = values.flatMap(each => [...spellings(each)]);
  }

  /**
   * Looks through all files below a folder; links are not followed.
   *
   * @param directory a cloud assembly, `cdk.out`, or any other folder
   * @returns this scan, for more
   */
  public scanFolder(directory: string): SecretScan {
    for (const path of filesBelow(directory)) {
      const name = relative(directory, path);
      const text = textOf(readFileSync(path));
      if (text === undefined) this.skippedFiles.push(name);
      else this.scanText(name, text);
    }
    return this;
  }

  /**
   * Looks through a text.
   *
   * @param name what findings call it
   * @param text the text
   * @returns this scan, for more
   */
  public scanText(name: string, text: string): SecretScan {
    for (const { text: readable, lineAt, inside } of readableTexts(text)) {
      for (const { kind, index } of [...valuesIn(readable, this.#secretValues), ...shapesIn(readable)]) {
        this.add({ file: name, line: lineAt(index), kind, ...(inside === undefined ? {} : { inside }) });
      }
    }
    return this;
  }

  /**
   * Nothing was found.
   *
   * @throws with a line for each finding
   */
  public assertNoFindings(): void {
    if (this.findings.length > 0) throw new Error(this.findings.map(findingText).join('\n'));
  }

  /** One place is one finding, in however many ways it was read. */
  private add(finding: SecretFinding): void {
    const known = this.findings.some(each => each.file === finding.file && each.line === finding.line && each.kind === finding.kind);
    if (!known) this.findings.push(finding);
  }
}

function findingText({ file, line, kind, inside }: SecretFinding): string {
  return `${file}:${line}: ${kind}${inside === undefined ? '' : `, in ${inside}`}`;
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(entry => {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) return filesBelow(path);
      return entry.isFile() ? [path] : [];
    });
}
