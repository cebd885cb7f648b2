/** The function that prepares databases, on a real MySQL server. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Credentials, MySqlServer, passes, reason } from '../../lib/database/preparation/mysql-server';
import { clientHost, Preparation, WantedDatabases, WantedSchema } from '../../lib/database/preparation/preparation';
import { Authority } from '../database-tls/authority';
import { CLIENT, RealServer } from './preparation/real-server';

const NETWORK = '127.0.0.0/8';
const ROWS = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];
const SCRIPT = 'CREATE TABLE T (A INT PRIMARY KEY);\nINSERT INTO T VALUES (1);\n';
const START_USER = { username: 'start_db', password: 'start' };
const STAND_IN = path.join(__dirname, '../rehearsal/stand-in/dbscripts');

let server: RealServer | undefined;
let folder: string;

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'carbon-preparation-'));
  const certificate = new Authority(folder, 'ours').issue('server', 'DNS:localhost,IP:127.0.0.1');
  server = await RealServer.start({ certificate, options: { bind_address: '127.0.0.1,127.0.0.2' } });
}, 120_000);

afterEach(async () => server?.clear());

afterAll(async () => {
  await server?.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

/** A test that needs the server. */
function really(name: string, run: (at: RealServer) => Promise<void>): void {
  test(name, async () => {
    if (server) await run(server);
  }, 60_000);
}

/** Scripts by their names, where the product pack has them. */
class Scripts {
  private readonly contents = new Map<string, string>();

  public schema(name: string, script: string = SCRIPT, more: Partial<WantedSchema> = {}): WantedSchema {
    this.contents.set(`${name}.sql`, script);
    const user = { username: name.toLowerCase(), password: `p'"${name}\\` };
    return { name, characterSet: 'latin1', foreignKeysOnNonUniqueKeys: false, user, privileges: ROWS, scripts: [`${name}.sql`], ...more };
  }

  public preparation(at: MySqlServer, admin: Credentials, { lockSeconds = 20, tell = (): void => {} } = {}): Preparation {
    const scripts = async (names: readonly string[]): Promise<Map<string, { name: string; content: Buffer }>> =>
      new Map(names.map(name => [name, { name, content: Buffer.from(this.contents.get(name)!) }]));
    return new Preparation({ server: at, admin, scripts, tell, lockSeconds });
  }
}

let scripts: Scripts;
beforeEach(() => { scripts = new Scripts(); });

function wanted(...schemas: WantedSchema[]): WantedDatabases {
  return { schemas, startUser: START_USER, networks: [NETWORK] };
}

async function prepare(at: RealServer, ...schemas: WantedSchema[]): Promise<void> {
  await scripts.preparation(at.at(), at.admin).run(wanted(...schemas));
}

/** What a session in the middle of its work saw. */
async function refusal(work: Promise<unknown>): Promise<string> {
  return work.then(() => { throw new Error('it succeeded'); }, problem => reason(problem));
}

async function shadows(at: RealServer): Promise<unknown[]> {
  return at.ask("SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE 'carbon\\_new%'");
}

test('a network becomes the host part of a user', () => {
  expect(['10.0.0.0/16', '10.1.2.3/20', '172.16.5.4/32', '0.0.0.0/0', '%'].map(clientHost))
    .toEqual(['10.0.0.0/255.255.0.0', '10.1.0.0/255.255.240.0', '172.16.5.4/255.255.255.255', '0.0.0.0/0.0.0.0', '%']);
});

really('makes database, tables and user, and a second run changes nothing', async at => {
  const schema = scripts.schema('ONE_DB');
  await prepare(at, schema);
  await at.run('INSERT INTO ONE_DB.T VALUES (2)', schema.user);
  await prepare(at, schema);
  expect(await at.ask('SELECT A FROM ONE_DB.T ORDER BY A')).toEqual([1, 2]);
  expect(await at.ask("SELECT default_character_set_name FROM information_schema.schemata WHERE schema_name = 'ONE_DB'")).toEqual(['latin1']);
  expect(await at.ask('SELECT CONCAT(name, state) FROM carbon_cluster.schemas')).toEqual(['ONE_DBloaded']);
  expect(await shadows(at)).toEqual([]);
});

