"""How a stack is deleted, and what an update drops: whatever depends on something goes before it, groups wait until their instances have left, what is to be kept
stays, and a type that nobody here can remove fails the deletion by its name.

moto deletes in any order, tries again what was refused, and takes a type that it cannot delete for deleted.
"""

import re
import sys
import threading
import time
import traceback
from typing import Any, Callable, Iterator

from moto.autoscaling.models import FakeAutoScalingGroup, autoscaling_backends
from moto.cloudformation import models as stacks
from moto.cloudformation import parsing
from moto.ec2 import ec2_backends
from moto.ec2.models.nat_gateways import NatGateway
from moto.ec2.models.vpcs import VPC
from moto.elbv2.models import FakeLoadBalancer, elbv2_backends
from moto.iam.exceptions import DeleteConflictException
from moto.iam.models import ManagedPolicy, Role, User, iam_backends
from moto.kms.models import kms_backends
from moto.rds.models import rds_backends
from moto.route53.models import FakeZone, route53_backends

from . import engine, leaving, rolling
from .resource import AddedResource, Request, cannot_remove

NAMES = re.compile(r'\$\{([^}!.]+)[^}]*\}')
PAUSE_SECONDS = 0.02

Remove = Callable[[Any, Request], Any]

original_diff = parsing.ResourceMap.build_resource_diff


def repair() -> None:
    stacks.CloudFormationBackend.delete_stack = delete_stack
    parsing.ResourceMap.build_resource_diff = remove_nothing_yet
    parsing.ResourceMap.update = update_and_clean_up


def remove_nothing_yet(self: parsing.ResourceMap, *arguments: Any) -> dict[str, Any]:
    return {**original_diff(self, *arguments), 'Remove': []}


def update_and_clean_up(self: parsing.ResourceMap, template: dict[str, Any], parameters: Any = None) -> None:
    """What is no longer in the template goes at the end, when nobody needs it any more: moto begins with that. What cannot go stays, and the
    update is complete all the same."""
    dropped = {name: each for name, each in self._resource_json_map.items() if name not in template['Resources']}
    engine.update_map(self, template, parameters)
    delete_resources(engine.find_stack(self), dropped)
    for name in dropped:
        self._parsed_resources.pop(name, None)


def delete_stack(self: stacks.CloudFormationBackend, name_or_stack_id: str) -> None:
    """In a thread of its own, because instances take their time to leave."""
    stack = next((each for each in self.stacks.values() if name_or_stack_id in (each.name, each.stack_id)), None)
    if stack is None or stack.status == 'DELETE_IN_PROGRESS':
        return
    stack.status = 'DELETE_IN_PROGRESS'
    stack._add_stack_event('DELETE_IN_PROGRESS', resource_status_reason='User Initiated')
    deleting = threading.Thread(target=delete, args=(self, stack), daemon=True)
    deleting.start()
    deleting.join(engine.QUICK_SECONDS)


def delete(backend: stacks.CloudFormationBackend, stack: stacks.Stack) -> None:
    exports = [export.name for export in stack.exports]
    # Nobody who looks at the stack meanwhile makes again what has gone.
    stack.resource_map.is_closed = True
    finish_deletion(backend, stack, delete_resources(stack, stack.resource_map._resource_json_map))
    for name in exports:
        if stack.status == 'DELETE_COMPLETE':
            backend.exports.pop(name, None)


def finish_deletion(backend: stacks.CloudFormationBackend, stack: stacks.Stack, failed: list[str]) -> None:
    if failed:
        stack._add_stack_event('DELETE_FAILED', resource_status_reason=f'The following resource(s) failed to delete: [{", ".join(failed)}]. ')
        stack.status = 'DELETE_FAILED'
        return
    stack._add_stack_event('DELETE_COMPLETE')
    stack.status = 'DELETE_COMPLETE'
    backend.deleted_stacks[stack.stack_id] = backend.stacks.pop(stack.stack_id)


def delete_resources(stack: stacks.Stack, documents: dict[str, Any], policy_of: Callable[[str], str] | None = None) -> list[str]:
    """All but what failed and what that depends on, as CloudFormation does; the names of what failed."""
    policy_of = policy_of or (lambda name: policy_on_deletion(documents[name]))
    needed = needs_of(documents)
    failed: list[str] = []
    blocked: set[str] = set()
    for logical_id in in_order(needed):
        try:
            if logical_id not in blocked:
                delete_resource(stack, logical_id, documents[logical_id], policy_of(logical_id))
                continue
        except Exception:
            traceback.print_exc(file=sys.stderr)
            failed.append(logical_id)
        blocked |= needed[logical_id]
    return failed


# The order

def needs_of(resources: dict[str, Any]) -> dict[str, set[str]]:
    return {name: {each for each in names_in(document) if each in resources} for name, document in resources.items()}


