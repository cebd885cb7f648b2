import { randomBytes } from 'node:crypto';
import { Connection } from 'mysql2/promise';
import { Credentials, identifier, MySqlServer, passes, reason, rows } from './mysql-server';
import { runScript, ScriptError, SqlScript } from './sql-script';

/** A database of the cluster. */
export interface WantedSchema {
  readonly name: string;
  readonly characterSet: string;
  readonly sqlMode?: string;
  readonly foreignKeysOnNonUniqueKeys: boolean;
  readonly user: Credentials;
  readonly privileges: readonly string[];
  readonly scripts: readonly string[];
}

export interface WantedDatabases {
  readonly schemas: readonly WantedSchema[];
  /** With whom servers take turns when they start. */
  readonly startUser: Credentials;
  /** Ranges of addresses that users may connect from, `10.0.0.0/16`, or % for any. */
  readonly networks: readonly string[];
}

export interface PreparationServices {
  readonly server: MySqlServer;
  readonly admin: Credentials;
  readonly scripts: (names: readonly string[]) => Promise<ReadonlyMap<string, SqlScript>>;
  /** Says what is being done, for the log and for whoever has to say what did not end. */
  readonly tell: (step: string) => void;
  readonly lockSeconds: number;
}

/** Nodes of earlier releases prepare databases themselves, and hold the lock of this name meanwhile. */
const LOCK = 'carbon_cluster';
const MARKS = 'carbon_cluster';
/** State of a database that a node of an earlier release was loading. */
const LOADING = 'loading';
/** Loads scripts, and is locked otherwise. */
const LOADER = "'carbon_loader'@'%'";
/** What a script needs in a database of its own, and nowhere else. Views, triggers and routines cannot be moved to another database. */
const LOADER_PRIVILEGES = [
  'SELECT', 'INSERT', 'UPDATE', 'DELETE', 'CREATE', 'ALTER', 'DROP', 'INDEX', 'REFERENCES', 'CREATE TEMPORARY TABLES', 'LOCK TABLES',
];
const SHADOW = /^carbon_new_\w+_[0-9a-f]{8}$/;
const NO_UNIQUE_KEY_VARIABLE = 'restrict_fk_on_non_standard_key';
const TABLES = [
  'schemas (name VARCHAR(64) PRIMARY KEY, state VARCHAR(16) NOT NULL)',
  // Databases that only this program has made, and may remove.
  'shadows (name VARCHAR(64) PRIMARY KEY)',
  'turns (cluster VARCHAR(255) PRIMARY KEY, holder VARCHAR(64) NOT NULL, until DATETIME NOT NULL)',
  'members (cluster VARCHAR(255) NOT NULL, instance VARCHAR(64) NOT NULL, address VARCHAR(64) NOT NULL, port INT NOT NULL, joined DATETIME NOT NULL, '
  + 'PRIMARY KEY (cluster, instance))',
];
/** Rights on a database, whose name stands there as in a GRANT. */
const GRANTS = 'information_schema.schema_privileges WHERE table_schema = ?';
const START_TABLES = ['turns', 'members'];
const START_PRIVILEGES = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];

/** The databases are not as they should be, and a later attempt would not change that. */
export class PreparationError extends Error {}

/**
 * Makes of every database what is missing: the database, its tables, its user. Tables that are there stay as they are. Tables are loaded into a
 * shadow, a database of their own, and moved from there by one statement, so a database has all of them or none. Nothing is ever removed but shadows.
 *
 * One session holds the lock and moves the tables: who has lost the lock cannot move anything any more.
 */
export class Preparation {
  public constructor(private readonly services: PreparationServices) {}