really('a user reads and writes rows, and changes no table', async at => {
  const schema = scripts.schema('ROWS_DB');
  await prepare(at, schema);
  await at.run('INSERT INTO ROWS_DB.T VALUES (2)\nUPDATE ROWS_DB.T SET A = 3 WHERE A = 2\nDELETE FROM ROWS_DB.T WHERE A = 1', schema.user);
  expect(await at.ask('SELECT A FROM ROWS_DB.T', schema.user)).toEqual([3]);
  for (const sql of ['CREATE TABLE ROWS_DB.U (A INT)', 'DROP TABLE ROWS_DB.T', 'ALTER TABLE ROWS_DB.T ADD B INT', 'TRUNCATE ROWS_DB.T']) {
    expect(await refusal(at.run(sql, schema.user))).toMatch(/denied/);
  }
});

really('a product that changes its tables may', async at => {
  const schema = scripts.schema('BPS_DB', SCRIPT, { privileges: [...ROWS, 'CREATE', 'ALTER', 'DROP', 'INDEX', 'REFERENCES'] });
  await prepare(at, schema);
  await at.run('CREATE TABLE BPS_DB.U (B INT, FOREIGN KEY (B) REFERENCES BPS_DB.T (A))\nALTER TABLE BPS_DB.U ADD C INT\nDROP TABLE BPS_DB.U', schema.user);
});

really('privileges that are no longer wanted are revoked', async at => {
  await prepare(at, scripts.schema('LESS_DB', SCRIPT, { privileges: [...ROWS, 'CREATE', 'SHOW VIEW'] }));
  const less = scripts.schema('LESS_DB');
  await prepare(at, less);
  expect(await refusal(at.run('CREATE TABLE LESS_DB.U (A INT)', less.user))).toMatch(/denied/);
  expect(await at.ask('SELECT A FROM LESS_DB.T', less.user)).toEqual([1]);
});

really('a user of one database is refused in all others', async at => {
  // _ is a wildcard in a grant that forgets to escape it.
  const [one, other] = [scripts.schema('X_DB'), scripts.schema('XaDB', SCRIPT, { user: { username: 'other_db', password: 'p' } })];
  await prepare(at, one, other);
  for (const foreign of ['XaDB.T', 'carbon_cluster.schemas', 'carbon_cluster.turns']) {
    expect(await refusal(at.ask(`SELECT * FROM ${foreign}`, one.user))).toMatch(/denied/);
  }
});

really('users come in from their network only, and with TLS only', async at => {
  const schema = scripts.schema('FAR_DB');
  await scripts.preparation(at.at(), at.admin).run({ ...wanted(schema), networks: ['10.0.0.0/8'] });
  expect(await refusal(at.ask('SELECT 1', schema.user))).toMatch(/Access denied/);
  await scripts.preparation(at.at(), at.admin).run({ ...wanted(schema), networks: ['%'] });
  expect(await at.ask('SELECT 1', schema.user)).toEqual([1]);
  expect(await at.ask("SELECT ssl_type FROM mysql.user WHERE user IN ('far_db', 'start_db', 'carbon_loader')")).toEqual(Array(5).fill('ANY'));
});

really('hostile names and passwords do what they say', async at => {
  for (const password of ["'; DROP DATABASE ODD_DB; --", '\\', "\\'", '"', '%s ? ??', '\u00e4\u20ac', ' ', '`']) {
    const schema = scripts.schema('ODD_DB', SCRIPT, { user: { username: "o'd\\d_db", password } });
    await prepare(at, schema);
    expect(await at.ask('SELECT A FROM ODD_DB.T', schema.user)).toEqual([1]);
  }
});

