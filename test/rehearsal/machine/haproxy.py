"""HAProxy as a process of ours: its configuration's common head, its log, and its runtime commands."""

from __future__ import annotations

import json
import socket
from typing import Callable, Optional

from system import Process, in_namespace, run, wait_until, write_file

#: Long enough for a line with a request's parameters in it.
_LOG_LENGTH = 16384


class CommandRefused(Exception):
    """HAProxy did not take a runtime command."""


def head(control_socket: str, *, timeouts: str) -> str:
    """The parts `global` and `defaults`. One thread: several instances share two cores with the nodes."""
    return f"""\
global
    log stdout len {_LOG_LENGTH} format raw local0
    stats socket {control_socket} mode 600 level admin
    nbthread 1
    maxconn 2000
    tune.bufsize 65536

defaults
    log global
    mode http
    {timeouts}
"""


def json_log_format(texts: dict[str, str], others: dict[str, str]) -> str:
    """
    A log-format that writes one JSON object per request. Texts are HAProxy sample expressions; the others are put
    in as they are, and must be JSON once HAProxy has filled in its log variables.
    """
    pairs = [f'"{name}":"%[{expression},json(utf8s)]"' for name, expression in texts.items()]
    pairs += [f'"{name}":{value}' for name, value in others.items()]
    return quoted('{' + ','.join(pairs) + '}')


def quoted(text: str) -> str:
    """A word of a configuration line, in double quotes."""
    escaped = text.replace('\\', '\\\\').replace('"', '\\"').replace('$', '\\$')
    return f'"{escaped}"'


class HaProxy:
    def __init__(self, name: str, folder: str, namespace: Optional[str], on_record: Callable[[dict], None]):
        self.name = name
        self.config = f'{folder}/{name}.cfg'
        # Not in the run's folder, whose path may be longer than the 107 characters a socket's may have.
        self.socket = f'/run/{name}.sock'
        self._namespace = namespace
        self._on_record = on_record
        self._process: Optional[Process] = None

    def start(self, configuration: str) -> None:
        write_file(self.config, configuration, 0o600)
        run(['haproxy', '-c', '-q', '-f', self.config])
        argv = ['haproxy', '-db', '-f', self.config]  # with -q it would close its output, and so its log
        if self._namespace:
            argv = in_namespace(self._namespace, argv)
        self._process = Process(self.name, argv, on_line=self._line)
        wait_until(self._is_up, 5, 0.02)
        self._process.require_running()

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()

    def _is_up(self) -> bool:
        if not self._process.running:
            return True
        try:
            self.command('show info')
        except OSError:
            return False
        return True

    def _line(self, line: str) -> None:
        if not line.startswith('{'):
            return
        try:
            record = json.loads(line)
        except ValueError:
            return  # cut off at the log's length
        # HAProxy writes a dash for what is not there.
        self._on_record({name: '' if value == '-' else value for name, value in record.items()})

    def command(self, text: str) -> str:
        """Runs commands, separated by semicolons, on the runtime socket."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(5)
            connection.connect(self.socket)
            connection.sendall(text.encode('ascii') + b'\n')
            parts = []
            while part := connection.recv(65536):
                parts.append(part)
        return b''.join(parts).decode('utf-8', 'replace')

    def order(self, text: str) -> None:
        """Runs commands that answer nothing when they were taken."""
        answer = self.command(text).strip()
        if answer and not answer.startswith('[0]'):
            raise CommandRefused(f'{self.name}: {text}: {answer}')
