"""Names, lengths, numbers and words, judged by the models that AWS publishes of its own APIs (botocore carries them).

CloudFormation hands most properties on to the call that makes the resource. A property is judged by the member of that call's
input that has its name; one without such a member is not judged.
"""

from typing import Any, Iterator

import botocore.session
import regex
from botocore.model import Shape
from moto.cloudformation.exceptions import ValidationError

from . import engine

CALLS = {
    'AWS::AutoScaling::AutoScalingGroup': ('autoscaling', 'CreateAutoScalingGroup'),
    'AWS::AutoScaling::LifecycleHook': ('autoscaling', 'PutLifecycleHook'),
    'AWS::AutoScaling::ScalingPolicy': ('autoscaling', 'PutScalingPolicy'),
    'AWS::CloudWatch::Alarm': ('cloudwatch', 'PutMetricAlarm'),
    'AWS::CloudWatch::CompositeAlarm': ('cloudwatch', 'PutCompositeAlarm'),
    'AWS::EC2::LaunchTemplate': ('ec2', 'CreateLaunchTemplate'),
    'AWS::EC2::SecurityGroup': ('ec2', 'CreateSecurityGroup'),
    'AWS::EFS::AccessPoint': ('efs', 'CreateAccessPoint'),
    'AWS::EFS::FileSystem': ('efs', 'CreateFileSystem'),
    'AWS::EFS::MountTarget': ('efs', 'CreateMountTarget'),
    'AWS::ElasticLoadBalancing::LoadBalancer': ('elb', 'CreateLoadBalancer'),
    'AWS::ElasticLoadBalancingV2::Listener': ('elbv2', 'CreateListener'),
    'AWS::ElasticLoadBalancingV2::ListenerRule': ('elbv2', 'CreateRule'),
    'AWS::ElasticLoadBalancingV2::LoadBalancer': ('elbv2', 'CreateLoadBalancer'),
    'AWS::ElasticLoadBalancingV2::TargetGroup': ('elbv2', 'CreateTargetGroup'),
    'AWS::Events::Rule': ('events', 'PutRule'),
    'AWS::IAM::InstanceProfile': ('iam', 'CreateInstanceProfile'),
    'AWS::IAM::ManagedPolicy': ('iam', 'CreatePolicy'),
    'AWS::IAM::Policy': ('iam', 'PutRolePolicy'),
    'AWS::IAM::Role': ('iam', 'CreateRole'),
    'AWS::IAM::User': ('iam', 'CreateUser'),
    'AWS::KMS::Alias': ('kms', 'CreateAlias'),
    'AWS::KMS::Key': ('kms', 'CreateKey'),
    'AWS::Lambda::Function': ('lambda', 'CreateFunction'),
    'AWS::Logs::LogGroup': ('logs', 'CreateLogGroup'),
    'AWS::Logs::MetricFilter': ('logs', 'PutMetricFilter'),
    'AWS::RDS::DBInstance': ('rds', 'CreateDBInstance'),
    'AWS::RDS::DBParameterGroup': ('rds', 'CreateDBParameterGroup'),
    'AWS::RDS::DBSubnetGroup': ('rds', 'CreateDBSubnetGroup'),
    'AWS::Route53::HostedZone': ('route53', 'CreateHostedZone'),
    'AWS::SNS::Topic': ('sns', 'CreateTopic'),
    'AWS::SecretsManager::RotationSchedule': ('secretsmanager', 'RotateSecret'),
    'AWS::SecretsManager::Secret': ('secretsmanager', 'CreateSecret'),
}
"""The call that makes a resource of the type."""

ATTRIBUTES = {
    'AWS::ElasticLoadBalancingV2::Listener': ('ListenerAttributes', 'ListenerAttribute'),
    'AWS::ElasticLoadBalancingV2::LoadBalancer': ('LoadBalancerAttributes', 'LoadBalancerAttribute'),
    'AWS::ElasticLoadBalancingV2::TargetGroup': ('TargetGroupAttributes', 'TargetGroupAttribute'),
}
"""Properties that are lists of keys and values, and the shape of elbv2 whose documentation lists the keys."""

