"""
The VPC's name service: dnsmasq in the router's namespace, on the VPC's second address and on 169.254.169.253.

It knows the instances' private names, the hosted zones', the database's and the load balancers', leads every other
name below amazonaws.com to the emulator's endpoints, and says of all else that it does not exist. There is no server
behind it.
"""

from __future__ import annotations

import os
import re
from typing import Callable, Mapping, Sequence

import efs
import network
from document import Cluster
from events import Events
from system import Process, can_connect, in_namespace, wait_until, write_file

_ASKED = re.compile(r'query\[(\w+)\] (\S+) from (\S+)')
_DENIED = re.compile(r'(?:config|cached) (\S+) is NXDOMAIN')


def render(cluster: Cluster, addresses: Mapping[str, Sequence[str]]) -> str:
    """dnsmasq's configuration. `addresses`: those of the rehearsal's own servers, by their names."""
    lines = ['# Made by the rehearsal.', 'port=53', 'bind-interfaces', 'no-resolv', 'no-hosts', 'no-poll',
             'log-queries', 'log-facility=-', 'pid-file=', 'cache-size=0', 'local-ttl=5',
             f'listen-address={cluster.dns}', f'listen-address={network.LINK_LOCAL_DNS}',
             f'synth-domain={cluster.domain},{cluster.network.cidr},ip-',
             # Both lines: without the second a question for an IPv6 address is answered with "no such name".
             f'address=/amazonaws.com/{network.ENDPOINTS_ADDRESS}', 'local=/amazonaws.com/',
             # A name of a file system is no endpoint of the API: without a mount target it does not exist.
             f'address=/{efs.domain_of(cluster.region)}/',
             # Everything else does not exist; without this line dnsmasq refuses, and clients take that for a
             # server that is out of order.
             'address=/#/']
    for name, values in {**zone_addresses(cluster, addresses), **addresses}.items():
        lines += record(name, values)
    return '\n'.join(lines) + '\n'


def record(name: str, addresses: Sequence[str]) -> list[str]:
    """The addresses of a name. `*.` is a wildcard; anything else is that name only, and an address needs none. A name without addresses does not
    exist, also below a domain that does."""
    if re.fullmatch(r'[\d.]+', name):
        return []
    if not addresses and not name.startswith('*.'):
        return [f'address=/{name}/']
    if name.startswith('*.'):
        return [f'local=/{name[2:]}/', *(f'address=/{name[2:]}/{address}' for address in addresses)]
    return [f'host-record={name},{address}' for address in addresses]


def zone_addresses(cluster: Cluster, addresses: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The names of hosted zones, aliases followed to the addresses they end at."""
    aliases = {_plain(name.name): _plain(name.alias) for name in cluster.names if name.alias}
    known = {_plain(name.name): name.addresses for name in cluster.names if name.addresses}
    # A server of ours has the address that a zone gives it, unless that is in no subnet: then the name leads to ours.
    known |= {_plain(name): list(values) for name, values in addresses.items()}

    def resolve(name: str, seen: tuple[str, ...] = ()) -> list[str]:
        if name in known:
            return list(known[name])
        if name in seen or name not in aliases:
            return []
        return resolve(aliases[name], (*seen, name))

    return {_plain(name.name): resolve(_plain(name.name)) for name in cluster.names}


def _plain(name: str) -> str:
    """Names are equal whatever their case (a load balancer's has capitals) and with or without the last dot; and
    Route 53 writes `dualstack.` before a load balancer's."""
    return name.rstrip('.').lower().removeprefix('dualstack.')


def resolv_conf(cluster: Cluster) -> str:
    return f'search {cluster.domain}\nnameserver {cluster.dns}\noptions timeout:2 attempts:2\n'


class NameServer:
    def __init__(self, cluster: Cluster, events: Events, who: Callable[[str], str]):
        self._cluster = cluster
        self._events = events
        self._who = who
        self._last_asker: dict[str, str] = {}
        self._told: set[tuple[str, str]] = set()
        self.unknown: dict[str, list[str]] = {}

    def start(self, folder: str, addresses: Mapping[str, Sequence[str]]) -> None:
        path = self._path = f'{folder}/dnsmasq.conf'
        write_file(path, render(self._cluster, addresses))
        argv = ['dnsmasq', '--keep-in-foreground', f'--conf-file={path}']
        self._process = Process('dnsmasq', in_namespace(network.ROUTER, argv), on_line=self._line)
        wait_until(lambda: not self._process.running or can_connect(network.ROUTER, self._cluster.dns, 53), 5)
        self._process.require_running()

    def publish(self, addresses: Mapping[str, Sequence[str]]) -> None:
        """From now on these; dnsmasq reads its records at its start only."""
        self._process.stop(5)
        self.start(os.path.dirname(self._path), addresses)

    def _line(self, line: str) -> None:
        """Names that were asked for and do not exist are what a failing boot is often about."""
        asked = _ASKED.search(line)
        if asked:
            self._last_asker[asked.group(2)] = asked.group(3)
            return
        denied = _DENIED.search(line)
        if denied:
            self._deny(denied.group(1))

    def _deny(self, name: str) -> None:
        who = self._who(self._last_asker.get(name, ''))
        if (who, name) in self._told or self._is_search_attempt(name):
            return
        self._told.add((who, name))
        self.unknown.setdefault(who, []).append(name)
        self._events.emit('unknown-name', name=name, node=who)

    def _is_search_attempt(self, name: str) -> bool:
        """A resolver tries `name.ec2.internal` after `name`; only the plain one says something."""
        return name.endswith(f'.{self._cluster.domain}')
