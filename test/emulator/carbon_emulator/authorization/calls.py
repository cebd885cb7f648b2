"""A request of the emulator in AWS's terms, and what IAM is asked for it: actions, resources and condition keys.

Actions, resource types and condition keys are those of the Service Authorization Reference. An action that is not here is not judged,
and the rehearsal says so.
"""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass, field
from typing import Any, Callable, Iterator, Mapping, Optional
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

from moto.core import DEFAULT_ACCOUNT_ID

from .policies import Unjudged, Values
from .resources import ANY, Place, Resource

_CREDENTIAL = re.compile(r'Credential=([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request')
_LONGEST_BODY = 8 << 20


@dataclass
class Call:
    """One HTTP request to the emulator."""

    access_key: str
    region: str
    service: str
    """As the signature names it."""
    method: str
    path: str
    query: dict[str, str]
    host: str
    target: str
    environ: dict[str, Any] = field(repr=False, default_factory=dict)
    _form: Optional[dict[str, str]] = field(default=None, repr=False)

    @property
    def protocol(self) -> str:
        if self.service == 's3':
            return 's3'
        if self.target:
            return 'json'
        return 'ec2' if self.service == 'ec2' else 'query'

    @property
    def parameters(self) -> Mapping[str, Any]:
        if self._form is None:
            self._form = self._read_parameters()
        return self._form

    def _read_parameters(self) -> dict[str, Any]:
        text = body_of(self.environ)
        if self.target:
            return json.loads(text or '{}')
        form = dict(parse_qsl(text)) if '=' in text else {}
        return {**self.query, **form}

    @property
    def action(self) -> str:
        """Without the service's prefix."""
        if self.protocol == 's3':
            return _s3_action(self)
        return self.target.rpartition('.')[2] or self.parameters.get('Action') or f'{self.method} {self.path}'

    @property
    def bucket_and_key(self) -> tuple[str, str]:
        """Of a request in either of the two styles."""
        label = re.match(r'(.+)\.s3[.-]', self.host)
        if label:
            return label.group(1), self.path.lstrip('/')
        bucket, _, key = self.path.lstrip('/').partition('/')
        return bucket, key


def read(environ: dict[str, Any]) -> Optional[Call]:
    """None for a request that nobody signed."""
    query = {name: values[0] for name, values in parse_qs(environ.get('QUERY_STRING', ''), keep_blank_values=True).items()}
    signed = environ.get('HTTP_AUTHORIZATION') or f'Credential={query.get("X-Amz-Credential", "")}'
    found = _CREDENTIAL.search(signed)
    if not found:
        return None
    path = unquote(urlsplit(environ.get('RAW_URI') or environ.get('PATH_INFO', '')).path)
    return Call(found.group(1), found.group(2), found.group(3).lower(), environ['REQUEST_METHOD'], path, query,
                environ.get('HTTP_HOST', ''), environ.get('HTTP_X_AMZ_TARGET', ''), environ)


def body_of(environ: dict[str, Any]) -> str:
    """The body, which whoever comes next reads again."""
    length = int(environ.get('CONTENT_LENGTH') or 0)
    if length > _LONGEST_BODY:
        raise Unjudged(f'the request has {length} bytes')
    if environ.get('HTTP_CONTENT_ENCODING'):
        raise Unjudged(f'the request is encoded with {environ["HTTP_CONTENT_ENCODING"]}')
    data = environ['wsgi.input'].read(length) if length else b''
    environ['wsgi.input'] = io.BytesIO(data)
    return data.decode('utf-8', 'replace')


@dataclass(frozen=True)
class Check:
    """What IAM must allow; a call may need several."""

    action: str
    resource: Resource
    context: Mapping[str, Values] = field(default_factory=dict)
    absent: tuple[str, ...] = ()


Checks = Iterator[Check]


def checks_of(call: Call) -> list[Check]:
    """Raises Unjudged where nobody here knows what AWS would look at."""
    place = Place(DEFAULT_ACCOUNT_ID, call.region)
    known = _KNOWN.get((call.service, call.action))
    if known is None:
        raise Unjudged(f'nobody here knows what {call.service}:{call.action} needs')
    return list(known(place, call))


