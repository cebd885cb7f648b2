"""IAM: managed policies of roles and users, inline policies as JSON, and tags."""

import json
from typing import Any

from moto.iam.models import InstanceProfile, ManagedPolicy, Role, User, iam_backends

from .resource import Request, extend_create, give_attributes


def repair() -> None:
    extend_create(Role, finish_role)
    extend_create(User, finish_user)
    give_attributes(ManagedPolicy, {'PolicyArn': lambda policy: policy.arn, 'PolicyId': lambda policy: policy.id})
    give_attributes(InstanceProfile, {'Arn': lambda profile: profile.arn})


def finish_role(role: Role, request: Request) -> None:
    backend = request.global_backend(iam_backends)
    for arn in request.get('ManagedPolicyArns', []):
        backend.attach_role_policy(arn, role.name)
    for policy in request.get('Policies', []):
        # moto stores the document as an object, which GetRolePolicy cannot answer.
        role.put_policy(policy['PolicyName'], text_of(policy['PolicyDocument']))


def finish_user(user: User, request: Request) -> None:
    backend = request.global_backend(iam_backends)
    for arn in request.get('ManagedPolicyArns', []):
        backend.attach_user_policy(arn, user.name)
    for policy in request.get('Policies', []):
        backend.put_user_policy(user.name, policy['PolicyName'], text_of(policy['PolicyDocument']))
    if request.tags:
        backend.tag_user(user.name, request.tags)
    if request.get('PermissionsBoundary'):
        raise NotImplementedError('PermissionsBoundary of a user')


def text_of(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document)
