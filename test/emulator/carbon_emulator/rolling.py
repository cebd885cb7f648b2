"""CloudFormation's rolling update of auto scaling groups: batches, the minimum in service, signals, and the way back.

AWS: CloudFormation template reference, "UpdatePolicy attribute", and the events that it writes.
"""

import threading
import time
from typing import Any, Callable, Iterator

from moto.autoscaling.models import FakeAutoScalingGroup

from .durations import seconds_of
from . import boots
from .leaving import add_instances, leave
from .resource import cannot_update

GROUP_TYPE = 'AWS::AutoScaling::AutoScalingGroup'
SIZES = {'MinSize': 'min_size', 'MaxSize': 'max_size'}
CHANGING = {'LaunchTemplate', 'DesiredCapacity', 'HealthCheckGracePeriod', 'Tags', *SIZES}

_signals: dict[tuple[str, str], list[tuple[str, str]]] = {}
_arrived = threading.Condition()

Say = Callable[[str], None]


class RollingFailed(Exception):
    """New instances did not say that they are in service: the update goes back."""


def take_signal(stack_id: str, logical_id: str, unique_id: str, status: str) -> None:
    with _arrived:
        _signals.setdefault((stack_id, logical_id), []).append((unique_id, status))
        _arrived.notify_all()


class Signals:
    """Those that a group gets from a moment on."""

    def __init__(self, stack_id: str, logical_id: str, seconds: float):
        self.key = (stack_id, logical_id)
        self.seconds = seconds

    def wait(self, count: int, launch: Callable[[], Any]) -> None:
        with _arrived:
            first = len(_signals.get(self.key, []))
        launch()
        end = time.monotonic() + self.seconds
        with _arrived:
            while True:
                latest = dict(_signals.get(self.key, [])[first:])
                failed = sum(status == 'FAILURE' for status in latest.values())
                if failed:
                    raise RollingFailed(f'Received {failed} FAILURE signal(s) out of {count}. Unable to satisfy 100% '
                                        'MinSuccessfulInstancesPercent requirement')
                if len(latest) >= count:
                    return
                if not _arrived.wait(end - time.monotonic()) and time.monotonic() > end:
                    raise RollingFailed(f'Failed to receive {count - len(latest)} resource signal(s) for the current batch.  Each resource '
                                        'signal timeout is counted as a FAILURE.')


def in_order(resources: dict[str, Any]) -> Iterator[str]:
    """The groups, each after those that it depends on."""
    waiting = [name for name, each in resources.items() if each['Type'] == GROUP_TYPE]
    while waiting:
        ready = next((name for name in waiting if not set(dependencies(resources[name])) & set(waiting)), waiting[0])
        waiting.remove(ready)
        yield ready


def dependencies(resource: dict[str, Any]) -> list[str]:
    value = resource.get('DependsOn', [])
    return [value] if isinstance(value, str) else value


def change(group: FakeAutoScalingGroup, before: dict[str, Any], after: dict[str, Any], logical_id: str) -> None:
    """Everything that is not the instances'."""
    changed = {key for key in {*before, *after} if before.get(key) != after.get(key)}
    if changed - CHANGING:
        raise cannot_update(f'{", ".join(sorted(changed - CHANGING))} of {GROUP_TYPE} (logical id {logical_id})')
    for name, attribute in SIZES.items():
        setattr(group, attribute, int(after[name]))
    # Without a wish in the template the group keeps what it has, within its limits.
    desired = int(after.get('DesiredCapacity', group.desired_capacity))
    group.desired_capacity = min(max(desired, group.min_size), group.max_size)
    if 'LaunchTemplate' in after:
        use_version(group, after['LaunchTemplate']['Version'])


def use_version(group: FakeAutoScalingGroup, version: Any) -> None:
    group.launch_template_version = group.provided_launch_template_version = str(version)


def adjust(group: FakeAutoScalingGroup) -> None:
    """To the number that is wanted now, the newest going first."""
    surplus = len(group.active_instances()) - group.desired_capacity
    for state in group.active_instances()[group.desired_capacity:] if surplus > 0 else []:
        leave(group, state)
    if surplus < 0:
        add_instances(group, -surplus)


def roll(group: FakeAutoScalingGroup, policy: dict[str, Any], stack_id: str, logical_id: str, say: Say) -> None:
    """Replaces what was launched from another version than the group's."""
    batch, minimum = int(policy.get('MaxBatchSize', 1)), int(policy.get('MinInstancesInService', 0))
    if minimum >= group.max_size:
        raise RollingFailed("MinInstancesInService must be less than the autoscaling group's MaxSize")
    obsolete = [state for state in group.active_instances() if is_obsolete(group, state)]
    if not obsolete:
        return
    waits = str(policy.get('WaitOnResourceSignals', False)).lower() == 'true'
    signals = Signals(stack_id, logical_id, seconds_of(policy['PauseTime']) if waits else 0)
    say(f'Rolling update initiated. Terminating {len(obsolete)} obsolete instance(s) in batches of {batch}, while keeping at least '
        f'{minimum} instance(s) in service.')
    suspended = list(group.suspended_processes)
    group.suspended_processes = [*suspended, *policy.get('SuspendProcesses', [])]
    try:
        Roll(group, minimum, batch, signals if waits else None, say).run(obsolete)
    finally:
        group.suspended_processes = suspended


class Roll:
    def __init__(self, group: FakeAutoScalingGroup, minimum: int, batch: int, signals: Signals | None, say: Say):
        self.group, self.minimum, self.batch, self.signals, self.say = group, minimum, batch, signals, say

    def run(self, obsolete: list[Any]) -> None:
        group = self.group
        more = min(max(group.desired_capacity, self.minimum + self.batch), group.max_size) - len(group.active_instances())
        if more > 0:
            self.say(f'Temporarily setting autoscaling group MinSize and DesiredCapacity to {len(group.active_instances()) + more}.')
            self.add(more)
        while obsolete:
            leaving, obsolete = obsolete[:self.batch], obsolete[self.batch:]
            fresh = sum(not is_obsolete(group, state) for state in group.active_instances())
            new = max(0, min(len(leaving), group.desired_capacity - fresh))
            names = ','.join(state.instance.id for state in leaving)
            self.say(f'Terminating instance(s) [{names}]; replacing with {new} new instance(s).')
            for state in leaving:
                leave(group, state)
            self.add(new)

    def add(self, count: int) -> None:
        if count == 0:
            return
        if self.signals is None:
            add_instances(self.group, count)
            return
        self.say(f'New instance(s) added to autoscaling group - Waiting on {count} resource signal(s).')
        self.signals.wait(count, lambda: self.launch(count))

    def launch(self, count: int) -> None:
        """Where signals are simulated, every node that replaces one says at once that it is in service."""
        for instance_id in add_instances(self.group, count):
            if boots.simulated():
                self.say(f'Received SUCCESS signal with UniqueId {instance_id}')
                take_signal(*self.signals.key, instance_id, 'SUCCESS')


def is_obsolete(group: FakeAutoScalingGroup, state: Any) -> bool:
    return state.instance.template_version != str(group.launch_template_version)
