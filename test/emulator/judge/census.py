"""Everything that the emulator's account holds, whatever its type: a walk through all backends of moto, by no list of types of ours."""

import re
from collections import deque
from typing import Any, Iterator

from moto.core.base_backend import BackendDict, BaseBackend

OWN_MODULES = ('moto.', 'carbon_emulator.')
LEFT_OUT = {
    'cloudformation': 'the stacks themselves, which are judged by their status',
    'moto_api': 'settings of the emulator',
    'sts': 'sessions that nobody ends, also on AWS',
}
"""Services that are not counted, each with the reason."""
OF_AWS = re.compile(r'^(ec2/[^/]+/(amis|snapshots)|iam/[^/]+/(aws_)?managed_policies)/')
"""Thousands of things that AWS has in every account: they count, and what is in them does not."""
COLLECTIONS = (dict, list, tuple, set, deque)
NAMES = ('physical_resource_id', 'arn', 'id', 'name')

Entry = tuple[str, Any]


def take() -> dict[str, Any]:
    """What there is by its place: service, region, and the way to it."""
    found: dict[str, Any] = {}
    for service, region, backend in backends():
        walk(backend, f'{service}/{region}', found, set())
    return found


def backends() -> Iterator[tuple[str, str, BaseBackend]]:
    seen = set()
    for service in BackendDict._instances:
        if id(service) in seen or service.service_name in LEFT_OUT:
            continue
        seen.add(id(service))
        for _, region, backend in service.iter_backends():
            yield service.service_name, region, backend


def walk(value: Any, place: str, found: dict[str, Any], parents: set[int]) -> None:
    """What stands in a collection is an entry; the attributes of an object are not things of their own."""
    if id(value) in parents or isinstance(value, BaseBackend) and parents:
        return
    inside = parents | {id(value)}
    collection = is_collection(value)
    for name, each in parts_of(value):
        where = f'{place}/{name}'
        if collection:
            found.setdefault(where, each)
        if not collection or not OF_AWS.match(where):
            walk(each, where, found, inside)


def is_object(value: Any) -> bool:
    return type(value).__module__.startswith(OWN_MODULES) and not isinstance(value, COLLECTIONS)


def parts_of(value: Any) -> Iterator[Entry]:
    if isinstance(value, dict):
        yield from ((str(key), each) for key, each in list(value.items()))
    elif is_collection(value):
        yield from ((name_of(each), each) for each in list(value))
    elif is_object(value):
        yield from ((key, each) for key, each in list(vars(value).items()) if is_collection(each) or is_object(each))


def is_collection(value: Any) -> bool:
    return isinstance(value, COLLECTIONS)


def name_of(value: Any) -> str:
    """How a member of a list is known again."""
    if not is_object(value):
        return repr(value)[:80]
    name = next((str(getattr(value, each)) for each in NAMES if isinstance(getattr(value, each, None), str)), '')
    return f'{type(value).__name__} {name or hex(id(value))}'


def added(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What is new, without what is in something new."""
    new = sorted(place for place in after if place not in before)
    kept: dict[str, Any] = {}
    for place in new:
        parts = place.split('/')
        if not any('/'.join(parts[:end]) in kept for end in range(1, len(parts))):
            kept[place] = after[place]
    return kept
