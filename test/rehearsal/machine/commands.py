"""
What a rehearsal's driver may ask for while it runs: one JSON object per line, `{"id": 1, "command": "stop", ...}`,
answered by a `reply` event with the same id. Each command runs in a thread of its own, so a slow one delays none.
"""

from __future__ import annotations

import json
import threading
import time
from typing import Any, Callable, TextIO

import document
from document import Node
from events import Events
from network import ENDPOINTS
from room import Room
from system import wait_until


class Commands:
    def __init__(self, room: Room, events: Events, stop: Callable[[], None]):
        self._room = room
        self._events = events
        self._stop = stop

    def read(self, stream: TextIO) -> None:
        """Reads commands until the driver closes the stream, and so says that it is done (or dead)."""
        for line in stream:
            if line.strip():
                self._take(line)
        self._stop()

    def _take(self, line: str) -> None:
        try:
            request = json.loads(line)
            name = request['command']
        except (ValueError, KeyError, TypeError):
            self._events.emit('reply', ok=False, error='not a JSON object with a command')
            return
        threading.Thread(target=self._answer, args=(request, name), name=f'command-{name}', daemon=True).start()

    def _answer(self, request: dict, name: str) -> None:
        identifier = request.pop('id', None)
        request.pop('command')
        try:
            result = self.run(name, request)
        except Exception as error:  # whatever went wrong is the driver's to read
            self._events.emit('reply', id=identifier, ok=False, error=f'{type(error).__name__}: {error}')
            return
        self._events.emit('reply', id=identifier, ok=True, result=result)

    def run(self, name: str, arguments: dict) -> Any:
        method = getattr(self, f'do_{name.replace("-", "_")}', None)
        if method is None:
            known = sorted(one[3:].replace('_', '-') for one in dir(self) if one.startswith('do_'))
            raise LookupError(f'no command {name}; there are {", ".join(known)}')
        return method(**arguments)

    # Nodes

    def do_boot(self, nodes: list[str] | None = None) -> None:
        self._room.boot(nodes if nodes is not None else list(self._room.nodes))

    def do_wait(self, nodes: list[str] | None = None, timeout: float = 600) -> dict:
        """Until the user data of these nodes has ended."""
        machines = [self._room.node(one) for one in nodes] if nodes else list(self._room.nodes.values())
        end = time.monotonic() + timeout
        return {machine.id: machine.wait_booted(max(0.0, end - time.monotonic())) for machine in machines}

    def do_stop(self, node: str) -> None:
        self._room.node(node).stop()

    def do_start(self, node: str) -> None:
        self._room.node(node).start()

    def do_kill(self, node: str) -> None:
        self._room.node(node).kill()

    def do_reboot(self, node: str) -> None:
        self._room.node(node).reboot()

    def do_terminate(self, node: str, kill: bool = False) -> None:
        self._room.terminate(node, kill)

    def do_launch(self, node: dict, targetGroups: list[str] = (), boot: bool = True) -> None:
        self._room.launch(document.build(Node, node, 'node'), targetGroups, boot)

    def do_replace(self, node: str, changes: dict | None = None, kill: bool = True) -> str:
        return self._room.replace(node, changes or {}, kill).id

    def do_renew(self, nodes: list[str] | None = None) -> None:
        self._room.renew(nodes if nodes is not None else list(self._room.nodes))

    def do_exec(self, node: str, argv: list[str] | None = None, script: str | None = None, timeout: float = 60) -> dict:
        return self._room.node(node).execute(argv or ['bash', '-s'], timeout, stdin=script)

    def do_read(self, node: str, path: str, bytes: int = 65536) -> str:
        return self._room.node(node).read(path, bytes)

    def do_attach(self, node: str, deviceIndex: int) -> None:
        self._room.attach(node, deviceIndex)

    def do_lifecycle(self, node: str, state: str) -> None:
        machine = self._room.node(node)
        self._room.metadata.instance(machine.id).lifecycle_state = state

    # Failures

    def do_link(self, up: bool, node: str | None = None, database: str | None = None, aws: bool = False,
                fileSystems: bool = False) -> None:
        """Takes something off the network, or puts it back: calls to it then are not refused but unanswered."""
        for namespace in self._at(node, database, aws, fileSystems):
            self._room.network.set_link(namespace, up)

    def _at(self, node: str | None, database: str | None, aws: bool, file_systems: bool) -> list[str]:
        if aws:
            return [ENDPOINTS]
        if file_systems:
            return self._room.file_systems.namespaces()
        return [self._room.node(node).namespace if node else self._room.database(database).namespace]

    def do_resolve(self, name: str, known: bool) -> None:
        """Whether the name service knows a name of one of the rehearsal's own servers."""
        self._room.resolve(name, known)

    def do_separate(self, sides: list[list[str]]) -> None:
        """Nodes of different sides hear nothing of each other, and everything else of the network; no sides join them again."""
        self._room.firewall.separate([[self._room.node(one).namespace for one in side] for side in sides])
        self._room.firewall.apply()

    def do_database(self, action: str, endpoint: str | None = None) -> None:
        server = self._room.database(endpoint)
        steps = {'start': [server.start], 'start-read-only': [server.start_read_only], 'stop': [server.stop], 'kill': [server.kill],
                 'restart': [server.stop, server.start], 'back-up': [server.back_up]}
        if action not in steps:
            raise ValueError(f'action must be one of {", ".join(steps)}')
        for step in steps[action]:
            step()

    def do_restore_database(self, endpoint: str, to: str) -> None:
        self._room.restore_database(endpoint, to)

    def do_rename_database(self, endpoint: str, to: str) -> None:
        self._room.rename_database(endpoint, to)

    def do_refuse(self, service: str, mode: str | None = None) -> None:
        self._room.endpoints.refuse(service, mode)

    # Functions

    def do_call_function(self, securityGroups: list[str], subnet: str, **request: Any) -> dict:
        return self._room.call_function(securityGroups, subnet, request)

    # Load balancers and requests

    def do_register(self, targetGroup: str, node: str) -> None:
        machine = self._room.node(node)
        for balancer in self._room.balancers_of(targetGroup):
            balancer.register(targetGroup, machine.id, machine.node.privateIp)

    def do_deregister(self, targetGroup: str, node: str, delay: float | None = None) -> None:
        for balancer in self._room.balancers_of(targetGroup):
            balancer.deregister(targetGroup, self._room.node(node).id, delay)

    def do_health(self) -> list[dict]:
        return self._room.health()

    def do_wait_healthy(self, targetGroups: list[str] | None = None, nodes: list[str] | None = None,
                        timeout: float = 120) -> list[dict]:
        """Until every target asked about is healthy; returns their health either way."""
        ids = [self._room.node(one).id for one in nodes] if nodes else None

        def asked() -> list[dict]:
            return [target for target in self._room.health()
                    if (not targetGroups or target['targetGroup'] in targetGroups)
                    and (ids is None or target['instance'] in ids)]

        if not asked() and not self._room.balances(targetGroups, ids):
            return []
        wait_until(lambda: asked() and all(target['state'] == 'healthy' for target in asked()), timeout, 0.1)
        return asked()

    def do_request(self, url: str, **options) -> dict:
        return self._room.request(url, options)

    def do_load(self, url: str, **options) -> dict:
        return self._room.load(url, options)

    # The rest

    def do_principals(self, names: dict[str, str]) -> None:
        """Whose access keys these are, where it became known after the start."""
        self._room.cluster.principals.update(names)

    def do_summary(self) -> dict:
        return self._room.summary()

    def do_down(self) -> None:
        self._stop()