  public async run({ schemas, startUser, networks }: WantedDatabases): Promise<void> {
    await this.asAdministrator(async admin => {
      await this.prepareMarks(admin);
      await this.dropShadows(admin);
      const hosts = networks.map(clientHost);
      for (const schema of schemas) {
        this.services.tell(`preparing ${schema.name}`);
        await this.prepareSchema(admin, schema);
        for (const host of hosts) await this.prepareUser(admin, schema, host);
      }
      this.services.tell('preparing the user of starting servers');
      for (const host of hosts) await this.prepareStartUser(admin, startUser, host);
    });
  }

  /** Sets the password of a user that is there, from wherever it may connect. */
  public async setPassword({ username, password }: Credentials): Promise<void> {
    await this.asAdministrator(async admin => {
      const found = await rows(admin, 'SELECT host AS host FROM mysql.user WHERE user = ?', [username]);
      if (found.length === 0) throw new PreparationError(`the database server has no user ${username}`);
      for (const { host } of found) await this.withPassword(admin, 'ALTER USER ?@? IDENTIFIED BY ?', [username, host, password]);
    });
  }

  /** With the lock, which goes with the session. */
  private async asAdministrator(work: (admin: Connection) => Promise<void>): Promise<void> {
    const { server, admin: credentials } = this.services;
    try {
      const admin = await server.login(credentials);
      await this.lock(admin);
      await work(admin);
    } finally {
      server.close();
    }
  }

  private async lock(admin: Connection): Promise<void> {
    const { lockSeconds, server, tell } = this.services;
    tell(`waiting for the lock ${LOCK}`);
    const [{ held }] = await rows(admin, 'SELECT GET_LOCK(?, ?) AS held', [LOCK, String(lockSeconds)]);
    if (held === 1) return;
    const [{ holder }] = await rows(admin, 'SELECT IS_USED_LOCK(?) AS holder', [LOCK]);
    throw new PreparationError(`connection ${holder} of the database server ${server.name} has held the lock ${LOCK} for more than ${lockSeconds} s: `
      + 'wait until the other deployment that prepares databases there is over, and deploy again');
  }

  private async prepareMarks(admin: Connection): Promise<void> {
    await admin.query(`CREATE DATABASE IF NOT EXISTS ${identifier(MARKS)}`);
    for (const each of TABLES) await admin.query(`CREATE TABLE IF NOT EXISTS ${identifier(MARKS)}.${each}`);
  }

  private async prepareSchema(admin: Connection, schema: WantedSchema): Promise<void> {
    const { name } = schema;
    const state = await this.state(admin, name);
    const tables = await tablesOf(admin, name);
    if (tables.length > 0 && state === LOADING) throw new PreparationError(halfLoaded(name, tables.length));
    if (tables.length > 0) {
      this.services.tell(`${name} has ${tables.length} tables, which stay as they are`);
      await this.mark(admin, name, state ?? 'found');
      return;
    }
    await admin.query(`CREATE DATABASE IF NOT EXISTS ${identifier(name)} CHARACTER SET ?`, [schema.characterSet]);
    if (schema.scripts.length > 0) await this.load(admin, schema);
    await this.mark(admin, name, 'loaded');
  }

  /** Loads the scripts aside, as a user who may do nothing elsewhere: the pack is not the administrator's. */
  private async load(admin: Connection, schema: WantedSchema): Promise<void> {
    const { tell } = this.services;
    tell(`reading the scripts of ${schema.name} from the pack`);
    const scripts = await this.services.scripts(schema.scripts);
    const shadow = await this.createShadow(admin, schema);
    const loader = await this.prepareLoader(admin, shadow);
    try {
      await this.runScripts(loader, shadow, schema, schema.scripts.map(each => scripts.get(each)!));
    } catch (problem) {
      if (!(problem instanceof ScriptError)) throw problem;
      throw new PreparationError(`${problem.message}; the database ${schema.name} is untouched`);
    } finally {
      // Its password is known to nobody any more, either.
      await admin.query(`ALTER USER ${LOADER} ACCOUNT LOCK`).catch(() => {});
    }
    const tables = await tablesOf(admin, shadow);
    if (tables.length === 0) throw new PreparationError(`${schema.scripts.join(' and ')} make no table for ${schema.name}`);
    tell(`moving ${tables.length} tables to ${schema.name}`);
    await this.allowForeignKeys(admin, schema);
    await admin.query(`RENAME TABLE ${tables.map(each => `${table(shadow, each)} TO ${table(schema.name, each)}`).join(', ')}`);
    await this.dropShadow(admin, shadow);
  }

