"""Lambda: permissions have an id, and know what they are in."""

from moto.awslambda.models import Permission, lambda_backends

from .resource import Request, extend_create, give_physical_id


def repair() -> None:
    extend_create(Permission, remember_name)
    give_physical_id(Permission, lambda permission: permission.name)


def remember_name(permission: Permission, request: Request) -> None:
    permission.name = request.name
    permission.policy = request.backend(lambda_backends).get_function(request.get('FunctionName')).policy
    permission.statement = permission.policy.statements[-1]
