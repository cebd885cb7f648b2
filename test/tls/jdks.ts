/** The JDKs of this machine: its own, and those of the rehearsal's root trees. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { JavaTls } from '../../lib/tls/java-tls';
import { REHEARSAL_FOLDER } from '../places';

/** Majors that some product of the catalogue runs on, and the newest. */
export const WANTED_JAVA: readonly number[] = [8, 11, 17, 21, 25];

const HOMES = 'usr/lib/jvm';
/** Runs a program of a root tree: with the tree's /etc, where Debian keeps a JDK's configuration, in a mount namespace of its own. */
const WITH_ETC = 'mount --bind -o ro "$0/etc" /etc && exec "$@"';

export interface Jdk {
  /** As it says itself, `17.0.15`. */
  readonly version: string;
  readonly tls: JavaTls;
  /** What to put before arguments of `java`. */
  readonly command: readonly string[];
  /** The root tree that it is in, and its program as seen from the host. */
  readonly root: string;
  readonly java: string;
}

/** One of each version. */
export function findJdks(): Jdk[] {
  const found = new Map<string, Jdk>();
  for (const root of ['/', ...trees()]) {
    for (const jdk of jdksBelow(root)) if (!found.has(jdk.version)) found.set(jdk.version, jdk);
  }
  return [...found.values()].sort((a, b) => a.tls.version - b.tls.version || a.version.localeCompare(b.version, 'en', { numeric: true }));
}

/** Root trees are root's, and entering one takes a mount namespace. */
function trees(): string[] {
  const folder = path.join(REHEARSAL_FOLDER, 'trees');
  if (process.getuid?.() !== 0 || !fs.existsSync(folder)) return [];
  return fs.readdirSync(folder).filter(each => /^(java-\d+|node)-[0-9a-f]+$/.test(each)).map(each => fs.realpathSync(path.join(folder, each)));
}

function jdksBelow(root: string): Jdk[] {
  const folder = path.join(root, HOMES);
  const names = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  return names.map(each => path.join(folder, each)).filter(home => !fs.lstatSync(home).isSymbolicLink())
    .flatMap(home => jdkAt(root, home) ?? []);
}

function jdkAt(root: string, home: string): Jdk | undefined {
  const java = path.join(home, 'bin', 'java');
  if (!fs.existsSync(java)) return undefined;
  const command = root === '/' ? [java] : ['unshare', '--mount', 'sh', '-c', WITH_ETC, root, java];
  const said = spawnSync(command[0], [...command.slice(1), '-version'], { encoding: 'utf8' });
  const version = /version "([^"]+)"/.exec(said.stderr ?? '')?.[1];
  if (!version) return undefined;
  const major = Number(/^(?:1\.)?(\d+)/.exec(version)![1]);
  return { version, command, root, java, tls: { version: major, rsaKeyExchange: !disabledAlgorithms(root, home).includes('TLS_RSA_*') } };
}

function disabledAlgorithms(root: string, home: string): string {
  const file = ['conf/security', 'jre/lib/security'].map(each => path.join(home, each, 'java.security')).find(isThere)!;
  const target = fs.lstatSync(file).isSymbolicLink() ? path.join(root, fs.readlinkSync(file)) : file;
  return /^jdk\.tls\.disabledAlgorithms=((?:.*\\\n)*.*)/m.exec(fs.readFileSync(target, 'utf8'))![1];
}

function isThere(file: string): boolean {
  return fs.lstatSync(file, { throwIfNoEntry: false }) !== undefined;
}
