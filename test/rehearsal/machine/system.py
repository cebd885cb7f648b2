"""Commands, processes, namespaces and files: the few things everything else is made of."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import threading
import time
from typing import Callable, Iterable, Optional, Sequence

libc = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS = 0x00020000
CLONE_NEWIPC = 0x08000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1

#: Where `ip netns` keeps its names. In the rehearsal this is a private tmpfs, invisible to the host.
NETNS_DIR = '/run/netns'


class CommandFailed(Exception):
    """A command ended with an exit code that was not 0; the message holds the end of what it said."""

    def __init__(self, argv: Sequence[str], code: Optional[int], output: str):
        self.argv = list(argv)
        self.code = code
        self.output = output
        what = 'did not end in time' if code is None else f'ended with {code}'
        super().__init__(f'{" ".join(argv[:6])} {what}: {output.strip()[-800:]}')


def syscall(result: int, what: str) -> int:
    """Turns a libc result of -1 into an OSError."""
    if result != -1:
        return result
    number = ctypes.get_errno()
    raise OSError(number, f'{what}: {os.strerror(number)}')


def run(argv: Sequence[str], *, stdin: Optional[str] = None, timeout: float = 120,
        check: bool = True, env: Optional[dict] = None) -> str:
    """Runs a command to its end and returns its standard output."""
    try:
        done = subprocess.run(argv, input=stdin, capture_output=True, text=True, errors='replace', timeout=timeout,
                              env=env, stdin=subprocess.DEVNULL if stdin is None else None)
    except subprocess.TimeoutExpired as expired:
        raise CommandFailed(argv, None, _text(expired.stderr) or _text(expired.stdout)) from None
    if check and done.returncode != 0:
        raise CommandFailed(argv, done.returncode, done.stderr or done.stdout)
    return done.stdout


def _text(output) -> str:
    if output is None:
        return ''
    return output if isinstance(output, str) else output.decode('utf-8', 'replace')


def in_namespace(namespace: str, argv: Sequence[str]) -> list[str]:
    """The command as run inside a network namespace. Unlike `ip netns exec` this leaves mounts alone."""
    return ['nsenter', f'--net={NETNS_DIR}/{namespace}', '--', *argv]


def in_tree(tree: str, home: str, argv: Sequence[str]) -> list[str]:
    """The command with a tree as its root, and a folder in it at /data; mounted for it alone."""
    script = 'mount --bind "$1" "$2/data" && mount --bind /dev "$2/dev" && tree=$2 && shift 2 ' \
             '&& exec chroot "$tree" "$@"'
    return ['unshare', '--mount', 'sh', '-c', script, 'in-tree', home, tree, *argv]


def call_in_namespace(namespace: str, function: Callable):
    """
    Calls a function in a thread that has joined a network namespace. A socket opened there stays in that namespace
    while the rest of the process, which must reach the emulator on the host's loopback, stays where it is.
    """
    outcome: list = []

    def body() -> None:
        try:
            with open(f'{NETNS_DIR}/{namespace}', 'rb') as handle:
                syscall(libc.setns(handle.fileno(), CLONE_NEWNET), f'setns {namespace}')
            outcome.append((function(), None))
        except BaseException as error:  # handed to the caller's thread
            outcome.append((None, error))

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    result, error = outcome[0]
    if error is not None:
        raise error
    return result


def listen_in_namespace(namespace: str, address: str, port: int) -> socket.socket:
    """A TCP socket that listens inside a network namespace."""

    def open_socket() -> socket.socket:
        server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((address, port))
        server.listen(128)
        return server

    return call_in_namespace(namespace, open_socket)


def can_connect(namespace: str, address: str, port: int, timeout: float = 1.0) -> bool:
    """Whether something answers a TCP connection, asked from inside a network namespace."""

    def connect() -> bool:
        try:
            with socket.create_connection((address, port), timeout=timeout):
                return True
        except OSError:
            return False

    return call_in_namespace(namespace, connect)


def wait_until(predicate: Callable[[], object], timeout: float, interval: float = 0.05):
    """Waits until the predicate is true; returns its value, or the last false one when time is up."""
    end = time.monotonic() + timeout
    while True:
        value = predicate()
        if value or time.monotonic() >= end:
            return value
        time.sleep(interval)


class Process:
    """
    A program that keeps running, with every line of its output handed to a function.

    It gets a session of its own, so that Ctrl-C in a terminal reaches the machine room only, which then ends
    everything in order.
    """

    def __init__(self, name: str, argv: Sequence[str], *, on_line: Optional[Callable[[str], None]] = None,
                 env: Optional[dict] = None, on_exit: Optional[Callable[[int], None]] = None):
        self.name = name
        self.last_lines: list[str] = []
        self._on_line = on_line
        self._on_exit = on_exit
        self._popen = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT, start_new_session=True, env=env)
        self._pump = threading.Thread(target=self._read, name=f'{name}-output', daemon=True)
        self._pump.start()

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def running(self) -> bool:
        return self._popen.poll() is None

    @property
    def code(self) -> Optional[int]:
        return self._popen.poll()

    def _read(self) -> None:
        for raw in self._popen.stdout:
            line = raw.decode('utf-8', 'replace').rstrip('\r\n')
            self.last_lines = [*self.last_lines[-39:], line]
            if self._on_line is not None:
                self._on_line(line)
        self._popen.stdout.close()
        code = self._popen.wait()
        if self._on_exit is not None:
            self._on_exit(code)

    def signal(self, number: int) -> None:
        if self.running:
            self._popen.send_signal(number)

    def wait(self, timeout: float) -> bool:
        """Whether the program has ended within this time."""
        try:
            self._popen.wait(timeout)
        except subprocess.TimeoutExpired:
            return False
        self._pump.join(2)
        return True

    def stop(self, timeout: float = 10) -> None:
        """Asks with SIGTERM, then insists with SIGKILL."""
        self.signal(signal.SIGTERM)
        if self.wait(timeout):
            return
        self.kill()

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        self.wait(10)

    def require_running(self) -> None:
        """Raises, with the program's last words, when it is no longer there."""
        if self.running:
            return
        self._pump.join(2)
        raise CommandFailed([self.name], self.code, '\n'.join(self.last_lines))


