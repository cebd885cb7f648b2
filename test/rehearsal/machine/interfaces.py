"""
The nodes' further network interfaces, as the EC2 API has them: one that a node attaches is plugged into it, one that is
detached is unplugged.

As on EC2 the machine finds a device with the interface's hardware address and nothing else: it is down, and address,
routes and rules are its own business.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Callable, Iterator, Optional

import aws
from dhcp import DhcpServer
from document import Cluster, Interface, Node
from events import Events
from firewall import Firewall
from imds import Instance, MetadataService, mac_of, mac_of_interface
from network import VirtualNetwork, device_of

#: The calls after which something else may be attached.
CHANGING = ('AttachNetworkInterface', 'DetachNetworkInterface', 'TerminateInstances',
            'TerminateInstanceInAutoScalingGroup')


@dataclass
class Plugged:
    node: Node
    interface: Interface

    @property
    def device(self) -> str:
        return device_of(self.interface.deviceIndex)


class Interfaces:
    def __init__(self, cluster: Cluster, network: VirtualNetwork, dhcp: DhcpServer, firewall: Firewall,
                 metadata: MetadataService, events: Events, find: Callable[[str], Optional[Node]]):
        self._cluster = cluster
        self._network = network
        self._dhcp = dhcp
        self._firewall = firewall
        self._metadata = metadata
        self._events = events
        #: The node of an instance id, when there is one.
        self._find = find
        self._plugged: dict[str, Plugged] = {}
        self._lock = threading.RLock()

    def follow(self) -> None:
        """Plugs and unplugs until it is as the API says."""
        with self._lock:
            attached = {each.id: each for each in aws.network_interfaces(self._cluster.emulator, self._cluster.region)
                        if each.index > 0 and self._find(each.instance)}
            for identifier, plugged in list(self._plugged.items()):
                there = attached.get(identifier)
                here = (plugged.node.instanceId, plugged.interface.deviceIndex)
                if there is None or (there.instance, there.index) != here:
                    self._unplug(identifier)
            for identifier, there in attached.items():
                if identifier not in self._plugged:
                    self._plug(there)

    def _plug(self, attached: aws.AttachedInterface) -> None:
        node = self._find(attached.instance)
        interface = Interface(attached.address, attached.index, attached.mac, attached.id,
                              securityGroups=attached.groups)
        plugged = self._plugged[attached.id] = Plugged(node, interface)
        node.interfaces.append(interface)
        self._instance(node).attached.add(interface.deviceIndex)
        self._firewall.guard_interface(node.instanceId, interface.privateIp, plugged.device, interface.securityGroups)
        self._firewall.apply()
        self._dhcp.know(attached.mac, interface.privateIp)
        self._network.plug(node.instanceId, plugged.device, attached.mac)
        self._tell(plugged, 'plugged')

    def _unplug(self, identifier: str) -> None:
        plugged = self._plugged.pop(identifier)
        self._network.detach(plugged.node.instanceId, plugged.device)
        self._forget(plugged)
        self._firewall.apply()
        self._tell(plugged, 'unplugged')

    def _forget(self, plugged: Plugged) -> None:
        node, interface = plugged.node, plugged.interface
        node.interfaces.remove(interface)
        self._instance(node).attached.discard(interface.deviceIndex)
        self._firewall.release_interface(node.instanceId, interface.privateIp)

    def restart(self, node: Node) -> None:
        """What a machine finds when it starts again: what was attached is there, and what it had configured is not."""
        with self._lock:
            self._network.forget_rules(node.instanceId)
            for device, mac in self._devices(node):
                self._network.detach(node.instanceId, device)
                self._network.plug(node.instanceId, device, mac)

    def _devices(self, node: Node) -> Iterator[tuple[str, str]]:
        yield device_of(0), mac_of(node)
        for interface in node.interfaces:
            if interface.deviceIndex in self._instance(node).attached:
                yield device_of(interface.deviceIndex), mac_of_interface(interface)

    def end(self, node: Node) -> None:
        """An instance that ends lets go of its interfaces, so that the next may have them."""
        with self._lock:
            mine = [identifier for identifier, each in self._plugged.items() if each.node is node]
            for identifier in mine:
                self._unplug(identifier)
            if mine:
                self._release(mine)

    def _release(self, identifiers: list[str]) -> None:
        emulator, region = self._cluster.emulator, self._cluster.region
        for each in aws.network_interfaces(emulator, region):
            # Whoever terminated the instance through the API has done it already.
            if each.id in identifiers:
                aws.detach_network_interface(emulator, region, each.attachment)

    def _instance(self, node: Node) -> Instance:
        return self._metadata.instance(node.instanceId)

    def _tell(self, plugged: Plugged, state: str) -> None:
        interface = plugged.interface
        self._events.emit('interface', node=plugged.node.instanceId, interface=interface.id,
                          address=interface.privateIp, device=plugged.device, state=state)