really('a password that was replaced in the secret is set, by a deployment and by hand', async at => {
  const schema = scripts.schema('ROTATED_DB');
  await prepare(at, schema);
  await prepare(at, { ...schema, user: { ...schema.user, password: 'second' } });
  expect(await refusal(at.ask('SELECT 1', schema.user))).toMatch(/Access denied/);
  expect(await at.ask('SELECT A FROM ROTATED_DB.T', { ...schema.user, password: 'second' })).toEqual([1]);
  await scripts.preparation(at.at(), at.admin).setPassword({ ...schema.user, password: 'third' });
  expect(await refusal(at.ask('SELECT 1', { ...schema.user, password: 'second' }))).toMatch(/Access denied/);
  expect(await at.ask('SELECT A FROM ROTATED_DB.T', { ...schema.user, password: 'third' })).toEqual([1]);
  expect(await refusal(scripts.preparation(at.at(), at.admin).setPassword({ username: 'nobody', password: 'x' }))).toBe('the database server has no user nobody');
});

really('a message about a user shows nothing of the password', async at => {
  const schema = scripts.schema('SHOWN_DB', SCRIPT, { user: { username: 'a-name-of-more-than-thirty-two-characters', password: 'topsecret' } });
  const said = await refusal(prepare(at, schema));
  expect(said).toMatch(/^the user a-name-of-.* cannot be set: ERROR 1470 \(HY000\)$/);
  expect(said).not.toContain('topsecret');
});

really('servers take turns as a user who can do nothing else', async at => {
  await prepare(at);
  await at.run("INSERT INTO carbon_cluster.turns VALUES ('c', 'i', NOW())\nINSERT INTO carbon_cluster.members VALUES ('c', 'i', '10.0.0.1', 4000, NOW())\n"
    + 'UPDATE carbon_cluster.members SET port = 1\nDELETE FROM carbon_cluster.turns', START_USER);
  expect(await at.ask('SELECT port FROM carbon_cluster.members', START_USER)).toEqual([1]);
  for (const sql of ['SELECT * FROM carbon_cluster.schemas', 'DROP TABLE carbon_cluster.turns', 'CREATE TABLE carbon_cluster.x (A INT)', 'SELECT * FROM mysql.user']) {
    expect(await refusal(at.run(sql, START_USER))).toMatch(/denied/);
  }
});

// What was there before

really('tables that are there stay as they are', async at => {
  await at.run('CREATE DATABASE OLD_DB\nCREATE TABLE OLD_DB.MINE (A INT)\nINSERT INTO OLD_DB.MINE VALUES (7)');
  const schema = scripts.schema('OLD_DB');
  await prepare(at, schema);
  await prepare(at, schema);
  expect(await at.ask('SELECT A FROM OLD_DB.MINE', schema.user)).toEqual([7]);
  expect(await at.ask("SELECT table_name FROM information_schema.tables WHERE table_schema = 'OLD_DB'")).toEqual(['MINE']);
  expect(await at.ask('SELECT state FROM carbon_cluster.schemas')).toEqual(['found']);
});

really('what an earlier release loaded or found stays so', async at => {
  const schemas = ['A_DB', 'B_DB'].map(each => scripts.schema(each));
  await prepare(at, ...schemas);
  await at.run("UPDATE carbon_cluster.schemas SET state = 'found' WHERE name = 'A_DB'\nDROP TABLE carbon_cluster.members\nDROP TABLE carbon_cluster.shadows");
  await prepare(at, ...schemas);
  expect(await at.ask('SELECT state FROM carbon_cluster.schemas ORDER BY name')).toEqual(['found', 'loaded']);
});

really('a database that an earlier release left half loaded is never removed', async at => {
  const schema = scripts.schema('HALF_DB');
  await at.run('CREATE DATABASE carbon_cluster\nCREATE TABLE carbon_cluster.schemas (name VARCHAR(64) PRIMARY KEY, state VARCHAR(16) NOT NULL)\n'
    + "INSERT INTO carbon_cluster.schemas VALUES ('HALF_DB', 'loading')\nCREATE DATABASE HALF_DB\nCREATE TABLE HALF_DB.RESTORED (A INT)\nINSERT INTO HALF_DB.RESTORED VALUES (5)");
  expect(await refusal(prepare(at, schema))).toMatch(/^an earlier release .* HALF_DB, which has 1 tables now.*DROP DATABASE HALF_DB.*SET state = 'found'/);
  expect(await at.ask('SELECT A FROM HALF_DB.RESTORED')).toEqual([5]);
  // What the sentence says.
  await at.run("UPDATE carbon_cluster.schemas SET state = 'found' WHERE name = 'HALF_DB'");
  await prepare(at, schema);
  expect(await at.ask('SELECT A FROM HALF_DB.RESTORED', schema.user)).toEqual([5]);
  await at.run("DROP DATABASE HALF_DB\nUPDATE carbon_cluster.schemas SET state = 'loading'");
  await prepare(at, schema);
  expect(await at.ask('SELECT A FROM HALF_DB.T', schema.user)).toEqual([1]);
});

