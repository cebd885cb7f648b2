"""Load balancers of the second generation: type, attributes, health checks, stickiness, actions and more certificates."""

from typing import Any

from moto.core.common_models import CloudFormationModel
from moto.elbv2.models import FakeListener, FakeListenerRule, FakeLoadBalancer, FakeTargetGroup, elbv2_backends

from .resource import AddedResource, Request, change_in_place, extend_create, give_attributes, replace_create


def repair() -> None:
    replace_create(FakeLoadBalancer, make_load_balancer)
    change_in_place('AWS::ElasticLoadBalancingV2::LoadBalancer', {'LoadBalancerAttributes': change_attributes})
    replace_create(FakeTargetGroup, make_target_group)
    replace_create(FakeListener, make_listener)
    extend_create(FakeListenerRule, finish_rule)
    give_attributes(FakeLoadBalancer, {
        'CanonicalHostedZoneID': lambda balancer: balancer.canonical_hosted_zone_id,
        'LoadBalancerArn': lambda balancer: balancer.arn,
        'LoadBalancerFullName': lambda balancer: balancer.arn.split(':loadbalancer/')[1],
        'SecurityGroups': lambda balancer: balancer.security_groups,
    })
    give_attributes(FakeTargetGroup, {
        'LoadBalancerArns': lambda group: group.load_balancer_arns,
        'TargetGroupArn': lambda group: group.arn,
        'TargetGroupFullName': lambda group: group.arn.split(':')[-1],
        'TargetGroupName': lambda group: group.name,
    })
    give_attributes(FakeListener, {'ListenerArn': lambda listener: listener.arn})
    give_attributes(FakeListenerRule, {'RuleArn': lambda rule: rule.arn, 'IsDefault': lambda rule: rule.is_default})


def make_load_balancer(request: Request) -> FakeLoadBalancer:
    backend = request.backend(elbv2_backends)
    balancer = backend.create_load_balancer(
        request.name, request.get('SecurityGroups', []), request.get('Subnets', []),
        subnet_mappings=request.get('SubnetMappings'), scheme=request.get('Scheme', 'internet-facing'),
        loadbalancer_type=request.get('Type', 'application'), ip_address_type=request.get('IpAddressType', 'ipv4'),
        tags=request.tags)
    if request.get('Type') == 'network':
        rename(backend, balancer)
    backend.modify_load_balancer_attributes(balancer.arn, read_attributes(request.get('LoadBalancerAttributes')))
    return balancer


def change_attributes(balancer: FakeLoadBalancer, request: Request) -> None:
    request.backend(elbv2_backends).modify_load_balancer_attributes(balancer.arn, read_attributes(request.get('LoadBalancerAttributes')))


def rename(backend: Any, balancer: FakeLoadBalancer) -> None:
    """moto gives every load balancer the names of an application load balancer; metrics are found by them."""
    del backend.load_balancers[balancer.arn]
    tags = backend.tagging_service.get_tag_dict_for_resource(balancer.arn)
    backend.tagging_service.delete_all_tags_for_resource(balancer.arn)
    balancer.arn = balancer.arn.replace(':loadbalancer/app/', ':loadbalancer/net/')
    balancer.dns_name = f'{balancer.name}-{balancer.arn.rpartition("/")[2]}.elb.{backend.region_name}.amazonaws.com'
    backend.load_balancers[balancer.arn] = balancer
    backend.tagging_service.tag_resource(balancer.arn, [{'Key': key, 'Value': value} for key, value in tags.items()])


def make_target_group(request: Request) -> FakeTargetGroup:
    backend = request.backend(elbv2_backends)
    get = request.get
    group = backend.create_target_group(
        name=request.name, vpc_id=get('VpcId'), protocol=get('Protocol'), protocol_version=get('ProtocolVersion'),
        port=get('Port'), target_type=get('TargetType'), ip_address_type=get('IpAddressType'),
        healthcheck_protocol=get('HealthCheckProtocol'), healthcheck_port=get('HealthCheckPort'),
        healthcheck_path=get('HealthCheckPath'), healthcheck_interval_seconds=get('HealthCheckIntervalSeconds'),
        healthcheck_timeout_seconds=get('HealthCheckTimeoutSeconds'),
        healthcheck_enabled=str(get('HealthCheckEnabled', True)).lower(),
        healthy_threshold_count=get('HealthyThresholdCount'), unhealthy_threshold_count=get('UnhealthyThresholdCount'),
        matcher=get('Matcher'), tags=request.tags)
    backend.modify_target_group_attributes(group.arn, read_attributes(get('TargetGroupAttributes')))
    if get('Targets'):
        backend.register_targets(group.arn, get('Targets'))
    return group


def read_attributes(attributes: list[dict[str, str]] | None) -> dict[str, str]:
    return {each['Key']: str(each['Value']) for each in attributes or []}


def make_listener(request: Request) -> FakeListener:
    """Actions as they stand: moto's own model keeps only the target group of a forward."""
    backend = request.backend(elbv2_backends)
    certificates = request.get('Certificates', [])
    listener = backend.create_listener(
        request.get('LoadBalancerArn'), request.get('Protocol'), request.get('Port'), request.get('SslPolicy'),
        certificates[0]['CertificateArn'] if certificates else None, read_actions(request.get('DefaultActions')),
        alpn_policy=request.get('AlpnPolicy'))
    attributes = request.get('ListenerAttributes')
    if attributes:
        backend.modify_listener_attributes(listener.arn, attributes)
    return listener


def read_actions(actions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The service answers with actions in their order."""
    return sorted(actions, key=lambda action: int(action.get('Order', 0)))


def finish_rule(rule: FakeListenerRule, request: Request) -> None:
    """A rule is listed by its priority as a number; a template may write it as text."""
    rule.priority = int(rule.priority)


class ListenerCertificate(AddedResource, CloudFormationModel):
    """The second and further certificates of a listener."""

    TYPE = 'AWS::ElasticLoadBalancingV2::ListenerCertificate'

    @classmethod
    def make(cls, request: Request) -> 'ListenerCertificate':
        request.backend(elbv2_backends).add_listener_certificates(request.get('ListenerArn'), request.get('Certificates'))
        return cls(request.name)
