"""
The instance metadata service, version 2, and 1 where the instance allows it.

One server on 169.254.169.254 in the router's namespace serves every node; who asks is told by the source address, as
on EC2. Credentials of the instance's role come from the emulator's STS, under the session name EC2 uses (the instance
id), so that the emulator and our log of calls know whose call it is.
"""

from __future__ import annotations

import collections
import datetime
import json
import secrets
import socket
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Callable, Optional, Sequence, Union

import aws
import network
from document import Cluster, Interface, Node
from events import Events
from system import listen_in_namespace

#: Folders and leaves. A leaf that costs something is a function, called when it is read.
Tree = dict[str, Union[str, Callable[[], str], 'Tree']]

_TOKEN_PATH = '/latest/api/token'
_TTL_HEADER = 'X-aws-ec2-metadata-token-ttl-seconds'
_TOKEN_HEADER = 'X-aws-ec2-metadata-token'
_MAX_TTL = 21600
#: EC2 brings new credentials some minutes before the old ones end.
_RENEW_BEFORE = datetime.timedelta(minutes=10)


def mac_of(node: Node) -> str:
    """The given hardware address, or a locally administered one made from the private address."""
    return (node.mac or mac_from_address(node.privateIp)).lower()


def mac_from_address(address: str) -> str:
    return '02:00:' + ':'.join(f'{int(part):02x}' for part in address.split('.'))


def mac_of_interface(interface: Interface) -> str:
    return (interface.mac or mac_from_address(interface.privateIp)).lower()


class Instance:
    """What the service knows of one node."""

    def __init__(self, cluster: Cluster, node: Node):
        self.cluster = cluster
        self.node = node
        self.tokens: dict[str, float] = {}
        self.calls: collections.Counter[str] = collections.Counter()
        self.lifecycle_state = node.lifecycleState
        self.attached = {interface.deviceIndex for interface in node.interfaces if interface.attached}
        #: Every access key handed out, also those that have been renewed since.
        self.access_keys: set[str] = set()
        self._credentials: Optional[dict[str, str]] = None
        self._lock = threading.Lock()

    def metadata(self) -> Tree:
        node, cluster = self.node, self.cluster
        subnet = cluster.subnet_of(node.privateIp)
        hostname = cluster.hostname(node)
        tree: Tree = {
            'ami-id': node.imageId, 'ami-launch-index': '0', 'hostname': hostname, 'instance-id': node.instanceId,
            'instance-life-cycle': 'on-demand', 'instance-type': node.instanceType, 'local-hostname': hostname,
            'local-ipv4': node.privateIp, 'mac': mac_of(node), 'profile': 'default-hvm', 'instance-action': 'none',
            'network': {'interfaces': {'macs': self._interfaces()}},
            'placement': {'availability-zone': subnet.zone or f'{cluster.region}a', 'region': cluster.region},
            'reservation-id': f'r-{node.instanceId[2:]}',
            'security-groups': '\n'.join(self._group_names(node.securityGroups)),
            'services': {'domain': 'amazonaws.com', 'partition': 'aws'},
            'system': 'nitro',
        }
        if node.role:
            tree['iam'] = {'info': self._iam_info(), 'security-credentials': {node.role.name: self.credentials_text}}
        if node.imds.tags and node.tags:
            tree['tags'] = {'instance': dict(node.tags)}
        if self.lifecycle_state:
            tree['autoscaling'] = {'target-lifecycle-state': self.lifecycle_state}
        return tree

    def _interfaces(self) -> Tree:
        primary = self._interface(mac_of(self.node), self.node.privateIp, 0, f'eni-{self.node.instanceId[2:]}')
        macs: Tree = {mac_of(self.node): primary}
        for interface in self.node.interfaces:
            if interface.deviceIndex in self.attached:
                mac = mac_of_interface(interface)
                macs[mac] = self._interface(mac, interface.privateIp, interface.deviceIndex, interface.id,
                                            interface.securityGroups)
        return macs

    def _interface(self, mac: str, address: str, index: int, identifier: str, own_groups: Sequence[str] = ()) -> Tree:
        subnet, cluster, groups = self.cluster.subnet_of(address), self.cluster, own_groups or self.node.securityGroups
        name = f'ip-{address.replace(".", "-")}.{cluster.domain}'
        return {'device-number': str(index), 'interface-id': identifier, 'local-hostname': name,
                'local-ipv4s': address, 'mac': mac, 'owner-id': cluster.account,
                'security-group-ids': '\n'.join(groups),
                'security-groups': '\n'.join(self._group_names(groups)), 'subnet-id': subnet.id,
                'subnet-ipv4-cidr-block': subnet.cidr, 'vpc-id': cluster.network.id,
                'vpc-ipv4-cidr-block': cluster.network.cidr, 'vpc-ipv4-cidr-blocks': cluster.network.cidr}

    def _group_names(self, groups: Sequence[str]) -> list[str]:
        names = {group.id: group.name for group in self.cluster.securityGroups}
        return [names.get(group) or group for group in groups]

    def _iam_info(self) -> str:
        role, account = self.node.role, self.cluster.account
        arn = role.instanceProfileArn or f'arn:aws:iam::{account}:instance-profile/{role.name}'
        return json.dumps({'Code': 'Success', 'LastUpdated': _moment(), 'InstanceProfileArn': arn,
                           'InstanceProfileId': f'AIPA{role.name.upper()[:17]}'}, indent=2)

    def credentials(self) -> dict[str, str]:
        """The role's current credentials; asked of the emulator when there are none, or they are about to end."""
        role = self.node.role
        if role.accessKeyId:
            self.access_keys.add(role.accessKeyId)
            return {'AccessKeyId': role.accessKeyId, 'SecretAccessKey': role.secretAccessKey or '',
                    'Token': role.sessionToken or '', 'Expiration': _moment(datetime.timedelta(hours=6))}
        with self._lock:
            if self._credentials is None or _ends_soon(self._credentials['Expiration']):
                arn = role.arn or f'arn:aws:iam::{self.cluster.account}:role/{role.name}'
                self._credentials = aws.assume_role(self.cluster.emulator, self.cluster.region, arn,
                                                    self.node.instanceId)
                self.access_keys.add(self._credentials['AccessKeyId'])
            return self._credentials

    def credentials_text(self) -> str:
        # The times are EC2's form. LastUpdated is not needed by any SDK, but is always there.
        return json.dumps({'Code': 'Success', 'LastUpdated': _moment(), 'Type': 'AWS-HMAC', **self.credentials()},
                          indent=2)

    def identity_document(self) -> str:
        node, cluster = self.node, self.cluster
        zone = cluster.subnet_of(node.privateIp).zone or f'{cluster.region}a'
        return json.dumps({
            'accountId': cluster.account, 'architecture': 'x86_64', 'availabilityZone': zone,
            'imageId': node.imageId, 'instanceId': node.instanceId, 'instanceType': node.instanceType,
            'pendingTime': _moment(), 'privateIp': node.privateIp, 'region': cluster.region,
            'version': '2017-09-30'}, indent=2)

    def new_token(self, seconds: int) -> str:
        token = secrets.token_urlsafe(40)
        self.tokens[token] = time.monotonic() + seconds
        return token

    def knows_token(self, token: str) -> bool:
        return self.tokens.get(token, 0) > time.monotonic()


