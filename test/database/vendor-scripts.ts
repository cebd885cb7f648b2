/**
 * `npm run test:database-scripts -- REPOSITORY...`: loads every script for MySQL in the history of git repositories of WSO2's, by the function that
 * prepares databases and by the client of MySQL, and compares what both make. Not in the gate: the scripts are the vendor's, and are not kept here.
 *
 * Arguments: git directories, for example clones of wso2/docker-apim, wso2/carbon-kernel, wso2/carbon-business-process
 * Exit codes: 0 each script makes the same by both, 1 one does not, 2 there is no server, no client, or no script
 */
import { execFileSync } from 'node:child_process';
import { Preparation } from '../../lib/database/preparation/preparation';
import { CLIENT, RealServer } from './preparation/real-server';

const SCRIPT = /(^|\/)(mysql[^/]*\.sql|[^/]*mysql[^/]*\.sql)$/i;
/** What is around scripts in images: it makes databases and users itself. */
const WRAPPER = /^\s*(CREATE\s+(DATABASE|SCHEMA|USER)|DROP\s+DATABASE|USE\s|GRANT\s)/im;

interface Script { readonly path: string; readonly content: Buffer }

/** Each text once, whatever versions have it. */
function scriptsOf(repository: string): Script[] {
  const git = (...argv: string[]): Buffer => execFileSync('git', ['-C', repository, ...argv], { maxBuffer: 1 << 30 });
  const seen = new Map<string, string>();
  for (const line of git('rev-list', '--objects', '--all', '--missing=allow-any').toString().split('\n')) {
    const [id, path] = [line.slice(0, 40), line.slice(41)];
    if (SCRIPT.test(path)) seen.set(id, path);
  }
  const found = [...seen].flatMap(([id, path]) => {
    try {
      return [{ path, content: git('cat-file', 'blob', id) }];
    } catch {
      console.warn(`left out, because the clone is not complete: ${path}`);
      return [];
    }
  });
  return found.filter(each => !WRAPPER.test(each.content.toString()));
}

interface Settings { readonly sqlMode?: string; readonly foreignKeysOnNonUniqueKeys: boolean }
/** As the catalogue has them: the first with which the client loads the script counts. */
const SETTINGS: readonly Settings[] = [
  { foreignKeysOnNonUniqueKeys: false }, { sqlMode: '', foreignKeysOnNonUniqueKeys: false }, { foreignKeysOnNonUniqueKeys: true },
];

function init({ sqlMode, foreignKeysOnNonUniqueKeys }: Settings): string {
  const key = foreignKeysOnNonUniqueKeys ? ', restrict_fk_on_non_standard_key = OFF' : '';
  return `SET SESSION sql_mode = ${sqlMode === undefined ? '@@GLOBAL.sql_mode' : `'${sqlMode}'`}${key}`;
}

async function byClient(server: RealServer, { content }: Script, settings: Settings): Promise<string | undefined> {
  await server.clear();
  await server.run('CREATE DATABASE CLIENT_DB CHARACTER SET latin1');
  try {
    server.load('CLIENT_DB', content.toString('latin1'), init(settings));
    return undefined;
  } catch (problem) {
    return String((problem as { stderr?: Buffer }).stderr ?? problem).trim().split('\n').pop();
  }
}

async function byFunction(server: RealServer, { path, content }: Script, settings: Settings): Promise<string | undefined> {
  const schema = {
    name: 'OWN_DB', characterSet: 'latin1', ...settings, user: { username: 'own_db', password: 'p' }, privileges: ['SELECT'], scripts: [path],
  };
  const scripts = async (): Promise<Map<string, { name: string; content: Buffer }>> => new Map([[path, { name: path, content }]]);
  const preparation = new Preparation({ server: server.at(), admin: server.admin, scripts, tell: () => {}, lockSeconds: 10 });
  try {
    await preparation.run({ schemas: [schema], startUser: { username: 'start_db', password: 'p' }, networks: ['127.0.0.0/8'] });
    return undefined;
  } catch (problem) {
    return (problem as Error).message;
  }
}

async function compare(server: RealServer, script: Script): Promise<{ readonly outcome: string; readonly detail: string }> {
  let client: string | undefined;
  for (const settings of SETTINGS) {
    client = await byClient(server, script, settings);
    if (client !== undefined) continue;
    const own = await byFunction(server, script, settings);
    if (own !== undefined) return { outcome: 'DIFFERENT', detail: `the client loads it, the function says: ${own}` };
    const [made, expected] = [await server.picture('OWN_DB'), await server.picture('CLIENT_DB')];
    const same = made.join() === expected.join();
    return { outcome: same ? 'same' : 'DIFFERENT', detail: `${made.length} tables${settings.sqlMode === '' ? ', loose sql_mode' : ''}`
      + `${settings.foreignKeysOnNonUniqueKeys ? ', foreign keys on columns without a unique key' : ''}` };
  }
  const own = await byFunction(server, script, SETTINGS[0]);
  return own === undefined ? { outcome: 'DIFFERENT', detail: `the function loads it, the client says: ${client}` } : { outcome: 'refused by both', detail: client! };
}

async function main(): Promise<void> {
  const scripts = process.argv.slice(2).flatMap(scriptsOf);
  const server = CLIENT && scripts.length > 0 ? await RealServer.start() : undefined;
  if (!server) {
    console.error(scripts.length === 0 ? 'the repositories have no scripts for MySQL' : 'there is no MySQL server, or no client, on this machine');
    process.exitCode = 2;
    return;
  }
  const counts: Record<string, number> = {};
  try {
    console.log(`MySQL ${await server.ask('SELECT VERSION()')}, ${scripts.length} scripts`);
    for (const script of scripts) {
      const { outcome, detail } = await compare(server, script);
      counts[outcome] = (counts[outcome] ?? 0) + 1;
      console.log(`${outcome.padEnd(16)} ${script.path}: ${detail}`);
    }
    await server.clear();
  } finally {
    await server.stop();
  }
  console.log(JSON.stringify(counts));
  if (counts.DIFFERENT) process.exitCode = 1;
}

main().catch(error => {
  console.error((error as Error).message);
  process.exitCode = 2;
});