def key_use(place: Place, action: str, key: Optional[str], service: str, context: Mapping[str, str]) -> Checks:
    """What a service does with a customer's key in the name of who calls it."""
    found = place.key(key)
    if found is None:
        return
    yield Check(f'kms:{action}', found, {
        'aws:ViaAWSService': 'true',
        'kms:ViaService': f'{service}.{place.region}.amazonaws.com', 'kms:CallerAccount': place.account,
        'kms:EncryptionContextKeys': list(context), **{f'kms:EncryptionContext:{name}': value for name, value in context.items()},
    }, absent=('kms:EncryptionContext:*', 'kms:GrantIsForAWSResource', 'kms:RequestAlias'))


# Secrets Manager

def _secret(action: str, *key_actions: str) -> Callable[[Place, Call], Checks]:
    def checks(place: Place, call: Call) -> Checks:
        asked = call.parameters
        resource, secret = place.secret(asked.get('SecretId', ''))
        context: dict[str, Values] = {'secretsmanager:SecretId': resource.arn}
        for name in ('VersionId', 'VersionStage'):
            if asked.get(name):
                context[f'secretsmanager:{name}'] = asked[name]
        if secret is not None and secret.rotation_lambda_arn:
            context['secretsmanager:resource/AllowRotationLambdaArn'] = secret.rotation_lambda_arn
        absent = ('secretsmanager:VersionId', 'secretsmanager:VersionStage', 'secretsmanager:resource/AllowRotationLambdaArn')
        yield Check(f'secretsmanager:{action}', resource, context, absent)
        if secret is None:
            return
        for key_action in key_actions:
            version = asked.get('VersionId') or asked.get('ClientRequestToken') or secret.default_version_id
            yield from key_use(place, key_action, secret.kms_key_id, 'secretsmanager', {'SecretARN': secret.arn, 'SecretVersionId': version})
    return checks


# S3

def _s3_action(call: Call) -> str:
    _, key = call.bucket_and_key
    special = sorted(set(call.query) & _S3_SUBRESOURCES)
    if special:
        return f'{call.method} {"object" if key else "bucket"}?{special[0]}'
    return f'{call.method} {"object" if key else "bucket"}'


#: Parts of a query that make another operation of a request.
_S3_SUBRESOURCES = {'acl', 'accelerate', 'analytics', 'attributes', 'cors', 'delete', 'encryption', 'inventory', 'legal-hold', 'lifecycle',
                    'location', 'logging', 'metrics', 'notification', 'object-lock', 'ownershipControls', 'partNumber', 'policy', 'policyStatus',
                    'publicAccessBlock', 'replication', 'requestPayment', 'restore', 'retention', 'select', 'tagging', 'torrent', 'uploadId',
                    'uploads', 'versionId', 'versioning', 'versions', 'website'}


def _of_s3(place: Place) -> dict[str, Values]:
    """Keys that every request to S3 has. The version of TLS is what clients of today use, also where the emulator itself is reached without."""
    return {'s3:ResourceAccount': place.account, 's3:TlsVersion': '1.3'}


def _s3_object(action: str, key_action: str) -> Callable[[Place, Call], Checks]:
    def checks(place: Place, call: Call) -> Checks:
        bucket, key = call.bucket_and_key
        resource, stored = place.object(bucket, key)
        yield Check(f's3:{action}', resource, _of_s3(place))
        if stored is not None and stored.encryption == 'aws:kms':
            yield from key_use(place, key_action, stored.kms_key_id, 's3', {'aws:s3:arn': resource.arn})
    return checks


def _s3_delete(place: Place, call: Call) -> Checks:
    resource, _ = place.object(*call.bucket_and_key)
    yield Check('s3:DeleteObject', resource, _of_s3(place))


def _s3_list(place: Place, call: Call) -> Checks:
    bucket, _ = call.bucket_and_key
    context: dict[str, Values] = _of_s3(place)
    for name in ('prefix', 'delimiter', 'max-keys'):
        if name in call.query:
            context[f's3:{name}'] = call.query[name]
    yield Check('s3:ListBucket', place.bucket(bucket), context, ('s3:prefix', 's3:delimiter', 's3:max-keys'))


def missing_object(call: Call) -> Optional[Check]:
    """Whether an object is missing S3 tells only who may list the bucket; everybody else is denied."""
    if call.service != 's3' or call.action not in ('GET object', 'HEAD object'):
        return None
    place = Place(DEFAULT_ACCOUNT_ID, call.region)
    bucket, key = call.bucket_and_key
    _, stored = place.object(bucket, key)
    if stored is not None or not place.bucket_exists(bucket):
        return None
    return Check('s3:ListBucket', place.bucket(bucket), {**_of_s3(place), 's3:prefix': key}, ('s3:delimiter', 's3:max-keys'))


