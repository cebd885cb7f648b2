"""Classic load balancers: everything of a listener, policies of both kinds, network, checks, attributes and tags."""

from typing import Any

from moto.cloudformation.exceptions import ValidationError
from moto.ec2.models import ec2_backends
from moto.elb.models import FakeListener, LoadBalancer, elb_backends

from .resource import Request, give_attributes, number, replace_create, tag_map, truth

SECURE = ('HTTPS', 'SSL')
LAYERS = {'HTTP': 'HTTP', 'HTTPS': 'HTTP', 'TCP': 'TCP', 'SSL': 'TCP'}
"""The protocols, and which of the two kinds each is of: a listener speaks the same kind on both sides."""

TLS_POLICY_TYPE = 'SSLNegotiationPolicyType'
DEFAULT_TLS_POLICY = 'ELBSecurityPolicy-2016-08'
REFERENCE = 'Reference-Security-Policy'

DEFAULT_CHECK = {'Timeout': '5', 'HealthyThreshold': '10', 'UnhealthyThreshold': '2', 'Interval': '30'}

ZONE_OF_NAMES = 'Z35SXDOTRQ7X7K'
"""The hosted zone of the load balancers' own names in us-east-1."""


def repair() -> None:
    replace_create(LoadBalancer, make_balancer)
    FakeListener.instance_protocol = property(lambda listener: getattr(listener, 'protocol_inside', listener.protocol))
    LoadBalancer.canonical_hosted_zone_name_id = ZONE_OF_NAMES
    give_attributes(LoadBalancer, {
        'CanonicalHostedZoneName': lambda balancer: balancer.dns_name,
        'CanonicalHostedZoneNameID': lambda balancer: ZONE_OF_NAMES,
        'SourceSecurityGroup.GroupName': lambda balancer: balancer.source_security_group['GroupName'],
        'SourceSecurityGroup.OwnerAlias': lambda balancer: balancer.account_id,
    })


def make_balancer(request: Request) -> LoadBalancer:
    backend, listeners = request.backend(elb_backends), [read_listener(each) for each in request.get('Listeners', [])]
    balancer = backend.create_load_balancer(
        name=request.name, zones=request.get('AvailabilityZones', []), ports=listeners,
        scheme=request.get('Scheme', 'internet-facing'), subnets=request.get('Subnets'), security_groups=request.get('SecurityGroups'))
    if request.get('Subnets'):
        ec2 = request.backend(ec2_backends)
        balancer.availability_zones = sorted({ec2.get_subnet(each).availability_zone for each in request.get('Subnets')})
    make_policies(backend, balancer, request)
    for made, listener in zip(balancer.listeners, listeners):
        made.protocol_inside = listener['InstanceProtocol']
        set_policies(backend, balancer, listener)
    check = {'Target': f'TCP:{listeners[0]["InstancePort"]}', **DEFAULT_CHECK, **request.get('HealthCheck', {})}
    backend.configure_health_check(
        balancer.name, timeout=check['Timeout'], healthy_threshold=check['HealthyThreshold'],
        unhealthy_threshold=check['UnhealthyThreshold'], interval=check['Interval'], target=check['Target'])
    backend.register_instances(balancer.name, request.get('Instances', []))
    balancer.attributes.update(read_attributes(request))
    for key, value in tag_map(request.tags).items():
        balancer.add_tag(key, value)
    return balancer


def read_listener(listener: dict[str, Any]) -> dict[str, Any]:
    """Protocols in capitals, as the API has them; templates also write them small."""
    protocol = listener['Protocol'].upper()
    inside = listener.get('InstanceProtocol', LAYERS.get(protocol, protocol)).upper()
    if LAYERS.get(protocol) is None or LAYERS.get(protocol) != LAYERS.get(inside):
        raise ValidationError(message=f'Listener {protocol} cannot have the instance protocol {inside}')
    if (protocol in SECURE) != bool(listener.get('SSLCertificateId')):
        raise ValidationError(message=f'Listener {protocol} of port {listener["LoadBalancerPort"]}: HTTPS and SSL need SSLCertificateId, '
                                      'the others have none')
    return {**listener, 'Protocol': protocol, 'InstanceProtocol': inside}


def make_policies(backend: Any, balancer: LoadBalancer, request: Request) -> None:
    for policy in request.get('AppCookieStickinessPolicy', []):
        backend.create_app_cookie_stickiness_policy(balancer.name, policy['PolicyName'], policy['CookieName'])
    for policy in request.get('LBCookieStickinessPolicy', []):
        backend.create_lb_cookie_stickiness_policy(balancer.name, policy['PolicyName'], number(policy.get('CookieExpirationPeriod')))
    inside: dict[int, list[str]] = {}
    for policy in request.get('Policies', []):
        attributes = [{'AttributeName': each['Name'], 'AttributeValue': each['Value']} for each in policy['Attributes']]
        backend.create_load_balancer_policy(balancer.name, policy['PolicyName'], policy['PolicyType'], attributes)
        for port in policy.get('InstancePorts', []):
            inside.setdefault(int(port), []).append(policy['PolicyName'])
        for port in policy.get('LoadBalancerPorts', []):
            listener = next(each for each in balancer.listeners if int(each.load_balancer_port) == int(port))
            listener.policy_names.append(policy['PolicyName'])
    for port, names in inside.items():
        backend.set_load_balancer_policies_for_backend_server(balancer.name, port, names)


def set_policies(backend: Any, balancer: LoadBalancer, listener: dict[str, Any]) -> None:
    """A listener with TLS has a policy of it in any case."""
    made = next(each for each in balancer.listeners if each.load_balancer_port == listener['LoadBalancerPort'])
    names = list(dict.fromkeys([*made.policy_names, *listener.get('PolicyNames', [])]))
    types = [each.policy_type_name for each in backend.describe_load_balancer_policies(balancer.name, names) if names]
    if listener['Protocol'] in SECURE and TLS_POLICY_TYPE not in types:
        default = [{'AttributeName': REFERENCE, 'AttributeValue': DEFAULT_TLS_POLICY}]
        backend.create_load_balancer_policy(balancer.name, DEFAULT_TLS_POLICY, TLS_POLICY_TYPE, default)
        names.append(DEFAULT_TLS_POLICY)
    backend.set_load_balancer_policies_of_listener(balancer.name, int(listener['LoadBalancerPort']), names)


def read_attributes(request: Request) -> dict[str, Any]:
    draining, settings = request.get('ConnectionDrainingPolicy', {}), request.get('ConnectionSettings', {})
    log = request.get('AccessLoggingPolicy', {})
    return {
        'cross_zone_load_balancing': {'enabled': truth(request.get('CrossZone', False))},
        'connection_draining': {'enabled': truth(draining.get('Enabled', False)), 'timeout': number(draining.get('Timeout', 300))},
        'connection_settings': {'idle_timeout': number(settings.get('IdleTimeout', 60))},
        'access_log': {'enabled': truth(log.get('Enabled', False)), 'emit_interval': number(log.get('EmitInterval')),
                       's3_bucket_name': log.get('S3BucketName'), 's3_bucket_prefix': log.get('S3BucketPrefix')},
    }