def children(pid: int) -> list[int]:
    """The direct children of a process."""
    try:
        with open(f'/proc/{pid}/task/{pid}/children', encoding='ascii') as file:
            return [int(child) for child in file.read().split()]
    except OSError:
        return []


def write_file(path: str, content: str | bytes, mode: int = 0o644) -> None:
    """Writes a file with exactly this mode, making its folder where needed."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    data = content.encode('utf-8') if isinstance(content, str) else content
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, mode)
    with os.fdopen(descriptor, 'wb') as file:
        file.write(data)
    os.chmod(path, mode)


def read_file(path: str) -> str:
    with open(path, encoding='utf-8', errors='replace') as file:
        return file.read()


def resolve_below(root: str, path: str) -> str:
    """
    Where a path inside a node's tree lies for us. Symbolic links in it are followed as the node would follow them:
    an absolute one starts at the node's root, and none leads out of it.
    """
    pending = [part for part in path.split('/') if part]
    resolved: list[str] = []
    links = 0
    while pending:
        part = pending.pop(0)
        if part == '.':
            continue
        if part == '..':
            resolved = resolved[:-1]
            continue
        here = os.path.join(root, *resolved, part)
        if not os.path.islink(here):
            resolved.append(part)
            continue
        links += 1
        if links > 40:
            raise OSError(f'too many symbolic links in {path}')
        target = os.readlink(here)
        if target.startswith('/'):
            resolved = []
        pending = [piece for piece in target.split('/') if piece] + pending
    return os.path.join(root, *resolved)


def first(values: Iterable, default=None):
    return next(iter(values), default)
