"""
The network of a rehearsal: a VPC and an outside, each a bridge in a router's namespace.

    node, node, ...     database   load balancer          emulator's endpoints   client
        └────── VPC bridge ──────────┘   └──── outside bridge ────┴────────────────┘
                     └───────────── router ──────────────┘
             (gateways, name server, metadata service)

There is no way out: the router has no link to the host's network. Every namespace reaches every other through the
router, as in a VPC with routes to the internet; what may talk to what is for the security groups (`firewall.py`).
"""

from __future__ import annotations

import ipaddress
import itertools
from typing import Optional

from document import Cluster
from system import in_namespace, run

METADATA_ADDRESS = '169.254.169.254'
#: Also on AWS, where it answers beside the VPC's second address.
LINK_LOCAL_DNS = '169.254.169.253'
#: The Amazon Time Sync Service.
TIME_ADDRESS = '169.254.169.123'

#: 198.18.0.0/15 is set aside for tests of network devices, so it is in nobody's VPC.
OUTSIDE_NETWORK = ipaddress.ip_network('198.18.0.0/16')
OUTSIDE_GATEWAY = '198.18.0.1'
ENDPOINTS_ADDRESS = '198.18.0.10'
CLIENT_ADDRESS = '198.18.0.20'

ROUTER, CLIENT, ENDPOINTS = 'router', 'client', 'endpoints'
VPC_BRIDGE, OUTSIDE_BRIDGE = 'vpc', 'outside'

#: Amazon Linux 2023 names an interface after its slot, and the first one is in slot 5.
_FIRST_SLOT = 5

#: Given, because a bridge without one takes a port's, and another when that port goes: then nobody finds the gateway.
_BRIDGES = {VPC_BRIDGE: '02:fe:00:00:00:01', OUTSIDE_BRIDGE: '02:fe:00:00:00:02'}

#: That of a VPC. The nodes' own configuration (amazon-ec2-net-utils from 2.3.0-3 on) sets it, and a cable with a smaller one loses their longer packets.
_MTU = '9001'

#: New namespaces copy these from the host, which may have set them to anything.
_ROUTER_SETTINGS = {
    'net.ipv4.ip_forward': 1, 'net.ipv4.conf.all.rp_filter': 0, 'net.ipv4.conf.default.rp_filter': 0,
    # Subnets share a bridge: without this the router would tell nodes to skip it.
    'net.ipv4.conf.all.send_redirects': 0, 'net.ipv4.conf.default.send_redirects': 0,
    'net.ipv4.ip_unprivileged_port_start': 0,
}
_PLAIN_SETTINGS = {
    'net.ipv4.conf.all.rp_filter': 0, 'net.ipv4.conf.default.rp_filter': 0,
    # In a VPC an address is found at its own interface only, and all subnets share our bridge.
    'net.ipv4.conf.all.arp_ignore': 1, 'net.ipv4.conf.all.arp_announce': 2,
}


def device_of(index: int) -> str:
    """The name that a node's interface with this device index has."""
    return f'ens{_FIRST_SLOT + index}'


