/**
 * Where the files are that the emulator and the rehearsal consist of, and where their work and caches go: in this repository,
 * or in the installed package, whose bundle (dist/bin) has them beside it (dist/rehearsal).
 */
import * as fs from 'node:fs';
import * as path from 'node:path';

const SOURCES = path.join(__dirname, 'emulator');
const IN_REPOSITORY = fs.existsSync(path.join(SOURCES, 'server.py'));
const SHIPPED = path.join(__dirname, '..', 'rehearsal');

/** The root of this repository; of the installed package's user, the folder of the app. */
export const PROJECT = IN_REPOSITORY ? path.resolve(__dirname, '..') : process.cwd();
/** Where everything temporary goes and every cache is; git ignores it. */
export const LOCAL_FOLDER = path.join(PROJECT, IN_REPOSITORY ? '.local' : '.carbon-cluster');

/** The emulator's server and its extension. */
export const EMULATOR = IN_REPOSITORY ? SOURCES : path.join(SHIPPED, 'emulator');
/** The programs that boot the nodes. */
export const MACHINE_ROOM = IN_REPOSITORY ? path.join(__dirname, 'rehearsal', 'machine') : path.join(SHIPPED, 'machine');
/** The function that prepares databases, as Lambda has it. */
export const PREPARATION = path.join(IN_REPOSITORY ? PROJECT : path.join(__dirname, '..'), 'lib', 'database', 'preparation', 'function', 'index.js');
/** Trees, packs, runs and logs of rehearsals. */
export const REHEARSAL_FOLDER = path.join(LOCAL_FOLDER, 'rehearsal');

/** Configuration folders of the vendor's, by product and version; a stand-in has its own where there is none. */
export const CARBON_CONF = process.env.CARBON_CONF ?? (IN_REPOSITORY ? path.join(PROJECT, '..', 'shared', 'carbon-conf') : undefined);

/** Makes the local folder and says whether it is new. Git ignores it by a file in it: the user's own .gitignore is not ours to change. */
export function makeLocalFolder(): boolean {
  const made = fs.mkdirSync(LOCAL_FOLDER, { recursive: true });
  const ignore = path.join(LOCAL_FOLDER, '.gitignore');
  if (!IN_REPOSITORY && !fs.existsSync(ignore)) fs.writeFileSync(ignore, '*\n');
  return made !== undefined;
}

/**
 * The sources of the stand-in, where Maven may write its results beside them: an installed package is no place for those.
 *
 * A copy of its own for each version of them, so that none has files of another.
 */
export function standInSources(): string {
  if (IN_REPOSITORY) return path.join(__dirname, 'rehearsal', 'stand-in');
  const shipped = path.join(SHIPPED, 'stand-in');
  const copy = path.join(REHEARSAL_FOLDER, 'stand-in', fs.readFileSync(path.join(shipped, 'VERSION'), 'utf8').trim());
  fs.cpSync(shipped, copy, { recursive: true });
  return copy;
}
