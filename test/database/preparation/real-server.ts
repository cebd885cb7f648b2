/** A real MySQL server, and what the tests ask it. */
import { ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { Connection } from 'mysql2/promise';
import { Credentials, MySqlServer, rows } from '../../../lib/database/preparation/mysql-server';

const SERVE = path.join(__dirname, 'serve.py');
/** `mysql` is MariaDB's on some machines; both read the same options. */
export const CLIENT = ['mysql', 'mariadb'].find(each => {
  try {
    execFileSync(each, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});

export interface ServerOptions {
  /** server.crt and server.key; of the server's own making otherwise. */
  readonly certificate?: string;
  readonly options?: Readonly<Record<string, string>>;
}

export class RealServer {
  /** Nothing where this machine has none; the reason is on the console. */
  public static async start({ certificate = '', options = {} }: ServerOptions = {}): Promise<RealServer | undefined> {
    const process = spawn('python3', [SERVE, certificate, ...Object.entries(options).map(each => each.join('='))], { stdio: ['pipe', 'pipe', 'inherit'] });
    const [line] = await once(createInterface(process.stdout), 'line') as [string];
    const told = JSON.parse(line);
    if (told.missing === undefined) return new RealServer(process, told.port, { username: told.user, password: told.password });
    console.warn(`the preparation of databases is not tested with a real server: ${told.missing}`);
    return undefined;
  }

  private readonly connections: MySqlServer[] = [];

  private constructor(private readonly process: ChildProcess, public readonly port: number, public readonly admin: Credentials) {}

  /** As the function connects. */
  public at(host = '127.0.0.1', authorities?: string): MySqlServer {
    const server = new MySqlServer({ host, port: this.port, authorities });
    this.connections.push(server);
    return server;
  }

  public async session(credentials = this.admin, database?: string): Promise<Connection> {
    return this.at().connect(credentials, database);
  }

  /** The first column of all rows. */
  public async ask(sql: string, credentials = this.admin): Promise<unknown[]> {
    const session = await this.session(credentials);
    return (await rows(session, sql)).map(each => Object.values(each)[0]);
  }

  /** Statements separated by lines. */
  public async run(sql: string, credentials = this.admin): Promise<void> {
    const session = await this.session(credentials);
    for (const each of sql.split('\n').filter(line => line.trim())) await session.query(each);
  }

  /** What the client of MySQL makes of a script. */
  public load(database: string, script: string, init = 'SET @none = 1'): void {
    const { username, password } = this.admin;
    execFileSync(CLIENT!, ['--host=127.0.0.1', `--port=${this.port}`, `--user=${username}`, '--ssl', '--loose-ssl-verify-server-cert=0',
      `--init-command=${init}`, database], { input: script, env: { ...process.env, MYSQL_PWD: password }, stdio: 'pipe' });
  }

  /** All tables of a database, as the server shows them, and how many rows each has. */
  public async picture(database: string): Promise<string[]> {
    const session = await this.session(this.admin, database);
    const parts: string[] = [];
    for (const name of await this.ask(`SELECT table_name FROM information_schema.tables WHERE table_schema = '${database}' ORDER BY table_name`)) {
      const [made] = await rows(session, `SHOW CREATE TABLE \`${name}\``);
      const [{ n }] = await rows(session, `SELECT COUNT(*) AS n FROM \`${name}\``);
      parts.push(`${made['Create Table']}\n${n} rows`);
    }
    return parts;
  }

  /** Removes what a test has made, whose databases and users the server did not have in the beginning. */
  public async clear(): Promise<void> {
    this.connections.splice(0).forEach(each => each.close());
    const own = "('mysql', 'sys', 'information_schema', 'performance_schema')";
    for (const name of await this.ask(`SELECT schema_name FROM information_schema.schemata WHERE schema_name NOT IN ${own}`)) {
      await this.run(`DROP DATABASE \`${name}\``);
    }
    const users = "SELECT CONCAT(QUOTE(user), '@', QUOTE(host)) FROM mysql.user WHERE host NOT IN ('%', 'localhost') OR user LIKE '%db'";
    for (const user of await this.ask(users)) await this.run(`DROP USER ${user}`);
    this.connections.splice(0).forEach(each => each.close());
  }

  public async stop(): Promise<void> {
    this.connections.splice(0).forEach(each => each.close());
    this.process.stdin!.end();
    await once(this.process, 'exit');
  }
}
