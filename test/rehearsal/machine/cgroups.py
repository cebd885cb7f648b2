"""
A control group per node.

systemd-nspawn makes its own groups below the one it is started in. Two nodes in one group would hand their systemds
the same subtree, and what they leave would lie in the host's root group; so each node gets a group of its own below
one named after the run. Works with version 2, version 1 and both at once.
"""

from __future__ import annotations

import os
import shlex

PREFIX = 'carbon-rehearsal-'


def _mounts() -> list[tuple[str, str]]:
    """(controller as /proc/self/cgroup names it, mount point) of the hierarchies systemd cares about."""
    found = []
    with open('/proc/self/mountinfo', encoding='utf-8') as file:
        for line in file:
            fields, _, tail = line.partition(' - ')
            kind, _, options = tail.strip().split(' ', 2)
            mount_point = fields.split(' ')[4]
            if kind == 'cgroup2':
                found.append(('', mount_point))
            elif kind == 'cgroup' and 'name=systemd' in options.split(' ')[-1].split(','):
                found.append(('name=systemd', mount_point))
    return found


def _own_paths() -> dict[str, str]:
    paths = {}
    with open('/proc/self/cgroup', encoding='utf-8') as file:
        for line in file:
            _, controllers, path = line.rstrip('\n').split(':', 2)
            paths[controllers] = path
    return paths


def bases() -> list[str]:
    """The folders of the groups we are in ourselves."""
    own = _own_paths()
    found: list[str] = []
    for controller, mount_point in _mounts():
        base = os.path.join(mount_point, own.get(controller, '/').lstrip('/')).rstrip('/')
        if base not in found and os.path.isdir(base):
            found.append(base)
    return found


def create(run_id: str, node: str) -> list[str]:
    """Makes the node's groups; none where the hierarchy is read-only."""
    made = []
    for folder in folders(run_id):
        path = os.path.join(folder, node)
        try:
            os.makedirs(path, exist_ok=True)
        except OSError:
            continue
        made.append(path)
    return made


def entering(groups: list[str], argv: list[str]) -> list[str]:
    """The command as started inside these groups; by a shell, because a process enters best before it is replaced."""
    if not groups:
        return argv
    enter = '; '.join(f'echo 0 > {shlex.quote(os.path.join(group, "cgroup.procs"))}' for group in groups)
    return ['sh', '-c', f'{enter}; exec "$@"', 'enter', *argv]


def folders(run_id: str) -> list[str]:
    """The folders a run's groups are made in."""
    return [os.path.join(base, PREFIX + run_id) for base in bases()]


def remove_tree(path: str) -> None:
    """Removes a group and all below it; a group that still holds a process stays."""
    for folder, _, _ in os.walk(path, topdown=False):
        try:
            os.rmdir(folder)
        except OSError:
            pass
