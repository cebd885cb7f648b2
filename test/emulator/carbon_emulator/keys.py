"""KMS: the policy of a key is a text, or nobody can ask about a key that a template made; and a key may have tags."""

import json
from typing import Any

from moto.kms.models import Key

from .resource import Request, extend_create

original_create = Key.create_from_cloudformation_json.__func__


def repair() -> None:
    Key.create_from_cloudformation_json = classmethod(create)
    extend_create(Key, keep_policy_as_text)


def create(cls: type[Key], resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **kwargs: Any) -> Key:
    """A template says `Key` and `Value`, where KMS's own API says `TagKey` and `TagValue`."""
    properties = cloudformation_json['Properties']
    tags = [{'TagKey': tag['Key'], 'TagValue': tag['Value']} for tag in properties.get('Tags', [])]
    return original_create(cls, resource_name, {**cloudformation_json, 'Properties': {**properties, 'Tags': tags}}, account_id, region_name, **kwargs)


def keep_policy_as_text(key: Key, request: Request) -> None:
    if not isinstance(key.policy, str):
        key.policy = json.dumps(key.policy)
