"""
The cluster document: all a rehearsal must know about the cluster, in one JSON object. README.md has every field.

Parsing is strict: an unknown or missing field is an error that names its place, because a silently ignored field
would make a rehearsal prove something else than what was asked.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import json
import re
import typing
from dataclasses import dataclass, field
from typing import Any, Optional

import tls_policies


class DocumentError(ValueError):
    """The document cannot be rehearsed; the message names the place."""


@dataclass
class Emulator:
    url: str
    accessKeyId: str = 'testing'
    secretAccessKey: str = 'testing'


@dataclass
class Subnet:
    cidr: str
    id: str = ''
    zone: str = ''


@dataclass
class Network:
    cidr: str
    subnets: list[Subnet]
    id: str = 'vpc-rehearsal'
    dns: Optional[str] = None
    domain: Optional[str] = None
    #: Addresses that belong to something which is not there at the start, network interfaces above all.
    reserved: list[str] = field(default_factory=list)
    #: What configures the nodes' interfaces: `amazon-ec2-net-utils` (Amazon Linux 2023) or `netplan` (Ubuntu).
    configuredBy: str = 'amazon-ec2-net-utils'


@dataclass
class Role:
    name: str
    arn: Optional[str] = None
    instanceProfileArn: Optional[str] = None
    #: Given outright; otherwise the emulator's STS is asked for them.
    accessKeyId: Optional[str] = None
    secretAccessKey: Optional[str] = None
    sessionToken: Optional[str] = None
    #: Its policies' documents, as JSON.
    policies: list[str] = field(default_factory=list)


@dataclass
class Imds:
    httpTokens: str = 'required'
    hopLimit: int = 1
    httpEndpoint: str = 'enabled'
    tags: bool = True


@dataclass
class Interface:
    """A network interface besides the first."""
    privateIp: str
    deviceIndex: int = 1
    mac: Optional[str] = None
    id: str = ''
    #: Whether the interface is there at boot; otherwise the `attach` command brings it.
    attached: bool = True
    #: Its own; without any it is in the node's.
    securityGroups: list[str] = field(default_factory=list)


@dataclass
class Node:
    instanceId: str
    privateIp: str
    userData: str
    name: str = ''
    hostname: Optional[str] = None
    imageId: str = 'ami-00000000000000000'
    instanceType: str = 't3.medium'
    mac: Optional[str] = None
    role: Optional[Role] = None
    tags: dict[str, str] = field(default_factory=dict)
    imds: Imds = field(default_factory=Imds)
    interfaces: list[Interface] = field(default_factory=list)
    securityGroups: list[str] = field(default_factory=list)
    lifecycleState: Optional[str] = None
    #: Size in MiB of the disk, when a full one is to be rehearsed.
    diskMiB: Optional[int] = None
    #: Files and folders of the host, by their path in the node, where they are read-only.
    bind: dict[str, str] = field(default_factory=dict)


@dataclass
class Master:
    user: str
    password: Optional[str] = None
    secretArn: Optional[str] = None


@dataclass
class Database:
    endpoint: str
    master: Master
    engine: str = 'mysql'
    version: str = '8.4'
    port: int = 3306
    address: Optional[str] = None
    databaseName: Optional[str] = None
    parameters: dict[str, str] = field(default_factory=dict)
    aliases: list[str] = field(default_factory=list)
    securityGroups: list[str] = field(default_factory=list)


@dataclass
class Credential:
    """A text, or the secret that has it: the whole of it, or a field of its JSON."""
    text: Optional[str] = None
    secretArn: Optional[str] = None
    field: Optional[str] = None


@dataclass
class SvnUser:
    name: Credential
    password: Credential


@dataclass
class SvnServer:
    """A Subversion repository, empty at the start, and who may commit to it."""
    url: str
    users: list[SvnUser]
    address: Optional[str] = None


@dataclass
class MountTarget:
    address: str
    zone: str
    securityGroups: list[str] = field(default_factory=list)


@dataclass
class Owner:
    uid: int
    gid: int
    permissions: str = '755'


@dataclass
class AccessPoint:
    id: str
    arn: str
    path: str = '/'
    #: Whose the folder will be, made with the first mount; without one it must be there.
    owner: Optional[Owner] = None


@dataclass
class FileSystem:
    id: str
    arn: str
    mountTargets: list[MountTarget] = field(default_factory=list)
    accessPoints: list[AccessPoint] = field(default_factory=list)
    #: The document of its own policy, as JSON.
    policy: Optional[str] = None


@dataclass
class HealthCheck:
    protocol: str = 'HTTP'
    port: Optional[int] = None
    path: str = '/'
    matcher: str = '200'
    interval: float = 30
    timeout: float = 5
    healthy: int = 5
    unhealthy: int = 2


@dataclass
class Stickiness:
    type: str
    cookie: str = 'AWSALB'
    duration: int = 86400


@dataclass
class TargetGroup:
    id: str
    port: int
    protocol: str = 'HTTP'
    health: HealthCheck = field(default_factory=HealthCheck)
    stickiness: Optional[Stickiness] = None
    targets: list[str] = field(default_factory=list)
    deregistrationDelay: float = 300
    algorithm: str = 'round_robin'


@dataclass
class Weighted:
    targetGroup: str
    weight: int = 1


@dataclass
class Redirect:
    protocol: str = '#{protocol}'
    host: str = '#{host}'
    port: str = '#{port}'
    path: str = '/#{path}'
    query: str = '#{query}'
    status: int = 301


@dataclass
class FixedResponse:
    status: int = 503
    contentType: str = 'text/plain'
    body: str = ''


@dataclass
class Action:
    targetGroup: Optional[str] = None
    weighted: list[Weighted] = field(default_factory=list)
    redirect: Optional[Redirect] = None
    fixedResponse: Optional[FixedResponse] = None


@dataclass
class Rule:
    action: Action
    priority: int = 0
    hostHeader: list[str] = field(default_factory=list)
    pathPattern: list[str] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)
    sourceIp: list[str] = field(default_factory=list)


@dataclass
class Listener:
    port: int
    defaultAction: Action
    protocol: str = 'HTTP'
    certificateNames: list[str] = field(default_factory=list)
    sslPolicy: Optional[str] = None
    rules: list[Rule] = field(default_factory=list)


@dataclass
class LoadBalancer:
    name: str
    dnsName: str
    listeners: list[Listener]
    type: str = 'application'
    scheme: str = 'internet-facing'
    subnets: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    securityGroups: list[str] = field(default_factory=list)
    idleTimeout: float = 60


@dataclass
class Name:
    """A name of a hosted zone: an alias of another name, or addresses."""
    name: str
    alias: Optional[str] = None
    addresses: list[str] = field(default_factory=list)


@dataclass
class Ingress:
    protocol: str = 'tcp'
    fromPort: Optional[int] = None
    toPort: Optional[int] = None
    cidrs: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)


@dataclass
class SecurityGroup:
    id: str
    name: str = ''
    ingress: list[Ingress] = field(default_factory=list)


@dataclass
class Cluster:
    region: str
    emulator: Emulator
    network: Network
    nodes: list[Node]
    account: str = '123456789012'
    databases: list[Database] = field(default_factory=list)
    svnServers: list[SvnServer] = field(default_factory=list)
    fileSystems: list[FileSystem] = field(default_factory=list)
    loadBalancers: list[LoadBalancer] = field(default_factory=list)
    targetGroups: list[TargetGroup] = field(default_factory=list)
    names: list[Name] = field(default_factory=list)
    #: Without any, nothing is filtered.
    securityGroups: list[SecurityGroup] = field(default_factory=list)
    java: list[str] = field(default_factory=lambda: ['8', '11', '17', '21'])
    #: Health checks come this much faster than the template says.
    healthCheckSpeed: float = 5
    #: Log files in the nodes to follow, wildcards allowed.
    logs: list[str] = field(default_factory=lambda: ['/var/log/carbon-cluster/*.log'])
    #: Access key id to the name of whose it is, for the report on calls.
    principals: dict[str, str] = field(default_factory=dict)

    def subnet_of(self, address: str) -> Subnet:
        for subnet in self.network.subnets:
            if ipaddress.ip_address(address) in ipaddress.ip_network(subnet.cidr):
                return subnet
        raise DocumentError(f'{address} is in none of the subnets of network.subnets')

    def address_in_zone(self, name: str) -> Optional[str]:
        """The address that a hosted zone has for a name, where it is one of the network's subnets."""
        networks = [ipaddress.ip_network(subnet.cidr) for subnet in self.network.subnets]
        wanted = name.rstrip('.').lower()
        addresses = [one for record in self.names if record.name.rstrip('.').lower() == wanted
                     for one in record.addresses]
        inside = [one for one in addresses if any(ipaddress.ip_address(one) in network for network in networks)]
        return inside[0] if inside else None

    def target_group(self, identifier: str) -> TargetGroup:
        for group in self.targetGroups:
            if group.id == identifier:
                return group
        raise DocumentError(f'there is no target group {identifier}')

    @property
    def dns(self) -> str:
        """On AWS the name server is the second address of the VPC."""
        return self.network.dns or str(ipaddress.ip_network(self.network.cidr)[2])

    @property
    def domain(self) -> str:
        """The domain of the instances' private names."""
        if self.network.domain:
            return self.network.domain
        return 'ec2.internal' if self.region == 'us-east-1' else f'{self.region}.compute.internal'

    def hostname(self, node: Node) -> str:
        return node.hostname or f'ip-{node.privateIp.replace(".", "-")}.{self.domain}'


