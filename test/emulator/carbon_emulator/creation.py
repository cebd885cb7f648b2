"""How a stack is created, and how it goes back when a resource fails: everything that was made is deleted, in the order of a deletion.

AWS: CloudFormation user guide, "Choose how to handle failures when provisioning resources"; template reference, "DeletionPolicy
attribute"; API reference, CreateStack (OnFailure, DisableRollback, RetainExceptOnCreate).
"""

import sys
import threading
import traceback
from typing import Any, NamedTuple

from moto.cloudformation import models as stacks
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.responses import CloudFormationResponse
from moto.ec2 import ec2_backends
from moto.ec2.models.core import TaggedEC2Resource

from . import engine, removal

PATIENCE_SECONDS = 20
"""Most stacks are complete by then, so that their caller sees at once what came of them."""
INCOMPLETE = ('CREATE_PENDING', 'CREATE_IN_PROGRESS', 'CREATE_FAILED', 'ROLLBACK_IN_PROGRESS', 'ROLLBACK_COMPLETE', 'ROLLBACK_FAILED')
"""A stack in these has no outputs yet."""

original_response = CloudFormationResponse.create_stack
original_outputs = stacks.Stack.outputs
original_exports = stacks.Stack.exports
_asked = threading.local()


class Wish(NamedTuple):
    """What whoever creates a stack wants to become of it when a resource fails."""

    on_failure: str = 'ROLLBACK'
    retain_except_on_create: bool = False


def repair() -> None:
    CloudFormationResponse.create_stack = create_stack
    stacks.Stack.create_resources = create_resources
    stacks.Stack.outputs = property(lambda self: None if self.status in INCOMPLETE else original_outputs.fget(self))
    stacks.Stack.exports = property(lambda self: [] if self.status in INCOMPLETE else original_exports.fget(self))


def create_stack(self: CloudFormationResponse) -> Any:
    """Keeps what moto does not read of the request."""
    disabled = self._get_bool_param('DisableRollback', False)
    on_failure = self._get_param('OnFailure')
    if disabled and on_failure:
        raise ValidationError(message='You cannot specify both DisableRollback and OnFailure')
    _asked.wish = Wish('DO_NOTHING' if disabled else on_failure or 'ROLLBACK', self._get_bool_param('RetainExceptOnCreate', False))
    try:
        return original_response(self)
    finally:
        _asked.wish = Wish()


def create_resources(self: stacks.Stack) -> None:
    """In a thread of its own: a function of a custom resource may take its time, and looks at the stack meanwhile."""
    self.status = 'CREATE_IN_PROGRESS'
    creating = threading.Thread(target=create, args=(self, getattr(_asked, 'wish', Wish())), daemon=True)
    creating.start()
    creating.join(PATIENCE_SECONDS)


def create(stack: stacks.Stack, wish: Wish) -> None:
    resources = stack.resource_map
    resources.maker = threading.get_ident()
    try:
        reason = make_resources(stack)
        if reason is None:
            complete(stack)
            return
    except Exception as error:  # an output or an export
        traceback.print_exc(file=sys.stderr)
        reason = engine.describe(error)
    finally:
        resources.maker = None
    resources.is_closed = True
    stack.output_map = stacks.OutputMap(resources, {}, stack.stack_id)
    give_up(stack, wish, reason)


def make_resources(stack: stacks.Stack) -> str | None:
    """Returns why the stack has failed, if it has."""
    resources = stack.resource_map
    resources.goes_on = False
    problems = []
    resources.tags.update({'aws:cloudformation:stack-name': stack.name, 'aws:cloudformation:stack-id': stack.stack_id})
    for logical_id in resources.resources:
        try:
            tag(stack, logical_id, resources[logical_id])
        except engine.ResourceFailed as problem:
            problems.append(problem.message)
            if not resources.goes_on:
                break
    return problems[0] if problems else None


def tag(stack: stacks.Stack, logical_id: str, resource: Any) -> None:
    if isinstance(resource, TaggedEC2Resource):
        backend = ec2_backends[stack.account_id][stack.region_name]
        backend.create_tags([resource.physical_resource_id], {**stack.resource_map.tags, 'aws:cloudformation:logical-id': logical_id})


def complete(stack: stacks.Stack) -> None:
    """An output that cannot be had fails the stack, not whoever asks for it."""
    _ = list(stack.output_map.values())
    backend = stacks.cloudformation_backends[stack.account_id][stack.region_name]
    exports = original_exports.fget(stack)
    for export in exports:
        if export.name in backend.exports:
            raise ValidationError(message=f'Export with name {export.name} is already exported by a different stack')
    backend.exports.update({export.name: export for export in exports})
    stack.description = stack.template_dict.get('Description')
    stack.mark_creation_complete()


# When it fails

def give_up(stack: stacks.Stack, wish: Wish, problem: str) -> None:
    failed = ', '.join(sorted(stack.resource_map.failed))
    reason = f'The following resource(s) failed to create: [{failed}]. ' if failed else problem
    if wish.on_failure == 'DO_NOTHING':
        end(stack, 'CREATE_FAILED', reason)
    elif wish.on_failure == 'DELETE':
        start(stack, 'DELETE_IN_PROGRESS', f'{reason}Delete requested by user.')
        removal.finish_deletion(stacks.cloudformation_backends[stack.account_id][stack.region_name], stack, roll_back(stack, wish))
    else:
        start(stack, 'ROLLBACK_IN_PROGRESS', f'{reason}Rollback requested by user.')
        left = roll_back(stack, wish)
        if left:
            end(stack, 'ROLLBACK_FAILED', f'The following resource(s) failed to delete: [{", ".join(left)}]. ')
        else:
            end(stack, 'ROLLBACK_COMPLETE')


def start(stack: stacks.Stack, status: str, reason: str) -> None:
    stack.status = status
    stack._add_stack_event(status, resource_status_reason=reason)


def end(stack: stacks.Stack, status: str, reason: str | None = None) -> None:
    """Whoever waits for the status finds the event."""
    stack._add_stack_event(status, resource_status_reason=reason)
    stack.status = status


def roll_back(stack: stacks.Stack, wish: Wish) -> list[str]:
    """The names of what could not be deleted."""
    resources = stack.resource_map
    documents = resources._resource_json_map
    return removal.delete_resources(stack, documents, lambda name: policy_on_rollback(documents[name], name in resources.failed, wish))


def policy_on_rollback(document: dict[str, Any], failed: bool, wish: Wish) -> str:
    """What is new goes, unless it is to be retained in any case. A database that has failed cannot leave a snapshot."""
    policy = document.get('DeletionPolicy', 'Delete')
    if policy == 'RetainExceptOnCreate' or policy == 'Retain' and wish.retain_except_on_create or policy == 'Snapshot' and failed:
        return 'Delete'
    return policy
