"""RDS: names of groups, the parameter group of an instance, and the properties that moto leaves out."""

from typing import Any

from moto.moto_api._internal import mock_random
from moto.rds.models import DBInstance, DBParameterGroup, DBSubnetGroup, rds_backends

from .resource import Request, change_in_place, give_attributes, give_physical_id, number, replace_create, truth


def repair() -> None:
    give_physical_id(DBParameterGroup, lambda group: group.name)
    give_physical_id(DBSubnetGroup, lambda group: group.name)
    give_attributes(DBParameterGroup, {'DBParameterGroupName': lambda group: group.name})
    give_attributes(DBInstance, {
        'DBInstanceArn': lambda database: database.arn,
        'DbiResourceId': lambda database: database.dbi_resource_id,
        'MasterUserSecret.SecretArn': lambda database: database.master_user_secret.secret_arn,
    })
    replace_create(DBInstance, make_instance)
    change_in_place('AWS::RDS::DBInstance', {'DeletionProtection': change_protection, 'EngineVersion': change_version})


def make_instance(request: Request) -> DBInstance:
    backend = request.backend(rds_backends)
    settings = {key: value for key, value in read_settings(request).items() if value is not None}
    if 'SourceDBInstanceIdentifier' in request.properties:
        settings['source_db_instance_identifier'] = request.get('SourceDBInstanceIdentifier')
        return backend.create_db_instance_read_replica(settings)
    database = backend.create_db_instance(settings)
    # moto gives every instance the same one.
    database.dbi_resource_id = f'db-{mock_random.get_random_string(26).upper()}'
    return database


def change_protection(database: DBInstance, request: Request) -> None:
    protection = truth(request.get('DeletionProtection', False))
    request.backend(rds_backends).modify_db_instance(database.db_instance_identifier, {'deletion_protection': protection})


def change_version(database: DBInstance, request: Request) -> None:
    request.backend(rds_backends).modify_db_instance(database.db_instance_identifier, {'engine_version': request.get('EngineVersion')})


def read_settings(request: Request) -> dict[str, Any]:
    """What CloudFormation calls a property, moto's backend calls by the API's name in lower case."""
    get = request.get
    return {
        'db_instance_identifier': request.name.lower(),
        'db_name': get('DBName'),
        'db_instance_class': get('DBInstanceClass'),
        'engine': get('Engine'),
        'engine_version': get('EngineVersion'),
        'port': number(get('Port')),
        'allocated_storage': number(get('AllocatedStorage')),
        'max_allocated_storage': number(get('MaxAllocatedStorage')),
        'storage_type': get('StorageType'),
        'storage_throughput': number(get('StorageThroughput')),
        'iops': number(get('Iops')),
        'storage_encrypted': truth(get('StorageEncrypted', False)),
        'kms_key_id': get('KmsKeyId'),
        'backup_retention_period': number(get('BackupRetentionPeriod')),
        'preferred_backup_window': get('PreferredBackupWindow'),
        'preferred_maintenance_window': get('PreferredMaintenanceWindow'),
        'copy_tags_to_snapshot': truth(get('CopyTagsToSnapshot', False)),
        'deletion_protection': truth(get('DeletionProtection', False)),
        'auto_minor_version_upgrade': truth(get('AutoMinorVersionUpgrade', True)),
        'multi_az': truth(get('MultiAZ', False)),
        'availability_zone': get('AvailabilityZone'),
        'publicly_accessible': truth(get('PubliclyAccessible', False)),
        'db_subnet_group_name': get('DBSubnetGroupName'),
        'vpc_security_group_ids': get('VPCSecurityGroups', []),
        'db_parameter_group_name': get('DBParameterGroupName'),
        'option_group_name': get('OptionGroupName'),
        'master_username': get('MasterUsername'),
        'master_user_password': get('MasterUserPassword'),
        'manage_master_user_password': truth(get('ManageMasterUserPassword', False)),
        'master_user_secret_kms_key_id': get('MasterUserSecret', {}).get('KmsKeyId'),
        'enable_iam_database_authentication': truth(get('EnableIAMDatabaseAuthentication', False)),
        'enable_cloudwatch_logs_exports': get('EnableCloudwatchLogsExports'),
        'ca_certificate_identifier': get('CACertificateIdentifier'),
        'license_model': get('LicenseModel'),
        'tags': request.tags,
    }