def load(path: str) -> Cluster:
    with open(path, encoding='utf-8') as file:
        try:
            value = json.load(file)
        except ValueError as error:
            raise DocumentError(f'{path} is not JSON: {error}') from None
    return parse(value)


def parse(value: Any) -> Cluster:
    cluster = build(Cluster, value, 'cluster')
    check(cluster)
    return cluster


def build(kind: Any, value: Any, place: str) -> Any:
    """An object of a dataclass from plain JSON, by the class's own field types."""
    if not isinstance(value, dict):
        raise DocumentError(f'{place} must be an object')
    types = typing.get_type_hints(kind)
    fields = {item.name: item for item in dataclasses.fields(kind)}
    unknown = sorted(set(value) - set(fields))
    if unknown:
        raise DocumentError(f'{place} has no field {", ".join(unknown)}; it knows {", ".join(fields)}')
    for name, item in fields.items():
        required = item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING
        if required and name not in value:
            raise DocumentError(f'{place}.{name} is missing')
    given = {name: _convert(types[name], part, f'{place}.{name}') for name, part in value.items()}
    return kind(**given)


def _convert(kind: Any, value: Any, place: str) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Union:  # Optional
        return None if value is None else _convert(arguments[0], value, place)
    if origin is list:
        if not isinstance(value, list):
            raise DocumentError(f'{place} must be a list')
        return [_convert(arguments[0], part, f'{place}[{index}]') for index, part in enumerate(value)]
    if origin is dict:
        if not isinstance(value, dict):
            raise DocumentError(f'{place} must be an object')
        return {key: _convert(arguments[1], part, f'{place}.{key}') for key, part in value.items()}
    if dataclasses.is_dataclass(kind):
        return build(kind, value, place)
    return _scalar(kind, value, place)


