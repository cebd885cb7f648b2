"""Evaluates IAM policies: identity policies, permissions boundaries, resource policies and key policies, of one account.

The rules are those of "Policy evaluation logic" and "IAM JSON policy elements: Condition operators" in AWS's IAM User Guide, and of
"Key policies in AWS KMS" in the KMS Developer Guide. test/emulator/policies.test.ts compares this evaluator with one that is not ours.

A policy that asks for something that nobody here knows is an error (`Unjudged`), because a rehearsal must neither allow nor deny what
AWS would not.
"""

from __future__ import annotations

import datetime
import ipaddress
import re
from dataclasses import dataclass, field
from typing import Any, Callable, Iterable, Mapping, Optional, Union

Values = Union[str, list[str]]


class Unjudged(Exception):
    """Nobody here can say what AWS would decide; the message says why."""


@dataclass(frozen=True)
class Principal:
    """Who asks: a session of a role, a user, or a service. Without an ARN nobody in particular."""

    arn: Optional[str] = None
    """Of the role or the user."""
    session: Optional[str] = None
    """Of the session, where the principal is a role."""
    account: Optional[str] = None
    service: Optional[str] = None
    """Name of the service, such as ec2.amazonaws.com."""


@dataclass(frozen=True)
class Policy:
    """A document, and where it comes from."""

    name: str
    document: Mapping[str, Any]


@dataclass(frozen=True)
class Request:
    principal: Principal
    action: str
    resource: str
    context: Mapping[str, Values]
    """Every condition key that the request has."""
    absent: tuple[str, ...] = ()
    """Condition keys that the request surely does not have. A * at the end stands for any rest."""


@dataclass(frozen=True)
class Policies:
    """Everything that is looked at for one request."""

    identity: tuple[Policy, ...] = ()
    boundary: tuple[Policy, ...] = ()
    resource: Optional[Policy] = None
    of_key: bool = False
    """The resource policy is a key policy, without which no identity policy allows anything."""


@dataclass(frozen=True)
class Decision:
    allowed: bool
    reason: str
    used: tuple[tuple[str, int], ...] = ()
    """The statements that allow it: name of the policy and index of the statement."""


@dataclass
class _Found:
    allows: list[tuple[str, int]] = field(default_factory=list)
    denies: list[tuple[str, int]] = field(default_factory=list)
    delegates: list[tuple[str, int]] = field(default_factory=list)
    """Statements of a resource policy that allow the account, which leaves the decision to its identity policies."""


def decide(request: Request, policies: Policies) -> Decision:
    identity = _look(policies.identity, request)
    boundary = _look(policies.boundary, request)
    resource = _look([policies.resource] if policies.resource else [], request, of_resource=True)
    for found, what in ((identity, 'an identity-based policy'), (boundary, 'the permissions boundary'), (resource, 'a resource-based policy')):
        if found.denies:
            return Decision(False, f'with an explicit deny in {what} ({found.denies[0][0]})')
    if resource.allows:
        return Decision(True, 'by a resource-based policy', tuple(resource.allows))
    if policies.of_key and not resource.delegates:
        return Decision(False, 'because the key policy allows neither the principal nor the account')
    if not identity.allows:
        return Decision(False, f'because no identity-based policy allows the {request.action} action')
    if policies.boundary and not boundary.allows:
        return Decision(False, f'because no permissions boundary allows the {request.action} action')
    return Decision(True, 'by an identity-based policy', tuple(identity.allows + boundary.allows + resource.delegates))


def _look(policies: Iterable[Policy], request: Request, of_resource: bool = False) -> _Found:
    found = _Found()
    for policy in policies:
        for index, statement in enumerate(listed(policy.document.get('Statement', []))):
            _sort_in(found, (policy.name, index), statement, request, of_resource)
    return found


