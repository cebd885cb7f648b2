"""
Security groups, as filters on what comes in: nftables in each namespace that the document gives groups.

A cluster whose members cannot reach each other's ports should not only fail on AWS. What was turned away is
remembered, for a hint is worth more than a timeout. Answers pass, as they do on AWS; going out is not filtered.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import Iterable, Mapping, Sequence

from document import Cluster, Ingress, SecurityGroup
from system import in_namespace, run

_EVERYWHERE = '0.0.0.0/0'


@dataclass
class Guarded:
    groups: list[str]
    addresses: list[str]


class Firewall:
    def __init__(self, cluster: Cluster):
        self._groups = {group.id: group for group in cluster.securityGroups}
        self._guarded: dict[str, Guarded] = {}
        self._lock = threading.Lock()

    def guard(self, namespace: str, groups: Sequence[str], addresses: Sequence[str]) -> None:
        """Takes effect with the next `apply`, in the namespaces whose rules name these groups as well."""
        if self._groups and groups:
            with self._lock:
                self._guarded[namespace] = Guarded(list(groups), list(addresses))

    def release(self, namespace: str) -> None:
        with self._lock:
            self._guarded.pop(namespace, None)

    def apply(self) -> None:
        with self._lock:
            members = self._members()
            for namespace, guarded in self._guarded.items():
                groups = [self._groups[one] for one in guarded.groups if one in self._groups]
                run(in_namespace(namespace, ['nft', '-f', '-']), stdin=render(groups, members))

    def _members(self) -> dict[str, list[str]]:
        """The addresses in each group."""
        members: dict[str, list[str]] = {}
        for guarded in self._guarded.values():
            for group in guarded.groups:
                members.setdefault(group, []).extend(guarded.addresses)
        return members

    def blocked(self) -> list[dict]:
        """Who was turned away where."""
        found = []
        for namespace in list(self._guarded):
            text = run(in_namespace(namespace, ['nft', '-j', 'list', 'set', 'inet', 'rehearsal', 'blocked']),
                       check=False)
            found += [{'at': namespace, 'from': address, 'port': port} for address, port in parse_blocked(text)]
        return found


def render(groups: Iterable[SecurityGroup], members: Mapping[str, Sequence[str]]) -> str:
    """The rules of something that is in these groups. `members`: addresses by group."""
    lines = ['table inet rehearsal', 'delete table inet rehearsal', 'table inet rehearsal {',
             '  set blocked { type ipv4_addr . inet_service; flags dynamic; size 1024; }',
             '  chain input {', '    type filter hook input priority 0; policy drop;',
             '    ct state established,related accept', '    iif lo accept', '    meta nfproto ipv6 accept']
    for group in groups:
        for ingress in group.ingress:
            lines += [f'    {rule} accept' for rule in _rules(ingress, members)]
    lines += ['    meta l4proto tcp add @blocked { ip saddr . tcp dport }', '  }', '}']
    return '\n'.join(lines) + '\n'


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


def parse_blocked(text: str) -> list[tuple[str, int]]:
    try:
        items = json.loads(text)['nftables']
    except (ValueError, KeyError):
        return []
    elements = next((item['set'].get('elem', []) for item in items if 'set' in item), [])
    pairs = [element['elem']['val'] if 'elem' in element else element for element in elements]
    return [(pair['concat'][0], pair['concat'][1]) for pair in pairs]