def in_order(needed: dict[str, set[str]]) -> Iterator[str]:
    """The last made first, and each after whatever depends on it."""
    waiting = list(reversed(needed))
    while waiting:
        needs = set().union(*(needed[name] for name in waiting))
        free = next((name for name in waiting if name not in needs), waiting[0])
        waiting.remove(free)
        yield free


def names_in(value: Any) -> Iterator[str]:
    """What a resource depends on: its references, and what it says itself."""
    if isinstance(value, list):
        for each in value:
            yield from names_in(each)
    if not isinstance(value, dict):
        return
    for key, each in value.items():
        if key in ('Ref', 'DependsOn', 'Fn::GetAtt'):
            yield from names_of(key, each)
        elif key == 'Fn::Sub':
            yield from NAMES.findall(each if isinstance(each, str) else each[0])
        yield from names_in(each)


def names_of(key: str, value: Any) -> list[str]:
    if key == 'DependsOn':
        return [value] if isinstance(value, str) else value
    if key == 'Ref':
        return [value]
    return [value.split('.')[0] if isinstance(value, str) else value[0]]


# One resource

def policy_on_deletion(document: dict[str, Any]) -> str:
    """`Retain`, `Snapshot` or `Delete`."""
    policy = document.get('DeletionPolicy', 'Delete')
    return 'Retain' if policy == 'RetainExceptOnCreate' else policy


def delete_resource(stack: stacks.Stack, logical_id: str, document: dict[str, Any], policy: str) -> None:
    resources = stack.resource_map
    resource = resources._parsed_resources.get(logical_id)
    kind = document['Type']
    if resource is None:
        return
    physical_id = str(getattr(resource, 'physical_resource_id', ''))
    if policy == 'Retain':
        engine.add_event(stack, logical_id, physical_id, kind, 'DELETE_SKIPPED')
        return
    engine.add_event(stack, logical_id, physical_id, kind, 'DELETE_IN_PROGRESS')
    properties = getattr(resource, 'created_with', None) or parsing.clean_json(document.get('Properties', {}), resources)
    request = Request('', logical_id, stack.stack_id, resources._account_id, resources._region_name, properties)
    try:
        if policy == 'Snapshot':
            take_snapshot(resource, kind, request)
        remover(kind, resource)(resource, request)
    except Exception as error:
        engine.add_event(stack, logical_id, physical_id, kind, 'DELETE_FAILED', engine.describe(error))
        raise
    resources._parsed_resources.pop(logical_id, None)
    engine.add_event(stack, logical_id, physical_id, kind, 'DELETE_COMPLETE')


def remover(kind: str, resource: Any) -> Remove:
    if kind in REMOVERS:
        return REMOVERS[kind]
    if isinstance(resource, AddedResource):
        return lambda added, request: added.remove(request)
    model = parsing.resource_class_from_type(kind)
    if 'delete' in vars(model):
        return lambda own, request: own.delete(request.account, request.region)
    if not hasattr(model.delete_from_cloudformation_json, '__isabstractmethod__'):
        return lambda own, request: model.delete_from_cloudformation_json(
            own.physical_resource_id, {'Type': kind, 'Properties': request.properties}, request.account, request.region)
    raise cannot_remove(f'{kind}')


def take_snapshot(database: Any, kind: str, request: Request) -> None:
    if kind != 'AWS::RDS::DBInstance':
        raise cannot_remove(f'{kind} with a snapshot')
    name = f'{database.db_instance_identifier}-snapshot-{request.stack_id[-12:]}'
    request.backend(rds_backends).create_db_snapshot(database.db_instance_identifier, name, snapshot_type='manual')


def remove_group(group: FakeAutoScalingGroup, request: Request) -> None:
    """To none, and then without the group: CloudFormation waits until the last instance has ended. Its hook has gone before."""
    group.min_size = group.max_size = group.desired_capacity = 0
    for state in group.active_instances():
        leaving.leave(group, state)
    while group.instance_states:
        time.sleep(PAUSE_SECONDS)
    request.backend(autoscaling_backends).delete_auto_scaling_group(group.name)


def remove_load_balancer(balancer: FakeLoadBalancer, request: Request) -> None:
    if balancer.attrs.get('deletion_protection.enabled') == 'true':
        raise engine.ValidationError(message=f"Load balancer '{balancer.arn}' cannot be deleted because deletion protection is enabled")
    request.backend(elbv2_backends).delete_load_balancer(balancer.arn)


def remove_nat_gateway(gateway: NatGateway, request: Request) -> None:
    """Its network interface goes with it; moto leaves that."""
    backend = request.backend(ec2_backends)
    backend.delete_nat_gateway(gateway.id)
    backend.delete_network_interface(gateway._eni.id)


def remove_network(vpc: VPC, request: Request) -> None:
    """What every VPC is born with goes with it; moto leaves the access control list."""
    backend = request.backend(ec2_backends)
    backend.delete_vpc(vpc.id)
    for name in [name for name, each in backend.network_acls.items() if each.vpc_id == vpc.id and each.default]:
        del backend.network_acls[name]
    backend.groups.pop(vpc.id, None)