def _sort_in(found: _Found, place: tuple[str, int], statement: Mapping[str, Any], request: Request, of_resource: bool) -> None:
    match = _matches_principal(statement, request.principal) if of_resource else 'direct'
    if match is None or not _is_about(statement, request, of_resource) or not _conditions_hold(statement, request):
        return
    if statement['Effect'] == 'Deny':
        found.denies.append(place)
    elif match == 'account':
        found.delegates.append(place)
    else:
        found.allows.append(place)


def _is_about(statement: Mapping[str, Any], request: Request, of_resource: bool) -> bool:
    action = request.action.lower()
    if 'NotAction' in statement:
        if any(like(action, each.lower()) for each in listed(statement['NotAction'])):
            return False
    elif not any(like(action, each.lower()) for each in listed(statement.get('Action', []))):
        return False
    if 'NotResource' in statement:
        return not any(_resource_like(each, request) for each in listed(statement['NotResource']))
    if 'Resource' not in statement:
        # A trust policy has none: it is about the role that it is of.
        return of_resource
    return any(_resource_like(each, request) for each in listed(statement['Resource']))


def _resource_like(pattern: str, request: Request) -> bool:
    filled = _filled(pattern, request)
    return filled is not None and like(request.resource, filled)


def _matches_principal(statement: Mapping[str, Any], principal: Principal) -> Optional[str]:
    """'direct' when a statement names who asks or everybody, 'account' when it names the account, None when neither."""
    if 'NotPrincipal' in statement:
        raise Unjudged('a policy has NotPrincipal')
    named = statement.get('Principal', {})
    if named == '*':
        return 'direct'
    if principal.service is not None:
        return 'direct' if principal.service in listed(named.get('Service', [])) else None
    names = listed(named.get('AWS', []))
    if '*' in names or {principal.arn, principal.session} & set(names) - {None}:
        return 'direct'
    if principal.account is None:
        return None
    if principal.account in names or any(re.fullmatch(rf'arn:[\w-]+:iam::{principal.account}:root', each) for each in names):
        return 'account'
    return None


# Conditions

def _conditions_hold(statement: Mapping[str, Any], request: Request) -> bool:
    """All of them. What is not known counts only where it decides."""
    unknown: Optional[Unjudged] = None
    for operator, keys in statement.get('Condition', {}).items():
        for key, wanted in keys.items():
            try:
                if not _holds(operator, key, [_text(each) for each in listed(wanted)], request):
                    return False
            except Unjudged as problem:
                unknown = problem
    if unknown:
        raise unknown
    return True


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _holds(operator: str, key: str, wanted: list[str], request: Request) -> bool:
    quantifier, _, plain = operator.rpartition(':')
    optional = plain.endswith('IfExists')
    plain = plain.removesuffix('IfExists')
    values = _values(key, request)
    if plain == 'Null':
        return (values is None) == (wanted[0].lower() == 'true')
    test = _OPERATORS.get(plain)
    if test is None or quantifier not in ('', 'ForAllValues', 'ForAnyValue'):
        raise Unjudged(f'the condition operator {operator} is not known')
    negative = plain in _NEGATED
    if not values:
        return optional or quantifier == 'ForAllValues' or (negative and quantifier == '')
    patterns = [each for each in (_filled(each, request) for each in wanted) if each is not None]

    def one(value: str) -> bool:
        return any(test(value, each) for each in patterns) != negative

    return all(one(each) for each in values) if quantifier == 'ForAllValues' else any(one(each) for each in values)


def _values(key: str, request: Request) -> Optional[list[str]]:
    """The values of a condition key, None where the request does not have it."""
    wanted = key.lower()
    for name, value in request.context.items():
        if name.lower() == wanted:
            return listed(value)
    for pattern in request.absent:
        if like(wanted, pattern.lower()):
            return None
    raise Unjudged(f'the condition key {key} is not known for {request.action}')


