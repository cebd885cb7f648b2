"""Repairs of moto's CloudFormation engine: functions, dynamic references, order, events, failures and updates."""

import json
import re
import sys
import threading
import traceback
from collections import defaultdict
from datetime import timedelta
from typing import Any, Iterator

from moto.cloudformation import models as stacks
from moto.cloudformation import parsing
from moto.cloudformation.exceptions import UnformattedGetAttTemplateException, ValidationError
from moto.ec2 import ec2_backends
from moto.ec2.models.core import TaggedEC2Resource
from moto.secretsmanager import secretsmanager_backends
from moto.ssm import ssm_backends

from . import boots, custom, faults, rolling
from .resource import Request, Unstable, cannot_update, changes_in_place, unsupported_attribute

IGNORED_TYPES = {
    'AWS::CDK::Metadata': 'usage data of the CDK; makes nothing',
    'AWS::CloudFormation::WaitCondition': 'nothing boots here that could signal it',
    'AWS::CloudFormation::WaitConditionHandle': 'nothing boots here that could signal it',
}
"""Types that a template may use and that make nothing here."""

NAME_LIMITS = {'AWS::RDS::': 63, 'AWS::IAM::': 64, 'AWS::Lambda::': 64, 'AWS::ElasticLoadBalancing::': 32}

MOTO_FUNCTIONS = {f'Fn::{name}' for name in (
    'And', 'Base64', 'Equals', 'FindInMap', 'If', 'ImportValue', 'Join', 'Not', 'Or', 'Select', 'Split', 'ToJsonString')}
PLACEHOLDER = re.compile(r'\$\{([^}]*)\}')
DYNAMIC_REFERENCE = re.compile(r'\{\{resolve:(ssm-secure|ssm|secretsmanager):([^{}]+)\}\}')

original_clean = parsing.clean_json
original_generate_name = parsing.generate_resource_name
original_parse = parsing.parse_resource
original_parse_template = stacks.Stack.parse_template
original_create = parsing.parse_and_create_resource
original_update = parsing.parse_and_update_resource
original_get_item = parsing.ResourceMap.__getitem__
original_map_update = parsing.ResourceMap.update
original_stack_update = stacks.Stack.update
original_add_stack_event = stacks.Stack._add_stack_event


def repair() -> None:
    parsing.clean_json = clean
    parsing.generate_resource_name = generate_name
    parsing.parse_resource = parse
    parsing.parse_and_create_resource = create_resource
    parsing.parse_and_update_resource = update_resource
    parsing.ResourceMap.__getitem__ = get_resource
    parsing.ResourceMap.load = load
    parsing.ResourceMap.goes_back = False
    parsing.ResourceMap.maker = None
    parsing.ResourceMap.failed = frozenset()
    stacks.Stack.parse_template = staticmethod(parse_template)
    stacks.Stack.update = update_stack
    stacks.Stack._add_stack_event = add_stack_event
    stacks.Stack.stack_resources = property(existing_resources)
    stacks.CloudFormationBackend._resolve_update_parameters = resolve_update_parameters
    stacks.CloudFormationBackend.delete_change_set = delete_change_set
    for cache in (parsing.get_model_list, parsing.get_model_map, parsing.get_name_type_map):
        cache.cache_clear()


def parse_template(template: str) -> dict[str, Any]:
    """As JSON first: moto parses JSON as YAML, which takes a hundred times longer."""
    try:
        return json.loads(template)
    except ValueError:
        return original_parse_template(template)


# Which types

def check_types(resources: dict[str, Any], conditions: Any) -> None:
    """Refuses a template with types that nobody here makes; moto alone skips them, and the deployment looks fine."""
    problems = [sentence for logical_id, resource in resources.items() if is_wanted(resource, conditions)
                for sentence in find_problem(logical_id, resource, resources)]
    if problems:
        raise ValidationError(message='; '.join(problems))


def is_wanted(resource: dict[str, Any], conditions: Any) -> bool:
    condition = resource.get('Condition')
    return not condition or bool(conditions[condition])


def find_problem(logical_id: str, resource: dict[str, Any], resources: dict[str, Any]) -> Iterator[str]:
    resource_type = resource['Type']
    if resource_type in IGNORED_TYPES:
        return
    if custom.is_custom(resource_type):
        yield from custom.find_problem(logical_id, resource, resources)
    elif resource_type not in parsing.get_model_map():
        yield (f'The emulator has no model of {resource_type} (logical id {logical_id}): '
               'add one in test/emulator/carbon_emulator')


