"""Failures that somebody orders: the next creation of one resource fails, once.

A test calls `order`; clients post the same to `/moto-api/creation-fault`.
"""

import json
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from moto.moto_api._internal import urls

ANY_STACK = '*'


class Fault(NamedTuple):
    """How one resource fails while its stack is created."""

    reason: str
    made: bool = False
    """The resource exists when it fails, as one does that never becomes stable."""
    others: bool = False
    """Everything that does not depend on the resource is made as well: CloudFormation makes many resources at once."""
    phase: str = ''
    """A node of this group signals a failure in this phase of its boot, instead."""


_ordered: dict[tuple[str, str], Fault] = {}


def repair() -> None:
    urls.url_paths['{0}/moto-api/creation-fault'] = receive


def receive(request: Any, full_url: str, headers: Any) -> tuple[int, dict[str, str], str]:
    """Body: `{"stack": name, "logicalId": id or a pattern with *, "reason": sentence, "made": bool, "others": bool, "phase": name}`."""
    body = json.loads(request.data)
    order(body.get('stack', ANY_STACK), body['logicalId'], Fault(
        body['reason'], made=body.get('made', False), others=body.get('others', False), phase=body.get('phase', '')))
    return 204, {}, ''


def order(stack_name: str, logical_id: str, fault: Fault) -> None:
    _ordered[stack_name, logical_id] = fault


def take(stack_name: str, logical_id: str) -> Fault | None:
    """The fault for this creation, which is then used up."""
    found = next((key for key in _ordered if key[0] in (stack_name, ANY_STACK) and fnmatchcase(logical_id, key[1])), None)
    return _ordered.pop(found) if found else None
