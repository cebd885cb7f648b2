"""EC2's network interfaces: addresses of their own or kept free, and attachments that hold, move and end as on AWS."""

import ipaddress
from typing import Any

from moto.core.common_models import CloudFormationModel
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import ec2_backends
from moto.ec2.models.elastic_network_interfaces import Attachment, NetworkInterface, NetworkInterfaceBackend
from moto.ec2.models.instances import Instance, InstanceState
from moto.moto_api._internal import mock_random

from .resource import AddedResource, Request, give_attributes, replace_create, tag_map

original_create = NetworkInterfaceBackend.create_network_interface
original_attach = NetworkInterfaceBackend.attach_network_interface
original_detach = NetworkInterfaceBackend.detach_network_interface
original_delete = NetworkInterfaceBackend.delete_network_interface
original_filter_value = NetworkInterface.get_filter_value
original_terminate = Instance.terminate


def repair() -> None:
    replace_create(NetworkInterface, make_interface)
    give_attributes(NetworkInterface, {'Id': lambda interface: interface.id, 'VpcId': lambda interface: interface.vpc_id})
    NetworkInterfaceBackend.create_network_interface = create_interface
    NetworkInterfaceBackend.attach_network_interface = attach_interface
    NetworkInterfaceBackend.detach_network_interface = detach_interface
    NetworkInterfaceBackend.delete_network_interface = delete_interface
    NetworkInterface.delete = end_interface
    NetworkInterface.group_set = property(own_groups)
    NetworkInterface.get_filter_value = filter_value
    Instance.terminate = terminate


# Addresses

def make_interface(request: Request) -> NetworkInterface:
    """moto reads the groups from a property that CloudFormation does not have."""
    backend = request.backend(ec2_backends)
    subnet, address = backend.get_subnet(request.get('SubnetId')), request.get('PrivateIpAddress')
    if address and ipaddress.ip_address(address) not in subnet.cidr:
        raise EC2ClientError('InvalidParameterValue', f'Address {address} does not fall within the subnet\'s address range')
    return backend.create_network_interface(
        subnet, address, request.get('PrivateIpAddresses'), group_ids=request.get('GroupSet', []),
        description=request.get('Description'), tags=tag_map(request.tags))


def create_interface(self: NetworkInterfaceBackend, subnet: Any, private_ip_address: Any = None, private_ip_addresses: Any = None,
                     *others: Any, **more: Any) -> NetworkInterface:
    """moto draws an address by lot, also one that an instance has or gets later."""
    subnet = self.get_subnet(subnet) if isinstance(subnet, str) else subnet
    given = private_ip_address[0] if isinstance(private_ip_address, list) and private_ip_address else private_ip_address
    if given in [each.private_ip_address for each in self.enis.values() if each.subnet is subnet]:
        raise EC2ClientError('InvalidIPAddress.InUse', f'Address {given} is in use.')
    if not given and not private_ip_addresses:
        given = subnet.get_available_subnet_ip(None)
    elif given and given not in subnet._subnet_ips and ipaddress.ip_address(given) in subnet.cidr:
        subnet.request_ip(given, None)
    return original_create(self, subnet, given, private_ip_addresses, *others, **more)


def delete_interface(self: NetworkInterfaceBackend, eni_id: str) -> None:
    """What the API does; moto also takes what is attached, and never gives the address back."""
    interface = self.get_network_interface(eni_id)
    if interface.attachment_id:
        raise in_use(interface)
    end_interface(interface)


def end_interface(self: NetworkInterface, *_: str) -> None:
    original_delete(self.ec2_backend, self.id)
    self.subnet.del_subnet_ip(self.private_ip_address)


class SubnetCidrReservation(AddedResource, CloudFormationModel):
    """Its addresses are given to nobody who does not ask for one. It cannot be described: moto has no such call."""

    TYPE = 'AWS::EC2::SubnetCidrReservation'

    @classmethod
    def make(cls, request: Request) -> 'SubnetCidrReservation':
        subnet = request.backend(ec2_backends).get_subnet(request.get('SubnetId'))
        for address in ipaddress.ip_network(request.get('Cidr')):
            subnet._unused_ips.discard(str(address))
            subnet._subnet_ips.setdefault(str(address), None)
        return cls(f'scr-{mock_random.get_random_hex(17)}')


# Attachments

def attach_interface(self: NetworkInterfaceBackend, eni_id: str, instance_id: str, device_index: Any) -> Attachment:
    """moto gives an interface to whoever asks, and so takes it away from whoever has it."""
    interface, instance, index = self.get_network_interface(eni_id), self.get_instance(instance_id), int(device_index)
    if interface.attachment_id:
        raise in_use(interface)
    if instance.state not in ('pending', 'running', 'stopping', 'stopped'):
        raise EC2ClientError('IncorrectState', f'Instance \'{instance_id}\' is not \'running\' or \'stopped\'.')
    if index in instance.nics:
        raise EC2ClientError('InvalidParameterValue',
                             f'Instance \'{instance_id}\' already has an interface attached at device index \'{index}\'.')
    if interface.subnet.availability_zone != instance.nics[0].subnet.availability_zone:
        raise EC2ClientError('InvalidParameterCombination',
                             'You may not attach a network interface to an instance if they are not in the same availability zone')
    return original_attach(self, eni_id, instance_id, index)


def detach_interface(self: NetworkInterfaceBackend, attachment_id: str) -> None:
    primary = next((each for each in self.enis.values() if each.attachment_id == attachment_id and each.device_index == 0), None)
    if primary:
        raise EC2ClientError('OperationNotPermitted', 'The network interface at device index 0 cannot be detached.')
    original_detach(self, attachment_id)


def in_use(interface: NetworkInterface) -> EC2ClientError:
    return EC2ClientError('InvalidNetworkInterface.InUse', f'Interface: [{interface.id}] in use.')


def own_groups(self: NetworkInterface) -> list[Any]:
    """moto adds the groups of the instance, so that an interface of its own groups could never be one."""
    primary = self.instance and self.device_index == 0
    return list(self.instance.security_groups) or self._group_set if primary else self._group_set


def filter_value(self: NetworkInterface, filter_name: str, method_name: str | None = None) -> Any:
    known = {'status': self.status, 'mac-address': self.mac_address,
             'attachment.status': 'attached' if self.attachment_id else None,
             'attachment.device-index': None if self.device_index is None else str(self.device_index)}
    return known[filter_name] if filter_name in known else original_filter_value(self, filter_name, method_name)


def terminate(self: Instance) -> InstanceState:
    """What was attached later is free again; what was made with the instance and is to end with it, ends."""
    previous = original_terminate(self)
    for index, interface in list(self.nics.items()):
        if index > 0 and not interface.delete_on_termination:
            self.detach_eni(interface)
    return previous


class NetworkInterfaceAttachment(AddedResource, CloudFormationModel):
    TYPE = 'AWS::EC2::NetworkInterfaceAttachment'
    ATTRIBUTES = ('AttachmentId',)

    @classmethod
    def make(cls, request: Request) -> 'NetworkInterfaceAttachment':
        interface, instance = request.get('NetworkInterfaceId'), request.get('InstanceId')
        attachment = request.backend(ec2_backends).attach_network_interface(
            interface, instance, int(request.get('DeviceIndex'))).attachment_id
        return cls(attachment, AttachmentId=attachment)

    def remove(self, request: Request) -> None:
        request.backend(ec2_backends).detach_network_interface(self.physical_resource_id)
