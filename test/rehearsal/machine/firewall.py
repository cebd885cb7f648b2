"""
Security groups, as filters on what comes in: nftables in each namespace that the document gives groups.

A cluster whose members cannot reach each other's ports should not only fail on AWS. What was turned away is
remembered, for a hint is worth more than a timeout. Answers pass, as they do on AWS; going out is not filtered.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from typing import Iterable, Mapping, Sequence

from document import Cluster, Ingress, SecurityGroup
from network import device_of
from system import in_namespace, run

_EVERYWHERE = '0.0.0.0/0'


@dataclass
class Interface:
    """A further network interface of something guarded, in groups of its own."""
    device: str
    groups: list[str]


@dataclass
class Guarded:
    groups: list[str]
    addresses: list[str]
    #: By address.
    interfaces: dict[str, Interface] = field(default_factory=dict)


class Firewall:
    def __init__(self, cluster: Cluster):
        self._groups = {group.id: group for group in cluster.securityGroups}
        self._guarded: dict[str, Guarded] = {}
        #: Addresses that a namespace hears nothing of, whatever its groups let in.
        self._severed: dict[str, list[str]] = {}
        #: New rules come with empty sets, so what the old ones held is kept here.
        self._seen: dict[tuple[str, str], set] = {}
        self._lock = threading.Lock()

    def guard(self, namespace: str, groups: Sequence[str], addresses: Sequence[str]) -> None:
        """Takes effect with the next `apply`, in the namespaces whose rules name these groups as well."""
        if self._groups and groups:
            with self._lock:
                self._guarded[namespace] = Guarded(list(groups), list(addresses))

    def guard_interface(self, namespace: str, address: str, device: str, groups: Sequence[str]) -> None:
        """The same for a further interface of something that is guarded; without groups it is in those of the first."""
        with self._lock:
            guarded = self._guarded.get(namespace)
            if guarded:
                guarded.interfaces[address] = Interface(device, list(groups) or guarded.groups)

    def release_interface(self, namespace: str, address: str) -> None:
        with self._lock:
            guarded = self._guarded.get(namespace)
            if guarded:
                guarded.interfaces.pop(address, None)

    def separate(self, sides: Sequence[Sequence[str]]) -> None:
        """Namespaces of different sides hear nothing of each other, connections that are there included. Without sides all do again."""
        with self._lock:
            addresses = [[address for namespace in side for address in (*self._guarded[namespace].addresses, *self._guarded[namespace].interfaces)]
                         for side in sides]
            self._severed = {namespace: [address for index, other in enumerate(addresses) if other is not own for address in other]
                             for side, own in zip(sides, addresses) for namespace in side}

    def release(self, namespace: str) -> None:
        with self._lock:
            self._guarded.pop(namespace, None)

    def apply(self) -> None:
        with self._lock:
            members = self._members()
            for namespace, guarded in self._guarded.items():
                self._remember(namespace)
                run(in_namespace(namespace, ['nft', '-f', '-']), stdin=render(guarded, self._groups, members, self._severed.get(namespace, [])))

    def _members(self) -> dict[str, list[str]]:
        """The addresses in each group."""
        members: dict[str, list[str]] = {}
        for guarded in self._guarded.values():
            for group in guarded.groups:
                members.setdefault(group, []).extend(guarded.addresses)
            for address, interface in guarded.interfaces.items():
                for group in interface.groups:
                    members.setdefault(group, []).append(address)
        return members

    def blocked(self) -> list[dict]:
        """Who was turned away where."""
        return [{'at': namespace, 'from': address, 'port': port} for namespace, (address, port) in self._all('blocked')]

    def strayed(self) -> list[dict]:
        """Whose packets left by an interface that does not have their address."""
        return [{'at': namespace, 'address': address} for namespace, address in self._all('strayed')]

    def _all(self, name: str) -> list[tuple]:
        with self._lock:
            for namespace in self._guarded:
                self._remember(namespace)
            return [(namespace, one) for (namespace, kind), found in self._seen.items() if kind == name
                    for one in sorted(found)]

    def _remember(self, namespace: str) -> None:
        text = run(in_namespace(namespace, ['nft', '-j', 'list', 'table', 'inet', 'rehearsal']), check=False)
        for name, found in parse_sets(text).items():
            self._seen.setdefault((namespace, name), set()).update(found)


def render(guarded: Guarded, groups: Mapping[str, SecurityGroup], members: Mapping[str, Sequence[str]], severed: Sequence[str] = ()) -> str:
    """The rules of something guarded. `members`: addresses by group; `severed`: whose packets are lost on the way."""
    lines = ['table inet rehearsal', 'delete table inet rehearsal', 'table inet rehearsal {',
             '  set blocked { type ipv4_addr . inet_service; flags dynamic; size 1024; }',
             '  set strayed { type ipv4_addr; flags dynamic; size 64; }']
    for index, interface in enumerate(guarded.interfaces.values()):
        lines += [f'  chain interface-{index} {{', *_accepting(interface.groups, groups, members), *_TURNED_AWAY, '  }']
    lines += ['  chain input {', '    type filter hook input priority 0; policy drop;',
              *([f'    ip saddr {{ {", ".join(severed)} }} drop'] if severed else []), '    ct state established,related accept', '    iif lo accept', '    meta nfproto ipv6 accept']
    lines += [f'    ip daddr {address} goto interface-{index}' for index, address in enumerate(guarded.interfaces)]
    lines += [*_accepting(guarded.groups, groups, members), *_TURNED_AWAY, '  }', *_own_addresses(guarded), '}']
    return '\n'.join(lines) + '\n'


_TURNED_AWAY = ['    meta l4proto tcp add @blocked { ip saddr . tcp dport }', '    drop']


def _accepting(ids: Iterable[str], groups: Mapping[str, SecurityGroup],
               members: Mapping[str, Sequence[str]]) -> list[str]:
    return [f'    {rule} accept' for group in ids if group in groups for ingress in groups[group].ingress
            for rule in _rules(ingress, members)]


def _own_addresses(guarded: Guarded) -> list[str]:
    """EC2 drops what leaves by an interface without that interface's address; with one interface nothing can stray."""
    if not guarded.interfaces:
        return []
    owners = [(address, device_of(0)) for address in guarded.addresses]
    owners += [(address, interface.device) for address, interface in guarded.interfaces.items()]
    return ['  chain output {', '    type filter hook output priority 0;',
            *(f'    ip saddr {address} oifname != {{ "lo", "{device}" }} add @strayed {{ ip saddr }} drop'
              for address, device in owners), '  }']


