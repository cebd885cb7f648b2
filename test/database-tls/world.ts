/** Mount namespaces in which the names of test servers lead to loopback, and in which the node's files are where the node has them. */
import { execFileSync, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { PROGRAMS } from '../../lib/boot/user-data';
import { Jdk } from '../tls/jdks';

/** $0: folders laid over /etc, $1: what is at /opt, then a command. */
const ENTER = 'mount -t overlay overlay -o "lowerdir=$0" /etc && mount --bind "$1" /opt && shift && exec "$@"';
/** $0: a tree, with whose libraries the client runs. */
const IN_TREE = 'for each in etc/hosts opt tmp; do '
  + '[ -e "$0/$each" ] || mkdir "$0/$each"; mount --bind "/$each" "$0/$each" || exit 1; done; exec chroot "$0" "$@"';

export class World {
  private readonly etc: string;
  private readonly opt: string;

  /** @param authorities PEM file of those whom the node trusts */
  public constructor(folder: string, names: readonly string[], authorities: string, files: { readonly pem: string; readonly keystore: string }) {
    this.etc = path.join(folder, 'etc');
    this.opt = path.join(folder, 'opt');
    fs.mkdirSync(this.etc);
    fs.writeFileSync(path.join(this.etc, 'hosts'), `127.0.0.1 localhost ${names.join(' ')}\n`);
    const inside = Object.values(files).map(file => path.join(this.opt, path.relative('/opt', file)));
    fs.mkdirSync(path.dirname(inside[0]), { recursive: true });
    install(authorities, inside[0], inside[1]);
  }

  /** Each URL's answer, of a JVM whose own trust store, as Carbon's, holds authorities of other people. */
  public askDriver(jdk: Jdk, classPath: readonly string[], trustStore: string, driver: readonly string[], urls: readonly string[]): string[] {
    const etc = jdk.root === '/' ? [] : [path.join(jdk.root, 'etc')];
    const said = this.run(etc, [jdk.java, `-Djavax.net.ssl.trustStore=${trustStore}`, '-Djavax.net.ssl.trustStorePassword=changeit', '-Xmx128m', '-XX:TieredStopAtLevel=1', '-cp', classPath.join(':'),
      'Connect', ...driver], `${urls.join('\n')}\n`);
    return said.split('\n').flatMap(line => /^answer (.*)$/.exec(line)?.[1] ?? []);
  }

  /** Each case's answer, by the node's own program with the client of that tree. */
  public askClient(tree: string, folder: string, user: string, password: string, cases: readonly (readonly [string, number, string | null])[]): string[] {
    const client = path.join(folder, `mysql-of-${path.basename(tree)}`);
    const program = fs.existsSync(path.join(tree, 'usr/bin/mysql')) ? '/usr/bin/mysql' : '/usr/bin/mariadb';
    fs.writeFileSync(client, `#!/bin/sh\nexec unshare --mount sh -c '${IN_TREE}' ${tree} ${program} "$@"\n`, { mode: 0o755 });
    const said = this.run([], ['python3', '-B', path.join(__dirname, 'probe/connect.py'), client, user], `${JSON.stringify(cases)}\n${password}\n`);
    return JSON.parse(said) as string[];
  }

  private run(etc: readonly string[], command: readonly string[], input: string): string {
    const done = spawnSync('unshare', ['--mount', 'sh', '-c', ENTER, [this.etc, ...etc, '/etc'].join(':'), this.opt, ...command], { input, encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`${command[0]}: ${done.stderr.slice(-2000)}`);
    return done.stdout;
  }
}

/** Makes the node's two files by its own program. */
export function install(authorities: string, pem: string, keystore: string): void {
  execFileSync('python3', ['-B', '-c', 'import sys; sys.path.insert(0, sys.argv[1]); import node_database_tls; node_database_tls.install(*sys.argv[2:])',
    PROGRAMS, authorities, pem, keystore], { stdio: 'ignore' });
}