def _scalar(kind: type, value: Any, place: str) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    right = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
    if not right:
        raise DocumentError(f'{place} must be a {kind.__name__}, not {json.dumps(value)}')
    return value


def check(cluster: Cluster) -> None:
    """What types cannot say."""
    if not cluster.emulator.url.startswith('http://'):
        raise DocumentError('emulator.url must begin with http://: TLS toward nodes is the rehearsal\'s own')
    if cluster.network.configuredBy not in ('amazon-ec2-net-utils', 'netplan'):
        raise DocumentError('network.configuredBy must be amazon-ec2-net-utils or netplan')
    _check_unique('nodes', 'instanceId', [node.instanceId for node in cluster.nodes])
    _check_unique('nodes', 'privateIp', [node.privateIp for node in cluster.nodes])
    _check_unique('targetGroups', 'id', [group.id for group in cluster.targetGroups])
    for node in cluster.nodes:
        check_node(cluster, node)
    for database in cluster.databases:
        _check_database(database)
    for server in cluster.svnServers:
        _check_svn(server)
    for system in cluster.fileSystems:
        for target in system.mountTargets:
            cluster.subnet_of(target.address)
    for balancer in cluster.loadBalancers:
        _check_balancer(cluster, balancer)
    for group in cluster.targetGroups:
        _check_target_group(group)


