"""Values that the services refuse, at the calls that make and change things: types, versions, parameters of the database."""

from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.instances import InstanceBackend
from moto.rds.exceptions import RDSClientError
from moto.rds.models import DBInstance, DBParameterGroup, RDSBackend

from . import facts

original_run = InstanceBackend.run_instances
original_create = RDSBackend.create_db_instance
original_modify = RDSBackend.modify_db_instance
original_update_parameters = DBParameterGroup.update_parameters


def repair() -> None:
    InstanceBackend.run_instances = run_instances
    RDSBackend.create_db_instance = create_database
    RDSBackend.modify_db_instance = modify_database
    DBParameterGroup.update_parameters = update_parameters


def run_instances(self: Any, *arguments: Any, **more: Any) -> Any:
    if facts.is_offered('instanceTypes', more.get('instance_type') or '', self.region_name) is False:
        raise EC2ClientError('Unsupported', f'The instance type {more["instance_type"]} is not supported in {self.region_name}')
    return original_run(self, *arguments, **more)


def create_database(self: RDSBackend, settings: dict[str, Any]) -> DBInstance:
    if settings.get('engine') != 'mysql':
        return original_create(self, settings)
    version = find_version(settings.get('engine_version'))
    check_class(self, settings.get('db_instance_class'), version)
    return original_create(self, {**settings, **({'engine_version': version} if version else {})})


def find_version(asked: str | None) -> str | None:
    """The version that RDS takes for what is asked for: a major version alone gets a minor version."""
    if asked is None:
        return None
    matching = [each for each in facts.mysql_versions() if each == asked or each.startswith(f'{asked}.')]
    if not matching:
        raise RDSClientError('InvalidParameterCombination', f'Cannot find version {asked} for mysql')
    return matching[-1]


def check_class(backend: RDSBackend, name: str | None, version: str | None) -> None:
    if name and facts.is_offered('databaseClasses', name, backend.region_name) is False:
        raise RDSClientError('InvalidParameterCombination', 'RDS does not support creating a DB instance with the following combination: '
                             f'DBInstanceClass={name}, Engine=mysql, EngineVersion={version}')


def modify_database(self: RDSBackend, db_instance_identifier: str, db_kwargs: dict[str, Any]) -> DBInstance:
    database = self.describe_db_instances(db_instance_identifier)[0]
    if database.engine == 'mysql':
        db_kwargs = upgrade(database, db_kwargs)
        check_class(self, db_kwargs.get('db_instance_class'), database.engine_version)
    return original_modify(self, db_instance_identifier, db_kwargs)


def upgrade(database: DBInstance, settings: dict[str, Any]) -> dict[str, Any]:
    """There is no way back to an older version. A major version alone upgrades what is older, and leaves the rest alone."""
    asked = settings.get('engine_version')
    if not asked:
        return settings
    version = find_version(asked)
    if facts.numbers(version) >= facts.numbers(database.engine_version):
        return {**settings, 'engine_version': version}
    if version != asked:
        return {key: value for key, value in settings.items() if key != 'engine_version'}
    raise RDSClientError('InvalidParameterCombination', f'Cannot upgrade mysql from {database.engine_version} to {version}')


def update_parameters(self: DBParameterGroup, new_parameters: list[dict[str, Any]]) -> None:
    for each in new_parameters:
        name, value = each['ParameterName'], str(each.get('ParameterValue'))
        allowed = facts.allowed_values(self.family, name)
        if allowed is not None and not facts.is_allowed(value, allowed):
            raise RDSClientError('InvalidParameterValue', f'Invalid parameter value: {value} for: {name} allowed values are: {allowed}')
    original_update_parameters(self, new_parameters)
