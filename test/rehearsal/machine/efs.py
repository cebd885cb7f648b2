"""
EFS: a mount target at each address that the document has, in its security groups, and a folder for every file system
that all nodes share.

There is no NFS. A node's mount.efs (mount_efs.py) asks the mount target of its zone, where the policies are looked at;
then it binds the folder it was told. So what keeps a node from mounting on AWS keeps it here: no mount target, a
security group, a role or a file system's policy, an access point that does not exist.
"""

from __future__ import annotations

import json
import os
import socketserver
import threading
from typing import Callable, Optional

import aws
from document import AccessPoint, Cluster, FileSystem, Node, Owner
from events import Events
from network import VirtualNetwork
from firewall import Firewall
from system import listen_in_namespace

NFS_PORT = 2049
#: Where the shared folder is in a node.
IN_NODE = '/.rehearsal/efs'

_MOUNT, _WRITE = 'elasticfilesystem:ClientMount', 'elasticfilesystem:ClientWrite'


class Refused(Exception):
    pass


def names(cluster: Cluster) -> dict[str, list[str]]:
    """The names of the mount targets: of a file system all of them, of a zone its own."""
    found: dict[str, list[str]] = {}
    for system in cluster.fileSystems:
        domain = f'{system.id}.{domain_of(cluster.region)}'
        found[domain] = [target.address for target in system.mountTargets]
        found |= {f'{target.zone}.{domain}': [target.address] for target in system.mountTargets}
    return found


def domain_of(region: str) -> str:
    return f'efs.{region}.amazonaws.com'


class FileSystems:
    def __init__(self, cluster: Cluster, events: Events, folder: str, node_at: Callable[[str], Optional[Node]]):
        self.folder = folder
        self._cluster = cluster
        self._events = events
        self._node_at = node_at
        self._targets = [(f'efs-{one}-{two}', system, target) for one, system in enumerate(cluster.fileSystems)
                         for two, target in enumerate(system.mountTargets)]
        self._lock = threading.Lock()
        # Only root gets this far; what is mounted elsewhere has modes of its own.
        os.chmod(folder, 0o700)
        for system in cluster.fileSystems:
            os.makedirs(os.path.join(folder, system.id), mode=0o755)

    def place(self, network: VirtualNetwork, firewall: Firewall) -> None:
        for namespace, _, target in self._targets:
            network.add_inside(namespace, network.take(target.address))
            firewall.guard(namespace, target.securityGroups, [target.address])

    def start(self) -> None:
        for namespace, system, target in self._targets:
            server = _Server(lambda address, wanted, which=system: self._answer(which, address, wanted))
            server.socket = listen_in_namespace(namespace, target.address, NFS_PORT)
            threading.Thread(target=server.serve_forever, name=namespace, daemon=True).start()

    def namespaces(self) -> list[str]:
        """Where the mount targets are."""
        return [namespace for namespace, _, _ in self._targets]

    def owners(self) -> dict[str, str]:
        """The addresses of the mount targets, for the logs."""
        return {target.address: f'{system.id} in {target.zone}' for _, system, target in self._targets}

    def _answer(self, system: FileSystem, address: str, wanted: dict) -> dict:
        node = self._node_at(address)
        try:
            answer = self._mount(system, node, wanted)
        except (Refused, aws.CallFailed) as error:
            self._tell(system, node, wanted, str(error))
            return {'error': f'mounting {system.id}: access denied by server: {error}'}
        self._tell(system, node, wanted)
        return answer

    def _tell(self, system: FileSystem, node: Optional[Node], wanted: dict, message: Optional[str] = None) -> None:
        self._events.emit('mount', node=node.instanceId if node else None, fileSystem=system.id,
                          accessPoint=wanted['accessPoint'], state='refused' if message else 'mounted', message=message)

    def _mount(self, system: FileSystem, node: Optional[Node], wanted: dict) -> dict:
        if node is None:
            raise Refused('nobody here has the address that asks')
        point = self._point(system, wanted['accessPoint'])
        allowed = permissions(self._cluster, system, point, node, iam=wanted['iam'], tls=wanted['tls'])
        if _MOUNT not in allowed:
            raise Refused(f'{_role_of(node)} may not {_MOUNT} {system.id}'
                          + (', or the file system\'s own policy denies it' if system.policy else ''))
        folder = self._prepared(system, point, wanted['path'])
        return {'folder': folder, 'readOnly': _WRITE not in allowed}

    @staticmethod
    def _point(system: FileSystem, identifier: Optional[str]) -> Optional[AccessPoint]:
        if identifier is None:
            return None
        found = next((point for point in system.accessPoints if point.id == identifier), None)
        if found is None:
            raise Refused(f'{system.id} has no access point {identifier}')
        return found

    def _prepared(self, system: FileSystem, point: Optional[AccessPoint], path: str) -> str:
        """The folder, relative to the shared one; an access point's own is made when it is mounted first."""
        root = os.path.join(system.id, (point.path if point else '/').strip('/'))
        if point and point.owner:
            with self._lock:
                self._make(root, point.owner)
        folder = os.path.normpath(os.path.join(root, path.strip('/')))
        if not folder.startswith(system.id) or not os.path.isdir(os.path.join(self.folder, folder)):
            missing = point.path if point else path
            raise Refused(f'{system.id} has no folder {missing}, and nothing says whose it would be')
        return folder

    def _make(self, folder: str, owner: Owner) -> None:
        whole = os.path.join(self.folder, folder)
        if os.path.isdir(whole):
            return
        os.makedirs(whole)
        os.chown(whole, owner.uid, owner.gid)
        os.chmod(whole, int(owner.permissions, 8))


def permissions(cluster: Cluster, system: FileSystem, point: Optional[AccessPoint], node: Node, *, iam: bool, tls: bool) -> set[str]:
    """
    What a node may do with a file system, by the judge of the emulator. Without a policy of its own a file system lets in whoever
    reaches a mount target; here a node that comes with its role must have the permission all the same, because that is what it says.
    """
    role = node.role if iam else None
    answer = aws.client_permissions(cluster.emulator, {
        'actions': [_MOUNT, _WRITE], 'fileSystem': system.arn, 'policy': system.policy, 'accessPoint': point.arn if point else None,
        'role': {'arn': role.arn or f'arn:aws:iam::{cluster.account}:role/{role.name}', 'policies': role.policies} if role else None,
        'session': node.instanceId, 'tls': tls, 'region': cluster.region})
    if answer['problem']:
        raise Refused(answer['problem'])
    return set(answer['allowed'])


def _role_of(node: Node) -> str:
    return f'the role {node.role.name}' if node.role else node.instanceId


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, answer: Callable[[str, dict], dict]):
        super().__init__(('', 0), _Handler, bind_and_activate=False)
        self.socket.close()  # that of the mount target's namespace comes instead
        self.answer = answer

    def handle_error(self, request, client_address) -> None:
        """Somebody who connected and went away is no news."""


class _Handler(socketserver.StreamRequestHandler):
    timeout = 10

    def handle(self) -> None:
        wanted = json.loads(self.rfile.readline())
        self.wfile.write(json.dumps(self.server.answer(self.client_address[0], wanted)).encode() + b'\n')
