#!/usr/bin/env python3
"""
The rehearsal's machine room: real machines, names, metadata, database and load balancers for a cluster, on one host.

    main.py run --cluster cluster.json --events -     bring a cluster up; commands on standard input
    main.py tree [--java 8]... [--database 8.4]...    only build the cached trees
    main.py authority                                 print the path of the test authority's certificate
    main.py render --cluster cluster.json WHAT        print a configuration: haproxy, dnsmasq, mysql
    main.py list                                      runs, with whether they are alive
    main.py shell RUN NODE [COMMAND...]               a shell in a node of a live run
    main.py clean [--trees]                           remove what dead runs left
    main.py check                                     can this machine rehearse?

README.md describes the document, the commands and the events.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import balancer_config  # noqa: E402
import database  # noqa: E402
import document  # noqa: E402
import names  # noqa: E402
import runs  # noqa: E402
import trees  # noqa: E402
from authority import Authority  # noqa: E402
from commands import Commands  # noqa: E402
from events import Events  # noqa: E402
from isolation import run_isolated  # noqa: E402
from room import Room  # noqa: E402
from system import children  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))

#: In the repository's git-ignored folder for caches; of an installed package, whose files are in dist/, in the current folder's.
INSTALLED = os.path.basename(os.path.dirname(os.path.dirname(HERE))) == 'dist'
DEFAULT_BASE = os.path.join(*([os.getcwd(), '.carbon-cluster'] if INSTALLED else [ROOT, '.local']), 'rehearsal')

#: Program, and the package that has it.
NEEDED = {
    'systemd-nspawn': 'systemd-container', 'haproxy': 'haproxy', 'dnsmasq': 'dnsmasq-base', 'mmdebstrap': 'mmdebstrap',
    'ip': 'iproute2', 'nft': 'nftables', 'nsenter': 'util-linux', 'openssl': 'openssl', 'curl': 'curl',
    'sysctl': 'procps', 'mount': 'mount',
}

EXIT_UNABLE = 3
EXIT_DOCUMENT = 2


def unable() -> str | None:
    """Why this machine cannot rehearse, in one sentence."""
    if sys.platform != 'linux':
        return 'A rehearsal needs Linux, because it boots systemd in namespaces.'
    if os.geteuid() != 0:
        return 'A rehearsal needs root, because it boots systemd in namespaces of its own.'
    missing = sorted({package for program, package in NEEDED.items() if shutil.which(program) is None})
    if missing:
        return f'A rehearsal needs the packages {", ".join(missing)}; sh {os.path.relpath(HERE)}/install.sh installs them.'
    return None


def main(arguments: list[str]) -> int:
    # A daemon's PATH may lack these, where the tools are.
    os.environ['PATH'] = f'{os.environ.get("PATH", "")}:/usr/local/sbin:/usr/sbin:/sbin'
    options = parser().parse_args(arguments)
    return options.do(options)


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(prog='main.py', description=__doc__,
                                    formatter_class=argparse.RawDescriptionHelpFormatter)
    whole.add_argument('--base', default=DEFAULT_BASE, help='folder for caches and runs (default: %(default)s)')
    commands = whole.add_subparsers(required=True, metavar='command')

    def command(name: str, do, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(do=do)
        return sub

    run = command('run', do_run, 'bring a cluster up')
    run.add_argument('--cluster', required=True, help='the cluster document')
    run.add_argument('--events', default='-', help='where events go: a file, or - for standard output')
    run.add_argument('--logs', help='folder for logs that outlive the run')
    run.add_argument('--no-boot', action='store_true', help='start everything but the nodes')
    run.add_argument('--no-commands', action='store_true', help='ignore standard input; ends on Ctrl-C')

    tree = command('tree', do_tree, 'build the cached trees')
    tree.add_argument('--java', action='append', choices=sorted([trees.OWN_JAVA, *trees.JAVA_PACKAGES], key=int))
    tree.add_argument('--database', action='append', choices=sorted(trees.DATABASE_SERVERS))

    command('authority', do_authority, "print the path of the test authority's certificate")
    render = command('render', do_render, 'print a configuration')
    render.add_argument('--cluster', required=True)
    render.add_argument('what', choices=['haproxy', 'dnsmasq', 'mysql'])

    command('list', do_list, 'list runs')
    shell = command('shell', do_shell, 'a shell in a node')
    shell.add_argument('run')
    shell.add_argument('node')
    shell.add_argument('argv', nargs=argparse.REMAINDER)
    clean = command('clean', do_clean, 'remove what dead runs left')
    clean.add_argument('--trees', action='store_true', help='also every cached tree')
    command('check', do_check, 'say whether this machine can rehearse')
    return whole


def do_run(options: argparse.Namespace) -> int:
    reason = unable()
    if reason:
        print(reason, file=sys.stderr)
        return EXIT_UNABLE
    try:
        cluster = document.load(options.cluster)
    except (document.DocumentError, OSError) as error:
        print(error, file=sys.stderr)
        return EXIT_DOCUMENT
    runs_dir = os.path.join(options.base, 'runs')
    runs.remove_leftovers(runs_dir)
    run = runs.Run(runs_dir)
    try:
        return run_isolated(lambda: Machine(options, cluster, run).main())
    finally:
        run.remove()


class Machine:
    """Process 1 of a run: brings the room up, then serves commands until told to end."""

    def __init__(self, options: argparse.Namespace, cluster: document.Cluster, run: runs.Run):
        self._options = options
        self._run = run
        self._stop = threading.Event()
        stream = sys.stdout if options.events == '-' else open(options.events, 'w', encoding='utf-8')
        self._events = Events(stream, on_broken=self._stop.set)
        self._room = Room(cluster, run, options.base, self._events, options.logs)

    def main(self) -> int:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self._stop.set())
        self._events.emit('run', run=self._run.id, dir=self._run.dir)
        code: list[int] = []
        worker = threading.Thread(target=lambda: code.append(self._up()), name='up', daemon=True)
        worker.start()
        # Signals are handled between two waits of the main thread.
        while not self._stop.wait(0.2):
            pass
        self._room.keep_logs()
        self._events.emit('end', run=self._run.id)
        return code[0] if code else 130

    def _up(self) -> int:
        commands = Commands(self._room, self._events, self._stop.set)
        if not self._options.no_commands:
            threading.Thread(target=commands.read, args=(sys.stdin,), name='commands', daemon=True).start()
        try:
            self._room.up(boot=not self._options.no_boot)
        except Exception as error:
            self._events.emit('failed', message=f'{type(error).__name__}: {error}', trace=traceback.format_exc())
            self._stop.set()
            return 1
        return 0


def do_tree(options: argparse.Namespace) -> int:
    reason = unable()
    if reason:
        print(reason, file=sys.stderr)
        return EXIT_UNABLE

    def build() -> int:
        cache = trees.TreeCache(options.base, Events(sys.stdout))
        authority = Authority(options.base)
        with ThreadPoolExecutor() as pool:
            building = [pool.submit(trees.node_root, cache, authority)]
            building += [pool.submit(trees.java_layer, cache, version)
                         for version in options.java or trees.JAVA_PACKAGES if version != trees.OWN_JAVA]
            building += [pool.submit(trees.database_server, cache, version) for version in options.database or ['8.4']]
            for future in building:
                future.result()
        return 0

    return run_isolated(build)


def do_authority(options: argparse.Namespace) -> int:
    os.makedirs(options.base, exist_ok=True)
    print(Authority(options.base).certificate)
    return 0


def do_render(options: argparse.Namespace) -> int:
    cluster = document.load(options.cluster)
    if options.what == 'dnsmasq':
        print(names.render(cluster, {}))
    for server in cluster.databases if options.what == 'mysql' else []:
        print(database.render(server, 'mysql'))
    for balancer in cluster.loadBalancers if options.what == 'haproxy' else []:
        places = {group.id: len(group.targets) for group in cluster.targetGroups}
        print(balancer_config.render(cluster, balancer, {}, '/bodies', '/run/control.sock', places))
    return 0


def do_list(options: argparse.Namespace) -> int:
    for run in runs.list_runs(os.path.join(options.base, 'runs')):
        print(json.dumps(run))
    return 0


def do_shell(options: argparse.Namespace) -> int:
    leader = find_node(os.path.join(options.base, 'runs', options.run), options.node)
    if leader is None:
        print(f'no node {options.node} in run {options.run}', file=sys.stderr)
        return 1
    argv = options.argv or ['bash', '-l']
    os.execvp('nsenter', ['nsenter', f'--target={leader}', '--mount', '--uts', '--ipc', '--net', '--pid', '--cgroup',
                          '--root', '--wd', '--', *argv])


def find_node(run_dir: str, node: str) -> int | None:
    """Process 1 of a node, seen from the host: the child of the nspawn whose folder and machine name are ours."""
    for pid in (entry for entry in os.listdir('/proc') if entry.isdigit()):
        try:
            with open(f'/proc/{pid}/cmdline', encoding='utf-8', errors='replace') as file:
                argv = file.read().split('\0')
        except OSError:
            continue
        ours = argv[0].endswith('systemd-nspawn') and any(one.startswith(f'--directory={run_dir}/') for one in argv)
        if ours and f'--machine={node}' in argv:
            return next(iter(children(int(pid))), None)
    return None


def do_clean(options: argparse.Namespace) -> int:
    for run in runs.remove_leftovers(os.path.join(options.base, 'runs')):
        print(f'removed run {run}')
    if not options.trees:
        return 0
    if any(run['alive'] for run in runs.list_runs(os.path.join(options.base, 'runs'))):
        print('A rehearsal is running, so the trees stay.', file=sys.stderr)
        return 1
    trees.remove_all(trees.TreeCache(options.base, Events(sys.stdout)))
    return 0


def do_check(options: argparse.Namespace) -> int:
    reason = unable()
    print(reason or 'This machine can rehearse.')
    return EXIT_UNABLE if reason else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
