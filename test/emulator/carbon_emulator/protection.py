"""Deletion protection: its function is run when the custom resource is created, changed and deleted, as CloudFormation does."""

from moto.cloudformation import parsing
from moto.core.common_models import CloudFormationModel

from .custom import ask_function
from .resource import AddedResource, Request, change_in_place

PROPERTIES = ('Enabled', 'DatabaseInstance', 'DatabaseLog', 'LoadBalancer')


original_class = parsing.resource_class_from_type


def repair() -> None:
    # moto has one model for all custom resources, which waits for an answer that never comes.
    parsing.resource_class_from_type = lambda kind: DeletionProtection if kind == DeletionProtection.TYPE else original_class(kind)
    change_in_place(DeletionProtection.TYPE, {name: change for name in PROPERTIES})


class DeletionProtection(AddedResource, CloudFormationModel):
    TYPE = 'Custom::DeletionProtection'

    @classmethod
    def make(cls, request: Request) -> 'DeletionProtection':
        made = cls(ask_function(request, 'Create')['PhysicalResourceId'])
        made.properties, made.stack_id = request.properties, request.stack_id
        return made

    def remove(self, request: Request) -> None:
        ask_function(request, 'Delete', PhysicalResourceId=self.physical_resource_id)


def change(resource: DeletionProtection, request: Request) -> None:
    """Called once for each property that has changed; the function does not mind."""
    ask_function(request._replace(stack_id=resource.stack_id), 'Update', PhysicalResourceId=resource.physical_resource_id,
                 OldResourceProperties=resource.properties)
    resource.properties = request.properties
