"""
What AWS documents that its load balancers offer: protocols and ciphers per security policy, toward clients and
toward the nodes. Names are OpenSSL's, in AWS's order. Read in AWS's pages and in moto's table of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Sequence

_TLS13 = ('TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256')

_GCM_ECDHE = ('ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384',
              'ECDHE-RSA-AES256-GCM-SHA384')
_SHA2_ECDHE = ('ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES128-SHA256',
               'ECDHE-RSA-AES128-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384',
               'ECDHE-ECDSA-AES256-SHA384', 'ECDHE-RSA-AES256-SHA384')
_SHA2_RSA = ('AES128-GCM-SHA256', 'AES128-SHA256', 'AES256-GCM-SHA384', 'AES256-SHA256')

#: The 18 of ELBSecurityPolicy-2016-08, in the order of the application load balancer's table.
_ALL_2016 = (
    'ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES128-SHA256',
    'ECDHE-RSA-AES128-SHA256', 'ECDHE-ECDSA-AES128-SHA', 'ECDHE-RSA-AES128-SHA', 'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-AES256-SHA384', 'ECDHE-RSA-AES256-SHA384', 'ECDHE-ECDSA-AES256-SHA',
    'ECDHE-RSA-AES256-SHA', 'AES128-GCM-SHA256', 'AES128-SHA256', 'AES128-SHA', 'AES256-GCM-SHA384', 'AES256-SHA256',
    'AES256-SHA')
#: The Classic table has two of them exchanged.
_CLASSIC_2016 = _ALL_2016[:10] + (_ALL_2016[11], _ALL_2016[10]) + _ALL_2016[12:]


def _without_plain_sha(ciphers: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in ciphers if not name.endswith('-SHA'))


def _ecdhe_only(ciphers: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in ciphers if name.startswith('ECDHE-'))


@dataclass(frozen=True)
class TlsPolicy:
    lowest: str
    highest: str
    ciphers: tuple[str, ...]

    @property
    def older(self) -> str:
        """
        The ciphers of TLS 1.2 and before, as OpenSSL wants them. Security level 0, because OpenSSL 3 has TLS 1.0
        and 1.1 and the 1024 bit keys of old Carbons on no other.
        """
        names = [name for name in self.ciphers if not name.startswith('TLS_')]
        return ':'.join(names) + ':@SECLEVEL=0' if names else ''

    @property
    def newer(self) -> str:
        return ':'.join(name for name in self.ciphers if name.startswith('TLS_'))


_PREFIX = 'ELBSecurityPolicy-'

FRONT: dict[str, TlsPolicy] = {
    '2016-08': TlsPolicy('1.0', '1.2', _ALL_2016),
    'TLS-1-1-2017-01': TlsPolicy('1.1', '1.2', _ALL_2016),
    'TLS-1-2-Ext-2018-06': TlsPolicy('1.2', '1.2', _ALL_2016),
    'TLS-1-2-2017-01': TlsPolicy('1.2', '1.2', _without_plain_sha(_ALL_2016)),
    'FS-2018-06': TlsPolicy('1.0', '1.2', _ecdhe_only(_ALL_2016)),
    'FS-1-1-2019-08': TlsPolicy('1.1', '1.2', _ecdhe_only(_ALL_2016)),
    'FS-1-2-2019-08': TlsPolicy('1.2', '1.2', _ecdhe_only(_ALL_2016)),
    'FS-1-2-Res-2019-08': TlsPolicy('1.2', '1.2', _SHA2_ECDHE),
    'FS-1-2-Res-2020-10': TlsPolicy('1.2', '1.2', _GCM_ECDHE),
    'TLS13-1-3-2021-06': TlsPolicy('1.3', '1.3', _TLS13),
    'TLS13-1-2-Res-2021-06': TlsPolicy('1.2', '1.3', _TLS13 + _GCM_ECDHE),
    'TLS13-1-2-2021-06': TlsPolicy('1.2', '1.3', _TLS13 + _SHA2_ECDHE),
    'TLS13-1-2-Ext1-2021-06': TlsPolicy('1.2', '1.3', _TLS13 + _SHA2_ECDHE + _SHA2_RSA),
    'TLS13-1-2-Ext2-2021-06': TlsPolicy('1.2', '1.3', _TLS13 + _ALL_2016),
    'TLS13-1-1-2021-06': TlsPolicy('1.1', '1.3', _TLS13 + _ALL_2016),
    'TLS13-1-0-2021-06': TlsPolicy('1.0', '1.3', _TLS13 + _ALL_2016),
}
DEFAULT = '2016-08'

#: Toward nodes the application and network load balancers do not let one choose.
_BACK_2016 = FRONT['2016-08']
_BACK_TLS13 = FRONT['TLS13-1-0-2021-06']

#: AWS's list for the Classic load balancer's back end was not to be had. Packet captures and bug reports agree on RSA
#: key exchange and no ECDHE, and make DHE likely; Camellia was seen as well, but no Java has it.
_BACK_CLASSIC = TlsPolicy('1.0', '1.2', (
    'AES256-GCM-SHA384', 'AES256-SHA256', 'AES256-SHA', 'CAMELLIA256-SHA', 'AES128-GCM-SHA256', 'AES128-SHA256',
    'AES128-SHA', 'CAMELLIA128-SHA', 'DHE-RSA-AES256-GCM-SHA384', 'DHE-RSA-AES256-SHA256', 'DHE-RSA-AES256-SHA',
    'DHE-RSA-AES128-GCM-SHA256', 'DHE-RSA-AES128-SHA256', 'DHE-RSA-AES128-SHA'))


class UnknownPolicy(ValueError):
    pass


def front(name: Optional[str], balancer_type: str) -> TlsPolicy:
    """What a listener with this policy accepts."""
    short = (name or DEFAULT).removeprefix(_PREFIX)
    # The post-quantum policies have the ciphers of their twins; the key exchange they add is not rehearsed.
    twin = short.replace('-PQ-2025-09', '-2021-06').replace('-PQ', '')
    if twin not in FRONT:
        raise UnknownPolicy(f'the TLS policy {name} is not known to the rehearsal; it knows {", ".join(FRONT)}')
    policy = FRONT[twin]
    if balancer_type == 'classic' and policy.ciphers == _ALL_2016:
        return TlsPolicy(policy.lowest, policy.highest, _CLASSIC_2016)
    return policy


def back(names: Sequence[Optional[str]], balancer_type: str) -> TlsPolicy:
    """What a load balancer whose listeners have these policies offers to the nodes behind it."""
    if balancer_type == 'classic':
        return _BACK_CLASSIC
    with_tls13 = any(front(name, balancer_type).highest == '1.3' for name in names)
    return _BACK_TLS13 if with_tls13 else _BACK_2016