def _rules(ingress: Ingress, members: Mapping[str, Sequence[str]]) -> list[str]:
    sources = [*ingress.cidrs, *(address for group in ingress.groups for address in members.get(group, []))]
    if not sources:
        return []
    source = '' if _EVERYWHERE in sources else f'ip saddr {{ {", ".join(dict.fromkeys(sources))} }} '
    return [f'{source}{_protocol(ingress)}'.strip()]


def _protocol(ingress: Ingress) -> str:
    if ingress.protocol in ('-1', 'all'):
        return ''
    if ingress.protocol in ('icmp', 'icmpv6'):
        return f'meta l4proto {ingress.protocol}'
    if ingress.fromPort is None or ingress.fromPort < 0:
        return f'meta l4proto {ingress.protocol}'
    last = ingress.toPort if ingress.toPort is not None else ingress.fromPort
    ports = str(ingress.fromPort) if last == ingress.fromPort else f'{ingress.fromPort}-{last}'
    return f'{ingress.protocol} dport {ports}'


def parse_sets(text: str) -> dict[str, list]:
    """The elements of each set as nft lists them; those of several parts as tuples."""
    try:
        items = json.loads(text)['nftables']
    except (ValueError, KeyError):
        return {}
    sets = [item['set'] for item in items if 'set' in item]
    return {one['name']: [_element(part) for part in one.get('elem', [])] for one in sets}


def _element(element):
    value = element['elem']['val'] if isinstance(element, dict) and 'elem' in element else element
    return tuple(value['concat']) if isinstance(value, dict) else value
