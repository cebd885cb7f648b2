"""Auto scaling: groups that spread over their subnets and launch what their template says, policies, hooks and their answers."""

from typing import Any

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import ASG_NAME_TAG, AutoScalingBackend, FakeAutoScalingGroup, InstanceState, autoscaling_backends
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.common_models import CloudFormationModel
from moto.core.responses import EmptyResult

from . import activities
from .ec2 import launch, read_template
from .leaving import answer
from .resource import AddedResource, Request, give_attributes, number

original_launch = FakeAutoScalingGroup.replace_autoscaling_group_instances


def repair() -> None:
    FakeAutoScalingGroup.replace_autoscaling_group_instances = launch_instances
    AutoScalingBackend.update_attached_target_groups = register_targets
    AutoScalingResponse.complete_lifecycle_action = answer_hook
    AutoScalingResponse.record_lifecycle_action_heartbeat = answer_hook
    create_with_stack_tags()
    give_attributes(FakeAutoScalingGroup, {'AutoScalingGroupARN': lambda group: group.arn})


def create_with_stack_tags() -> None:
    """CloudFormation adds its own tags to a group, and the group hands them on to its instances."""
    original = FakeAutoScalingGroup.create_from_cloudformation_json

    def create(cls: type, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str,
               **kwargs: Any) -> FakeAutoScalingGroup:
        properties = cloudformation_json['Properties']
        own = [{'Key': key, 'Value': value, 'PropagateAtLaunch': True} for key, value in stack_tags(kwargs).items()]
        document = {**cloudformation_json, 'Properties': {**properties, 'Tags': [*properties.get('Tags', []), *own]}}
        return original(resource_name, document, account_id, region_name, **kwargs)

    FakeAutoScalingGroup.create_from_cloudformation_json = classmethod(create)


def stack_tags(extra: dict[str, Any]) -> dict[str, str]:
    if not extra:  # moto updates a group by making it anew, and does not say for which stack
        return {}
    return {'aws:cloudformation:stack-name': extra['StackId'].split('/')[1], 'aws:cloudformation:stack-id': extra['StackId'],
            'aws:cloudformation:logical-id': extra['LogicalId']}


def launch_instances(self: FakeAutoScalingGroup, count_needed: int, propagated_tags: dict[str, str]) -> None:
    """One instance after the other into the subnet that has the fewest: moto puts all of them into the first."""
    if not self.ec2_launch_template or not self.vpc_zone_identifier:
        original_launch(self, count_needed, propagated_tags)
        return
    reference = {'LaunchTemplateId': self.ec2_launch_template.id, 'Version': self.launch_template_version}
    data = read_template(self.ec2_backend, reference)
    tags = {**propagated_tags, ASG_NAME_TAG: self.name}
    for _ in range(count_needed):
        instance = launch(self.ec2_backend, data, emptiest_subnet(self), tags, reference)
        instance.autoscaling_group = self
        instance.template_version = str(self.launch_template_version)
        state = InstanceState(instance, protected_from_scale_in=self.new_instances_protected_from_scale_in)
        self.instance_states.append(state)
        activities.note_launch(self, instance.id)


def emptiest_subnet(group: FakeAutoScalingGroup) -> str:
    subnets = group.vpc_zone_identifier.split(',')
    used = [state.instance.subnet_id for state in group.instance_states]
    return min(subnets, key=used.count)


def register_targets(self: AutoScalingBackend, group_name: str) -> None:
    """Instances that left the group leave its target groups too."""
    group = self.autoscaling_groups[group_name]
    present = [state.instance.id for state in group.active_instances()]
    for target_group in filter(None, map(self.elbv2_backend.target_groups.get, group.target_group_arns)):
        target_group.register([{'Id': each, 'Port': target_group.port} for each in present if each not in target_group.targets])
        for gone in [each for each in target_group.targets if each.startswith('i-') and is_gone(group, each)]:
            target_group.deregister([{'Id': gone}])


def is_gone(group: FakeAutoScalingGroup, instance_id: str) -> bool:
    instance = group.ec2_backend.get_instance(instance_id)
    return instance.state in ('shutting-down', 'terminated')


def answer_hook(self: AutoScalingResponse) -> EmptyResult:
    """Completing an action and asking for more time: accepted where there is such a hook and instance."""
    group, name, instance = (self._get_param(each) for each in ('AutoScalingGroupName', 'LifecycleHookName', 'InstanceId'))
    backend = self.autoscaling_backend
    hooks = backend.describe_lifecycle_hooks(group, [name]) if group in backend.autoscaling_groups else []
    if not hooks:
        raise ValidationError(f'No active Lifecycle Action found with the lifecycle hook {name} of the group {group}')
    if instance:
        backend.ec2_backend.get_instance(instance)
        if self._get_action() == 'CompleteLifecycleAction':
            answer(group, instance)
    return EmptyResult()


class ScalingPolicy(AddedResource, CloudFormationModel):
    TYPE = 'AWS::AutoScaling::ScalingPolicy'
    ATTRIBUTES = ('Arn', 'PolicyName')

    @classmethod
    def make(cls, request: Request) -> 'ScalingPolicy':
        get = request.get
        policy = request.backend(autoscaling_backends).put_scaling_policy(
            name=request.name, policy_type=get('PolicyType', 'SimpleScaling'),
            metric_aggregation_type=get('MetricAggregationType'), adjustment_type=get('AdjustmentType'),
            as_name=get('AutoScalingGroupName'), min_adjustment_magnitude=number(get('MinAdjustmentMagnitude')),
            scaling_adjustment=number(get('ScalingAdjustment')), cooldown=number(get('Cooldown')),
            target_tracking_config=get('TargetTrackingConfiguration', {}), step_adjustments=get('StepAdjustments', []),
            estimated_instance_warmup=number(get('EstimatedInstanceWarmup')),
            predictive_scaling_configuration=get('PredictiveScalingConfiguration', {}))
        return cls(policy.arn, Arn=policy.arn, PolicyName=request.name)

    def remove(self, request: Request) -> None:
        request.backend(autoscaling_backends).delete_policy(self.attributes['PolicyName'])


class LifecycleHook(AddedResource, CloudFormationModel):
    TYPE = 'AWS::AutoScaling::LifecycleHook'
    NAME_PROPERTY = 'LifecycleHookName'

    @classmethod
    def make(cls, request: Request) -> 'LifecycleHook':
        hook = request.backend(autoscaling_backends).create_lifecycle_hook(
            request.name, request.get('AutoScalingGroupName'), request.get('LifecycleTransition'),
            number(request.get('HeartbeatTimeout')), request.get('DefaultResult'))
        # moto answers with a queue and a role of its own otherwise.
        hook.notification_target_arn = request.get('NotificationTargetARN')
        hook.role_arn = request.get('RoleARN')
        resource = cls(request.name)
        resource.group_name = request.get('AutoScalingGroupName')
        return resource

    def remove(self, request: Request) -> None:
        request.backend(autoscaling_backends).delete_lifecycle_hook(self.group_name, self.physical_resource_id)