# EC2 and Auto Scaling

def _anything(action: str) -> Callable[[Place, Call], Checks]:
    """An action without resource-level permissions."""
    def checks(place: Place, call: Call) -> Checks:
        more = {'ec2:Region': place.region} if action.startswith('ec2:') else {}
        yield Check(action, ANY, more)
    return checks


def _attach_interface(place: Place, call: Call) -> Checks:
    """Both resources are asked for, each by itself."""
    action, asked = 'ec2:AttachNetworkInterface', call.parameters
    region = {'ec2:Region': place.region}
    yield Check(action, place.instance(asked['InstanceId']), {**region, 'ec2:InstanceID': asked['InstanceId']})
    yield Check(action, place.network_interface(asked['NetworkInterfaceId']), {**region, 'ec2:NetworkInterfaceID': asked['NetworkInterfaceId']})


def _group(action: str) -> Callable[[Place, Call], Checks]:
    def checks(place: Place, call: Call) -> Checks:
        name = call.parameters.get('AutoScalingGroupName')
        yield Check(f'autoscaling:{action}', place.group(name) if name else place.group_of(call.parameters['InstanceId']))
    return checks


# The rest

def _stack(action: str) -> Callable[[Place, Call], Checks]:
    def checks(place: Place, call: Call) -> Checks:
        yield Check(f'cloudformation:{action}', place.stack(call.parameters['StackName']))
    return checks


def _database(action: str) -> Callable[[Place, Call], Checks]:
    def checks(place: Place, call: Call) -> Checks:
        yield Check(f'rds:{action}', Resource(place.arn('rds', f'db:{call.parameters["DBInstanceIdentifier"]}')))
    return checks


def _load_balancer(place: Place, call: Call) -> Checks:
    yield Check('elasticloadbalancing:ModifyLoadBalancerAttributes', Resource(call.parameters['LoadBalancerArn']))


def _whole_log_group(action: str) -> Callable[[Place, Call], Checks]:
    """IAM compares with an ARN that goes on behind the name: denials of CreateLogGroup name `log-group:NAME:log-stream:`."""
    def checks(place: Place, call: Call) -> Checks:
        yield Check(f'logs:{action}', place.log_stream(call.parameters['logGroupName'], ''))
    return checks


def _log_stream(action: str) -> Callable[[Place, Call], Checks]:
    def checks(place: Place, call: Call) -> Checks:
        yield Check(f'logs:{action}', place.log_stream(call.parameters['logGroupName'], call.parameters['logStreamName']))
    return checks


def _user(action: str) -> Callable[[Place, Call], Checks]:
    def checks(place: Place, call: Call) -> Checks:
        name = call.parameters.get('UserName')
        if name is None and action != 'GetAccessKeyLastUsed':
            raise Unjudged(f'iam:{action} without UserName')
        yield Check(f'iam:{action}', place.user(name) if name else place.user_of_key(call.parameters['AccessKeyId']))
    return checks


def _assume_role(place: Place, call: Call) -> Checks:
    yield Check('sts:AssumeRole', place.role(call.parameters['RoleArn']), {'sts:RoleSessionName': call.parameters['RoleSessionName']},
                ('sts:ExternalId', 'sts:SourceIdentity', 'sts:TransitiveTagKeys'))


def _metric_data(place: Place, call: Call) -> Checks:
    yield Check('cloudwatch:PutMetricData', ANY, {'cloudwatch:namespace': call.parameters['Namespace']})


def _no_permission(place: Place, call: Call) -> Checks:
    """AWS answers everybody."""
    yield from ()


