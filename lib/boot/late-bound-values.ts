import { Token, Tokenization } from 'aws-cdk-lib';
import { Value } from '../configuration/plan';

const NAME = /^[A-Za-z][A-Za-z0-9]*$/;

/**
 * The values of a node that CloudFormation fills in when it deploys. They travel beside the plan, line by line, so that
 * no resolved text is ever pasted into a configuration file: the node does that, escaping for the place.
 */
export class LateBoundValues {
  private readonly values = new Map<string, string>();

  /** A literal as it is; a token as a reference to the value of that name. */
  public value(name: string, text: string): Value {
    if (!Token.isUnresolved(text)) return text;
    return { env: this.name(name, text) };
  }

  /** A text of literals and tokens: each token becomes a value of its own, named `prefix` and a number. */
  public text(prefix: string, text: string): Value {
    if (!Token.isUnresolved(text)) return text;
    const parts: string[] = Tokenization.reverseString(text).join({ join: (left, right) => [left, right].flat() });
    return { join: [parts].flat().map(part => (Token.isUnresolved(part) ? { env: this.numbered(prefix, part) } : part)) };
  }

  private numbered(prefix: string, text: string): string {
    for (let number = 1; ; number += 1) {
      const known = this.values.get(`${prefix}${number}`);
      if (known === undefined || known === text) return this.name(`${prefix}${number}`, text);
    }
  }

  /** Registers a value whatever it is, and returns its name. */
  public name(name: string, text: string): string {
    if (!NAME.test(name)) throw new Error(`late-bound value '${name}' is no name, use letters and digits`);
    const known = this.values.get(name);
    if (known !== undefined && known !== text) throw new Error(`late-bound value '${name}' is taken, use another name`);
    this.values.set(name, text);
    return name;
  }

  /** One line for each value, in the order of their names: the order in which they were asked for is an accident. */
  public lines(): string[] {
    return [...this.values.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, text]) => `${name}=${text}`);
  }
}
