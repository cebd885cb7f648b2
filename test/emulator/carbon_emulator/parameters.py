"""Systems Manager: parameters without a name of their own, and their attributes."""

from typing import Any

from moto.ssm.models import Parameter

from .resource import give_attributes

original_create = Parameter.create_from_cloudformation_json


def repair() -> None:
    Parameter.create_from_cloudformation_json = classmethod(create_parameter)
    give_attributes(Parameter, {'Type': lambda parameter: parameter.parameter_type, 'Value': lambda parameter: parameter.value})


def create_parameter(cls: type, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str,
                     **kwargs: Any) -> Parameter:
    """moto generates a name and then does not use it."""
    document = {**cloudformation_json, 'Properties': {'Name': resource_name, **cloudformation_json['Properties']}}
    return original_create(resource_name, document, account_id, region_name, **kwargs)
