"""Route 53: private hosted zones, and records as the service answers with them."""

from typing import Any

from moto.cloudformation.exceptions import ValidationError
from moto.route53.models import FakeZone, RecordSet, route53_backends

from .resource import Request, give_attributes, replace_create

original_add = FakeZone.add_rrset


def repair() -> None:
    replace_create(FakeZone, make_zone)
    give_attributes(FakeZone, {'Id': lambda zone: zone.resource_id, 'NameServers': lambda zone: zone.delegation_set.name_servers})
    FakeZone.add_rrset = add_record


def make_zone(request: Request) -> FakeZone:
    """A zone with a network is private; moto's model reads neither."""
    vpcs = request.get('VPCs', [])
    first = vpcs[0] if vpcs else {}
    backend = request.global_backend(route53_backends)
    zone = backend.create_hosted_zone(
        absolute(request.name), private_zone=bool(vpcs), vpcid=first.get('VPCId'), vpcregion=first.get('VPCRegion'),
        comment=request.get('HostedZoneConfig', {}).get('Comment'))
    for vpc in vpcs[1:]:
        zone.add_vpc(vpc['VPCId'], vpc['VPCRegion'])
    if request.get('HostedZoneTags'):
        backend.change_tags_for_resource('hostedzone', zone.resource_id, request.get('HostedZoneTags'), [])
    return zone


def add_record(self: FakeZone, record_set: dict[str, Any]) -> RecordSet:
    """moto takes any name into any zone, twice too, and keeps it as it was written."""
    name = absolute(record_set['Name'])
    if not f'.{name}'.endswith(f'.{absolute(self.name)}'):
        raise ValidationError(message=f'RRSet with DNS name {name} is not permitted in zone {self.name}')
    key = (name, record_set['Type'], record_set.get('SetIdentifier'))
    if key in [(each.name, each.type, each.set_identifier) for each in self.rrsets]:
        raise ValidationError(message=f'Tried to create resource record set [name=\'{name}\', type=\'{key[1]}\'] but it already exists')
    record = original_add(self, {**record_set, 'Name': name})
    if record.alias_target:
        record.alias_target = {'EvaluateTargetHealth': False, **record.alias_target, 'DNSName': absolute(record.alias_target['DNSName'])}
        record.ttl = None
    return record


def absolute(name: str) -> str:
    """Names are small, end in a dot, and have the star as its octal code."""
    return name.rstrip('.').lower().replace('*', '\\052') + '.'