really('a script that fails leaves the database empty, and the next run loads it anew', async at => {
  const said = await refusal(prepare(at, scripts.schema('FAILS_DB', `${SCRIPT}-- a comment; with a semicolon\nCREATE TABLE U (\n  A INT DEFAULT 'x'\n);\n`)));
  expect(said).toBe("FAILS_DB.sql line 4: ERROR 1067 (42000): Invalid default value for 'A'; the database FAILS_DB is untouched");
  expect(await at.ask("SELECT table_name FROM information_schema.tables WHERE table_schema = 'FAILS_DB'")).toEqual([]);
  const mended = scripts.schema('FAILS_DB');
  await prepare(at, mended);
  expect(await at.ask('SELECT A FROM FAILS_DB.T', mended.user)).toEqual([1]);
  expect(await shadows(at)).toEqual([]);
});

/** Stops the preparation at a step, as when Lambda ends the function: its connections are gone. */
async function cutShort(at: RealServer, step: RegExp, schema: WantedSchema): Promise<void> {
  const own = at.at();
  const tell = (said?: string): void => { if (step.test(said!)) own.close(); };
  await refusal(scripts.preparation(own, at.admin, { tell }).run(wanted(schema)));
}

really('killed before the tables are moved, the next run removes the shadow and loads anew', async at => {
  const schema = scripts.schema('KILLED_DB');
  await cutShort(at, /^moving/, schema);
  expect(await shadows(at)).toHaveLength(1);
  expect(await at.ask("SELECT table_name FROM information_schema.tables WHERE table_schema = 'KILLED_DB'")).toEqual([]);
  await prepare(at, schema);
  expect(await shadows(at)).toEqual([]);
  expect(await at.ask('SELECT A FROM KILLED_DB.T', schema.user)).toEqual([1]);
});

really('killed after the tables were moved, the next run finds them', async at => {
  const schema = scripts.schema('MOVED_DB');
  await prepare(at, schema);
  // As it is between RENAME and the record of it.
  await at.run("INSERT INTO MOVED_DB.T VALUES (9)\nDELETE FROM carbon_cluster.schemas\nCREATE DATABASE carbon_new_MOVED_DB_0123abcd\nINSERT INTO carbon_cluster.shadows VALUES ('carbon_new_MOVED_DB_0123abcd')");
  await prepare(at, schema);
  expect(await at.ask('SELECT A FROM MOVED_DB.T ORDER BY A')).toEqual([1, 9]);
  expect(await at.ask('SELECT state FROM carbon_cluster.schemas')).toEqual(['found']);
  expect(await shadows(at)).toEqual([]);
});

really('a database with the name of a shadow stays unless this program has recorded that it made it', async at => {
  await at.run('CREATE DATABASE carbon_new_THEIRS_0123abcd\nCREATE TABLE carbon_new_THEIRS_0123abcd.T (A INT)');
  await prepare(at, scripts.schema('OURS_DB'));
  expect(await shadows(at)).toEqual(['carbon_new_THEIRS_0123abcd']);
});

really('no record makes it remove what is not a shadow', async at => {
  await at.run('CREATE DATABASE PRECIOUS');
  await prepare(at);
  await at.run("INSERT INTO carbon_cluster.shadows VALUES ('PRECIOUS')");
  expect(await refusal(prepare(at))).toMatch(/'PRECIOUS' in carbon_cluster.shadows is not the name of a shadow database/);
  expect(await at.ask("SELECT schema_name FROM information_schema.schemata WHERE schema_name = 'PRECIOUS'")).toEqual(['PRECIOUS']);
});

