"""The deployed resources as authorization sees them: their ARNs as AWS makes them, their tags, and policies of their own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Mapping, Optional

from moto.autoscaling import autoscaling_backends
from moto.cloudformation import cloudformation_backends
from moto.ec2 import ec2_backends
from moto.iam.models import iam_backends
from moto.kms import kms_backends
from moto.s3.models import s3_backends
from moto.secretsmanager import secretsmanager_backends

from .policies import Policy, Unjudged


class Missing(Exception):
    """What the call is about does not exist, so the service itself refuses it."""


@dataclass(frozen=True)
class Resource:
    arn: str
    tags: Optional[Mapping[str, str]] = None
    """None where nobody here reads them, so that a policy that asks for one cannot be judged."""
    policy: Optional[Policy] = None
    is_key: bool = False


ANY = Resource('*', {})


class Place:
    """One account and region of the emulator."""

    def __init__(self, account: str, region: str):
        self.account = account
        self.region = region

    def arn(self, service: str, rest: str) -> str:
        return f'arn:aws:{service}:{self.region}:{self.account}:{rest}'

    # Secrets Manager

    def secret(self, name: str) -> tuple[Resource, Any]:
        """By name, by ARN, or by the ARN without its last six characters, as the API takes it; what AWS looks at is the whole ARN."""
        found = secretsmanager_backends[self.account][self.region].secrets.get(name)
        if found is None:
            return Resource(name if name.startswith('arn:') else self.arn('secretsmanager', f'secret:{name}'), {}), None
        policy = _policy(f'resource policy of {found.name}', found.policy)
        return Resource(found.arn, {each['Key']: each['Value'] for each in found.tags or []}, policy), found

    # Key Management Service

    def key(self, identifier: Optional[str]) -> Optional[Resource]:
        """A key of the account; None for a key of AWS, whose policy lets in everybody who may use the service that uses it."""
        if not identifier or identifier.removeprefix(self.arn('kms', '')).startswith('alias/aws/'):
            return None
        backend = kms_backends[self.account][self.region]
        key = backend.keys.get(backend.any_id_to_key_id(identifier))
        if key is None:
            raise Unjudged(f'the key {identifier} does not exist')
        if key.key_manager == 'AWS':
            return None
        policy = key.policy if isinstance(key.policy, str) else json.dumps(key.policy)
        return Resource(key.arn, None, _policy(f'key policy of {key.id}', policy), is_key=True)

    # S3

    def bucket(self, name: str) -> Resource:
        found = s3_backends[self.account]['aws'].buckets.get(name)
        return Resource(f'arn:aws:s3:::{name}', None, _bucket_policy(found))

    def object(self, bucket: str, key: str) -> tuple[Resource, Any]:
        found = s3_backends[self.account]['aws'].buckets.get(bucket)
        return Resource(f'arn:aws:s3:::{bucket}/{key}', None, _bucket_policy(found)), found and found.keys.get(key)

    def bucket_exists(self, name: str) -> bool:
        return name in s3_backends[self.account]['aws'].buckets

    # EC2 and Auto Scaling

    def instance(self, identifier: str) -> Resource:
        return Resource(self.arn('ec2', f'instance/{identifier}'), self._ec2_tags(identifier))

    def network_interface(self, identifier: str) -> Resource:
        return Resource(self.arn('ec2', f'network-interface/{identifier}'), self._ec2_tags(identifier))

    def _ec2_tags(self, identifier: str) -> dict[str, str]:
        tags = ec2_backends[self.account][self.region].describe_tags({'resource-id': [identifier]})
        return {each['key']: each['value'] for each in tags}

    def group(self, name: str) -> Resource:
        group = autoscaling_backends[self.account][self.region].autoscaling_groups.get(name)
        if group is None:
            raise Missing(f'there is no Auto Scaling group {name}')
        return Resource(group.arn, {each.get('key', each.get('Key')): each.get('value', each.get('Value')) for each in group.tags})

    def group_of(self, instance: str) -> Resource:
        for group in autoscaling_backends[self.account][self.region].autoscaling_groups.values():
            if any(state.instance.id == instance for state in group.instance_states):
                return self.group(group.name)
        raise Missing(f'{instance} is in no Auto Scaling group')

    # CloudFormation, CloudWatch Logs and IAM

    def stack(self, name: str) -> Resource:
        backend = cloudformation_backends[self.account][self.region]
        found = next((each for each in backend.stacks.values() if name in (each.name, each.stack_id)), None)
        if found is None:
            raise Missing(f'there is no stack {name}')
        return Resource(found.stack_id)

    def log_group(self, name: str) -> Resource:
        return Resource(self.arn('logs', f'log-group:{name}'))

    def log_stream(self, group: str, stream: str) -> Resource:
        return Resource(self.arn('logs', f'log-group:{group}:log-stream:{stream}'))

    def role(self, arn: str) -> Resource:
        role = iam_backends[self.account]['aws'].get_role_by_arn(arn)
        return Resource(role.arn, None, _policy(f'trust policy of {role.name}', role.assume_role_policy_document))

    def user(self, name: str) -> Resource:
        found = iam_backends[self.account]['aws'].users.get(name)
        if found is None:
            raise Missing(f'there is no user {name}')
        return Resource(found.arn)

    def user_of_key(self, access_key: str) -> Resource:
        for user in iam_backends[self.account]['aws'].users.values():
            if any(each.access_key_id == access_key for each in user.access_keys):
                return Resource(user.arn)
        raise Missing('the access key belongs to no user')


def _policy(name: str, text: Optional[str]) -> Optional[Policy]:
    return Policy(name, json.loads(text)) if text else None


def _bucket_policy(bucket: Any) -> Optional[Policy]:
    document = getattr(bucket, 'carbon_policy', None)
    return Policy(f'bucket policy of {bucket.name}', document) if document else None
