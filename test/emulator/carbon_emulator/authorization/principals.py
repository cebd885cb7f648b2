"""Who calls, by the access key of a request, and the policies that the deployed state has for them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Optional

from moto.awslambda.models import lambda_backends
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from .policies import Policy, Principal, Values

#: The access key of the rehearsal's own clients, of the CDK and of the person who deploys.
OPERATOR = 'testing'
#: What `cdk bootstrap` makes for whoever deploys.
OPERATORS_ROLES = 'cdk-hnb659fds-'


class UnknownKey(Exception):
    """No such access key, or it is disabled, or its role is gone."""


def is_operator(account: str, access_key: str) -> bool:
    """Whoever deploys and rehearses, and not what was deployed."""
    sessions = sts_backends[account]['aws'].assumed_roles
    roles = [each.role_arn.rpartition('/')[2] for each in sessions if each.access_key_id == access_key]
    return access_key == OPERATOR or any(each.startswith(OPERATORS_ROLES) for each in roles)


@dataclass(frozen=True)
class Caller:
    """One who is judged."""

    name: str
    """As the report shows it."""
    principal: Principal
    context: dict[str, Values]
    identity: tuple[Policy, ...]
    boundary: tuple[Policy, ...]


def find(account: str, access_key: str) -> Caller:
    backend = iam_backends[account]['aws']
    for session in sts_backends[account]['aws'].assumed_roles:
        if session.access_key_id == access_key:
            return role_named(account, session.role_arn, session.session_name)
    for user in backend.users.values():
        for key in user.access_keys:
            if key.access_key_id == access_key and key.status == 'Active':
                return _user(account, user)
    raise UnknownKey(access_key)


def service_behind(account: str, region: str, session: str) -> Optional[Caller]:
    """EC2 names the session of an instance's role after the instance, Lambda that of a function's role after the function."""
    if re.fullmatch(r'i-[0-9a-f]{8,17}', session):
        return _service('ec2.amazonaws.com')
    if session in lambda_backends[account][region]._lambdas._functions:
        return _service('lambda.amazonaws.com')
    return None


def _service(name: str) -> Caller:
    return Caller(f'service {name}', Principal(service=name), {'aws:PrincipalIsAWSService': 'true', 'aws:PrincipalServiceName': name}, (), ())


def role_named(account: str, arn: str, session: str) -> Caller:
    """A session ends with its role."""
    role = next((each for each in iam_backends[account]['aws'].roles.values() if each.arn == arn), None)
    if role is None:
        raise UnknownKey(arn)
    return _session(account, role, session)


def _session(account: str, role: Any, session: str) -> Caller:
    principal = Principal(role.arn, f'arn:aws:sts::{account}:assumed-role/{role.name}/{session}', account)
    context = {'aws:userid': f'{role.id}:{session}', 'aws:PrincipalType': 'AssumedRole', **_tags(role.tags)}
    return _caller(f'role {role.name}', principal, context, role)


def _user(account: str, user: Any) -> Caller:
    context = {'aws:userid': user.id, 'aws:username': user.name, 'aws:PrincipalType': 'User'}
    return _caller(f'user {user.name}', Principal(user.arn, None, account), context, user)


def _caller(name: str, principal: Principal, context: dict[str, Values], holder: Any) -> Caller:
    more = {'aws:PrincipalArn': principal.arn, 'aws:PrincipalAccount': principal.account}
    return Caller(name, principal, {**context, **more}, policies_of(holder), _boundary(holder))


def policies_of(holder: Any) -> tuple[Policy, ...]:
    """Inline policies, and those that are attached."""
    inline = [Policy(name, json.loads(document)) for name, document in holder.policies.items()]
    return (*inline, *(Policy(policy.name, _document(policy)) for policy in holder.managed_policies.values()))


def _document(policy: Any) -> dict[str, Any]:
    return json.loads(next(each.document for each in policy.versions if each.version_id == policy.default_version_id))


def _boundary(holder: Any) -> tuple[Policy, ...]:
    arn: Optional[str] = getattr(holder, 'permissions_boundary_arn', None)
    if not arn:
        return ()
    policy = iam_backends[holder.account_id]['aws'].managed_policies[arn]
    return (Policy(policy.name, _document(policy)),)


def _tags(tags: Any) -> dict[str, Values]:
    pairs = tags.values() if isinstance(tags, dict) else tags or []
    return {f'aws:PrincipalTag/{each["Key"]}': each['Value'] for each in pairs}