def check_node(cluster: Cluster, node: Node) -> None:
    place = f'node {node.instanceId}'
    if not node.instanceId.startswith('i-') or not node.instanceId[2:].isalnum():
        raise DocumentError(f'{place}: instanceId must look like i-0123456789abcdef0')
    cluster.subnet_of(node.privateIp)
    for interface in node.interfaces:
        cluster.subnet_of(interface.privateIp)
    if node.imds.httpTokens not in ('required', 'optional'):
        raise DocumentError(f'{place}: imds.httpTokens must be required or optional')


def _check_database(database: Database) -> None:
    if database.engine not in ('mysql', 'mariadb'):
        raise DocumentError(f'database {database.endpoint}: engine must be mysql or mariadb')
    if database.master.password is None and database.master.secretArn is None:
        raise DocumentError(f'database {database.endpoint}: master needs password or secretArn')


def _check_svn(server: SvnServer) -> None:
    if not re.fullmatch(r'(svn|https?)://[^/\s:]+(:\d+)?(/[^\s]*)?', server.url):
        raise DocumentError(f'svnServers: {server.url} must be an address such as svn://svn.example.com/artifacts; '
                            'svn+ssh is not rehearsed')
    for credential in (part for user in server.users for part in (user.name, user.password)):
        if credential.text is None and credential.secretArn is None:
            raise DocumentError(f'svnServers: {server.url}: a user needs text or secretArn for name and password')


def _check_balancer(cluster: Cluster, balancer: LoadBalancer) -> None:
    if balancer.type not in ('application', 'network', 'classic'):
        raise DocumentError(f'load balancer {balancer.name}: type must be application, network or classic')
    for listener in balancer.listeners:
        _check_policy(balancer, listener)
        for action in [listener.defaultAction, *(rule.action for rule in listener.rules)]:
            _check_action(cluster, balancer, action)


def _check_policy(balancer: LoadBalancer, listener: Listener) -> None:
    try:
        tls_policies.front(listener.sslPolicy, balancer.type)
    except tls_policies.UnknownPolicy as error:
        raise DocumentError(f'load balancer {balancer.name}: {error}') from None


def _check_action(cluster: Cluster, balancer: LoadBalancer, action: Action) -> None:
    chosen = [part for part in (action.targetGroup, action.weighted, action.redirect, action.fixedResponse) if part]
    if len(chosen) != 1:
        raise DocumentError(f'load balancer {balancer.name}: an action is exactly one of targetGroup, weighted, '
                            'redirect, fixedResponse')
    for group in forwarded_groups(action):
        cluster.target_group(group)


def forwarded_groups(action: Action) -> list[str]:
    """The target groups an action may lead to."""
    if action.targetGroup:
        return [action.targetGroup]
    return [part.targetGroup for part in action.weighted]


def _check_target_group(group: TargetGroup) -> None:
    if group.protocol not in ('HTTP', 'HTTPS', 'TCP', 'TLS'):
        raise DocumentError(f'target group {group.id}: protocol must be HTTP, HTTPS, TCP or TLS')
    if group.health.protocol not in ('HTTP', 'HTTPS', 'TCP', 'SSL'):
        raise DocumentError(f'target group {group.id}: health.protocol must be HTTP, HTTPS, TCP or SSL')
    if group.stickiness and group.stickiness.type not in ('lb_cookie', 'app_cookie', 'source_ip'):
        raise DocumentError(f'target group {group.id}: stickiness.type must be lb_cookie, app_cookie or source_ip')


def _check_unique(place: str, name: str, values: list[str]) -> None:
    for value in values:
        if values.count(value) > 1:
            raise DocumentError(f'{place}: {name} {value} is there twice')
