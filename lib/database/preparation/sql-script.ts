import { splitQuery } from 'dbgate-query-splitter';
import { mysqlSplitterOptions } from 'dbgate-query-splitter/lib/options';
import { Connection } from 'mysql2/promise';
import { passes, reason } from './mysql-server';

/** A script as the pack has it. */
export interface SqlScript {
  readonly name: string;
  readonly content: Buffer;
}

interface Statement {
  readonly text: string;
  readonly trimStart?: { readonly line: number };
  readonly start: { readonly line: number };
}

/** "Query was empty": what is between two semicolons is a comment. The client `mysql` does not send it at all. */
const EMPTY_QUERY = 1065;

/** A statement of a script failed, or the script is no text. */
export class ScriptError extends Error {}

/**
 * Runs one statement of a script after the other, as the client `mysql` does, until the first that fails.
 *
 * @throws ScriptError with script, line, and the server's error; or what the connection failed of, where a later attempt may succeed
 */
export async function runScript(connection: Connection, { name, content }: SqlScript): Promise<void> {
  for (const { text, trimStart, start } of statementsOf(name, content)) {
    try {
      await connection.query(text);
    } catch (problem) {
      if ((problem as { errno?: number }).errno === EMPTY_QUERY) continue;
      if (passes(problem)) throw problem;
      throw new ScriptError(`${name} line ${(trimStart ?? start).line + commentLines(text) + 1}: ${reason(problem)}`);
    }
  }
}

/** Lines of comments before the statement itself; what begins with an exclamation mark is none. */
function commentLines(text: string): number {
  const [before] = /^(\s|--[^\n]*|\/\*(?!!)[^]*?\*\/)*/.exec(text.trimStart())!;
  return before.split('\n').length - 1;
}

function statementsOf(name: string, content: Buffer): Statement[] {
  return splitQuery(textOf(name, content), { ...mysqlSplitterOptions, returnRichInfo: true }) as Statement[];
}

/** Without the byte order mark, which the client leaves out too. */
function textOf(name: string, content: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    throw new ScriptError(`${name} is not encoded as UTF-8`);
  }
}