class VirtualNetwork:
    def __init__(self, cluster: Cluster):
        self.cluster = cluster
        self._links = itertools.count(1)
        #: The cables of a namespace by device: the end at the bridge, and the bridge.
        self._peers: dict[str, dict[str, tuple[str, str]]] = {}
        self._taken = {node.privateIp for node in cluster.nodes}
        self._taken |= {interface.privateIp for node in cluster.nodes for interface in node.interfaces}
        self._taken |= set(cluster.network.reserved)
        self._outside_hosts = itertools.islice(OUTSIDE_NETWORK.hosts(), 256, None)

    def build(self) -> None:
        """The router, the endpoints' place and the client's."""
        self._namespace(ROUTER, _ROUTER_SETTINGS)
        for bridge, mac in _BRIDGES.items():
            ip('-n', ROUTER, 'link', 'add', bridge, 'address', mac, 'mtu', _MTU, 'type', 'bridge', 'forward_delay', '0')
            ip('-n', ROUTER, 'link', 'set', bridge, 'up')
        for subnet in self.cluster.network.subnets:
            network = ipaddress.ip_network(subnet.cidr)
            ip('-n', ROUTER, 'address', 'add', f'{network[1]}/{network.prefixlen}', 'dev', VPC_BRIDGE)
        for address in dict.fromkeys((METADATA_ADDRESS, LINK_LOCAL_DNS, TIME_ADDRESS, self.cluster.dns)):
            ip('-n', ROUTER, 'address', 'add', f'{address}/32', 'dev', VPC_BRIDGE)
        ip('-n', ROUTER, 'address', 'add', f'{OUTSIDE_GATEWAY}/{OUTSIDE_NETWORK.prefixlen}', 'dev', OUTSIDE_BRIDGE)
        self.add_outside(ENDPOINTS, [ENDPOINTS_ADDRESS])
        self.add_outside(CLIENT, [CLIENT_ADDRESS])

    def add_outside(self, namespace: str, addresses: list[str]) -> None:
        self._namespace(namespace, _PLAIN_SETTINGS)
        self._plug(namespace, 'eth0', OUTSIDE_BRIDGE)
        for address in addresses:
            ip('-n', namespace, 'address', 'add', f'{address}/{OUTSIDE_NETWORK.prefixlen}', 'dev', 'eth0')
        ip('-n', namespace, 'route', 'add', 'default', 'via', OUTSIDE_GATEWAY)

    def add_inside(self, namespace: str, address: str) -> None:
        """Something with one address in the VPC."""
        self._namespace(namespace, _PLAIN_SETTINGS)
        self.attach(namespace, 'eth0', address)
        ip('-n', namespace, 'route', 'add', 'default', 'via', self.gateway(address))

    def add_node(self, namespace: str, mac: str) -> None:
        """A machine, which configures its network itself when it boots."""
        self._namespace(namespace, _PLAIN_SETTINGS)
        self.plug(namespace, device_of(0), mac)

    def add_balancer(self, namespace: str, inside: list[str], outside: list[str]) -> None:
        """A load balancer: an address in each of its subnets, and outside ones where it faces the internet."""
        self._namespace(namespace, _PLAIN_SETTINGS)
        for index, address in enumerate(inside):
            self.attach(namespace, f'eth{index}', address)
        if not outside:
            ip('-n', namespace, 'route', 'add', 'default', 'via', self.gateway(inside[0]))
            return
        self._plug(namespace, 'public', OUTSIDE_BRIDGE)
        for address in outside:
            ip('-n', namespace, 'address', 'add', f'{address}/{OUTSIDE_NETWORK.prefixlen}', 'dev', 'public')
        ip('-n', namespace, 'route', 'add', 'default', 'via', OUTSIDE_GATEWAY)
        # To the VPC's other subnets it goes through the inside, or answers would leave by another door than calls.
        ip('-n', namespace, 'route', 'add', self.cluster.network.cidr, 'via', self.gateway(inside[0]))

    def attach(self, namespace: str, device: str, address: str) -> None:
        """A network interface in the VPC."""
        self._plug(namespace, device, VPC_BRIDGE)
        ip('-n', namespace, 'address', 'add', f'{address}/{self._prefix(address)}', 'dev', device)

    def plug(self, namespace: str, device: str, mac: str) -> None:
        """A network interface as a machine finds it that is given one while it runs: down, and without an address."""
        self._plug(namespace, device, VPC_BRIDGE, mac, up=False)

    def detach(self, namespace: str, device: str) -> None:
        """Both ends of a cable go together."""
        peer, _ = self._peers[namespace].pop(device)
        ip('-n', ROUTER, 'link', 'del', peer)

    def forget_rules(self, namespace: str) -> None:
        """The rules that a machine's kernel has when it starts; the namespace outlives a node's reboot."""
        ip('-n', namespace, 'rule', 'flush')
        for priority, table in (('32766', 'main'), ('32767', 'default')):
            # Rules that the kernel did not make are foreign to networkd, which removes them.
            ip('-n', namespace, 'rule', 'add', 'priority', priority, 'table', table, 'protocol', 'kernel')

    def set_link(self, namespace: str, up: bool) -> None:
        """Takes every cable of a namespace off its bridge, or puts it back: nothing inside notices but by silence."""
        for peer, bridge in self._peers[namespace].values():
            # The link stays up: networkd takes the configuration off an interface that loses its carrier.
            ip('-n', ROUTER, 'link', 'set', peer, *(['master', bridge] if up else ['nomaster']))

    def remove(self, namespace: str) -> None:
        """Removes a namespace; its links go with it at once, so that its address is free for the next."""
        for peer, _ in self._peers.pop(namespace, {}).values():
            run(['ip', '-n', ROUTER, 'link', 'del', peer], check=False)
        ip('netns', 'del', namespace)

    def gateway(self, address: str) -> str:
        return str(ipaddress.ip_network(self.cluster.subnet_of(address).cidr)[1])

    def free_address(self, subnet_cidr: str) -> str:
        """An address of a subnet that nothing has, from its end: instances get theirs from the beginning."""
        network = ipaddress.ip_network(subnet_cidr)
        for offset in range(2, network.num_addresses - 4):
            address = str(network[-offset])
            if address not in self._taken:
                self._taken.add(address)
                return address
        raise RuntimeError(f'no free address in {subnet_cidr}')

    def take(self, address: str) -> str:
        self._taken.add(address)
        return address

    def outside_address(self) -> str:
        return str(next(self._outside_hosts))

    def _prefix(self, address: str) -> int:
        return ipaddress.ip_network(self.cluster.subnet_of(address).cidr).prefixlen

    def _namespace(self, name: str, settings: dict[str, int]) -> None:
        ip('netns', 'add', name)
        ip('-n', name, 'link', 'set', 'lo', 'up')
        assignments = [f'{key}={value}' for key, value in settings.items()]
        run(in_namespace(name, ['sysctl', '-q', '-w', *assignments]))

    def _plug(self, namespace: str, device: str, bridge: str, mac: Optional[str] = None, up: bool = True) -> None:
        """A cable between a namespace and a bridge; made in the router's namespace, never in the host's."""
        peer = f'veth{next(self._links)}'
        ip('-n', ROUTER, 'link', 'add', peer, 'mtu', _MTU, 'type', 'veth', 'peer', 'name', device,
           *(['address', mac] if mac else []), 'mtu', _MTU, 'netns', namespace)
        ip('-n', ROUTER, 'link', 'set', peer, 'master', bridge, 'up')
        if up:
            ip('-n', namespace, 'link', 'set', device, 'up')
        self._peers.setdefault(namespace, {})[device] = (peer, bridge)


def ip(*arguments: str) -> str:
    return run(['ip', *arguments], timeout=20)