_KNOWN: dict[tuple[str, str], Callable[[Place, Call], Checks]] = {
    ('secretsmanager', 'GetSecretValue'): _secret('GetSecretValue', 'Decrypt'),
    ('secretsmanager', 'PutSecretValue'): _secret('PutSecretValue', 'GenerateDataKey', 'Decrypt'),
    ('secretsmanager', 'DescribeSecret'): _secret('DescribeSecret'),
    ('secretsmanager', 'UpdateSecretVersionStage'): _secret('UpdateSecretVersionStage'),
    ('s3', 'GET object'): _s3_object('GetObject', 'Decrypt'),
    ('s3', 'HEAD object'): _s3_object('GetObject', 'Decrypt'),
    ('s3', 'PUT object'): _s3_object('PutObject', 'GenerateDataKey'),
    ('s3', 'POST object?uploads'): _s3_object('PutObject', 'GenerateDataKey'),
    ('s3', 'PUT object?partNumber'): _s3_object('PutObject', 'GenerateDataKey'),
    ('s3', 'POST object?uploadId'): _s3_object('PutObject', 'GenerateDataKey'),
    ('s3', 'DELETE object'): _s3_delete,
    ('s3', 'GET bucket'): _s3_list,
    ('s3', 'HEAD bucket'): _s3_list,
    ('ec2', 'DescribeInstances'): _anything('ec2:DescribeInstances'),
    ('ec2', 'DescribeNetworkInterfaces'): _anything('ec2:DescribeNetworkInterfaces'),
    ('ec2', 'DescribeSubnets'): _anything('ec2:DescribeSubnets'),
    ('ec2', 'DescribeVpcs'): _anything('ec2:DescribeVpcs'),
    ('ec2', 'AttachNetworkInterface'): _attach_interface,
    ('autoscaling', 'DescribeAutoScalingInstances'): _anything('autoscaling:DescribeAutoScalingInstances'),
    ('autoscaling', 'CompleteLifecycleAction'): _group('CompleteLifecycleAction'),
    ('autoscaling', 'RecordLifecycleActionHeartbeat'): _group('RecordLifecycleActionHeartbeat'),
    ('autoscaling', 'SetInstanceHealth'): _group('SetInstanceHealth'),
    ('cloudformation', 'SignalResource'): _stack('SignalResource'),
    ('cloudformation', 'DescribeStacks'): _stack('DescribeStacks'),
    ('rds', 'DescribeDBInstances'): _database('DescribeDBInstances'),
    ('rds', 'ModifyDBInstance'): _database('ModifyDBInstance'),
    ('elasticloadbalancing', 'DescribeLoadBalancerAttributes'): _anything('elasticloadbalancing:DescribeLoadBalancerAttributes'),
    ('elasticloadbalancing', 'ModifyLoadBalancerAttributes'): _load_balancer,
    ('logs', 'CreateLogGroup'): _whole_log_group('CreateLogGroup'),
    ('logs', 'PutRetentionPolicy'): _whole_log_group('PutRetentionPolicy'),
    ('logs', 'CreateLogStream'): _log_stream('CreateLogStream'),
    ('logs', 'PutLogEvents'): _log_stream('PutLogEvents'),
    ('monitoring', 'PutMetricData'): _metric_data,
    **{('iam', action): _user(action)
       for action in ('CreateAccessKey', 'DeleteAccessKey', 'GetAccessKeyLastUsed', 'ListAccessKeys', 'UpdateAccessKey')},
    ('sts', 'AssumeRole'): _assume_role,
    ('sts', 'GetCallerIdentity'): _no_permission,
}


# What nothing of a cluster calls, and the scenario `attacked` tries with the credentials of a cluster

def _parameter(place: Place, call: Call) -> Checks:
    yield Check('ssm:GetParameter', Resource(place.arn('ssm', f'parameter/{call.parameters["Name"].lstrip("/")}')))


def _run_instances(place: Place, call: Call) -> Checks:
    """The instance alone: whoever may not make one need not be asked for the image, the subnet and the volumes."""
    yield Check('ec2:RunInstances', Resource(place.arn('ec2', 'instance/*')), {'ec2:Region': place.region})


def _ec2_resource(action: str, parameter: str) -> Callable[[Place, Call], Checks]:
    def checks(place: Place, call: Call) -> Checks:
        yield Check(f'ec2:{action}', place.instance(call.parameters[parameter]), {'ec2:Region': place.region})
    return checks


_KNOWN.update({
    ('ssm', 'GetParameter'): _parameter,
    ('secretsmanager', 'ListSecrets'): _anything('secretsmanager:ListSecrets'),
    ('s3', 'DELETE object'): _s3_object('DeleteObject', 'Decrypt'),
    ('ec2', 'RunInstances'): _run_instances,
    ('ec2', 'TerminateInstances'): _ec2_resource('TerminateInstances', 'InstanceId.1'),
    ('ec2', 'CreateTags'): _ec2_resource('CreateTags', 'ResourceId.1'),
    ('ec2', 'DescribeSecurityGroups'): _anything('ec2:DescribeSecurityGroups'),
    ('logs', 'DeleteLogStream'): _log_stream('DeleteLogStream'),
})
