"""What a group says of the instances that it launched and ended (`describe-scaling-activities`); moto says nothing.

AWS: Amazon EC2 Auto Scaling API reference, "Activity".
"""

from typing import Any
from uuid import uuid4

from moto.autoscaling.models import FakeAutoScalingGroup
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult
from moto.core.utils import utcnow

_activities: dict[str, list[dict[str, Any]]] = {}


def repair() -> None:
    AutoScalingResponse.describe_scaling_activities = describe


def describe(self: AutoScalingResponse) -> ActionResult:
    """The newest first, and those of groups that are gone only when their group is named."""
    name = self._get_param('AutoScalingGroupName')
    groups = [name] if name else list(self.autoscaling_backend.autoscaling_groups)
    found = [each for group in groups for each in _activities.get(group, [])]
    return ActionResult({'Activities': sorted(found, key=lambda each: each['StartTime'], reverse=True)})


def begin(group: FakeAutoScalingGroup, what: str) -> dict[str, Any]:
    activity = {
        'ActivityId': str(uuid4()), 'AutoScalingGroupName': group.name, 'AutoScalingGroupARN': group.arn, 'Description': what, 'Cause': '',
        'StartTime': utcnow(), 'StatusCode': 'InProgress', 'Progress': 50}
    _activities.setdefault(group.name, []).append(activity)
    return activity


def end(activity: dict[str, Any]) -> None:
    activity.update(EndTime=utcnow(), StatusCode='Successful', Progress=100)


def note_launch(group: FakeAutoScalingGroup, instance_id: str) -> None:
    end(begin(group, f'Launching a new EC2 instance: {instance_id}'))
