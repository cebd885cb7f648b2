"""
The database at its endpoint's name: a real server in a namespace of its own, with the template's parameters, TLS by
the test authority, and a master user with the privileges RDS gives one.

The server's programs come from a tree of their own with their own libraries, so neither the host nor the nodes need a
server installed. A fresh data folder is a copy of one that was initialised once and is kept with the trees.
"""

from __future__ import annotations

import os
import shutil
from typing import Callable, Optional

import trees
from authority import Authority
from document import Database
from events import Events
from system import CommandFailed, Process, can_connect, in_namespace, in_tree, run, wait_until, write_file

#: What the master user of RDS for MySQL may do. No SUPER, no FILE: scripts that need them fail there as well.
_MASTER_PRIVILEGES = (
    'SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD, PROCESS, REFERENCES, INDEX, ALTER, SHOW DATABASES, '
    'CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, REPLICATION SLAVE, REPLICATION CLIENT, CREATE VIEW, SHOW VIEW, '
    'CREATE ROUTINE, ALTER ROUTINE, CREATE USER, EVENT, TRIGGER')

#: So that a server starts in a second and in 200 MB; none of these changes what SQL does.
_FRUGAL = {
    'mysql': {'mysqlx': '0', 'performance_schema': '0', 'innodb_buffer_pool_size': '64M',
              'innodb_redo_log_capacity': '16M', 'disable_log_bin': '1'},
    'mariadb': {'performance_schema': '0', 'innodb_buffer_pool_size': '64M', 'innodb_log_file_size': '16M'},
}
_LOST_AT_THE_END = {'innodb_flush_log_at_trx_commit': '0', 'innodb_doublewrite': '0', 'sync_binlog': '0'}


def server_version(database: Database) -> str:
    """Which of the server trees stands in for an engine and version of RDS."""
    if database.engine == 'mariadb':
        return 'mariadb'
    return '8.0' if database.version.startswith('8.0') else '8.4'


def sql_text(text: str) -> str:
    return "'" + text.replace('\\', '\\\\').replace("'", "''") + "'"


def start_script(database: Database, password: str, flavour: str) -> str:
    """Run by the server at every start, before anybody can connect; one statement per line."""
    user = f'{sql_text(database.master.user)}@\'%\''
    lines = [f'CREATE USER IF NOT EXISTS {user} IDENTIFIED BY {sql_text(password)};',
             f'ALTER USER {user} IDENTIFIED BY {sql_text(password)};',
             f'GRANT {_MASTER_PRIVILEGES} ON *.* TO {user} WITH GRANT OPTION;']
    if flavour == 'mysql':
        # Part of rds_superuser_role.
        lines.append(f'GRANT ROLE_ADMIN, XA_RECOVER_ADMIN ON *.* TO {user};')
    if database.databaseName:
        lines.append(f'CREATE DATABASE IF NOT EXISTS `{database.databaseName.replace("`", "``")}`;')
    return '\n'.join(lines) + '\n'


def render(database: Database, flavour: str) -> str:
    """The server's options file. The template's parameters come last, so they win."""
    options = {
        'datadir': '/data/files', 'socket': '/data/server.sock', 'pid_file': '/data/server.pid', 'tmpdir': '/data/tmp',
        'user': 'root', 'port': str(database.port), 'bind_address': '0.0.0.0', 'skip_name_resolve': '1',
        'ssl_ca': '/data/tls/ca.pem', 'ssl_cert': '/data/tls/server.crt', 'ssl_key': '/data/tls/server.key',
        'init_file': '/data/start.sql', 'secure_file_priv': '/data/tmp', **_FRUGAL[flavour], **_LOST_AT_THE_END,
    }
    lines = ['[server]', *(f'{name}={value}' for name, value in options.items())]
    # loose-: RDS knows parameters that the server itself does not; it then only warns. Not so MariaDB where the name
    # has a dot, and such are never the server's.
    lines += [f'loose-{name}={value}' for name, value in database.parameters.items() if '.' not in name]
    return '\n'.join(lines) + '\n'


