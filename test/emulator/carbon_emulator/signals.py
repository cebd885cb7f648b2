"""The call SignalResource, which moto lacks: to be seen among the events of the stack. Only a rolling update waits for it."""

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import Stack
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.responses import EmptyResult

from .engine import add_event
from .rolling import take_signal

STATUSES = ('SUCCESS', 'FAILURE')


def repair() -> None:
    CloudFormationResponse.signal_resource = signal_resource


def signal_resource(self: CloudFormationResponse) -> EmptyResult:
    """As on AWS a signal must name a resource of the stack; here the stack has long been made when it comes."""
    status, logical_id = self._get_param('Status'), self._get_param('LogicalResourceId')
    if status not in STATUSES:
        raise ValidationError(message=f'Status {status} is none of {", ".join(STATUSES)}')
    stack = self.cloudformation_backend.get_stack(self._get_param('StackName'))
    resource = find_resource(stack, logical_id)
    progress = 'UPDATE_IN_PROGRESS' if stack.status.startswith('UPDATE') else 'CREATE_IN_PROGRESS'
    add_event(stack, logical_id, resource.physical_resource_id, resource.cf_resource_type, progress,
              f'Received {status} signal with UniqueId {self._get_param("UniqueId")}')
    take_signal(stack.stack_id, logical_id, self._get_param('UniqueId'), status)
    return EmptyResult()


def find_resource(stack: Stack, logical_id: str) -> object:
    for resource in stack.stack_resources:
        if resource.logical_resource_id == logical_id:
            return resource
    raise ValidationError(message=f'Resource {logical_id} does not exist for stack {stack.name}')
