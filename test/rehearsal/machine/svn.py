"""
Subversion servers under the names that deployment synchronizers are pointed at: svnserve for svn://, Apache for
http:// and https://, with an empty repository for each address and the users that the nodes come as.

Like the database's the programs are a tree of their own, with the server's folder in it at /data.
"""

from __future__ import annotations

import json
import os
import shutil
import urllib.parse
from typing import Optional

import aws
import trees
from authority import Authority
from document import Cluster, Credential, SvnServer
from events import Events
from system import CommandFailed, Process, can_connect, in_namespace, in_tree, read_file, run, wait_until, write_file

_PORTS = {'svn': 3690, 'http': 80, 'https': 443}
#: Apache serves nothing as root, so the repositories are somebody else's.
_WEB_USER = 33
_MODULES = ('mpm_event', 'authn_core', 'authn_file', 'authz_core', 'authz_user', 'auth_basic', 'dav', 'dav_svn',
            'authz_svn', 'ssl', 'unixd', 'socache_shmcb')


def port_of(url: str) -> int:
    parts = urllib.parse.urlsplit(url)
    return parts.port or _PORTS[parts.scheme]


def host_of(url: str) -> str:
    return urllib.parse.urlsplit(url).hostname


def repository_of(url: str) -> str:
    """The path of a repository below its server's root."""
    return urllib.parse.unquote(urllib.parse.urlsplit(url).path).strip('/') or 'repository'


def svnserve_configuration() -> str:
    return '[general]\nanon-access = none\nauth-access = write\npassword-db = /data/users\nrealm = rehearsal\n'


def apache_configuration(servers: list[SvnServer], modules: list[str]) -> str:
    """Everything on one page; nothing of the distribution's own configuration is read."""
    lines = ['ServerRoot /data', 'PidFile /data/apache.pid', 'ServerName localhost', 'ErrorLog /data/error.log',
             f'User #{_WEB_USER}', f'Group #{_WEB_USER}',
             *(f'LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so' for name in modules)]
    for port in sorted({port_of(server.url) for server in servers}):
        lines.append(f'Listen {port}')
        lines += [f'<VirtualHost *:{port}>', *_tls(servers, port)]
        for server in servers:
            if port_of(server.url) == port:
                lines += _location(server)
        lines.append('</VirtualHost>')
    return '\n'.join(lines) + '\n'


def _tls(servers: list[SvnServer], port: int) -> list[str]:
    if not any(server.url.startswith('https:') and port_of(server.url) == port for server in servers):
        return []
    return ['  SSLEngine on', '  SSLCertificateFile /data/tls/server.crt',
            '  SSLCertificateKeyFile /data/tls/server.key']


def _location(server: SvnServer) -> list[str]:
    path = repository_of(server.url)
    return [f'  <Location "/{path}">', '    DAV svn', f'    SVNPath "/data/repositories/{path}"', '    AuthType Basic',
            '    AuthName rehearsal', '    AuthUserFile /data/htpasswd', '    Require valid-user', '  </Location>']


class SvnHost:
    """Every repository of one host name."""

    def __init__(self, host: str, servers: list[SvnServer], cluster: Cluster, cache: trees.TreeCache,
                 authority: Authority, events: Events, namespace: str, folder: str):
        self.host = host
        self.namespace = namespace
        self.address = ''
        self.servers = servers
        self._cluster = cluster
        self._cache = cache
        self._authority = authority
        self._events = events
        self._home = os.path.join(folder, 'server')
        self._processes: list[Process] = []

    @property
    def wanted_address(self) -> Optional[str]:
        given = next((server.address for server in self.servers if server.address), None)
        return given or self._cluster.address_in_zone(self.host)

    def prepare(self) -> None:
        self._tree = trees.svn_server(self._cache)
        shutil.rmtree(self._home, ignore_errors=True)
        os.makedirs(f'{self._home}/repositories')
        for server in self.servers:
            path = f'/data/repositories/{repository_of(server.url)}'
            os.makedirs(os.path.dirname(f'{self._home}{path[5:]}'), exist_ok=True)
            run(in_tree(self._tree, self._home, ['/usr/bin/svnadmin', 'create', path]))
            write_file(f'{self._home}{path[5:]}/conf/svnserve.conf', svnserve_configuration())
        self._write_users()
        self._authority.issue([self.host], f'{self._home}/tls', 'server')
        run(['chown', '-R', f'{_WEB_USER}:{_WEB_USER}', f'{self._home}/repositories', f'{self._home}/htpasswd'])

    def _write_users(self) -> None:
        users = [user for server in self.servers for user in server.users]
        known = {self._value(user.name): self._value(user.password) for user in users}
        plain = [f'{name} = {password}\n' for name, password in known.items()]
        hashed = [f'{name}:{run(["openssl", "passwd", "-apr1", "-stdin"], stdin=password)}'
                  for name, password in known.items()]
        write_file(f'{self._home}/users', ''.join(['[users]\n', *plain]), 0o600)
        write_file(f'{self._home}/htpasswd', ''.join(hashed), 0o600)

    def _value(self, credential: Credential) -> str:
        if credential.secretArn is None:
            return credential.text
        text = aws.secret_value(self._cluster.emulator, self._cluster.region, credential.secretArn)
        return json.loads(text)[credential.field] if credential.field else text

    def start(self) -> None:
        plain = [server for server in self.servers if server.url.startswith('svn:')]
        web = [server for server in self.servers if server not in plain]
        for port in sorted({port_of(server.url) for server in plain}):
            self._run(['/usr/bin/svnserve', '--daemon', '--foreground', '--root', '/data/repositories',
                       '--listen-port', str(port)], port)
        if web:
            there = [name for name in _MODULES if os.path.exists(f'{self._tree}/usr/lib/apache2/modules/mod_{name}.so')]
            write_file(f'{self._home}/apache.conf', apache_configuration(web, there))
            self._run(['/usr/sbin/apache2', '-f', '/data/apache.conf', '-D', 'FOREGROUND'], port_of(web[0].url))
        for server in self.servers:
            self._events.emit('svn', url=server.url, state='available')

    def _run(self, argv: list[str], port: int) -> None:
        name = os.path.basename(argv[0])
        process = Process(f'{self.namespace}-{name}',
                          in_namespace(self.namespace, in_tree(self._tree, self._home, argv)),
                          on_line=lambda line: self._events.emit('svn-log', host=self.host, line=line),
                          env={**os.environ, 'LC_ALL': 'C'})
        self._processes.append(process)
        wait_until(lambda: not process.running or can_connect(self.namespace, self.address, port), 15)
        if not process.running or not can_connect(self.namespace, self.address, port):
            raise CommandFailed(argv, process.code, '\n'.join([*process.last_lines, self._errors()]))

    def _errors(self) -> str:
        path = f'{self._home}/error.log'
        return read_file(path) if os.path.exists(path) else ''