def load(self: parsing.ResourceMap) -> None:
    self.failed = set()
    self.maker = None
    self.load_mapping()
    self.transform_mapping()
    self.load_parameters()
    self.load_conditions()
    check_types(self._template.get('Resources', {}), self.lazy_condition_map)
    self.validate_outputs()


# Names

def generate_name(resource_type: str, stack_name: str, logical_id: str) -> str:
    """As long as the service takes: moto cuts only the names of load balancers, target groups and buckets."""
    limit = next((length for prefix, length in NAME_LIMITS.items() if resource_type.startswith(prefix)), None)
    name = original_generate_name(resource_type, stack_name, logical_id)
    if limit is None or len(name) <= limit:
        return name
    suffix = name[name.rindex('-'):]
    return name[:limit - len(suffix)].rstrip('-') + suffix


# Functions

def clean(value: Any, resources: Any) -> Any:
    """As moto's `clean_json`, but what is not known fails instead of landing in a resource as it is."""
    if isinstance(value, list):
        return [item for item in (clean(each, resources) for each in value) if item is not None]
    if not isinstance(value, dict) or len(value) != 1:
        return original_clean(value, resources)
    (function, argument), = value.items()
    if function == 'Ref':
        return get_reference(argument, resources)
    if function == 'Fn::GetAtt':
        return get_attribute(argument, resources)
    if function == 'Fn::Sub':
        return substitute(argument, resources)
    if function == 'Fn::GetAZs':
        return get_zones(clean(argument, resources), resources)
    if function.startswith('Fn::') and function not in MOTO_FUNCTIONS:
        raise ValidationError(message=f'The emulator does not know the function {function}')
    return original_clean(value, resources)


def get_reference(name: str, resources: Any) -> Any:
    require_defined(name, resources, 'Ref')
    resource = resources[name]
    result = getattr(resource, 'physical_resource_id', resource)
    if result is None or isinstance(result, (str, int, float, list)):
        return result
    raise ValidationError(message=f'The emulator has no physical id for {getattr(resource, "cf_resource_type", name)} '
                                  f'(logical id {name}), which a Ref asks for')


def get_attribute(argument: Any, resources: Any) -> Any:
    name, attribute = argument.split('.', 1) if isinstance(argument, str) else argument
    attribute = clean(attribute, resources)
    require_defined(name, resources, 'Fn::GetAtt')
    resource = resources[name]
    if not hasattr(resource, 'get_cfn_attribute'):
        raise unsupported_attribute(f'{getattr(resource, "cf_resource_type", "")} {name}'.strip(), attribute)
    try:
        return resource.get_cfn_attribute(attribute)
    except (NotImplementedError, UnformattedGetAttTemplateException):
        raise unsupported_attribute(f'{resource.cf_resource_type} {name}', attribute)


def require_defined(name: str, resources: Any, function: str) -> None:
    if name not in resources:
        raise ValidationError(message=f'Template error: instance of {function} references undefined resource {name}')


def substitute(argument: Any, resources: Any) -> str:
    """`Fn::Sub`, in one pass: moto's own substitutes into what it has just substituted."""
    template, values = argument if isinstance(argument, list) else (argument, {})

    def fill(match: re.Match) -> str:
        name = match.group(1)
        if name.startswith('!'):
            return '${' + name[1:] + '}'
        if name in values:
            return str(clean(values[name], resources))
        return str(get_attribute(name, resources) if '.' in name else get_reference(name, resources))

    return PLACEHOLDER.sub(fill, template)


def get_zones(region: str, resources: Any) -> list[str]:
    """moto always answers for us-east-1 when no region is given."""
    name = region or resources['AWS::Region']
    zones = ec2_backends[resources['AWS::AccountId']][name].describe_availability_zones()
    return [zone.name for zone in zones]


# Dynamic references

def parse(resource_json: dict[str, Any], resources: Any) -> Any:
    """Dynamic references are resolved last, in properties only, as CloudFormation does."""
    parsed = original_parse(resource_json, resources)
    if not parsed:
        return parsed
    model, document, resource_type = parsed
    properties = resolve(document.get('Properties', {}), resources._account_id, resources._region_name)
    return model, {**document, 'Properties': properties}, resource_type


def resolve(value: Any, account: str, region: str) -> Any:
    if isinstance(value, dict):
        return {key: resolve(each, account, region) for key, each in value.items()}
    if isinstance(value, list):
        return [resolve(each, account, region) for each in value]
    if not isinstance(value, str):
        return value
    return DYNAMIC_REFERENCE.sub(lambda match: look_up(match.group(1), match.group(2), account, region), value)