CODE = regex.compile('<code>([a-zA-Z0-9_.-]+)</code>')
SURROGATES = regex.compile(r'\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})')
"""The patterns are Java's, which writes a character beyond the first 65,536 as two."""

GROWING = 100
"""A longer list of words grows with every month, and the installed botocore is older than AWS: instance types, judged by the facts."""

original_create = engine.original_create
session = botocore.session.Session()


def repair() -> None:
    engine.original_create = create_resource


def create_resource(logical_id: str, document: dict[str, Any], resources: Any, *more: Any) -> Any:
    problems = list(find_problems(document['Type'], engine.clean(document.get('Properties', {}), resources)))
    if problems:
        raise ValidationError(message='; '.join(problems))
    return original_create(logical_id, document, resources, *more)


def find_problems(kind: str, properties: dict[str, Any]) -> Iterator[str]:
    if kind not in CALLS:
        return
    service, call = CALLS[kind]
    yield from judge(session.get_service_model(service).operation_model(call).input_shape, properties, kind)
    yield from judge_attributes(kind, properties)


def judge_attributes(kind: str, properties: dict[str, Any]) -> Iterator[str]:
    if kind not in ATTRIBUTES:
        return
    name, shape = ATTRIBUTES[kind]
    documentation = session.get_service_model('elbv2').shape_for(shape).members['Key'].documentation
    known = set(CODE.findall(documentation))
    for each in properties.get(name, []):
        if each['Key'] not in known:
            yield f'{kind}.{name} has the key {each["Key"]!r}, which the service does not have'


def judge(shape: Shape, value: Any, where: str) -> Iterator[str]:
    """What of the value the shape does not allow, each as a sentence."""
    if shape.type_name == 'structure' and isinstance(value, dict):
        members = {name.lower(): member for name, member in shape.members.items()}
        for name, each in value.items():
            if name.lower() in members:
                yield from judge(members[name.lower()], each, f'{where}.{name}')
    elif shape.type_name == 'list' and isinstance(value, list):
        yield from judge_size(shape, len(value), where, 'has {} elements')
        for index, each in enumerate(value):
            yield from judge(shape.member, each, f'{where}[{index}]')
    elif shape.type_name == 'string' and isinstance(value, str):
        yield from judge_text(shape, value, where)
    elif shape.type_name in ('integer', 'long', 'double', 'float') and is_number(value):
        yield from judge_size(shape, float(value), where, 'is {}')


def judge_text(shape: Shape, value: str, where: str) -> Iterator[str]:
    yield from judge_size(shape, len(value), where, 'has {} characters')
    words, pattern = shape.metadata.get('enum'), shape.metadata.get('pattern')
    if words and len(words) < GROWING and value not in words:
        yield f'{where} is {value!r}, must be one of {", ".join(words)}'
    if pattern and not regex.fullmatch(translate(pattern), value):
        yield f'{where} is {value!r}, must match {pattern}'


def translate(pattern: str) -> str:
    return SURROGATES.sub(lambda found: rf'\U{one_character(found[1], found[2]):08X}', pattern)


def one_character(high: str, low: str) -> int:
    return 0x10000 + ((int(high, 16) - 0xD800) << 10) + int(low, 16) - 0xDC00


def judge_size(shape: Shape, size: float, where: str, saying: str) -> Iterator[str]:
    least, most = shape.metadata.get('min'), shape.metadata.get('max')
    if least is not None and size < least:
        yield f'{where} {saying.format(f"{size:g}")}, must be at least {least}'
    if most is not None and size > most:
        yield f'{where} {saying.format(f"{size:g}")}, must be at most {most}'


def is_number(value: Any) -> bool:
    """A template may write a number as text."""
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return not isinstance(value, bool)
