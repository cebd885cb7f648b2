"""
The folder of a run, how to tell a live run from a dead one, and how to remove what a dead one left.

A run holds a lock on a file in its folder for as long as one of its processes lives: the lock is inherited across
fork and closed by exec. Who can take the lock knows that the run is dead. Process numbers are not used for that;
they come back.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import time
from typing import Optional

import cgroups
from system import wait_until

_PATIENCE = 10


class Run:
    """One rehearsal: an id and a folder that is removed at its end."""

    def __init__(self, runs_dir: str):
        self.id = secrets.token_hex(3)
        self.dir = os.path.join(runs_dir, self.id)
        os.makedirs(self.dir, mode=0o700)
        self._lock = open(os.path.join(self.dir, 'lock'), 'w', encoding='ascii')
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Written down, because who cleans up after a crash may be in another control group than we are.
        self.cgroups = cgroups.folders(self.id)
        with open(self.path('run.json'), 'w', encoding='utf-8') as file:
            json.dump({'id': self.id, 'started': time.time(), 'pid': os.getpid(), 'cgroups': self.cgroups}, file)

    def path(self, *parts: str) -> str:
        return os.path.join(self.dir, *parts)

    def folder(self, *parts: str) -> str:
        path = self.path(*parts)
        os.makedirs(path, exist_ok=True)
        return path

    def remove(self) -> None:
        """Called by the supervisor, when every process of the run is gone."""
        _remove(self.dir, self.cgroups)
        self._lock.close()


def _remove(folder: str, groups: list[str]) -> bool:
    """Whether all is gone. The folder goes last: it is what says that there is something left to remove."""

    def no_groups() -> bool:
        for group in groups:
            cgroups.remove_tree(group)
        return not any(os.path.isdir(group) for group in groups)

    # After a crash the kernel may still be ending the run's processes.
    if not wait_until(no_groups, _PATIENCE):
        return False
    shutil.rmtree(folder, ignore_errors=True)
    return True


def list_runs(runs_dir: str) -> list[dict]:
    """Every run there is a folder of, with `alive`."""
    found = []
    for name in sorted(os.listdir(runs_dir)) if os.path.isdir(runs_dir) else []:
        folder = os.path.join(runs_dir, name)
        if os.path.isdir(folder):
            found.append({**_description(folder), 'id': name, 'dir': folder, 'alive': not _dead(folder)})
    return found


def _description(folder: str) -> dict:
    try:
        with open(os.path.join(folder, 'run.json'), encoding='utf-8') as file:
            return json.load(file)
    except (OSError, ValueError):
        return {}


def _dead(folder: str) -> bool:
    lock = _try_lock(folder)
    if lock is None:
        return False
    lock.close()
    return True


def _try_lock(folder: str) -> Optional[object]:
    """The lock, or None when somebody holds it. A folder without a lock file is being made right now, or broken."""
    path = os.path.join(folder, 'lock')
    if not os.path.exists(path):
        young = time.time() - os.stat(folder).st_mtime < 60
        if young:
            return None
    lock = open(path, 'a', encoding='ascii')
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        return None
    return lock


def remove_leftovers(runs_dir: str) -> list[str]:
    """Removes what dead runs left; returns their ids. Live runs are not touched."""
    removed = []
    for run in list_runs(runs_dir):
        lock = _try_lock(run['dir'])
        if lock is None:
            continue
        if _remove(run['dir'], run.get('cgroups', [])):
            removed.append(run['id'])
        lock.close()
    return removed
