"""KMS: the policy of a key is a text, or nobody can ask about a key that a template made."""

import json

from moto.kms.models import Key

from .resource import Request, extend_create


def repair() -> None:
    extend_create(Key, keep_policy_as_text)


def keep_policy_as_text(key: Key, request: Request) -> None:
    if not isinstance(key.policy, str):
        key.policy = json.dumps(key.policy)
