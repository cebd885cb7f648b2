"""What was judged: for each principal how many calls were allowed, denied and not judged, every distinct check with the policies that
it was judged by, and which statements were ever used."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import Counter
from typing import Any, Iterable, Optional

from moto.iam.models import iam_backends

from .calls import Check
from .policies import Decision, Policies, Policy, Request, like, listed
from .principals import OPERATORS_ROLES, policies_of

#: Differ from call to call, and no policy of a distinct check may make a difference of them.
_CHANGING = ('kms:EncryptionContext:SecretVersionId', 'secretsmanager:VersionId')


class Ledger:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: Counter[tuple[str, str]] = Counter()
        self._checks: dict[str, dict[str, Any]] = {}
        self._documents: dict[str, Any] = {}
        self._problems: Counter[tuple[str, str, str, str]] = Counter()
        self._used: set[tuple[str, str, int, str, str]] = set()

    def count(self, name: str, outcome: str) -> None:
        """A whole call; outcome is operator, allowed, denied or unjudged."""
        with self._lock:
            self._calls[name, outcome] += 1

    def problem(self, name: str, outcome: str, what: str, reason: str) -> None:
        with self._lock:
            self._problems[name, outcome, what, reason] += 1

    def check(self, name: str, request: Request, policies: Policies, decision: Decision) -> None:
        record = {
            'principal': name, 'arn': request.principal.arn, 'session': request.principal.session, 'service': request.principal.service,
            'action': request.action, 'resource': request.resource,
            'context': {key: value for key, value in request.context.items() if key not in _CHANGING},
            'identity': [self._keep(each) for each in policies.identity], 'boundary': [self._keep(each) for each in policies.boundary],
            'resourcePolicy': self._keep(policies.resource) if policies.resource else None, 'ofKey': policies.of_key,
            'allowed': decision.allowed, 'reason': decision.reason,
        }
        with self._lock:
            known = self._checks.setdefault(json.dumps(record, sort_keys=True), {**record, 'calls': 0})
            known['calls'] += 1
            if decision.allowed:
                self._used |= {(name, policy, index, request.action.lower(), request.resource) for policy, index in decision.used}

    def _keep(self, policy: Policy) -> dict[str, str]:
        text = json.dumps(policy.document, sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        self._documents[digest] = policy.document
        return {'name': policy.name, 'document': digest}

    def as_json(self, account: str) -> dict[str, Any]:
        with self._lock:
            return {
                'principals': self._principals(),
                'problems': [{'principal': name, 'outcome': outcome, 'what': what, 'reason': reason, 'times': times}
                             for (name, outcome, what, reason), times in sorted(self._problems.items())],
                'checks': list(self._checks.values()), 'documents': self._documents,
                'granted': list(self._granted(account)),
            }

    def _principals(self) -> list[dict[str, Any]]:
        names = sorted({name for name, _ in self._calls})
        return [{'principal': name, **{outcome: self._calls[name, outcome] for outcome in ('operator', 'allowed', 'denied', 'unjudged')}}
                for name in names]

    def _granted(self, account: str) -> Iterable[dict[str, Any]]:
        """Every permission of every role and user of the account, with whether something used it."""
        backend = iam_backends[account]['aws']
        for kind, holders in (('role', backend.roles.values()), ('user', backend.users.values())):
            for holder in holders:
                if not holder.name.startswith(OPERATORS_ROLES):
                    yield from self._granted_to(f'{kind} {holder.name}', holder)

    def _granted_to(self, name: str, holder: Any) -> Iterable[dict[str, Any]]:
        managed = {policy.name: policy.arn for policy in holder.managed_policies.values()}
        for policy in policies_of(holder):
            for index, statement in enumerate(listed(policy.document['Statement'])):
                if statement['Effect'] != 'Allow':
                    continue
                used = [(action, resource) for *place, action, resource in self._used if place == [name, policy.name, index]]
                actions, resources = listed(statement.get('Action', statement.get('NotAction'))), listed(statement.get('Resource', '*'))
                yield {
                    'principal': name, 'policy': policy.name, 'statement': index,
                    'byAws': ':iam::aws:policy/' in managed.get(policy.name, ''), 'resources': resources,
                    'used': [each for each in actions if any(like(action, each.lower()) for action, _ in used)],
                    'unused': [each for each in actions if not any(like(action, each.lower()) for action, _ in used)],
                    'unusedResources': [each for each in resources if not any(like(resource, each) for _, resource in used)],
                }


def subject(check: Optional[Check], service: str, action: str) -> str:
    """What was asked for, for a sentence."""
    return f'{check.action} on {check.resource.arn}' if check else f'{service}:{action}'
