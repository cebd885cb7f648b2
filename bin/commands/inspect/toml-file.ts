import type { TomlTable } from 'smol-toml' with { 'resolution-mode': 'import' };
import { NamedText, Text } from './model';
import { MalformedFile } from './xml-file';

// Its types are those of an ES module, which a CommonJS module cannot import; its code is there for both.
// eslint-disable-next-line @typescript-eslint/no-require-imports
const { parse } = require('smol-toml') as { readonly parse: (toml: string) => TomlTable };

/** A TOML file, whose texts know their lines. */
export class TomlFile {
  private readonly tables: TomlTable;
  private readonly lines: ReadonlyMap<string, number>;

  public constructor(content: string, private readonly name: string) {
    this.tables = parsed(content);
    this.lines = keyLines(content);
  }

  /** Names of the tables, as they stand in the file. */
  public tableNames(): string[] {
    return [...this.lines.keys()].filter(key => key.endsWith('.')).map(key => key.slice(0, -1));
  }

  /** A table by its path; nothing where it is absent. */
  public table(...path: string[]): TomlTable | undefined {
    let found: unknown = this.tables;
    for (const step of path) found = isTable(found) ? found[step] : undefined;
    return isTable(found) ? found : undefined;
  }

  public arrayOfTables(name: string): TomlTable[] {
    const found = this.tables[name];
    return Array.isArray(found) ? found.filter(isTable) : [];
  }

  public text(path: readonly string[], key: string): Text | undefined {
    const value = this.table(...path)?.[key];
    return value === undefined ? undefined : this.textAt(value, path, key);
  }

  /** All keys of a table whose values are no tables, nested ones by their dotted names. */
  public texts(path: readonly string[]): NamedText[] {
    return flattened(this.table(...path) ?? {}).map(([name, value]) => ({ name, ...this.textAt(value, path, name) }));
  }

  public place(path: readonly string[], key = ''): { file: string; line?: number } {
    const line = this.lines.get([...path, key].join('.')) ?? this.lines.get(`${path.join('.')}.`);
    return { file: this.name, ...(line ? { line } : {}) };
  }

  private textAt(value: unknown, path: readonly string[], key: string): Text {
    const text = Array.isArray(value) ? value.map(String).join(',') : String(value);
    return { text, place: this.place(path, key) };
  }
}

/** The parser's message quotes lines of the file, which may hold secrets. */
function parsed(content: string): TomlTable {
  try {
    return parse(content);
  } catch (error) {
    throw new MalformedFile('is not TOML', (error as { readonly line?: number }).line);
  }
}

function isTable(value: unknown): value is TomlTable {
  return value !== null && typeof value === 'object' && !Array.isArray(value) && !(value instanceof Date);
}

/** A dotted key is a name of its own to the config mapper: `'hazelcast.max.no.heartbeat.seconds' = 300`. */
function flattened(table: TomlTable): [string, unknown][] {
  return Object.entries(table).flatMap(([name, value]): [string, unknown][] => (
    isTable(value) ? flattened(value).map(([inner, leaf]) => [`${name}.${inner}`, leaf]) : [[name, value]]
  ));
}

/** Line by dotted name; a table's own line has the name with a dot behind. Good enough for a reader's eye, no parser. */
function keyLines(content: string): Map<string, number> {
  const lines = new Map<string, number>();
  let table = '';
  content.split(/\r\n|\n/).forEach((line, index) => {
    const header = /^\s*\[{1,2}\s*([^\]]+?)\s*\]{1,2}/.exec(line)?.[1];
    if (header !== undefined) table = `${plain(header)}.`;
    const key = header === undefined ? /^\s*([\w.-]+|'[^']*'|"[^"]*")\s*=/.exec(line)?.[1] : '';
    if (key !== undefined && !lines.has(table + plain(key))) lines.set(table + plain(key), index + 1);
  });
  return lines;
}

function plain(key: string): string {
  return key.replace(/\s*\.\s*/g, '.').replace(/['"]/g, '');
}