class DatabaseServer:
    def __init__(self, database: Database, password: str, namespace: str, cache: trees.TreeCache,
                 authority: Authority, events: Events, folder: str):
        self.database = database
        self.namespace = namespace
        #: Known once the network is built.
        self.address = ''
        self._password = password
        self._cache = cache
        self._authority = authority
        self._events = events
        self._folder = folder
        #: Everything of this server, /data in its tree.
        self._home = os.path.join(folder, 'server')
        self._process: Optional[Process] = None
        self.flavour = ''
        self.version = ''

    def prepare(self, data: Optional[str] = None) -> None:
        """Program, data folder and certificate; no namespace is needed for that. `data`: a backup of another server."""
        self._tree, self.flavour = trees.database_server(self._cache, server_version(self.database))
        said = run(['chroot', self._tree, f'/usr/sbin/{self._program}', '--version'])
        self.version = said.partition(' Ver ')[2].split(' ')[0]
        template = data or self._initialised()
        shutil.rmtree(self._home, ignore_errors=True)
        os.makedirs(f'{self._home}/tmp')
        run(['cp', '-a', '--reflink=auto', '--sparse=always', f'{template}/files', self._home])
        self._issue()
        write_file(f'{self._home}/tls/ca.pem', self._authority.pem)
        write_file(f'{self._home}/start.sql', start_script(self.database, self._password, self.flavour), 0o600)
        write_file(f'{self._home}/server.cnf', render(self.database, self.flavour), 0o600)

    def _issue(self) -> None:
        names = [self.database.endpoint, *self.database.aliases]
        self._authority.issue(names, f'{self._home}/tls', 'server')

    def back_up(self) -> None:
        """Keeps the data as they are now: files are whole only while nobody serves them."""
        self.stop()
        shutil.rmtree(self.backup, ignore_errors=True)
        os.makedirs(self.backup)
        run(['cp', '-a', '--reflink=auto', '--sparse=always', f'{self._home}/files', self.backup])
        self.start()

    @property
    def backup(self) -> str:
        return os.path.join(self._folder, 'backup')

    def rename(self, name: str) -> None:
        """Another name has another certificate, and a server reads its own at its start; RDS restarts it too."""
        self.stop()
        self.database.endpoint = name
        self._issue()
        self.start()

    @property
    def _program(self) -> str:
        return 'mysqld' if self.flavour == 'mysql' else 'mariadbd'

    def _initialised(self) -> str:
        """A data folder as the server itself makes it, kept for the next rehearsal."""
        recipe = [self._tree.rsplit('/', 1)[-1], 3]

        def build(target: str, progress: Callable[[str], None]) -> None:
            os.makedirs(f'{target}/files')
            if self.flavour == 'mysql':
                command = [f'/usr/sbin/{self._program}', '--no-defaults', '--initialize-insecure', '--user=root',
                           '--datadir=/data/files', '--innodb-redo-log-capacity=16M']
            else:
                command = ['/usr/bin/mariadb-install-db', '--no-defaults', '--user=root', '--datadir=/data/files',
                           '--auth-root-authentication-method=normal', '--skip-test-db', '--force']
            run(in_tree(self._tree, target, command), timeout=180)

        return self._cache.get(f'database-{server_version(self.database)}-data', recipe, build)

    def start_read_only(self) -> None:
        """As the instance that takes over is until it is promoted."""
        self.start('--read-only=ON')

    def start(self, *options: str) -> None:
        if self.running:
            return
        argv = in_tree(self._tree, self._home, [f'/usr/sbin/{self._program}', '--defaults-file=/data/server.cnf', *options])
        self._process = Process(self.namespace, in_namespace(self.namespace, argv), on_line=self._line)
        wait_until(lambda: not self._process.running or self._answers(), 60)
        self._process.require_running()
        if not self._answers():
            raise CommandFailed([self._program], None, '\n'.join(self._process.last_lines))
        self._tell('available')

    def _answers(self) -> bool:
        return can_connect(self.namespace, self.address, self.database.port)

    def _line(self, line: str) -> None:
        if '[ERROR]' in line or 'unknown variable' in line:
            self._events.emit('database-log', database=self.database.endpoint, line=line)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.running

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.stop(30)
        self._tell('stopped')

    def kill(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        self._tell('stopped')

    def _tell(self, state: str) -> None:
        self._events.emit('database', database=self.database.endpoint, state=state, flavour=self.flavour,
                          version=self.version)
