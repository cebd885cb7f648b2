"""How instances leave their auto scaling group: out of the load balancer, drained, held by a lifecycle hook, terminated.

AWS: Amazon EC2 Auto Scaling user guide, "Lifecycle hooks"; the load balancer is waited for before the hook (seen in VirtusLab/kubedrainer#5).
"""

import os
import threading
import time
from typing import Any

from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup, InstanceState

from . import activities

TERMINATING = 'autoscaling:EC2_INSTANCE_TERMINATING'
SPEED = 'CARBON_EMULATOR_SPEED'
"""Load balancers drain, and hooks end unanswered, so many times faster than they say."""

# One thread launches while another ends what has left, and moto goes through lists that both of them change.
changing = threading.RLock()

_answered: dict[tuple[str, str], threading.Event] = {}
original_set_health = AutoScalingBackend.set_instance_health


def repair() -> None:
    AutoScalingBackend.set_instance_health = set_instance_health


def set_instance_health(self: AutoScalingBackend, instance_id: str, health_status: str) -> None:
    """A group replaces what is unhealthy. The grace period is not waited for: moto does not read whether it is to be respected."""
    original_set_health(self, instance_id, health_status)
    group = self.ec2_backend.get_instance(instance_id).autoscaling_group
    state = next(each for each in group.instance_states if each.instance.id == instance_id)
    if health_status == 'Unhealthy' and state.lifecycle_state == 'InService' and 'ReplaceUnhealthy' not in group.suspended_processes:
        leave(group, state)
        add_instances(group, 1)


def add_instances(group: FakeAutoScalingGroup, count: int) -> list[str]:
    """Launches, and registers with the load balancers, what the group's template says now."""
    with changing:
        before = {state.instance.id for state in group.instance_states}
        group.replace_autoscaling_group_instances(count, group.get_propagated_tags())
        group.autoscaling_backend.update_attached_target_groups(group.name)
        group.autoscaling_backend.update_attached_elbs(group.name)
        return [state.instance.id for state in group.instance_states if state.instance.id not in before]


def leave(group: FakeAutoScalingGroup, state: InstanceState) -> None:
    """Begins at once and goes on by itself, as on AWS: whoever lets an instance leave does not wait until it has."""
    state.lifecycle_state = 'Terminating'
    activity = activities.begin(group, f'Terminating EC2 instance: {state.instance.id}')
    seconds = deregister(group, state.instance.id) / speed()
    threading.Thread(target=end, args=(group, state, seconds, activity), daemon=True).start()


def speed() -> float:
    return float(os.environ.get(SPEED, '1'))


def deregister(group: FakeAutoScalingGroup, instance_id: str) -> float:
    """The longest time that a load balancer waits for requests that are under way."""
    backend = group.autoscaling_backend
    delays = [0.0]
    for target_group in filter(None, map(backend.elbv2_backend.target_groups.get, group.target_group_arns)):
        if instance_id in target_group.targets:
            target_group.deregister([{'Id': instance_id}])
            delays.append(float(target_group.attributes.get('deregistration_delay.timeout_seconds', 300)))
    for name in group.load_balancer_names or []:
        balancer = backend.elb_backend.get_load_balancer(name)
        backend.elb_backend.deregister_instances(name, {instance_id}, from_autoscaling=True)
        draining = balancer.attributes['connection_draining']
        delays.append(float(draining.get('timeout') or 300) if draining['enabled'] else 0.0)
    return max(delays)


def end(group: FakeAutoScalingGroup, state: InstanceState, draining_seconds: float, activity: dict[str, Any]) -> None:
    time.sleep(draining_seconds)
    hooks = [each for each in group.autoscaling_backend.describe_lifecycle_hooks(group.name) if each.lifecycle_transition == TERMINATING]
    if hooks:
        answered = _answered.setdefault((group.name, state.instance.id), threading.Event())
        state.lifecycle_state = 'Terminating:Wait'
        answered.wait(max(float(each.heartbeat_timeout) for each in hooks) / speed())
        state.lifecycle_state = 'Terminating:Proceed'
    with changing:
        group.ec2_backend.terminate_instances([state.instance.id])
        group.instance_states = [each for each in group.instance_states if each is not state]
    activities.end(activity)


def answer(group_name: str, instance_id: str) -> None:
    """The instance of a hook has done what it had to do."""
    if (group_name, instance_id) in _answered:
        _answered[group_name, instance_id].set()