def look_up(service: str, reference: str, account: str, region: str) -> str:
    if service == 'secretsmanager':
        return look_up_secret(reference, account, region)
    parameter = ssm_backends[account][region].get_parameter(reference)
    if parameter is None:
        raise ValidationError(message=f'Parameters: [{service}:{reference}] cannot be found')
    return parameter.response_object(decrypt=service == 'ssm-secure')['Value']


def look_up_secret(reference: str, account: str, region: str) -> str:
    """`secret-id:SecretString:json-key:version-stage:version-id`, of which the id may be an ARN and the rest may be absent."""
    parts = reference.split(':')
    count = 7 if reference.startswith('arn:') else 1
    secret_id = ':'.join(parts[:count])
    _, key, stage, version = (parts[count:] + ['', '', '', ''])[:4]
    secret = secretsmanager_backends[account][region].get_secret_value(secret_id, version or None, stage or None)
    text = secret['SecretString']
    if not key:
        return text
    values = json.loads(text)
    if key not in values:
        raise ValidationError(message=f'Could not find a value associated with JSONKey {key} in the SecretString of {secret_id}')
    return str(values[key])


# Creation

class ResourceFailed(ValidationError):
    """A resource of the stack could not be made; the event for it is written already."""


def create_resource(logical_id: str, resource_json: dict[str, Any], resources_map: parsing.ResourceMap, account_id: str,
                    region_name: str) -> Any:
    if resource_json['Type'] in IGNORED_TYPES or not is_wanted(resource_json, resources_map.lazy_condition_map):
        return None
    make_dependencies(resource_json, resources_map)
    stack = find_stack(resources_map)
    resource = None
    try:
        # Makes what the properties refer to first, so that the events come in the order of creation.
        properties = clean(resource_json.get('Properties', {}), resources_map)
        add_event(stack, logical_id, '', resource_json['Type'], 'CREATE_IN_PROGRESS')
        fault = None if stack is None else faults.take(stack.name, logical_id)
        fail_if(fault is not None and not fault.made and not fault.phase, fault)
        resource = make_resource(logical_id, resource_json, resources_map, account_id, region_name)
        resource.created_with = properties
        wait_for_signals(stack, logical_id, resource, resource_json, fault)
        fail_if(fault is not None and fault.made, fault)
    except ResourceFailed:
        raise
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        keep_unstable(resources_map, logical_id, resource_json, error, resource)
        reason = describe(error)
        add_event(stack, logical_id, physical_id_of(resources_map, logical_id), resource_json['Type'], 'CREATE_FAILED', reason)
        raise ResourceFailed(message=f'{resource_json["Type"]} {logical_id}: {reason}') from error
    add_event(stack, logical_id, str(getattr(resource, 'physical_resource_id', '')), resource_json['Type'], 'CREATE_COMPLETE')
    return resource


def make_resource(logical_id: str, resource_json: dict[str, Any], *where: Any) -> Any:
    try:
        return original_create(logical_id, resource_json, *where)
    except Unstable as problem:
        problem.resource.cf_resource_type, problem.resource.logical_resource_id = resource_json['Type'], logical_id
        raise


class OrderedFailure(ValidationError):
    """A failure that a test has ordered."""

    def __init__(self, fault: faults.Fault):
        super().__init__(message=fault.reason)
        self.fault = fault


def fail_if(fails: bool, fault: faults.Fault | None) -> None:
    if fails:
        raise OrderedFailure(fault)


def wait_for_signals(stack: Any, logical_id: str, resource: Any, document: dict[str, Any], fault: faults.Fault | None) -> None:
    """As long as the creation policy says, by a clock of its own, if signals are simulated."""
    policy, simulated = document.get('CreationPolicy'), boots.simulated()
    if not policy or simulated is None:
        return
    nodes = [state.instance.id for state in getattr(resource, 'instance_states', [])] or [resource.physical_resource_id]
    signals = boots.signals_of(simulated, nodes, fault.phase if fault else '')
    for signal in signals:
        add_event(stack, logical_id, resource.physical_resource_id, document['Type'], 'CREATE_IN_PROGRESS',
                  f'Received {signal.status} signal with UniqueId {signal.unique_id}')
    boots.check(policy, signals)


