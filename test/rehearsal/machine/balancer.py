"""
A load balancer at work: HAProxy in a namespace of its own.

Each target group has a fixed number of places; registering a target gives a place its address through HAProxy's
runtime commands. A place starts unhealthy, as a target on AWS does, and serves when its health check has passed as
often as the target group demands.
"""

from __future__ import annotations

import csv
import threading
import time
from dataclasses import dataclass
from typing import Callable, Optional

from authority import Authority
from balancer_config import (actions_of, backend_name, body_file, check_interval, checks_http, groups_of, host_map,
                             is_tls, place_name, render)
from document import Cluster, LoadBalancer, TargetGroup
from events import Events, JsonLinesFile
from haproxy import HaProxy
from system import write_file

#: Places beyond those taken at the start, for nodes that come while others still go.
_SPARE_PLACES = 8

_POLL_SECONDS = 0.25


@dataclass
class Target:
    group: TargetGroup
    instance: str
    place: str
    since: float
    state: str = ''
    reason: Optional[str] = None

    @property
    def path(self) -> str:
        return f'{backend_name(self.group.id)}/{self.place}'

    def as_json(self) -> dict:
        return {'targetGroup': self.group.id, 'instance': self.instance, 'state': self.state,
                **({'reason': self.reason} if self.reason else {})}


class Balancer:
    def __init__(self, cluster: Cluster, balancer: LoadBalancer, namespace: str, authority: Authority, events: Events,
                 folder: str, log: JsonLinesFile):
        self.balancer = balancer
        self.namespace = namespace
        self._cluster = cluster
        self._authority = authority
        self._events = events
        self._folder = folder
        self._log = log
        self._proxy = HaProxy(namespace, folder, namespace, self._record)
        self._places = {group: len(cluster.target_group(group).targets) + _SPARE_PLACES
                        for group in groups_of(balancer)}
        self._targets: list[Target] = []
        self._lock = threading.Lock()
        #: Who wants to know of the request with this trace id.
        self._expected: dict[str, Callable[[dict], None]] = {}
        self.statuses: dict[str, int] = {}

    def start(self) -> None:
        certificates = {}
        for listener in self.balancer.listeners:
            if is_tls(listener):
                names = listener.certificateNames or [self.balancer.dnsName]
                name = f'{self.namespace}-{listener.port}'
                certificates[listener.port] = self._authority.bundle(names, self._folder, name)
            for index, action in enumerate(actions_of(listener)):
                if action.fixedResponse:
                    write_file(body_file(self._folder, listener, index), action.fixedResponse.body)
        for group_id in self._places:
            write_file(host_map(self._folder, group_id), '')
        self._proxy.start(render(self._cluster, self.balancer, certificates, self._folder, self._proxy.socket,
                                 self._places))
        threading.Thread(target=self._watch, name=f'{self.namespace}-health', daemon=True).start()

    def expect(self, trace: str, tell: Callable[[dict], None]) -> None:
        """Tells of the request with this X-Amzn-Trace-Id when it has been answered."""
        self._expected[trace] = tell

    @property
    def group_ids(self) -> list[str]:
        return list(self._places)

    def register(self, group_id: str, instance: str, address: str) -> None:
        group = self._cluster.target_group(group_id)
        with self._lock:
            taken = {target.place for target in self._targets if target.group is group}
            place = next((place_name(index) for index in range(self._places[group_id])
                          if place_name(index) not in taken), None)
            if place is None:
                raise RuntimeError(f'target group {group_id} has no room for another target')
            target = Target(group, instance, place, time.monotonic())
            self._targets.append(target)
        if checks_http(group):
            hosts = host_map(self._folder, group_id)
            self._proxy.command(f'del map {hosts} {place}')
            self._proxy.order(f'add map {hosts} {place} {address}:{group.health.port or group.port}')
        # Answers what it changed; a mistake in it would show in the next order.
        self._proxy.command(f'set server {target.path} addr {address}')
        # In one breath: a place that becomes ready counts as healthy until it is told otherwise.
        self._proxy.order(f'set server {target.path} health down; set server {target.path} state ready; '
                          f'set server {target.path} health down')
        self._tell(target, 'initial', 'Elb.InitialHealthChecking')

    def deregister(self, group_id: str, instance: str, delay: Optional[float] = None) -> None:
        """No new connections from now on; the ones there are may last for the deregistration delay."""
        for target in self._find(group_id, instance):
            self._proxy.order(f'set server {target.path} state drain')
            self._tell(target, 'draining', 'Target.DeregistrationInProgress')
            seconds = target.group.deregistrationDelay if delay is None else delay
            timer = threading.Timer(seconds, self._forget, [target])
            timer.daemon = True
            timer.start()

    def _forget(self, target: Target) -> None:
        self._proxy.command(f'set server {target.path} state maint; shutdown sessions server {target.path}')
        with self._lock:
            self._targets = [one for one in self._targets if one is not target]
        self._tell(target, 'unused', 'Target.NotRegistered')

    def _find(self, group_id: str, instance: str) -> list[Target]:
        with self._lock:
            return [target for target in self._targets
                    if target.group.id == group_id and target.instance == instance and target.state != 'draining']

    def has(self, group_id: str, instance: str) -> bool:
        return bool(self._find(group_id, instance))

    def instance_at(self, backend: str, place: str) -> Optional[str]:
        with self._lock:
            for target in self._targets:
                if target.place == place and backend_name(target.group.id) == backend:
                    return target.instance
        return None

    def health(self) -> list[dict]:
        with self._lock:
            return [target.as_json() for target in self._targets]

    def _record(self, record: dict) -> None:
        record['instance'] = self.instance_at(record['group'], record['place'])
        record['loadBalancer'] = self.balancer.name
        record['time'] = round(time.time(), 3)
        status = str(record.get('status', 'tcp'))
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self._log.write(record)
        tell = self._expected.pop(record.get('trace', ''), None)
        if tell is not None:
            tell(record)

    def _watch(self) -> None:
        while True:
            time.sleep(_POLL_SECONDS)
            try:
                rows = parse_stat(self._proxy.command('show stat'))
            except OSError:
                return  # HAProxy has ended, as all ends
            with self._lock:
                targets = list(self._targets)
            for target in targets:
                row = rows.get(target.path)
                if row and target.state != 'draining':
                    age = time.monotonic() - target.since
                    self._tell(target, *state_of(row, target.group, age, self._cluster.healthCheckSpeed))

    def _tell(self, target: Target, state: str, reason: Optional[str]) -> None:
        news = state != target.state or _code(reason) != _code(target.reason)
        target.state, target.reason = state, reason
        if not news:
            return
        self._events.emit('target-health', loadBalancer=self.balancer.name, node=target.instance, **target.as_json())


