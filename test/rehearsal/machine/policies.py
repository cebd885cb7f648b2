"""
Whether IAM policies allow something: as much of IAM's language as policies of file systems have. What is not known is
said by raising, because a rehearsal must neither allow nor forbid what AWS would not.
"""

from __future__ import annotations

import fnmatch
import json
from dataclasses import dataclass
from typing import Callable, Iterable, Mapping, Optional


class UnknownCondition(ValueError):
    pass


@dataclass(frozen=True)
class Request:
    action: str
    resource: str
    #: What conditions may ask for, by key.
    context: Mapping[str, str]
    #: The role's ARN; None for somebody who does not say who he is.
    principal: Optional[str] = None


def decision(documents: Iterable[str], request: Request, resource_based: bool = False) -> Optional[str]:
    """'Allow', 'Deny', or None where no statement is about it. A Deny counts more than any Allow."""
    effects = {statement['Effect'] for document in documents for statement in _list(json.loads(document)['Statement'])
               if _is_about(statement, request, resource_based)}
    return 'Deny' if 'Deny' in effects else 'Allow' if effects else None


def _is_about(statement: dict, request: Request, resource_based: bool) -> bool:
    if resource_based and not _names_principal(statement, request.principal):
        return False
    if not _names(statement, 'Action', request.action.lower(), str.lower):
        return False
    return _names_resource(statement, request, resource_based) and all(
        _holds(operator, key, _list(wanted), request.context)
        for operator, keys in statement.get('Condition', {}).items() for key, wanted in keys.items())


def _names(statement: dict, what: str, value: str, plain: Callable[[str], str] = str) -> bool:
    if f'Not{what}' in statement:
        return not any(fnmatch.fnmatchcase(value, plain(pattern)) for pattern in _list(statement[f'Not{what}']))
    return any(fnmatch.fnmatchcase(value, plain(pattern)) for pattern in _list(statement.get(what, [])))


def _names_resource(statement: dict, request: Request, resource_based: bool) -> bool:
    """A policy of a resource need not name it."""
    if resource_based and 'Resource' not in statement and 'NotResource' not in statement:
        return True
    return _names(statement, 'Resource', request.resource)


def _names_principal(statement: dict, principal: Optional[str]) -> bool:
    """The account's root stands for what its own policies say, so it allows nothing by itself."""
    named = statement.get('Principal', {})
    names = ['*'] if named == '*' else _list(named.get('AWS', []))
    return '*' in names or principal is not None and principal in names


def _holds(operator: str, key: str, wanted: list, context: Mapping[str, str]) -> bool:
    plain = operator.removesuffix('IfExists')
    if plain not in _OPERATORS:
        raise UnknownCondition(f'the condition operator {operator} of a policy')
    value = {name.lower(): one for name, one in context.items()}.get(key.lower())
    if plain == 'Null':
        return (value is None) == (str(wanted[0]).lower() == 'true')
    if value is None:
        return operator != plain or plain in _NEGATIVE
    return _OPERATORS[plain](value, [str(one) for one in wanted])


def _like(value: str, wanted: list[str]) -> bool:
    return any(fnmatch.fnmatchcase(value, pattern) for pattern in wanted)


def _same(value: str, wanted: list[str]) -> bool:
    return value in wanted


def _true(value: str, wanted: list[str]) -> bool:
    return value.lower() == wanted[0].lower()


_OPERATORS: dict[str, Callable[[str, list[str]], bool]] = {
    'StringEquals': _same, 'StringLike': _like, 'ArnEquals': _like, 'ArnLike': _like, 'Bool': _true, 'Null': _true,
    'StringNotEquals': lambda value, wanted: not _same(value, wanted),
    'StringNotLike': lambda value, wanted: not _like(value, wanted),
    'ArnNotEquals': lambda value, wanted: not _like(value, wanted),
    'ArnNotLike': lambda value, wanted: not _like(value, wanted),
}
_NEGATIVE = ('StringNotEquals', 'StringNotLike', 'ArnNotEquals', 'ArnNotLike')


def _list(value) -> list:
    return value if isinstance(value, list) else [value]
