"""Signals of nodes that nobody boots, by a clock that nobody waits for: creation policies hold or fail as their timeout says.

Off by default: then creation policies never wait. AWS: CloudFormation template reference, "CreationPolicy attribute".
"""

import os
from math import ceil
from typing import Any, NamedTuple

from moto.cloudformation.exceptions import ValidationError

from .durations import seconds_of

SIGNALS, BOOT, START, QUEUED = (f'CARBON_EMULATOR_{name}' for name in ('SIGNALS', 'BOOT_SECONDS', 'START_SECONDS', 'QUEUED_STARTS'))
DEFAULT_TIMEOUT = 'PT5M'
START_PHASES = ('start', 'join', 'health')
"""What a node does in its turn, if starts queue; everything before goes on at once on all nodes."""


class Signal(NamedTuple):
    seconds: float
    """When it comes, after the creation of the group."""
    unique_id: str
    status: str


class Boots(NamedTuple):
    """How long every boot takes."""

    seconds: float
    start_seconds: float
    queued: bool

    def end(self, place: int) -> float:
        """When the node in this place of the queue is in service; the first place is 0."""
        return self.seconds + self.start_seconds * (place + 1 if self.queued else 1)


def simulated() -> Boots | None:
    if os.environ.get(SIGNALS) != 'simulated':
        return None
    return Boots(float(os.environ.get(BOOT, 180)), float(os.environ.get(START, 90)), os.environ.get(QUEUED) == 'true')


def signals_of(boots: Boots, nodes: list[str], failing_phase: str = '') -> list[Signal]:
    """One signal per node; the first node fails if a phase is to fail."""
    signals = [Signal(boots.end(place), node, 'SUCCESS') for place, node in enumerate(nodes)]
    if failing_phase:
        seconds = boots.end(0) if failing_phase in START_PHASES else boots.seconds
        signals[0] = Signal(seconds, f'{nodes[0]}:{failing_phase}:1', 'FAILURE')
    return sorted(signals)


def check(policy: dict[str, Any], signals: list[Signal]) -> list[Signal]:
    """The signals that CloudFormation waits for; raises ValidationError if they do not suffice."""
    asked = policy.get('ResourceSignal', {})
    count, timeout = int(asked.get('Count', 1)), seconds_of(asked.get('Timeout', DEFAULT_TIMEOUT))
    percent = int(policy.get('AutoScalingCreationPolicy', {}).get('MinSuccessfulInstancesPercent', 100))
    needed = ceil(count * percent / 100)
    heard: list[Signal] = []
    for signal in signals:
        if signal.seconds > timeout:
            break
        heard.append(signal)
        failed = sum(each.status == 'FAILURE' for each in heard)
        if count - failed < needed:
            raise ValidationError(message=f'Received {failed} FAILURE signal(s) out of {count}. Unable to satisfy {percent}% '
                                          'MinSuccessfulInstancesPercent requirement')
        if len(heard) - failed >= needed:
            return heard
    missing = needed - sum(each.status == 'SUCCESS' for each in heard)
    raise ValidationError(message=f'Failed to receive {missing} resource signal(s) within the specified duration')
