"""
The VPC's DHCP service: dnsmasq in the router's namespace. Each network interface has one address, which its hardware
address stands for.
"""

from __future__ import annotations

import ipaddress
import os
import signal
from typing import Optional

import network
from document import Cluster
from system import Process, in_namespace, write_file

#: As on EC2.
_LEASE_SECONDS = 3600


def render(cluster: Cluster, hosts: str, leases: str) -> str:
    """dnsmasq's configuration. `hosts`: the file with the known interfaces."""
    lines = ['# Made by the rehearsal.', 'port=0', f'interface={network.VPC_BRIDGE}', 'bind-interfaces', 'no-ping',
             'dhcp-authoritative', 'log-facility=-', 'quiet-dhcp', 'pid-file=', 'user=root',
             f'dhcp-leasefile={leases}', f'dhcp-hostsfile={hosts}',
             f'dhcp-option=option:dns-server,{cluster.dns}', f'domain={cluster.domain}']
    for index, subnet in enumerate(cluster.network.subnets):
        block = ipaddress.ip_network(subnet.cidr)
        lines += [f'dhcp-range=set:subnet{index},{block[0]},static,{block.netmask},{_LEASE_SECONDS}',
                  f'dhcp-option=tag:subnet{index},option:router,{block[1]}']
    return '\n'.join(lines) + '\n'


class DhcpServer:
    def __init__(self, cluster: Cluster, folder: str):
        self._cluster = cluster
        self._folder = folder
        self._addresses: dict[str, str] = {}
        self._process: Optional[Process] = None

    def know(self, mac: str, address: str) -> None:
        """From now on the interface with this hardware address is given this address."""
        self._addresses[mac.lower()] = address
        self._write_hosts()
        if self._process:
            self._process.signal(signal.SIGHUP)

    def start(self) -> None:
        self._write_hosts()
        path = os.path.join(self._folder, 'dhcp.conf')
        write_file(path, render(self._cluster, self._hosts, os.path.join(self._folder, 'dhcp.leases')))
        argv = ['dnsmasq', '--keep-in-foreground', f'--conf-file={path}']
        self._process = Process('dhcp', in_namespace(network.ROUTER, argv))

    @property
    def _hosts(self) -> str:
        return os.path.join(self._folder, 'dhcp.hosts')

    def _write_hosts(self) -> None:
        write_file(self._hosts, ''.join(f'{mac},{address}\n' for mac, address in self._addresses.items()))