def _moment(ahead: datetime.timedelta = datetime.timedelta()) -> str:
    return (datetime.datetime.now(datetime.timezone.utc) + ahead).strftime('%Y-%m-%dT%H:%M:%SZ')


def _ends_soon(expiration: str) -> bool:
    end = datetime.datetime.strptime(expiration, '%Y-%m-%dT%H:%M:%SZ').replace(tzinfo=datetime.timezone.utc)
    return end - datetime.datetime.now(datetime.timezone.utc) < _RENEW_BEFORE


def lookup(tree: Tree, parts: list[str]) -> Optional[str]:
    """A leaf's text, a folder's listing (folders end in /), or None."""
    here = tree
    for part in parts:
        if not isinstance(here, dict) or part not in here:
            return None
        here = here[part]
    if isinstance(here, dict):
        return '\n'.join(f'{name}/' if isinstance(value, dict) else name for name, value in here.items())
    return here() if callable(here) else here


class MetadataService:
    def __init__(self, cluster: Cluster, events: Events):
        self._cluster = cluster
        self._events = events
        self._instances: dict[str, Instance] = {}
        #: Also those that are gone: their calls are still in the log.
        self._ever: list[Instance] = []
        self._server: Optional[ThreadingHTTPServer] = None

    def start(self) -> None:
        server = _Server(self)
        server.socket = listen_in_namespace(network.ROUTER, network.METADATA_ADDRESS, 80)
        self._server = server
        threading.Thread(target=server.serve_forever, name='imds', daemon=True).start()

    def add(self, node: Node) -> Instance:
        instance = Instance(self._cluster, node)
        self._instances[node.privateIp] = instance
        self._ever.append(instance)
        return instance

    def remove(self, node: Node) -> None:
        self._instances.pop(node.privateIp, None)

    def at(self, address: str) -> Optional[Instance]:
        """Whose address that is, the first one or a further one."""
        further = (one for one in self._instances.values()
                   if address in [each.privateIp for each in one.node.interfaces])
        return self._instances.get(address) or next(further, None)

    def instance(self, instance_id: str) -> Optional[Instance]:
        return next((one for one in self._instances.values() if one.node.instanceId == instance_id), None)

    def principal(self, access_key: str) -> Optional[dict[str, str]]:
        """Whose credentials these are, when they are a node's."""
        for instance in list(self._ever):
            if access_key in instance.access_keys:
                return {'role': instance.node.role.name, 'instance': instance.node.instanceId}
        return None

    def counts(self) -> dict[str, dict[str, int]]:
        """Calls by instance: v1, v2, tokens, refused."""
        return {instance.node.instanceId: dict(instance.calls) for instance in self._ever}

    def refused(self, instance: Instance, path: str, why: str) -> None:
        instance.calls['refused'] += 1
        if instance.calls['refused'] == 1:
            self._events.emit('imds-refused', node=instance.node.instanceId, path=path, message=why)

    def no_credentials(self, instance: Instance, error: Exception) -> None:
        self._events.emit('warning', message=f'no role credentials: {error}', node=instance.node.instanceId)

    def used_v1(self, instance: Instance, path: str) -> None:
        instance.calls['v1'] += 1
        if instance.calls['v1'] == 1:
            self._events.emit('imds-v1', node=instance.node.instanceId, path=path)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, service: MetadataService):
        # Not bound here: the socket comes ready from the router's namespace. HTTPServer.server_bind would also look
        # up its own name, which hangs where there is no name server.
        super().__init__((network.METADATA_ADDRESS, 80), _Handler, bind_and_activate=False)
        self.socket.close()
        self.server_name, self.server_port = network.METADATA_ADDRESS, 80
        self.service = service

    def handle_error(self, request, client_address) -> None:
        """A client that went away is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    server_version = 'EC2ws'
    sys_version = ''
    server: _Server

    def log_message(self, format: str, *args) -> None:
        """Calls are counted, not printed."""

    def do_PUT(self) -> None:
        instance = self._caller()
        if instance is None:
            return
        if self.path != _TOKEN_PATH:
            return self._answer(404, 'Not Found')
        # A forwarded call is one that came through somebody's open proxy.
        if self.headers.get('X-Forwarded-For') is not None:
            self.server.service.refused(instance, self.path, 'a token was asked for with X-Forwarded-For')
            return self._answer(403, 'Forbidden')
        seconds = self.headers.get(_TTL_HEADER, '')
        if not seconds.isdigit() or not 1 <= int(seconds) <= _MAX_TTL:
            return self._answer(400, 'Bad Request')
        instance.calls['tokens'] += 1
        self._limit_hops(instance)
        self._answer(200, instance.new_token(int(seconds)), {_TTL_HEADER: seconds})

    def _limit_hops(self, instance: Instance) -> None:
        """As on EC2 the answer that carries the token lives only so many hops."""
        self.connection.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, instance.node.imds.hopLimit)

    def do_GET(self) -> None:
        instance = self._caller()
        if instance is None or not self._allowed(instance):
            return
        # Seen from Hazelcast 3.5: a request line whose path lacks its first slash.
        if not self.path.startswith('/'):
            return self._answer(400, 'Bad Request')
        try:
            text = self._find(instance)
        except aws.CallFailed as error:
            self.server.service.no_credentials(instance, error)
            return self._answer(500, 'Internal Server Error')
        if text is None:
            return self._answer(404, 'Not Found')
        self._answer(200, text)

    do_HEAD = do_GET

    def _allowed(self, instance: Instance) -> bool:
        token = self.headers.get(_TOKEN_HEADER)
        if token is not None:
            if instance.knows_token(token):
                instance.calls['v2'] += 1
                return True
            self.server.service.refused(instance, self.path, 'the token is not one of this instance, or too old')
            self._answer(401, 'Unauthorized')
            return False
        if instance.node.imds.httpTokens == 'optional':
            self.server.service.used_v1(instance, self.path)
            return True
        self.server.service.refused(instance, self.path, 'no token, and the instance requires IMDSv2')
        self._answer(401, 'Unauthorized')
        return False

    def _caller(self) -> Optional[Instance]:
        instance = self.server.service.at(self.client_address[0])
        if instance is None or instance.node.imds.httpEndpoint == 'disabled':
            self._answer(403, 'Forbidden')
            return None
        return instance

    def _find(self, instance: Instance) -> Optional[str]:
        parts = [urllib.parse.unquote(part) for part in self.path.split('?')[0].split('/') if part]
        if not parts:
            return 'latest'
        if parts[0] != 'latest' and not parts[0][:4].isdigit():
            return None
        if len(parts) == 1:
            return 'dynamic\nmeta-data\nuser-data'
        kind, rest = parts[1], parts[2:]
        if kind == 'user-data':
            return instance.node.userData if not rest and instance.node.userData else None
        if kind == 'dynamic':
            return lookup({'instance-identity': {'document': instance.identity_document()}}, rest)
        if kind != 'meta-data':
            return None
        return lookup(instance.metadata(), rest)

    def _answer(self, status: int, text: str, headers: Optional[dict[str, str]] = None) -> None:
        body = text.encode('utf-8')
        self.send_response(status)
        self.send_header('Content-Type', 'text/plain')
        self.send_header('Content-Length', str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(body)