  private async runScripts(loader: Credentials, shadow: string, schema: WantedSchema, scripts: readonly SqlScript[]): Promise<void> {
    for (const script of scripts) {
      this.services.tell(`loading ${script.name} for ${schema.name}`);
      // As the client does: each script in a session of its own.
      const connection = await this.services.server.connect(loader, shadow);
      if (schema.sqlMode !== undefined) await connection.query('SET SESSION sql_mode = ?', [schema.sqlMode]);
      await this.allowForeignKeys(connection, schema);
      await runScript(connection, script);
      await connection.end();
    }
  }

  /** MySQL has the variable from 8.4 on, and refuses such keys unless it is off: when they are made and when their tables are moved. */
  private async allowForeignKeys(connection: Connection, { foreignKeysOnNonUniqueKeys }: WantedSchema): Promise<void> {
    if (!foreignKeysOnNonUniqueKeys || (await rows(connection, 'SHOW SESSION VARIABLES LIKE ?', [NO_UNIQUE_KEY_VARIABLE])).length === 0) return;
    await connection.query(`SET SESSION ${NO_UNIQUE_KEY_VARIABLE} = OFF`);
  }

  private async createShadow(admin: Connection, { name, characterSet }: WantedSchema): Promise<string> {
    const shadow = `carbon_new_${name}_${randomBytes(4).toString('hex')}`;
    await admin.query(`INSERT INTO ${table(MARKS, 'shadows')} VALUES (?)`, [shadow]);
    await admin.query(`CREATE DATABASE ${identifier(shadow)} CHARACTER SET ?`, [characterSet]);
    return shadow;
  }

  private async prepareLoader(admin: Connection, shadow: string): Promise<Credentials> {
    const loader = { username: 'carbon_loader', password: randomBytes(24).toString('hex') };
    await this.setUser(admin, loader, '%');
    await admin.query(`ALTER USER ${LOADER} ACCOUNT UNLOCK`);
    await admin.query(`GRANT ${LOADER_PRIVILEGES.join(', ')} ON ${grantPattern(shadow)}.* TO ${LOADER}`);
    return loader;
  }

  /** What runs before this one left when they were cut short. */
  private async dropShadows(admin: Connection): Promise<void> {
    for (const { name } of await rows(admin, `SELECT name FROM ${table(MARKS, 'shadows')}`)) await this.dropShadow(admin, name);
  }

  /** The only thing that is ever dropped: a database that this program has made, by its name and by its own record. */
  private async dropShadow(admin: Connection, name: string): Promise<void> {
    if (!SHADOW.test(name)) throw new PreparationError(`'${name}' in ${MARKS}.shadows is not the name of a shadow database, remove the row`);
    const grants = await rows(admin, `SELECT DISTINCT grantee AS grantee FROM ${GRANTS}`, [pattern(name)]);
    for (const { grantee } of grants) await admin.query(`REVOKE ALL PRIVILEGES ON ${grantPattern(name)}.* FROM ${grantee}`);
    await admin.query(`DROP DATABASE IF EXISTS ${identifier(name)}`);
    await admin.query(`DELETE FROM ${table(MARKS, 'shadows')} WHERE name = ?`, [name]);
  }