// Several at once

really('ten deployments at once load each database once', async at => {
  const schemas = [0, 1].map(index => scripts.schema(`RACE${index}_DB`, `${SCRIPT}DO SLEEP(0.2);\nCREATE INDEX I ON T (A);\n`));
  await Promise.all(Array.from({ length: 10 }, () => scripts.preparation(at.at(), at.admin, { lockSeconds: 60 }).run(wanted(...schemas))));
  for (const each of schemas) expect(await at.ask(`SELECT A FROM ${each.name}.T`, each.user)).toEqual([1]);
  expect(await at.ask('SELECT state FROM carbon_cluster.schemas')).toEqual(['loaded', 'loaded']);
  expect(await shadows(at)).toEqual([]);
});

really('who lost the lock in the middle of a script moves nothing', async at => {
  const [slow, quick] = [`${SCRIPT}DO SLEEP(3);\nCREATE TABLE SLOW (A INT);\n`, `${SCRIPT}CREATE TABLE QUICK (A INT);\n`];
  const schema = scripts.schema('LOST_DB', slow);
  const own = at.at();
  const first = refusal(scripts.preparation(own, at.admin).run(wanted(schema)));
  await new Promise(resolve => setTimeout(resolve, 1000));
  // The server ends the administrator's session, as in a partition; the loader's lives on.
  const [holder] = await at.ask("SELECT IS_USED_LOCK('carbon_cluster')");
  await at.run(`KILL ${holder}`);
  await new Scripts().preparation(at.at(), at.admin).run(wanted());
  scripts.schema('LOST_DB', quick);
  await prepare(at, schema);
  expect(await first).toMatch(/LOST_DB|lost|closed|Unknown database/);
  expect(await at.ask("SELECT table_name FROM information_schema.tables WHERE table_schema = 'LOST_DB' ORDER BY 1")).toEqual(['QUICK', 'T']);
  expect(await shadows(at)).toEqual([]);
});

really('a lock that is held is waited for, and then named', async at => {
  const holder = await at.session();
  await holder.query("SELECT GET_LOCK('carbon_cluster', 0)");
  const said = await refusal(scripts.preparation(at.at(), at.admin, { lockSeconds: 1 }).run(wanted()));
  expect(said).toBe(`connection ${holder.threadId} of the database server 127.0.0.1:${at.port} has held the lock carbon_cluster for more than 1 s: `
    + 'wait until the other deployment that prepares databases there is over, and deploy again');
});

// Scripts

really('a script reaches nothing but the tables it makes', async at => {
  await at.run('CREATE DATABASE PRECIOUS\nCREATE TABLE PRECIOUS.T (A INT)');
  for (const sql of ['DROP DATABASE PRECIOUS', 'INSERT INTO PRECIOUS.T VALUES (1)', 'CREATE DATABASE MORE', "CREATE USER u IDENTIFIED BY 'p'", 'SELECT * FROM mysql.user',
    "GRANT ALL ON *.* TO evil_db@'%'", 'DELETE FROM carbon_cluster.schemas', 'SET GLOBAL read_only = 1', 'USE PRECIOUS', "SELECT 1 INTO OUTFILE '/tmp/x'"]) {
    expect(await refusal(prepare(at, scripts.schema('EVIL_DB', `${SCRIPT}${sql};\n`)))).toMatch(/^EVIL_DB.sql line 3: ERROR (1044|1142|1227|1045|1410) .*untouched$/);
  }
  expect(await refusal(prepare(at, scripts.schema('EVIL_DB', `${SCRIPT}LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE T;\n`)))).toMatch(/^EVIL_DB.sql line 3: /);
});

really('a foreign key to columns without a unique key loads where the database says so', async at => {
  const key = 'CREATE TABLE P (A INT, KEY (A));\nCREATE TABLE C (A INT, FOREIGN KEY (A) REFERENCES P (A));\n';
  expect(await refusal(prepare(at, scripts.schema('MB_DB', key)))).toMatch(/^MB_DB.sql line 2: ERROR 6125 /);
  await prepare(at, scripts.schema('MB_DB', key, { foreignKeysOnNonUniqueKeys: true }));
  expect(await at.ask("SELECT table_name FROM information_schema.tables WHERE table_schema = 'MB_DB' ORDER BY 1")).toEqual(['C', 'P']);
});

