/** What users of the databases may try who are not their administrator. */
import { Json } from '../../cluster-document';
import { Attempt } from './attempt';
import { AttackRoom, CANARY, Secret } from './attack-room';

const OTHER = 'attack_other';
const MARKS = 'carbon_cluster';

function schemas(room: AttackRoom): Json[] {
  return (room.data.document.databases as Json).schemas;
}

/** Who the node is toward the table of starts: a user of its own, or, before there was one, the administrator. */
function startSecret(room: AttackRoom): Secret {
  const { start, admin } = room.data.document.databases as Json;
  return room.secretOf(start?.secret ?? admin)!;
}

function first(room: AttackRoom): Secret {
  return room.secretOf(schemas(room)[0].secret)!;
}

/** Rows that a user gets, by the client that is on the node. */
async function query(room: AttackRoom, user: Secret, statements: string, options = '--ssl'): Promise<string> {
  const host = room.data.values.DatabaseEndpoint;
  return room.root(`export MYSQL_PWD='${user.fields.password}'
mysql --batch --skip-column-names --connect-timeout 5 ${options} --host ${host} --user '${user.fields.username}' 2> /dev/null <<'END'\n${statements}\nEND`);
}

export async function furnishDatabase(room: AttackRoom): Promise<void> {
  const said = await query(room, room.administrator, `CREATE DATABASE IF NOT EXISTS ${OTHER}; CREATE TABLE IF NOT EXISTS ${OTHER}.rows_of_others (v TEXT);
REPLACE INTO ${OTHER}.rows_of_others VALUES ('${CANARY}'); CREATE TABLE IF NOT EXISTS ${MARKS}.attack_marker (v TEXT); SELECT 'done';`);
  if (!said.includes('done')) throw new Error('the administrator of the databases cannot prepare them');
}

interface Statement {
  readonly tries: string;
  readonly success: string;
  readonly statements: (room: AttackRoom) => string;
  /** Asked by the administrator; without it what the user got itself counts. */
  readonly effect?: (room: AttackRoom) => string;
  readonly pattern: RegExp;
}

const READ_OTHER: Statement = { tries: 'to read a row of another database', success: 'the row', statements: () => `SELECT v FROM ${OTHER}.rows_of_others LIMIT 1;`, pattern: new RegExp(CANARY) };
const HASHES: Statement = { tries: 'to read the password hashes of all users', success: 'a hash', statements: () => "SELECT user, HEX(authentication_string) FROM mysql.user WHERE authentication_string <> '' LIMIT 1;", pattern: /[0-9A-F]{20}/ };
const DROP_TABLE: Statement = {
  tries: 'to drop a table of another database', success: 'the table is gone', statements: () => `DROP TABLE ${OTHER}.rows_of_others;`,
  effect: () => `SELECT CONCAT('gone', COUNT(*)) FROM information_schema.tables WHERE table_schema = '${OTHER}' AND table_name = 'rows_of_others';`, pattern: /gone0/,
};
const DROP_MARKER: Statement = {
  tries: 'to drop a table of the marker\'s database', success: 'the table is gone', statements: () => `DROP TABLE ${MARKS}.attack_marker;`,
  effect: () => `SELECT CONCAT('gone', COUNT(*)) FROM information_schema.tables WHERE table_schema = '${MARKS}' AND table_name = 'attack_marker';`, pattern: /gone0/,
};
const NEW_TABLE: Statement = {
  tries: 'to make a table in the marker\'s database', success: 'the table is there', statements: () => `CREATE TABLE ${MARKS}.attack_new (v TEXT);`,
  effect: () => `SELECT CONCAT('there', COUNT(*)) FROM information_schema.tables WHERE table_name = 'attack_new'; DROP TABLE IF EXISTS ${MARKS}.attack_new;`, pattern: /there1/,
};
const CHANGE_MARKER: Statement = {
  tries: 'to mark a database as half loaded, so that it is loaded anew', success: 'a row is changed',
  statements: () => `REPLACE INTO ${MARKS}.schemas (name, state) VALUES ('attack', 'loading');`,
  effect: () => `SELECT CONCAT('rows', COUNT(*)) FROM ${MARKS}.schemas WHERE name = 'attack'; DELETE FROM ${MARKS}.schemas WHERE name = 'attack';`, pattern: /rows1/,
};
const NEW_USER: Statement = {
  tries: 'to make a user', success: 'the user is there', statements: () => "CREATE USER 'attack'@'%' IDENTIFIED BY 'attack-Attack1';",
  effect: () => "SELECT CONCAT('users', COUNT(*)) FROM mysql.user WHERE user = 'attack'; DROP USER IF EXISTS 'attack'@'%';", pattern: /users1/,
};
const GRANT: Statement = {
  tries: 'to give itself more rights', success: 'another database is read',
  statements: () => `GRANT SELECT ON ${OTHER}.* TO CURRENT_USER(); SELECT v FROM ${OTHER}.rows_of_others LIMIT 1;`, pattern: new RegExp(CANARY),
};
const PROCESSES: Statement = {
  tries: 'to see what others ask the server', success: 'a session of another user',
  statements: () => "SELECT CONCAT('session of ', user) FROM information_schema.processlist WHERE user <> SUBSTRING_INDEX(USER(), '@', 1) LIMIT 1;", pattern: /session of \w+/,
};

function by(name: string, user: (room: AttackRoom) => Secret, { tries, success, statements, effect, pattern }: Statement): Attempt {
  const act = async (room: AttackRoom, who: Secret): Promise<string> => {
    await furnishDatabase(room);
    const said = await query(room, who, statements(room));
    const seen = effect ? await query(room, room.administrator, effect(room)) : said;
    return pattern.exec(seen)?.[0] ?? '';
  };
  return { as: 'database user', tries: `${name}: ${tries}`, success, attack: room => act(room, user(room)), control: room => act(room, room.administrator) };
}

/** Neither the users of a schema nor that of the starts may connect without TLS. */
function withoutTls(name: string, user: (room: AttackRoom) => Secret): Attempt {
  return {
    as: 'database user', tries: `${name}: to connect without TLS`, success: 'an answer over a plain connection',
    attack: async room => ((await query(room, user(room), "SELECT 'plain';", '--skip-ssl')).includes('plain') ? 'an answer without TLS' : ''),
    control: async room => ((await query(room, user(room), "SELECT 'with TLS';")).includes('with TLS') ? 'an answer with TLS' : ''),
  };
}

const SCHEMA_USER = 'the user of a schema';
const START_USER = 'the user of the starts';

export const DATABASE: readonly Attempt[] = [
  ...[READ_OTHER, HASHES, DROP_TABLE, DROP_MARKER, NEW_TABLE, CHANGE_MARKER, NEW_USER, GRANT].map(each => by(SCHEMA_USER, first, each)),
  // The administrator sees sessions, too, only where there are some: the servers' own are.
  by(SCHEMA_USER, first, PROCESSES), withoutTls(SCHEMA_USER, first),
  ...[READ_OTHER, HASHES, DROP_TABLE, DROP_MARKER, NEW_TABLE, CHANGE_MARKER, NEW_USER, PROCESSES].map(each => by(START_USER, startSecret, each)),
  withoutTls(START_USER, startSecret),
];