  private async prepareUser(admin: Connection, { name, user, privileges }: WantedSchema, host: string): Promise<void> {
    await this.setUser(admin, user, host);
    await admin.query(`GRANT ${privileges.join(', ')} ON ${grantPattern(name)}.* TO ?@?`, [user.username, host]);
    const grantee = `'${user.username}'@'${host}'`;
    const held = await rows(admin, `SELECT privilege_type AS privilege FROM ${GRANTS} AND grantee = ?`, [pattern(name), grantee]);
    // After the grant, so that servers that are connected never lack what they need.
    const surplus = held.map(each => each.privilege as string).filter(each => !privileges.includes(each)).sort();
    if (surplus.length > 0) await admin.query(`REVOKE ${surplus.join(', ')} ON ${grantPattern(name)}.* FROM ?@?`, [user.username, host]);
  }

  private async prepareStartUser(admin: Connection, user: Credentials, host: string): Promise<void> {
    await this.setUser(admin, user, host);
    for (const each of START_TABLES) {
      await admin.query(`GRANT ${START_PRIVILEGES.join(', ')} ON ${table(MARKS, each)} TO ?@?`, [user.username, host]);
    }
  }

  /** The secret is the truth: a password that was replaced there is set anew. */
  private async setUser(admin: Connection, { username, password }: Credentials, host: string): Promise<void> {
    await this.withPassword(admin, 'CREATE USER IF NOT EXISTS ?@? IDENTIFIED BY ? REQUIRE SSL', [username, host, password]);
    await this.withPassword(admin, 'ALTER USER ?@? IDENTIFIED BY ? REQUIRE SSL', [username, host, password]);
  }

  /** The server's message about a statement may show a part of it, and with it of a password. */
  private async withPassword(admin: Connection, sql: string, values: readonly string[]): Promise<void> {
    try {
      await admin.query(sql, [...values]);
    } catch (problem) {
      if (passes(problem)) throw problem;
      throw new PreparationError(`the user ${values[0]} cannot be set: ${reason(problem).replace(/(ERROR \d+ \(\w+\)).*/s, '$1')}`);
    }
  }

  private async state(admin: Connection, name: string): Promise<string | undefined> {
    const [found] = await rows(admin, `SELECT state FROM ${table(MARKS, 'schemas')} WHERE name = ?`, [name]);
    return found?.state;
  }

  private async mark(admin: Connection, name: string, state: string): Promise<void> {
    await admin.query(`REPLACE INTO ${table(MARKS, 'schemas')} VALUES (?, ?)`, [name, state]);
  }
}

async function tablesOf(admin: Connection, database: string): Promise<string[]> {
  const found = await rows(admin, 'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = ? ORDER BY table_name', [database]);
  return found.map(each => each.name);
}

function halfLoaded(name: string, tables: number): string {
  return `an earlier release of this library was interrupted while it made the tables of ${name}, which has ${tables} tables now. Nothing was `
    + `changed: if they are not complete, remove the database (DROP DATABASE ${name}) and deploy again; if they are, for example because a backup `
    + `was restored, say so (UPDATE ${MARKS}.schemas SET state = 'found' WHERE name = '${name}') and deploy again`;
}

function table(database: string, name: string): string {
  return `${identifier(database)}.${identifier(name)}`;
}

/** In a GRANT, _ and % of a database's name are wildcards unless escaped. */
function pattern(name: string): string {
  return name.replace(/[\\_%]/g, '\\$&');
}

function grantPattern(name: string): string {
  return identifier(pattern(name));
}

/** The host part of a user's name for a network: MySQL knows address/netmask, of the network's first address. */
export function clientHost(network: string): string {
  const [address, length] = network.split('/');
  if (length === undefined) return network;
  const mask = Number(length) === 0 ? 0 : -1 << (32 - Number(length));
  const number = address.split('.').reduce((sum, each) => (sum << 8) | Number(each), 0);
  return `${dotted(number & mask)}/${dotted(mask)}`;
}

function dotted(number: number): string {
  return [24, 16, 8, 0].map(shift => (number >>> shift) & 255).join('.');
}