def _code(reason: Optional[str]) -> str:
    """A reason without its detail, which wavers while a check is under way."""
    return (reason or '').split(' ')[0]


def parse_stat(text: str) -> dict[str, dict[str, str]]:
    """HAProxy's table of servers, by backend/place."""
    rows = csv.DictReader(text.lstrip('# ').splitlines())
    return {f'{row["pxname"]}/{row["svname"]}': row for row in rows if row.get('svname', '').startswith('place-')}


#: HAProxy's outcomes of a check as AWS's reason codes.
_REASONS = {'L7STS': 'Target.ResponseCodeMismatch', 'L4TOUT': 'Target.Timeout', 'L6TOUT': 'Target.Timeout',
            'L7TOUT': 'Target.Timeout'}


def state_of(row: dict[str, str], group: TargetGroup, age: float, speed: float) -> tuple[str, Optional[str]]:
    """A target's state and reason in AWS's words."""
    if row['status'].startswith('UP') or row['status'] == 'no check':
        return 'healthy', None
    outcome = row['check_status'].lstrip('* ')
    patience = check_interval(group.health, speed) * group.health.unhealthy
    passing = outcome.endswith('OK') or outcome in ('', 'INI')
    if passing or age < patience:
        return 'initial', 'Elb.InitialHealthChecking'
    reason = _REASONS.get(outcome, 'Target.FailedHealthChecks')
    detail = row.get('check_code') if outcome == 'L7STS' else row.get('last_chk') or row.get('check_desc')
    return 'unhealthy', f'{reason} ({detail})' if detail else reason
