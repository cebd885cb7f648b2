"""Route 53: private hosted zones."""

from moto.route53.models import FakeZone, route53_backends

from .resource import Request, give_attributes, replace_create


def repair() -> None:
    replace_create(FakeZone, make_zone)
    give_attributes(FakeZone, {'Id': lambda zone: zone.resource_id, 'NameServers': lambda zone: zone.delegation_set.name_servers})


def make_zone(request: Request) -> FakeZone:
    """A zone with a network is private; moto's model reads neither."""
    vpcs = request.get('VPCs', [])
    first = vpcs[0] if vpcs else {}
    backend = request.global_backend(route53_backends)
    zone = backend.create_hosted_zone(
        request.name, private_zone=bool(vpcs), vpcid=first.get('VPCId'), vpcregion=first.get('VPCRegion'),
        comment=request.get('HostedZoneConfig', {}).get('Comment'))
    for vpc in vpcs[1:]:
        zone.add_vpc(vpc['VPCId'], vpc['VPCRegion'])
    if request.get('HostedZoneTags'):
        backend.change_tags_for_resource('hostedzone', zone.resource_id, request.get('HostedZoneTags'), [])
    return zone
