"""Secrets Manager: secrets with generated values, their attachment to a database, and when they are rotated."""

import json
from typing import Any

from moto.core.common_models import CloudFormationModel
from moto.rds.models import rds_backends
from moto.secretsmanager import secretsmanager_backends

from .resource import AddedResource, Request, truth

DATABASE_TARGET = 'AWS::RDS::DBInstance'


class Secret(AddedResource, CloudFormationModel):
    TYPE = 'AWS::SecretsManager::Secret'
    NAME_PROPERTY = 'Name'
    ATTRIBUTES = ('Id',)

    @classmethod
    def make(cls, request: Request) -> 'Secret':
        backend = request.backend(secretsmanager_backends)
        answer = backend.create_secret(
            name=request.name, secret_string=secret_text(request), secret_binary=None, description=request.get('Description'),
            tags=request.tags, kms_key_id=request.get('KmsKeyId'), client_request_token=None, replica_regions=[],
            force_overwrite=False)
        arn = json.loads(answer)['ARN']
        return cls(arn, Id=arn)

    def remove(self, request: Request) -> None:
        request.backend(secretsmanager_backends).delete_secret(self.physical_resource_id, None, True)


def secret_text(request: Request) -> str | None:
    if 'SecretString' in request.properties:
        return request.get('SecretString')
    if 'GenerateSecretString' not in request.properties:
        return None
    rules = request.get('GenerateSecretString')
    password = generate(rules, request)
    if 'SecretStringTemplate' not in rules:
        return password
    return json.dumps({**json.loads(rules['SecretStringTemplate']), rules['GenerateStringKey']: password})


def generate(rules: dict[str, Any], request: Request) -> str:
    answer = request.backend(secretsmanager_backends).get_random_password(
        password_length=int(rules.get('PasswordLength', 32)),
        exclude_characters=rules.get('ExcludeCharacters', ''),
        exclude_numbers=truth(rules.get('ExcludeNumbers', False)),
        exclude_punctuation=truth(rules.get('ExcludePunctuation', False)),
        exclude_uppercase=truth(rules.get('ExcludeUppercase', False)),
        exclude_lowercase=truth(rules.get('ExcludeLowercase', False)),
        include_space=truth(rules.get('IncludeSpace', False)),
        require_each_included_type=truth(rules.get('RequireEachIncludedType', True)))
    return json.loads(answer)['RandomPassword']


class SecretTargetAttachment(AddedResource, CloudFormationModel):
    TYPE = 'AWS::SecretsManager::SecretTargetAttachment'
    ATTRIBUTES = ('Id',)

    @classmethod
    def make(cls, request: Request) -> 'SecretTargetAttachment':
        if request.get('TargetType') != DATABASE_TARGET:
            raise NotImplementedError(f'TargetType {request.get("TargetType")}; known is {DATABASE_TARGET}')
        backend = request.backend(secretsmanager_backends)
        secret_id = request.get('SecretId')
        values = json.loads(backend.get_secret_value(secret_id, None, None)['SecretString'])
        values.update(connection(request))
        backend.put_secret_value(secret_id, json.dumps(values), None, None, ['AWSCURRENT'])
        return cls(secret_id, Id=secret_id)


def connection(request: Request) -> dict[str, Any]:
    """What a secret learns about its database."""
    database = request.backend(rds_backends).describe_db_instances(request.get('TargetId'))[0]
    details = {'engine': database.engine, 'host': database.address, 'port': database.port,
               'dbInstanceIdentifier': database.db_instance_identifier}
    return details if database.db_name is None else {**details, 'dbname': database.db_name}


class RotationSchedule(AddedResource, CloudFormationModel):
    """A secret says when it is rotated and by what; nobody runs the function."""

    TYPE = 'AWS::SecretsManager::RotationSchedule'

    @classmethod
    def make(cls, request: Request) -> 'RotationSchedule':
        secret = request.backend(secretsmanager_backends).describe_secret(request.get('SecretId'))
        secret.rotation_requested = secret.rotation_enabled = True
        secret.rotation_lambda_arn = request.get('RotationLambdaARN')
        secret.auto_rotate_after_days = int(request.get('RotationRules')['AutomaticallyAfterDays'])
        return cls(secret.arn)