def keep_unstable(resources: parsing.ResourceMap, logical_id: str, document: dict[str, Any], error: Exception, resource: Any) -> None:
    """What exists is the stack's, so that a rollback deletes it. Nobody tries again to make what has failed."""
    resources.failed.add(logical_id)
    resources.goes_on = isinstance(error, OrderedFailure) and error.fault.others
    unstable = error.resource if isinstance(error, Unstable) else resource
    if unstable is not None:
        resources._parsed_resources[logical_id] = unstable


def physical_id_of(resources: parsing.ResourceMap, logical_id: str) -> str:
    return str(getattr(resources._parsed_resources.get(logical_id), 'physical_resource_id', ''))


def make_dependencies(resource_json: dict[str, Any], resources_map: parsing.ResourceMap) -> None:
    """moto honours DependsOn only while it walks the template, not when a Ref makes a resource early."""
    dependencies = resource_json.get('DependsOn', [])
    for name in [dependencies] if isinstance(dependencies, str) else dependencies:
        _ = resources_map[name]


def describe(error: Exception) -> str:
    text = getattr(error, 'message', None) or str(error)
    return text if isinstance(error, ValidationError) else f'{type(error).__name__}: {text}'


def find_stack(resources_map: parsing.ResourceMap) -> Any:
    return stacks.cloudformation_backends[resources_map._account_id][resources_map._region_name].stacks.get(resources_map.stack_id)


def add_event(stack: Any, logical_id: str, physical_id: str, resource_type: str, status: str, reason: str | None = None) -> None:
    if stack is None:
        return
    stack.events.append(stacks.Event(
        stack_id=stack.stack_id, stack_name=stack.name, logical_resource_id=logical_id, physical_resource_id=physical_id,
        resource_type=resource_type, resource_status=status, resource_status_reason=reason, resource_properties=None))
    put_in_order(stack.events)


def add_stack_event(self: stacks.Stack, *arguments: Any, **more: Any) -> None:
    original_add_stack_event(self, *arguments, **more)
    put_in_order(self.events)


def put_in_order(events: list[stacks.Event]) -> None:
    """Clients sort events by their time in milliseconds, and here many come within one."""
    if len(events) > 1:
        events[-1].timestamp = max(events[-1].timestamp, events[-2].timestamp + timedelta(milliseconds=1))


def get_resource(self: parsing.ResourceMap, key: str) -> Any:
    """Looking at a stack must not make what is missing, or not there yet: moto's map makes it on access."""
    if key in self.failed and self.maker == threading.get_ident():
        raise ResourceFailed(message=f'{key} has failed already')
    if is_closed_to_caller(self) and key not in self._parsed_resources and key in self._resource_json_map:
        return None
    return original_get_item(self, key)


def is_closed_to_caller(resources: parsing.ResourceMap) -> bool:
    return getattr(resources, 'is_closed', False) or resources.maker not in (None, threading.get_ident())


def existing_resources(self: stacks.Stack) -> list[Any]:
    return [resource for resource in self.resource_map.values() if resource is not None]


# Updates

QUICK_SECONDS = 3
"""Most updates are over by then, so that their caller sees at once what came of them."""


def update_map(self: parsing.ResourceMap, template: dict[str, Any], parameters: Any = None) -> None:
    check_types(template['Resources'], defaultdict(lambda: True))  # the new conditions are not known yet
    original_map_update(self, template, parameters)
    if not self.goes_back:
        forget_way_back(self, template)
    for logical_id in rolling.in_order(template['Resources']):
        update_group(self, logical_id, template['Resources'][logical_id])


def forget_way_back(resources: parsing.ResourceMap, template: dict[str, Any]) -> None:
    for logical_id in rolling.in_order(template['Resources']):
        vars(resources[logical_id]).pop('before_update', None)


def update_stack(self: stacks.Stack, template: str, role_arn: str | None = None, parameters: Any = None, tags: Any = None) -> None:
    """In a thread of its own: a rolling update waits for instances, and nobody's call may wait for that."""
    self.status = 'UPDATE_IN_PROGRESS'
    before = self.template
    updating = threading.Thread(target=apply_update, args=(self, before, template, role_arn, parameters, tags), daemon=True)
    updating.start()
    updating.join(QUICK_SECONDS)


def apply_update(stack: stacks.Stack, before: str, *arguments: Any) -> None:
    try:
        original_stack_update(stack, *arguments)
    except rolling.RollingFailed as problem:
        go_back(stack, before, str(problem))
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        stack.status = 'UPDATE_FAILED'
        stack._add_stack_event('UPDATE_FAILED', resource_status_reason=describe(error))


