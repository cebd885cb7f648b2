"""
Namespaces of our own, so that nothing we do can stay behind.

Everything runs in a private mount and process namespace. When its first process ends, for whatever reason, the kernel
ends every other process in it, and with the last of them go the mounts and the network namespaces, whose names live
on a private tmpfs. Only files (the run's folder) and empty cgroups remain; `runs.py` removes those.

    supervisor (what the user started)  ──fork──►  gate (unshares)  ──fork──►  machine, process 1 of its namespace

Each of the three asks the kernel to be killed when its parent dies, so even SIGKILL to the supervisor ends it all.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import traceback
from typing import Callable

from system import CLONE_NEWIPC, CLONE_NEWNS, CLONE_NEWPID, PR_SET_PDEATHSIG, libc, run, syscall

FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
MS_REC = 0x4000
MS_PRIVATE = 1 << 18


def run_isolated(inside: Callable[[], int]) -> int:
    """Runs the function as process 1 of namespaces of its own; returns its exit code."""
    sys.stdout.flush()
    sys.stderr.flush()
    supervisor = os.getpid()
    gate = os.fork()
    if gate == 0:
        _leave(lambda: _gate(supervisor, inside))
    # Until the machine has handlers of its own a signal ends the gate, and so the machine.
    return _wait_forwarding(gate)


def _gate(supervisor: int, inside: Callable[[], int]) -> int:
    _die_with(supervisor)
    syscall(libc.unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC), 'unshare')
    # Private, or the host would see every mount of ours.
    syscall(libc.mount(b'none', b'/', None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None), 'mount --make-rprivate /')
    child = os.fork()
    if child == 0:
        _leave(lambda: _first_process(inside))
    return _wait_forwarding(child)


def _first_process(inside: Callable[[], int]) -> int:
    syscall(libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL), 'prctl')
    for number in FORWARDED:
        signal.signal(number, _interrupted)
    run(['mount', '-t', 'proc', 'proc', '/proc'])
    return inside()


def _interrupted(number: int, _frame) -> None:
    """Replaced by the machine's own handler once it is up."""
    raise SystemExit(128 + number)


def _die_with(parent: int) -> None:
    syscall(libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL), 'prctl')
    if os.getppid() != parent:
        os._exit(1)


def _leave(body: Callable[[], int]) -> None:
    """Runs the body of a forked process, and never returns into its parent's code."""
    code = 1
    try:
        code = body()
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        _flush()
        os._exit(code)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            pass


def _wait_forwarding(child: int) -> int:
    """Waits for a child, passing signals on to it. The third one no longer asks."""
    received: list[int] = []

    def forward(number: int, _frame) -> None:
        received.append(number)
        try:
            os.kill(child, signal.SIGKILL if len(received) > 2 else number)
        except ProcessLookupError:
            pass

    previous = {number: signal.signal(number, forward) for number in FORWARDED}
    try:
        _, status = os.waitpid(child, 0)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def hide_host_run_state() -> None:
    """
    Gives the machine an empty /run: nspawn's locks, the names of network namespaces and our sockets are then private.
    """
    run(['mount', '-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', '/run'])
    os.makedirs('/run/netns', exist_ok=True)
    os.makedirs('/run/lock', exist_ok=True)


def use_name_server(resolv_conf: str) -> None:
    """Lets programs of ours resolve names as a node does; only in our mount namespace."""
    target = os.path.realpath('/etc/resolv.conf')
    if target.startswith('/run/'):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        open(target, 'a', encoding='ascii').close()
    if os.path.exists(target):
        run(['mount', '--bind', resolv_conf, target])
