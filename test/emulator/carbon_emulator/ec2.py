"""EC2: security group rules, launches as a launch template says, and public subnets."""

from typing import Any, Callable

from moto.core.common_models import CloudFormationModel
from moto.ec2.models import ec2_backends
from moto.ec2.models.elastic_ip_addresses import ElasticAddress
from moto.ec2.models.instances import Instance
from moto.ec2.models.nat_gateways import NatGateway
from moto.ec2.models.security_groups import SecurityGroup, SecurityGroupIngress
from moto.ec2.models.subnets import Subnet
from moto.ec2.models.vpcs import VPC, VPCEndPoint
from moto.ec2.utils import convert_tag_spec, parse_user_data

from .resource import AddedResource, Request, change_in_place, extend_create, give_attributes, replace_create, tag_map, truth

ANYWHERE = {'CidrIp': '0.0.0.0/0'}


def repair() -> None:
    replace_create(SecurityGroup, make_security_group)
    change_in_place('AWS::EC2::SecurityGroup', {'SecurityGroupEgress': change_egress})
    replace_create(SecurityGroupIngress, make_ingress)
    give_attributes(SecurityGroupIngress, {'Id': lambda rule: rule.physical_resource_id})
    give_attributes(SecurityGroup, {'Id': lambda group: group.id})
    replace_create(Instance, make_instance)
    give_attributes(Instance, {'InstanceId': lambda instance: instance.id, 'VpcId': lambda instance: instance.vpc_id})
    extend_create(Subnet, finish_subnet)
    extend_create(VPCEndPoint, add_tags)
    extend_create(ElasticAddress, add_tags)
    extend_create(NatGateway, add_tags)
    give_attributes(VPC, {'VpcId': lambda vpc: vpc.id})
    give_attributes(Subnet, {'SubnetId': lambda subnet: subnet.id})
    give_attributes(VPCEndPoint, {'Id': lambda endpoint: endpoint.id})
    give_attributes(NatGateway, {'NatGatewayId': lambda gateway: gateway.id})


def add_tags(resource: Any, request: Request) -> None:
    resource.add_tags(tag_map(request.tags))


def finish_subnet(subnet: Subnet, request: Request) -> None:
    subnet.map_public_ip_on_launch = truth(request.get('MapPublicIpOnLaunch', False))


# Security groups

def make_security_group(request: Request) -> SecurityGroup:
    backend = request.backend(ec2_backends)
    group = backend.create_security_group(
        name=request.name, description=request.get('GroupDescription'), vpc_id=request.get('VpcId'), tags=tag_map(request.tags))
    for rule in request.get('SecurityGroupIngress', []):
        authorize(backend.authorize_security_group_ingress, group, rule, 'Source')
    if request.get('SecurityGroupEgress'):
        revoke_default_egress(backend, group)
    for rule in request.get('SecurityGroupEgress', []):
        authorize(backend.authorize_security_group_egress, group, rule, 'Destination')
    return group


def change_egress(group: SecurityGroup, request: Request) -> None:
    """Rules of its own only: moto would make the group anew, and nobody would be in it."""
    backend = request.backend(ec2_backends)
    before, after = group.created_with.get('SecurityGroupEgress', []), request.get('SecurityGroupEgress', [])
    for rule in [each for each in before if each not in after]:
        backend.revoke_security_group_egress(
            group.id, str(rule['IpProtocol']), rule.get('FromPort'), rule.get('ToPort'), [{'CidrIp': rule['CidrIp']}], vpc_id=group.vpc_id)
    for rule in [each for each in after if each not in before]:
        authorize(backend.authorize_security_group_egress, group, rule, 'Destination')


def authorize(authorize_rule: Callable[..., Any], group: SecurityGroup, rule: dict[str, Any], side: str) -> str:
    """Adds one rule as CloudFormation writes it and returns its id."""
    description = {'Description': rule['Description']} if 'Description' in rule else {}
    ranges = [{key: rule[key], **description} for key in ('CidrIp', 'CidrIpv6') if key in rule]
    groups = [{key: rule[f'{side}SecurityGroup{end}'], **description} for key, end in (('GroupId', 'Id'), ('GroupName', 'Name'))
              if f'{side}SecurityGroup{end}' in rule]
    prefixes = [{'PrefixListId': rule[f'{side}PrefixListId']}] if f'{side}PrefixListId' in rule else []
    rules, _ = authorize_rule(
        group_name_or_id=group.id, ip_protocol=str(rule['IpProtocol']), from_port=rule.get('FromPort'),
        to_port=rule.get('ToPort'), ip_ranges=ranges, source_groups=groups, prefix_list_ids=prefixes, vpc_id=group.vpc_id)
    return rules[0].id


def revoke_default_egress(backend: Any, group: SecurityGroup) -> None:
    """A group starts with egress to everywhere, and loses that with the first egress rule of its own."""
    if getattr(group, 'has_own_egress', False):
        return
    group.has_own_egress = True
    group.egress_rules = [rule for rule in group.egress_rules if rule.ip_protocol != '-1' or rule.ip_range != ANYWHERE]


def find_group(backend: Any, request: Request) -> SecurityGroup:
    return backend.describe_security_groups(group_ids=[request.get('GroupId')])[0]


def make_ingress(request: Request) -> SecurityGroupIngress:
    backend = request.backend(ec2_backends)
    group = find_group(backend, request)
    resource = SecurityGroupIngress(group, request.properties)
    resource.physical_resource_id = authorize(backend.authorize_security_group_ingress, group, request.properties, 'Source')
    return resource


