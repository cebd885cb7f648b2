"""
The machine room: every piece put together for one cluster document, and what can be done to it while it runs.
"""

from __future__ import annotations

import dataclasses
import json
import os
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Callable, Optional, Sequence

import aws
import document
import efs
import functions
import network
import traffic
import trees
from authority import Authority
from balancer import Balancer
from database import DatabaseServer
from dhcp import DhcpServer
from document import Cluster, Database, LoadBalancer, Node, SvnServer
from endpoints import Endpoints
from events import Events, JsonLinesFile
from firewall import Firewall
from imds import MetadataService, mac_of, mac_of_interface
from interfaces import CHANGING, Interfaces
from isolation import hide_host_run_state, use_name_server
from names import NameServer, resolv_conf
from network import VirtualNetwork
from nodes import NodeMachine
from runs import Run
from svn import SvnHost, host_of
from system import write_file
from time_service import TimeService


class Room:
    def __init__(self, cluster: Cluster, run_: Run, cache_dir: str, events: Events, logs_dir: Optional[str] = None):
        self.cluster = cluster
        self.events = events
        self._run = run_
        self._cache = trees.TreeCache(cache_dir, events)
        self._cache_dir = cache_dir
        self._logs = logs_dir or run_.folder('logs')
        os.makedirs(self._logs, exist_ok=True)
        self._started = time.monotonic()
        self.nodes: dict[str, NodeMachine] = {}
        self._gone: list[NodeMachine] = []
        self.databases: dict[str, DatabaseServer] = {}
        self.svn: list[SvnHost] = []
        self.file_systems: Optional[efs.FileSystems] = None
        self.balancers: dict[str, Balancer] = {}
        self._layers: list[str] = []
        #: Names of our servers that the name service does not know for now.
        self._hidden: set[str] = set()
        #: Whose addresses these are that are no node's.
        self._others = {network.CLIENT_ADDRESS: 'client'}
        self._background = ThreadPoolExecutor()

    # Coming up

    def up(self, *, boot: bool = True) -> None:
        with self.events.phase('trees'):
            self._make_trees()
        with self.events.phase('network'):
            self._make_network()
        with self.events.phase('services'):
            self._make_services()
        if boot:
            with self.events.phase('boot'):
                self.boot(list(self.nodes))
        self.events.emit('ready', seconds=round(time.monotonic() - self._started, 3),
                         authority=self.authority.certificate)

    def _make_trees(self) -> None:
        """Before anything else, because only these need the host's way to package servers."""
        self.authority = Authority(self._cache_dir)
        root = self._background.submit(trees.node_root, self._cache, self.authority)
        java = [self._background.submit(trees.java_layer, self._cache, version)
                for version in self.cluster.java if version != trees.OWN_JAVA]
        preparing = [self._background.submit(self._prepare_database, index, database)
                     for index, database in enumerate(self.cluster.databases)]
        repositories = [self._background.submit(self._prepare_svn, index, host, servers)
                        for index, (host, servers) in enumerate(self._svn_hosts().items())]
        self._layers = [*(layer.result() for layer in java), root.result()]
        self.databases = {server.database.endpoint: server for server in (one.result() for one in preparing)}
        self.svn = [one.result() for one in repositories]

    def _svn_hosts(self) -> dict[str, list[SvnServer]]:
        hosts: dict[str, list[SvnServer]] = {}
        for server in self.cluster.svnServers:
            hosts.setdefault(host_of(server.url), []).append(server)
        return hosts

    def _prepare_svn(self, index: int, host: str, servers: list[SvnServer]) -> SvnHost:
        made = SvnHost(host, servers, self.cluster, self._cache, self.authority, self.events, f'svn-{index}',
                       self._run.folder(f'svn-{index}'))
        made.prepare()
        return made

    def _prepare_database(self, index: int, database: Database) -> DatabaseServer:
        server = DatabaseServer(database, self._password(database), f'database-{index}', self._cache, self.authority,
                                self.events, self._run.folder(f'database-{index}'))
        server.prepare()
        return server

    def _password(self, database: Database) -> str:
        if database.master.password is not None:
            return database.master.password
        text = aws.secret_value(self.cluster.emulator, self.cluster.region, database.master.secretArn)
        return secret_password(text)

    def _make_network(self) -> None:
        hide_host_run_state()
        self.network = VirtualNetwork(self.cluster)
        self.network.build()
        self.dhcp = DhcpServer(self.cluster, self._run.folder('services'))
        self.firewall = Firewall(self.cluster)
        subnets = [subnet.cidr for subnet in self.cluster.network.subnets]
        self._places: list[tuple[LoadBalancer, str, list[str]]] = []
        for index, (endpoint, server) in enumerate(self.databases.items()):
            wanted = server.database.address or self.cluster.address_in_zone(endpoint)
            self._place_database(server, self._inside(wanted, subnets[index % len(subnets)]))
        for host in self.svn:
            host.address = self._inside(host.wanted_address, subnets[0])
            self._others[host.address] = host.host
            self.network.add_inside(host.namespace, host.address)
        if self.cluster.fileSystems:
            self.file_systems = efs.FileSystems(self.cluster, self.events, self._run.folder('efs'), self._node_at)
            self.file_systems.place(self.network, self.firewall)
            self._others |= self.file_systems.owners()
        for index, balancer in enumerate(self.cluster.loadBalancers):
            self._place_balancer(f'balancer-{index}', balancer, subnets)
        for node in self.cluster.nodes:
            self._place_node(node)
        self.firewall.apply()

    def _place_database(self, server: DatabaseServer, address: str) -> None:
        server.address = address
        self._others[address] = server.database.endpoint
        self.network.add_inside(server.namespace, address)
        self.firewall.guard(server.namespace, server.database.securityGroups, [address])

    def _inside(self, wanted: Optional[str], subnet: str) -> str:
        return self.network.take(wanted) if wanted else self.network.free_address(subnet)

    def _place_balancer(self, namespace: str, balancer: LoadBalancer, subnets: Sequence[str]) -> None:
        inside = [self.network.take(address) for address in balancer.addresses]
        inside = inside or [self.network.free_address(subnet) for subnet in balancer.subnets or subnets]
        internal = balancer.scheme == 'internal'
        outside = [] if internal else [self.network.outside_address() for _ in inside]
        self.network.add_balancer(namespace, inside, outside)
        self.firewall.guard(namespace, balancer.securityGroups, inside)
        self._places.append((balancer, namespace, inside if internal else outside))
        self._others |= dict.fromkeys([*inside, *outside], balancer.name)

    def _place_node(self, node: Node) -> None:
        self.dhcp.know(mac_of(node), node.privateIp)
        self.network.add_node(node.instanceId, mac_of(node))
        self.firewall.guard(node.instanceId, node.securityGroups, [node.privateIp])
        for interface in node.interfaces:
            device = network.device_of(interface.deviceIndex)
            self.dhcp.know(mac_of_interface(interface), interface.privateIp)
            if interface.attached:
                self.network.plug(node.instanceId, device, mac_of_interface(interface))
            self.firewall.guard_interface(node.instanceId, interface.privateIp, device, interface.securityGroups)

    def _make_services(self) -> None:
        folder = self._run.folder('services')
        starting = [self._background.submit(server.start) for server in [*self.databases.values(), *self.svn]]
        if self.file_systems:
            self.file_systems.start()
        self.metadata = MetadataService(self.cluster, self.events)
        self.metadata.start()
        TimeService().start()
        self.dhcp.start()
        self.interfaces = Interfaces(self.cluster, self.network, self.dhcp, self.firewall, self.metadata, self.events,
                                     self._find_node)
        self.names = NameServer(self.cluster, self.events, self.who)
        self.names.start(folder, self._published_addresses())
        write_file(f'{folder}/resolv.conf', resolv_conf(self.cluster))
        use_name_server(f'{folder}/resolv.conf')
        self.endpoints = Endpoints(self.cluster, self.authority, self.events, folder,
                                   f'{self._logs}/aws-calls.jsonl', self.principal, self.who, self._take_call)
        self.endpoints.start()
        requests = JsonLinesFile(f'{self._logs}/requests.jsonl')
        for balancer, namespace, _ in self._places:
            machine = Balancer(self.cluster, balancer, namespace, self.authority, self.events, folder, requests)
            machine.start()
            self.balancers[balancer.name] = machine
        for node in self.cluster.nodes:
            self._make_node(node)
        self.interfaces.follow()
        for future in starting:
            future.result()

    def _published_addresses(self) -> dict[str, list[str]]:
        addresses: dict[str, list[str]] = {host.host: [host.address] for host in self.svn} | efs.names(self.cluster)
        for server in self.databases.values():
            for name in (server.database.endpoint, *server.database.aliases):
                addresses[name] = [server.address]
        for balancer, _, published in self._places:
            addresses[balancer.dnsName] = published
        return addresses | {name: [] for name in self._hidden}

    def resolve(self, name: str, known: bool) -> None:
        if name not in self._published_addresses():
            raise LookupError(f'{name} is the name of none of the servers here')
        self._hidden = self._hidden - {name} if known else self._hidden | {name}
        self.names.publish(self._published_addresses())

    def _new_machine(self, node: Node) -> NodeMachine:
        folder = self._run.path('nodes', f'{node.instanceId}-{uuid.uuid4().hex[:6]}')
        return NodeMachine(self.cluster, node, self._layers, self._run.id, folder, self.events,
                           lambda: self.interfaces.restart(node),
                           self.file_systems.folder if self.file_systems else None)

    def _make_node(self, node: Node) -> NodeMachine:
        machine = self._new_machine(node)
        self.metadata.add(node)
        machine.make_disk()
        self.nodes[node.instanceId] = machine
        return machine

    def _find_node(self, instance_id: str) -> Optional[Node]:
        machine = self.nodes.get(instance_id)
        return machine.node if machine else None

    def _take_call(self, call: dict) -> None:
        if call['action'] in CHANGING and call['status'] == 200:
            self._background.submit(self._follow_interfaces)

    def _follow_interfaces(self) -> None:
        try:
            self.interfaces.follow()
        except Exception as error:  # a node waits for its interface, and somebody must say why it does not come
            self.events.emit('warning', message=f'network interfaces are not as the API says: {error}')

    # Who is who

    def who(self, address: str) -> str:
        """Whose address that is, for the logs."""
        node = self._node_at(address)
        return node.instanceId if node else self._others.get(address, address)

    def _node_at(self, address: str) -> Optional[Node]:
        """The node that has an address, or had it."""
        for machine in [*self.nodes.values(), *self._gone]:
            node = machine.node
            if address == node.privateIp or any(address == one.privateIp for one in node.interfaces):
                return node
        return None

    def principal(self, access_key: str) -> dict:
        if not access_key:
            return {'name': 'anonymous'}
        known = self.metadata.principal(access_key)
        if known:
            return {'name': f'{known["role"]}/{known["instance"]}', **known}
        return {'name': self.cluster.principals.get(access_key, access_key)}

    # What can be done

    def boot(self, ids: Sequence[str]) -> None:
        """Starts these nodes in the same moment and registers them with their target groups."""
        machines = [self.node(one) for one in ids]
        self._in_parallel(lambda machine: machine.start(), machines)
        for machine in machines:
            self._register_everywhere(machine)

    def _register_everywhere(self, machine: NodeMachine) -> None:
        for balancer in self.balancers.values():
            for group_id in balancer.group_ids:
                wanted = machine.id in self.cluster.target_group(group_id).targets
                if wanted and not balancer.has(group_id, machine.id):
                    balancer.register(group_id, machine.id, machine.node.privateIp)

    def node(self, identifier: str) -> NodeMachine:
        for machine in self.nodes.values():
            if identifier in (machine.id, machine.node.name):
                return machine
        raise LookupError(f'there is no node {identifier}; there are {", ".join(self.nodes)}')

    def balancers_of(self, group_id: str) -> list[Balancer]:
        return [balancer for balancer in self.balancers.values() if group_id in balancer.group_ids]

    def balances(self, groups: Optional[Sequence[str]], ids: Optional[Sequence[str]]) -> bool:
        """Whether some load balancer is to have such targets, now or soon."""
        return any(ids is None or set(ids) & set(group.targets) for group in self.cluster.targetGroups
                   if group.targets and (not groups or group.id in groups) and self.balancers_of(group.id))

    def database(self, endpoint: Optional[str]) -> DatabaseServer:
        if endpoint is None and len(self.databases) == 1:
            return next(iter(self.databases.values()))
        if endpoint not in self.databases:
            raise LookupError(f'there is no database {endpoint}; there are {", ".join(self.databases)}')
        return self.databases[endpoint]

    def restore_database(self, endpoint: str, name: str) -> None:
        """Another server, with the data that this one had when it was last backed up."""
        old = self.database(endpoint)
        database = dataclasses.replace(old.database, endpoint=name, address=None, aliases=[])
        index = len(self.databases)
        server = DatabaseServer(database, self._password(database), f'database-{index}', self._cache, self.authority, self.events,
                                self._run.folder(f'database-{index}'))
        server.prepare(old.backup)
        self._place_database(server, self.network.free_address(self.cluster.network.subnets[0].cidr))
        self.firewall.apply()
        self.databases[name] = server
        self.names.publish(self._published_addresses())
        server.start()

    def rename_database(self, endpoint: str, name: str) -> None:
        server = self.database(endpoint)
        if name in self.databases:
            raise ValueError(f'{name} is taken')
        self.databases[name] = self.databases.pop(endpoint)
        self._others[server.address] = name
        server.rename(name)
        self.names.publish(self._published_addresses())

    def launch(self, node: Node, groups: Sequence[str] = (), boot: bool = True) -> NodeMachine:
        """A node that was not there at the start."""
        if node.instanceId in self.nodes:
            raise ValueError(f'{node.instanceId} is there already')
        document.check_node(self.cluster, node)
        if any(machine.node.privateIp == node.privateIp for machine in self.nodes.values()):
            raise ValueError(f'{node.privateIp} is taken')
        self._place_node(node)
        self.firewall.apply()
        machine = self._make_node(node)
        for group_id in groups:
            self.cluster.target_group(group_id).targets.append(node.instanceId)
        if boot:
            self.boot([node.instanceId])
        return machine

    def terminate(self, identifier: str, kill: bool = False) -> None:
        """Ends a node for good: its disk, its address and its places behind the load balancers are given back."""
        machine = self.node(identifier)
        self._deregister_everywhere(machine, 0)
        machine.kill() if kill else machine.stop()
        self.interfaces.end(machine.node)
        self.nodes.pop(machine.id)
        self._gone.append(machine)
        self.metadata.remove(machine.node)
        self.firewall.release(machine.id)
        self.network.remove(machine.id)
        self._keep_logs(machine)
        machine.drop_disk()
        self.events.emit('node', node=machine.id, name=machine.node.name or None, state='terminated')

    def _deregister_everywhere(self, machine: NodeMachine, delay: Optional[float] = None) -> None:
        for balancer in self.balancers.values():
            for group_id in balancer.group_ids:
                balancer.deregister(group_id, machine.id, delay)

    def replace(self, identifier: str, changes: dict, kill: bool = True) -> NodeMachine:
        """A new instance in a node's place: fresh disk; new id, address or user data where `changes` has them."""
        old = self.node(identifier)
        groups = [group.id for group in self.cluster.targetGroups if old.id in group.targets]
        self.terminate(old.id, kill=kill)
        node = document.build(Node, {**as_json(old.node), **changes}, 'node')
        for group in self.cluster.targetGroups:
            group.targets = [one for one in group.targets if one != old.id]
        return self.launch(node, groups)

    def renew(self, ids: Sequence[str]) -> None:
        """Gives these nodes fresh disks without booting them, so that they can be booted in one moment."""
        machines = [self.node(one) for one in ids]
        for machine in machines:
            self._deregister_everywhere(machine, 0)
        self._in_parallel(self._renew_one, machines)

    def _renew_one(self, machine: NodeMachine) -> None:
        machine.kill()
        machine.drop_disk()
        fresh = self._new_machine(machine.node)
        fresh.make_disk()
        self.nodes[machine.id] = fresh

    def attach(self, identifier: str, device_index: int) -> None:
        """Brings a further network interface of the document to a running node, as AttachNetworkInterface does."""
        machine = self.node(identifier)
        interface = next((one for one in machine.node.interfaces if one.deviceIndex == device_index), None)
        instance = self.metadata.instance(machine.id)
        if interface is None or device_index in instance.attached:
            raise LookupError(f'{machine.id} has no interface {device_index} to attach')
        instance.attached.add(device_index)
        self.network.plug(machine.id, network.device_of(device_index), mac_of_interface(interface))

    def call_function(self, groups: Sequence[str], subnet: str, request: dict) -> dict:
        """Runs a function in the VPC, with an address as long as it runs."""
        namespace = f'function-{uuid.uuid4().hex[:6]}'
        address = self.network.free_address(next(each.cidr for each in self.cluster.network.subnets if subnet in (each.id, each.cidr)))
        self._others[address] = 'a function'
        self.network.add_inside(namespace, address)
        self.firewall.guard(namespace, groups, [address])
        self.firewall.apply()
        try:
            return functions.call(namespace, self.authority.certificate, request)
        finally:
            self.firewall.release(namespace)
            self.network.remove(namespace)

    def request(self, url: str, options: dict) -> dict:
        """A request from outside, by curl in the client's namespace; says which node answered it."""
        return traffic.request(self._client(options), url, options, list(self.balancers.values()), self._run.folder(
            'services'), self.authority.certificate)

    def _client(self, options: dict) -> str:
        origin = options.get('from', network.CLIENT)
        return origin if origin == network.CLIENT else self.node(origin).namespace

    def load(self, url: str, options: dict) -> dict:
        return traffic.load(self._client(options), url, options, self.authority.certificate)

    def health(self) -> list[dict]:
        return [{'loadBalancer': name, **target} for name, balancer in self.balancers.items()
                for target in balancer.health()]

    def summary(self) -> dict:
        """What a report needs."""
        return {
            'nodes': [{'node': machine.id, 'name': machine.node.name, 'state': machine.state,
                       'userData': machine.result} for machine in self.nodes.values()],
            'databases': [{'database': name, 'running': server.running, 'flavour': server.flavour,
                           'version': server.version} for name, server in self.databases.items()],
            'targets': self.health(), 'awsCalls': self.endpoints.calls(), 'metadataCalls': self.metadata.counts(),
            'unknownNames': self.names.unknown,
            'blocked': [{**one, 'from': self.who(one['from'])} for one in self.firewall.blocked()],
            'strayed': self.firewall.strayed(),
            'responses': {name: balancer.statuses for name, balancer in self.balancers.items()},
            'seconds': round(time.monotonic() - self._started, 3),
        }

    # Going down

    def keep_logs(self) -> None:
        """Copies the nodes' logs next to our own, when a folder for them was named."""
        for machine in self.nodes.values():
            self._keep_logs(machine)

    def _keep_logs(self, machine: NodeMachine) -> None:
        for path in machine.followed:
            try:
                text = machine.read(path, 8 << 20)
            except OSError:
                continue
            write_file(os.path.join(self._logs, machine.id, path.strip('/').replace('/', '-')), text)

    @staticmethod
    def _in_parallel(work: Callable, items) -> None:
        items = list(items)
        if not items:
            return
        with ThreadPoolExecutor(len(items)) as pool:
            for future in [pool.submit(work, item) for item in items]:
                future.result()


def secret_password(text: str) -> str:
    """The password in a secret: the field of that name of a JSON object, or the whole."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value['password'] if isinstance(value, dict) and 'password' in value else text


def as_json(node: Node) -> dict:
    return {name: value for name, value in dataclasses.asdict(node).items() if value is not None}