really('the sql_mode of a database counts, and otherwise the server has its own', async at => {
  const modes = 'CREATE TABLE M (MODE VARCHAR(500));\nINSERT INTO M SELECT @@SESSION.sql_mode;\n';
  const [loose, own] = [scripts.schema('LOOSE_DB', modes, { sqlMode: '' }), scripts.schema('MODE_DB', modes)];
  await prepare(at, loose, own);
  expect(await at.ask('SELECT MODE FROM LOOSE_DB.M')).toEqual(['']);
  expect(await at.ask('SELECT MODE FROM MODE_DB.M')).toEqual(await at.ask('SELECT @@GLOBAL.sql_mode'));
});

const STAND_IN_SCRIPTS: readonly (readonly [string, boolean])[] = fs.readdirSync(STAND_IN, { recursive: true, encoding: 'utf8' })
  .filter(each => each.endsWith('.sql')).sort().map(each => [each, each.startsWith('mb-store')]);
const ODD = `-- it's a comment; with a quote
/* and; another
   one's; */
CREATE TABLE A (ID INT AUTO_INCREMENT PRIMARY KEY, TEXT VARCHAR(99) DEFAULT 'a;b' COMMENT 'it''s; -- no comment');
INSERT INTO A (TEXT) VALUES ('x;y'), ("q;'"), ('back\\\\slash\\';'), ('/* no; comment */');
;;
DROP TABLE IF EXISTS B;
CREATE TABLE B (ID INT, REFERS INT, FOREIGN KEY (REFERS) REFERENCES A (ID)) /* trailing; */ ;
/*!40101 ALTER TABLE B ADD C INT */;
CREATE INDEX I ON B (ID); INSERT INTO B VALUES (1, 1, 1)`;

test.each([...STAND_IN_SCRIPTS, ['odd', false] as const])('%s makes the same tables as with the client of MySQL', async (name, loose) => {
  if (!server || !CLIENT) return;
  const text = name === 'odd' ? ODD : fs.readFileSync(path.join(STAND_IN, name), 'utf8');
  await server.run('CREATE DATABASE CLIENT_DB CHARACTER SET latin1');
  server.load('CLIENT_DB', text, loose ? 'SET SESSION restrict_fk_on_non_standard_key = OFF' : undefined);
  await prepare(server, scripts.schema('OWN_DB', text, { foreignKeysOnNonUniqueKeys: loose }));
  const made = await server.picture('OWN_DB');
  expect(made).toEqual(await server.picture('CLIENT_DB'));
  expect(made.length).toBeGreaterThan(0);
}, 60_000);

// Certificates

really('a server is trusted by its authority and its name', async at => {
  const [ours, theirs] = [path.join(folder, 'ours.pem'), new Authority(folder, 'theirs').root].map(each => fs.readFileSync(each, 'utf8'));
  for (const host of ['localhost', '127.0.0.1']) {
    await (await at.at(host, ours).login(at.admin)).query('SELECT 1');
    const problem = await at.at(host, theirs).login(at.admin).catch((error: unknown) => error);
    expect([reason(problem), passes(problem)]).toEqual([expect.stringMatching(/^its certificate is not accepted: /), false]);
  }
  await (await at.at('127.0.0.1').login(at.admin)).query('SELECT 1');
  // Both lead to the server, and are not in its certificate.
  for (const host of ['127.1', '127.0.0.2']) {
    const problem = await at.at(host, ours).login(at.admin).catch((error: unknown) => error);
    expect([reason(problem), passes(problem)]).toEqual([expect.stringMatching(/altnames/), false]);
  }
});

really('an administrator who is refused is told so at once', async at => {
  const said = await refusal(scripts.preparation(at.at(), { ...at.admin, password: 'wrong' }).run(wanted()));
  expect(said).toMatch(/^ERROR 1045 \(28000\): Access denied/);
});