def remove_zone(zone: FakeZone, request: Request) -> None:
    """Its name servers go with it; moto keeps the list of them."""
    backend = request.global_backend(route53_backends)
    backend.delete_hosted_zone(zone.id)
    for name in [name for name, each in backend.delegation_sets.items() if each is zone.delegation_set]:
        del backend.delegation_sets[name]


def revoke(side: str) -> Remove:
    def remove(rule: Any, request: Request) -> None:
        backend = request.backend(ec2_backends)
        getattr(backend, f'revoke_security_group_{side}')(
            request.get('GroupId'), '', '', '', [], security_rule_ids=[rule.physical_resource_id])
    return remove


def remove_managed_policy(policy: ManagedPolicy, request: Request) -> None:
    backend = request.global_backend(iam_backends)
    for role in backend.roles.values():
        if policy.arn in role.managed_policies:
            backend.detach_role_policy(policy.arn, role.name)
    for user in backend.users.values():
        if policy.arn in user.managed_policies:
            backend.detach_user_policy(policy.arn, user.name)
    backend.delete_policy(policy.arn)


def remove_role(role: Role, request: Request) -> None:
    """The policies that the template attached go with it."""
    backend = request.global_backend(iam_backends)
    for arn in set(request.get('ManagedPolicyArns', [])) & role.managed_policies.keys():
        backend.detach_role_policy(arn, role.name)
    for policy in request.get('Policies', []):
        backend.delete_role_policy(role.name, policy['PolicyName'])
    backend.delete_role(role.name)


def remove_user(user: User, request: Request) -> None:
    """IAM deletes none that has keys; moto does."""
    backend = request.global_backend(iam_backends)
    if user.access_keys:
        raise DeleteConflictException('Cannot delete entity, must delete access keys first.')
    for arn in set(request.get('ManagedPolicyArns', [])) & user.managed_policies.keys():
        backend.detach_user_policy(arn, user.name)
    for policy in request.get('Policies', []):
        backend.delete_user_policy(user.name, policy['PolicyName'])
    backend.delete_user(user.name)


REMOVERS: dict[str, Remove] = {
    rolling.GROUP_TYPE: remove_group,
    'AWS::EC2::EIP': lambda address, request: request.backend(ec2_backends).release_address(allocation_id=address.allocation_id),
    'AWS::EC2::InternetGateway': lambda gateway, request: request.backend(ec2_backends).delete_internet_gateway(gateway.id),
    'AWS::EC2::NatGateway': remove_nat_gateway,
    'AWS::EC2::Route': lambda _, request: request.backend(ec2_backends).delete_route(
        request.get('RouteTableId'), request.get('DestinationCidrBlock'), request.get('DestinationIpv6CidrBlock')),
    'AWS::EC2::RouteTable': lambda table, request: request.backend(ec2_backends).delete_route_table(table.id),
    'AWS::EC2::SecurityGroup': lambda group, request: request.backend(ec2_backends).delete_security_group(group_id=group.id),
    'AWS::EC2::SecurityGroupEgress': revoke('egress'),
    'AWS::EC2::SecurityGroupIngress': revoke('ingress'),
    'AWS::EC2::SubnetRouteTableAssociation': lambda association, request: request.backend(ec2_backends).subnet_associations.pop(
        f'{association.route_table_id}:{association.subnet_id}'),
    'AWS::EC2::VPC': remove_network,
    'AWS::EC2::VPCGatewayAttachment': lambda _, request: request.backend(ec2_backends).detach_internet_gateway(
        request.get('InternetGatewayId'), request.get('VpcId')),
    'AWS::ElasticLoadBalancingV2::Listener': lambda listener, request: request.backend(elbv2_backends).delete_listener(listener.arn),
    'AWS::ElasticLoadBalancingV2::ListenerRule': lambda rule, request: request.backend(elbv2_backends).delete_rule(rule.arn),
    'AWS::ElasticLoadBalancingV2::LoadBalancer': remove_load_balancer,
    'AWS::ElasticLoadBalancingV2::TargetGroup': lambda group, request: request.backend(elbv2_backends).delete_target_group(group.arn),
    'AWS::IAM::ManagedPolicy': remove_managed_policy,
    'AWS::IAM::Role': remove_role,
    'AWS::IAM::User': remove_user,
    'AWS::KMS::Key': lambda key, request: request.backend(kms_backends).schedule_key_deletion(key.id, int(request.get('PendingWindowInDays', 30))),
    'AWS::Route53::HostedZone': remove_zone,
    'AWS::Lambda::Permission': lambda permission, _: permission.policy.statements.remove(permission.statement),
}
"""Those that moto cannot delete, or deletes otherwise than AWS."""