_VARIABLE = re.compile(r'\$\{([^}]+)\}')
#: Stand for a character that a pattern would take for a wildcard.
_LITERALS = {'*': '\ue000', '?': '\ue001', '$': '\ue002'}


def _filled(pattern: str, request: Request) -> Optional[str]:
    """A pattern with its policy variables replaced; None where the request does not have one."""
    missing = False

    def value(match: re.Match[str]) -> str:
        nonlocal missing
        name, _, default = match.group(1).partition(',')
        if name in _LITERALS:
            return _LITERALS[name]
        values = _values(name.strip(), request)
        if values is None and not default:
            missing = True
            return ''
        text = values[0] if values else default.strip().strip("'")
        return ''.join(_LITERALS.get(each, each) for each in text)

    filled = _VARIABLE.sub(value, pattern)
    return None if missing else filled


def like(value: str, pattern: str) -> bool:
    """* stands for any characters, ? for one."""
    parts = {'*': '.*', '?': '.', **{mark: re.escape(plain) for plain, mark in _LITERALS.items()}}
    return re.fullmatch(''.join(parts.get(each) or re.escape(each) for each in pattern), value, re.DOTALL) is not None


def _plain(pattern: str) -> str:
    """A filled pattern for operators that know no wildcards."""
    for plain, mark in _LITERALS.items():
        pattern = pattern.replace(mark, plain)
    return pattern


def _arn_like(value: str, pattern: str) -> bool:
    """Each of the six parts of an ARN by itself."""
    values, patterns = value.split(':', 5), pattern.split(':', 5)
    if len(patterns) != 6:
        raise Unjudged(f'the pattern {pattern} of a condition is not an ARN')
    return len(values) == 6 and all(like(*pair) for pair in zip(values, patterns))


def _same(value: str, wanted: str) -> bool:
    return value == _plain(wanted)


def _same_letters(value: str, wanted: str) -> bool:
    return value.lower() == _plain(wanted).lower()


def _in_network(value: str, wanted: str) -> bool:
    return ipaddress.ip_address(value) in ipaddress.ip_network(wanted, strict=False)


def _moment(text: str) -> float:
    if re.fullmatch(r'\d+(\.\d+)?', text):
        return float(text)
    moment = datetime.datetime.fromisoformat(text.replace('Z', '+00:00'))
    return (moment if moment.tzinfo else moment.replace(tzinfo=datetime.timezone.utc)).timestamp()


def _compared(read: Callable[[str], float]) -> dict[str, Callable[[str, str], bool]]:
    return {
        'Equals': lambda value, wanted: read(value) == read(wanted), 'NotEquals': lambda value, wanted: read(value) == read(wanted),
        'LessThan': lambda value, wanted: read(value) < read(wanted), 'LessThanEquals': lambda value, wanted: read(value) <= read(wanted),
        'GreaterThan': lambda value, wanted: read(value) > read(wanted),
        'GreaterThanEquals': lambda value, wanted: read(value) >= read(wanted),
    }


#: What makes a value match; the negated ones are the same test, see _NEGATED.
_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    'StringEquals': _same, 'StringNotEquals': _same, 'StringEqualsIgnoreCase': _same_letters, 'StringNotEqualsIgnoreCase': _same_letters,
    'StringLike': like, 'StringNotLike': like, 'ArnEquals': _arn_like, 'ArnLike': _arn_like, 'ArnNotEquals': _arn_like,
    'ArnNotLike': _arn_like, 'Bool': _same_letters, 'IpAddress': _in_network, 'NotIpAddress': _in_network,
    **{f'Numeric{name}': test for name, test in _compared(float).items()},
    **{f'Date{name}': test for name, test in _compared(_moment).items()},
}
_NEGATED = {'StringNotEquals', 'StringNotEqualsIgnoreCase', 'StringNotLike', 'ArnNotEquals', 'ArnNotLike', 'NotIpAddress',
            'NumericNotEquals', 'DateNotEquals'}


def listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]
