import { Text } from './model';

/** What matters of a JDBC URL. */
export interface JdbcUrl {
  /** `mysql`, `h2`, ... */
  readonly engine: string;
  readonly host?: string;
  /** File of an embedded H2 database, without its settings. */
  readonly h2File?: string;
}

export function jdbcUrl(url: Text | undefined): JdbcUrl | undefined {
  const match = /^jdbc:([a-z0-9]+):(.*)$/is.exec(url?.text.trim() ?? '');
  if (!match) return undefined;
  const [engine, rest] = [match[1].toLowerCase(), match[2]];
  if (engine === 'h2') return { engine, ...h2Part(rest) };
  const host = /\/\/(?:[^/@]*@)?(\[[^\]]*\]|[^:/?;,]*)/.exec(rest)?.[1];
  return { engine, ...(host ? { host: host.replace(/^\[|\]$/g, '') } : {}) };
}

function h2Part(rest: string): { h2File?: string } {
  const file = rest.replace(/^file:/, '').split(';')[0];
  return /^(tcp|ssl|mem|zip):/.test(file) ? {} : { h2File: file };
}

/** Without the passwords that a URL can carry. */
export function withoutSecrets(url: string): string {
  return url
    .replace(/((?:password|passwd|pwd)=)[^&;\s]+/gi, '$1...')
    .replace(/(\/\/[^/@:\s]*:)[^/@\s]+@/, '$1...@');
}
