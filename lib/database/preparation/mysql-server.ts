import { connect as connectSocket, isIP } from 'node:net';
import { Connection, createConnection, QueryError, RowDataPacket } from 'mysql2/promise';

/** Where a MySQL server is, and who signs its certificate. */
export interface MySqlAddress {
  readonly host: string;
  readonly port: number;
  /** Certificates in PEM. Any certificate is accepted where absent. */
  readonly authorities?: string;
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

const CONNECT_MILLISECONDS = 10_000;

/**
 * The modes in which `'` and `\` in the SQL of this program have their usual meaning: without ANSI_QUOTES and NO_BACKSLASH_ESCAPES. The session in
 * which scripts are loaded keeps the server's own mode, as the client `mysql` has it.
 */
const OWN_SQL_MODE = "SET SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'";

/**
 * Numbers of errors after which the server may take a later attempt (MySQL's error message reference): too many connections (1040, 1203), it
 * shuts down (1053), it has ended the connection (4031), it is read-only while it fails over (1290, 1836).
 */
const PASSING_NUMBERS = new Set([1040, 1053, 1203, 1290, 1836, 4031]);
const PASSING_CODES = new Set([
  'EAI_AGAIN', 'ECONNABORTED', 'ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EPIPE', 'ETIMEDOUT',
  'PROTOCOL_CONNECTION_LOST',
]);
const UNTRUSTED = /certificate|altnames|verif/i;

/** A server, and the connections to it that this run has opened. */
export class MySqlServer {
  private readonly opened: Connection[] = [];

  public constructor(private readonly address: MySqlAddress) {}

  public get name(): string {
    return `${this.address.host}:${this.address.port}`;
  }

  /** A session for the SQL of this program. */
  public async login(credentials: Credentials): Promise<Connection> {
    const connection = await this.connect(credentials);
    await connection.query(OWN_SQL_MODE);
    return connection;
  }

  /** A session in the server's own modes. */
  public async connect({ username, password }: Credentials, database?: string): Promise<Connection> {
    const { host, port } = this.address;
    const connection = await createConnection({
      ...this.place(host, port),
      port,
      user: username,
      password,
      database,
      connectTimeout: CONNECT_MILLISECONDS,
      ssl: this.ssl(),
      multipleStatements: false,
      // No code is made of what the server says, the server's modes stay as they are, and the server gets no file of this machine.
      disableEval: true,
      flags: ['-IGNORE_SPACE', '-LOCAL_FILES'],
    });
    this.opened.push(connection);
    // A connection that is lost while nobody waits for it is noticed by its next query.
    connection.on('error', () => {});
    return connection;
  }

  /** Ends all connections, and with them what the server does for them. */
  public close(): void {
    this.opened.splice(0).forEach(each => each.destroy());
  }

  /**
   * mysql2 compares the certificate with a host name only. With a dot at its end an address is a name for mysql2, and for the comparison of
   * Node.js, which removes the dot, an address again.
   */
  private place(host: string, port: number): { readonly host: string; readonly stream?: () => ReturnType<typeof connectSocket> } {
    return isIP(host) ? { host: `${host}.`, stream: () => connectSocket({ host, port }) } : { host };
  }

  private ssl(): object {
    const { authorities } = this.address;
    const version = { minVersion: 'TLSv1.2' };
    return authorities === undefined ? { ...version, rejectUnauthorized: false } : { ...version, ca: authorities, verifyIdentity: true };
  }
}

/** The rows of a query. */
export async function rows(connection: Connection, sql: string, values: readonly string[] = []): Promise<RowDataPacket[]> {
  const [found] = await connection.query<RowDataPacket[]>(sql, [...values]);
  return found;
}

/** A name in SQL. */
export function identifier(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** A later attempt may succeed. */
export function passes(problem: unknown): boolean {
  const { code = '', errno = 0, message = '' } = problem as Partial<QueryError>;
  if (code === 'HANDSHAKE_SSL_ERROR') return !UNTRUSTED.test(message);
  return PASSING_CODES.has(code) || PASSING_NUMBERS.has(errno);
}

/** What the server or the network said. */
export function reason(problem: unknown): string {
  const { code, errno, sqlState, message } = problem as Partial<QueryError> & { readonly sqlState?: string };
  if (sqlState !== undefined && errno !== undefined) return `ERROR ${errno} (${sqlState.replace('#', '')}): ${message}`;
  if (code === 'HANDSHAKE_SSL_ERROR' && UNTRUSTED.test(message ?? '')) return `its certificate is not accepted: ${message}`;
  return message || code || String(problem);
}
