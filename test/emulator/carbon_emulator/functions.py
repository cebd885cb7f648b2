"""Lambda: permissions have an id."""

from moto.awslambda.models import Permission

from .resource import Request, extend_create, give_physical_id


def repair() -> None:
    extend_create(Permission, remember_name)
    give_physical_id(Permission, lambda permission: permission.name)


def remember_name(permission: Permission, request: Request) -> None:
    permission.name = request.name
