"""What the other modules are made with: a base for added types, and helpers for repairing moto's own."""

from typing import Any, Callable, ClassVar, NamedTuple

from moto.cloudformation.exceptions import ValidationError
from moto.core.base_backend import BackendDict
from moto.utilities.utils import get_partition


class Request(NamedTuple):
    """One resource to make: where, under which names, and with which properties (all functions resolved)."""

    name: str
    logical_id: str
    stack_id: str
    account: str
    region: str
    properties: dict[str, Any]

    def backend(self, backends: BackendDict) -> Any:
        """The emulator's own backend of a regional service."""
        return backends[self.account][self.region]

    def global_backend(self, backends: BackendDict) -> Any:
        """The emulator's own backend of a service without regions."""
        return backends[self.account][get_partition(self.region)]

    def get(self, key: str, default: Any = None) -> Any:
        return self.properties.get(key, default)

    @property
    def tags(self) -> list[dict[str, str]]:
        return self.properties.get('Tags', [])


class AddedResource:
    """Mixin of the types that moto lacks. Write `class Thing(AddedResource, CloudFormationModel)`: moto's registry holds
    only the direct subclasses of its model."""

    TYPE: ClassVar[str]
    NAME_PROPERTY: ClassVar[str] = ''
    ATTRIBUTES: ClassVar[tuple[str, ...]] = ()
    """What `Fn::GetAtt` may ask for; anything else fails the stack."""

    def __init__(self, physical_id: str, **attributes: Any):
        self.physical_resource_id = physical_id
        self.attributes = attributes

    @classmethod
    def make(cls, request: Request) -> 'AddedResource':
        """Creates the resource through a backend."""
        raise NotImplementedError

    def remove(self, request: Request) -> None:
        """Removes it again; nothing to do unless a subclass knows better."""

    @classmethod
    def cloudformation_type(cls) -> str:
        return cls.TYPE

    @classmethod
    def cloudformation_name_type(cls) -> str:
        return cls.NAME_PROPERTY

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return attr in cls.ATTRIBUTES

    def get_cfn_attribute(self, attribute_name: str) -> Any:
        if attribute_name not in self.ATTRIBUTES:
            raise unsupported_attribute(self.TYPE, attribute_name)
        return self.attributes[attribute_name]

    @classmethod
    def create_from_cloudformation_json(cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str,
                                        **kwargs: Any) -> 'AddedResource':
        return cls.make(read_request(resource_name, cloudformation_json, account_id, region_name, kwargs))

    @classmethod
    def update_from_cloudformation_json(cls, original_resource: Any, new_resource_name: str, cloudformation_json: Any,
                                        account_id: str, region_name: str) -> 'AddedResource':
        raise cannot_update(cls.TYPE)

    def delete(self, account_id: str, region_name: str) -> None:
        self.remove(Request('', '', '', account_id, region_name, {}))


def read_request(name: str, document: Any, account: str, region: str, extra: dict[str, Any]) -> Request:
    return Request(name, extra.get('LogicalId', ''), extra.get('StackId', ''), account, region, document.get('Properties', {}))


def unsupported_attribute(what: str, attribute: str) -> ValidationError:
    return ValidationError(message=f'Template error: resource {what} does not support attribute type {attribute} in Fn::GetAtt')


def cannot_update(what: str) -> ValidationError:
    return ValidationError(message=f'The emulator cannot change {what} once it exists: deploy into a fresh emulator')


class Unstable(ValidationError):
    """A resource exists, and its creation failed all the same: a rollback deletes it."""

    def __init__(self, resource: Any, reason: str):
        super().__init__(message=reason)
        self.resource = resource


def cannot_remove(what: str) -> ValidationError:
    return ValidationError(message=f'The emulator cannot remove {what}: teach it to in test/emulator/carbon_emulator/removal.py')


Change = Callable[[Any, Request], Any]
_changes: dict[str, dict[str, Change]] = {}


def change_in_place(kind: str, changes: dict[str, Change]) -> None:
    """Properties of a type that moto does not update, each with what its new value does to the resource."""
    _changes[kind] = changes


def changes_in_place(kind: str) -> dict[str, Change]:
    return _changes.get(kind, {})


def replace_create(model: type, make: Callable[[Request], Any]) -> None:
    """Lets `make` create the resources of a type that moto has."""

    def create(cls: type, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **kwargs: Any) -> Any:
        return make(read_request(resource_name, cloudformation_json, account_id, region_name, kwargs))

    model.create_from_cloudformation_json = classmethod(create)


def extend_create(model: type, finish: Callable[[Any, Request], None]) -> None:
    """Lets moto create the resource and `finish` add what moto ignored."""
    original = model.create_from_cloudformation_json

    def create(cls: type, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **kwargs: Any) -> Any:
        resource = original(resource_name, cloudformation_json, account_id, region_name, **kwargs)
        finish(resource, read_request(resource_name, cloudformation_json, account_id, region_name, kwargs))
        return resource

    model.create_from_cloudformation_json = classmethod(create)


def give_physical_id(model: type, read: Callable[[Any], str]) -> None:
    """Sets what `Ref` returns; without it moto puts the text of a Python object into the template."""
    model.physical_resource_id = property(read)


def give_attributes(model: type, readers: dict[str, Callable[[Any], Any]]) -> None:
    """Adds attributes for `Fn::GetAtt` to those that moto knows of the type."""
    known = getattr(model, 'get_cfn_attribute', None)
    known_test = model.has_cfn_attr

    def read(self: Any, attribute_name: str) -> Any:
        if attribute_name in readers:
            return readers[attribute_name](self)
        if known is None:
            raise unsupported_attribute(model.cloudformation_type(), attribute_name)
        return known(self, attribute_name)

    def has(cls: type, attr: str) -> bool:
        return attr in readers or (known is not None and known_test(attr))

    model.get_cfn_attribute = read
    model.has_cfn_attr = classmethod(has)


def tag_map(tags: list[dict[str, str]]) -> dict[str, str]:
    """Tags as moto's backends take them."""
    return {tag['Key']: tag['Value'] for tag in tags}


def truth(value: Any) -> bool:
    """A boolean property, which templates may also write as text."""
    return str(value).lower() == 'true'


def number(value: Any) -> int | None:
    """A number property, which templates may also write as text."""
    return None if value is None else int(value)