def go_back(stack: stacks.Stack, before: str, reason: str) -> None:
    stack.status = 'UPDATE_ROLLBACK_IN_PROGRESS'
    stack._add_stack_event('UPDATE_ROLLBACK_IN_PROGRESS', resource_status_reason=reason)
    stack.resource_map.goes_back = True
    try:
        stack.template = before
        stack._parse_template()
        stack.resource_map.update(stack.template_dict, None)
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        stack.status = 'UPDATE_ROLLBACK_FAILED'
        stack._add_stack_event('UPDATE_ROLLBACK_FAILED', resource_status_reason=describe(error))
        return
    finally:
        stack.resource_map.goes_back = False
    stack._add_stack_event('UPDATE_ROLLBACK_COMPLETE')
    stack.status = 'UPDATE_ROLLBACK_COMPLETE'


def update_group(resources: parsing.ResourceMap, logical_id: str, document: dict[str, Any]) -> None:
    """In place, as on AWS; moto makes a group anew. What a version of a launch template says decides which instances are obsolete."""
    group = resources[logical_id]
    before = group.created_with
    # The way back leads to the version from before, whose instances are still there, and not to a new one that says the same.
    after = getattr(group, 'before_update', before) if resources.goes_back else clean(document.get('Properties', {}), resources)
    if before == after:
        return
    group.before_update = before
    stack = find_stack(resources)

    def say(reason: str | None, status: str = 'UPDATE_IN_PROGRESS') -> None:
        add_event(stack, logical_id, group.name, rolling.GROUP_TYPE, status, reason)

    say(None)
    try:
        rolling.change(group, before, after, logical_id)
        # What a failed update leaves is what the way back begins with.
        group.created_with = after
        policy = document.get('UpdatePolicy', {}).get('AutoScalingRollingUpdate')
        if policy:
            rolling.roll(group, policy, resources.stack_id, logical_id, say)
        rolling.adjust(group)
    except Exception as error:
        say(str(error), 'UPDATE_FAILED')
        raise
    say(None, 'UPDATE_COMPLETE')


def update_resource(logical_id: str, resource_json: dict[str, Any], resources_map: parsing.ResourceMap, account_id: str,
                    region_name: str) -> Any:
    """moto replaces a resource by nothing when its model has no update. Here a change of tags passes then, and what a module says."""
    model = parsing.resource_class_from_type(resource_json['Type'])
    if model is None:
        return None
    if resource_json['Type'] == rolling.GROUP_TYPE:
        return resources_map[logical_id]
    resource = resources_map[logical_id]
    before, after = resource.created_with, clean(resource_json.get('Properties', {}), resources_map)
    changed = {key for key in {*before, *after} if before.get(key) != after.get(key)}
    # What is to become of it when it goes, for one, is the stack's concern.
    if not changed:
        return resource
    in_place = changed <= changes_in_place(resource_json['Type']).keys()
    if not in_place and not hasattr(model.update_from_cloudformation_json, '__isabstractmethod__'):
        resource = original_update(logical_id, resource_json, resources_map, account_id, region_name)
    else:
        change_resource(resource, logical_id, resource_json['Type'], changed, Request('', logical_id, '', account_id, region_name, after))
    resource.created_with = after
    return resource


def change_resource(resource: Any, logical_id: str, kind: str, changed: set[str], request: Request) -> None:
    known = changes_in_place(kind)
    if changed - {'Tags', *known}:
        raise cannot_update(f'{kind} (logical id {logical_id})')
    if isinstance(resource, TaggedEC2Resource):
        resource.add_tags({tag['Key']: tag['Value'] for tag in request.tags})
    for key in sorted(changed & set(known)):
        known[key](resource, request)


def resolve_update_parameters(self: Any, instance: Any, incoming_params: list[dict[str, str]]) -> dict[str, str]:
    """A parameter that keeps its previous value may never have been sent: then its default stays."""
    parameters = {}
    for parameter in incoming_params:
        key = parameter['ParameterKey']
        if 'ParameterValue' in parameter:
            parameters[key] = parameter['ParameterValue']
        elif key in instance.parameters:
            parameters[key] = instance.parameters[key]
    return parameters


def delete_change_set(self: Any, change_set_name: str) -> None:
    """moto stops with an unbound variable when there is none of that name."""
    for identifier, change_set in list(self.change_sets.items()):
        if change_set_name in (identifier, change_set.change_set_name):
            del self.change_sets[identifier]