class SecurityGroupEgress(AddedResource, CloudFormationModel):
    TYPE = 'AWS::EC2::SecurityGroupEgress'
    ATTRIBUTES = ('Id',)

    @classmethod
    def make(cls, request: Request) -> 'SecurityGroupEgress':
        backend = request.backend(ec2_backends)
        group = find_group(backend, request)
        revoke_default_egress(backend, group)
        rule_id = authorize(backend.authorize_security_group_egress, group, request.properties, 'Destination')
        return cls(rule_id, Id=rule_id)


# Instances

def make_instance(request: Request) -> Instance:
    backend = request.backend(ec2_backends)
    own = {key: value for key, value in request.properties.items() if key not in ('LaunchTemplate', 'Tags')}
    if isinstance(own.get('IamInstanceProfile'), str):
        own['IamInstanceProfile'] = {'Name': own['IamInstanceProfile']}
    reference = request.get('LaunchTemplate')
    data = {**read_template(backend, reference), **own}
    return launch(backend, data, request.get('SubnetId'), tag_map(request.tags), reference)


def read_template(backend: Any, reference: dict[str, Any] | None) -> dict[str, Any]:
    """The data of the version that a reference names."""
    return backend._get_template_from_args(reference).data if reference else {}


def launch(backend: Any, data: dict[str, Any], subnet_id: str | None, tags: dict[str, str],
           reference: dict[str, Any] | None) -> Instance:
    """Runs one instance with everything that the data of a launch template says; moto's own launch reads half of it."""
    interface = primary_interface(data)
    existing = interface.get('NetworkInterfaceId')
    specification = convert_tag_spec(data.get('TagSpecifications', []))
    if existing:
        subnet_id = backend.get_network_interface(existing).subnet.id
    reservation = backend.run_instances(
        data['ImageId'], 1, read_user_data(data.get('UserData')), data.get('SecurityGroups', []),
        security_group_ids=list(data.get('SecurityGroupIds') or interface.get('Groups') or interface.get('GroupSet') or []),
        instance_type=data.get('InstanceType', 'm1.small'), is_instance_type_default=False,
        subnet_id=subnet_id or interface.get('SubnetId'), region_name=backend.region_name,
        nics=[{'DeviceIndex': 0, 'NetworkInterfaceId': existing}] if existing else [],
        private_ip=data.get('PrivateIpAddress') or interface.get('PrivateIpAddress'),
        associate_public_ip=read_flag(interface.get('AssociatePublicIpAddress')),
        key_name=data.get('KeyName'), ebs_optimized=truth(data.get('EbsOptimized', False)),
        monitoring_state='enabled' if is_monitored(data) else 'disabled',
        disable_api_termination=truth(data.get('DisableApiTermination', False)),
        instance_initiated_shutdown_behavior=data.get('InstanceInitiatedShutdownBehavior'),
        metadata_options=data.get('MetadataOptions', {}), launch_template=reference or {},
        tags={'instance': {**specification.get('instance', {}), **tags}, 'volume': specification.get('volume', {})},
        **read_disks(data))
    instance = reservation.instances[0]
    # An interface that was made with the instance ends with it.
    instance.nics[0].delete_on_termination = not existing
    use_profile(backend, instance, data.get('IamInstanceProfile', {}))
    attach_more(backend, instance, data)
    return instance


def read_user_data(value: Any) -> Any:
    """A launch template holds it parsed already."""
    return parse_user_data(value) if isinstance(value, str) else value


def primary_interface(data: dict[str, Any]) -> dict[str, Any]:
    interfaces = data.get('NetworkInterfaces', [])
    return next((each for each in interfaces if int(each.get('DeviceIndex', 0)) == 0), {})


def attach_more(backend: Any, instance: Instance, data: dict[str, Any]) -> None:
    """Attaches the second and further interfaces, existing ones or new ones."""
    for each in data.get('NetworkInterfaces', []):
        index = int(each.get('DeviceIndex', 0))
        if index == 0:
            continue
        existing = each.get('NetworkInterfaceId') or backend.create_network_interface(
            backend.get_subnet(each.get('SubnetId') or instance.subnet_id), each.get('PrivateIpAddress'),
            group_ids=each.get('Groups') or each.get('GroupSet') or []).id
        backend.attach_network_interface(existing, instance.id, index)


def read_flag(value: Any) -> bool | None:
    """None leaves the decision to the subnet."""
    return None if value is None else truth(value)


def is_monitored(data: dict[str, Any]) -> bool:
    monitoring = data.get('Monitoring', False)
    return truth(monitoring.get('Enabled', False) if isinstance(monitoring, dict) else monitoring)


def read_disks(data: dict[str, Any]) -> dict[str, Any]:
    """Without mappings moto adds a root disk of its own."""
    disks = [{**each, 'Ebs': {**each['Ebs'], 'Encrypted': truth(each['Ebs'].get('Encrypted', False))}}
             for each in data.get('BlockDeviceMappings', []) if 'Ebs' in each]
    return {'block_device_mappings': disks} if disks else {}


def use_profile(backend: Any, instance: Instance, profile: dict[str, str]) -> None:
    if profile.get('Arn'):
        backend.associate_iam_instance_profile(instance.id, iam_instance_profile_arn=profile['Arn'])
    elif profile.get('Name'):
        backend.associate_iam_instance_profile(instance.id, iam_instance_profile_name=profile['Name'])
