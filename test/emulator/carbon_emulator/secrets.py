"""Secrets Manager: secrets with generated values, their attachment to a database, their own policies and rotation schedules."""

import json
from typing import Any

from moto.core.common_models import CloudFormationModel
from moto.rds.models import rds_backends
from moto.secretsmanager import secretsmanager_backends
from moto.secretsmanager.models import FakeSecret, SecretsManagerBackend

from .resource import AddedResource, Request, number, truth

DATABASE_TARGET = 'AWS::RDS::DBInstance'

original_to_dict = FakeSecret.to_dict
original_update_stage = SecretsManagerBackend.update_secret_version_stage


def repair() -> None:
    FakeSecret.to_dict = to_dict
    SecretsManagerBackend.update_secret_version_stage = update_secret_version_stage


def update_secret_version_stage(self: SecretsManagerBackend, secret_id: str, version_stage: str, remove_from_version_id: str,
                                move_to_version_id: str) -> tuple[str, str]:
    """Who asks for no stage gets the current one: moto goes on giving out the version that it was."""
    answer = original_update_stage(self, secret_id, version_stage, remove_from_version_id, move_to_version_id)
    if version_stage == 'AWSCURRENT' and move_to_version_id:
        self.secrets[secret_id].set_default_version_id(move_to_version_id)
    return answer


def to_dict(self: FakeSecret) -> dict[str, Any]:
    """moto knows no more of a schedule than a number of days."""
    rules = getattr(self, 'rotation_rules', None)
    return {**original_to_dict(self), **({'RotationRules': rules} if rules else {})}


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


class ResourcePolicy(AddedResource, CloudFormationModel):
    TYPE = 'AWS::SecretsManager::ResourcePolicy'
    ATTRIBUTES = ('Id',)

    @classmethod
    def make(cls, request: Request) -> 'ResourcePolicy':
        policy, secret_id = request.get('ResourcePolicy'), request.get('SecretId')
        text = policy if isinstance(policy, str) else json.dumps(policy)
        request.backend(secretsmanager_backends).put_resource_policy(secret_id, text)
        return cls(secret_id, Id=secret_id)

    def remove(self, request: Request) -> None:
        request.backend(secretsmanager_backends).delete_resource_policy(self.physical_resource_id)


class RotationSchedule(AddedResource, CloudFormationModel):
    """Nothing rotates: nobody here runs functions."""

    TYPE = 'AWS::SecretsManager::RotationSchedule'
    ATTRIBUTES = ('Id',)

    @classmethod
    def make(cls, request: Request) -> 'RotationSchedule':
        secret = request.backend(secretsmanager_backends).secrets[request.get('SecretId')]
        secret.rotation_requested = secret.rotation_enabled = True
        secret.rotation_lambda_arn = rotation_function(request)
        secret.rotation_rules = read_rules(request.get('RotationRules', {}))
        return cls(request.get('SecretId'), Id=request.get('SecretId'))

    def remove(self, request: Request) -> None:
        request.backend(secretsmanager_backends).secrets[self.physical_resource_id].rotation_enabled = False


def rotation_function(request: Request) -> str:
    """A function of the template, or the one that CloudFormation would make."""
    hosted = request.get('HostedRotationLambda')
    if not hosted:
        return request.get('RotationLambdaARN')
    name = hosted.get('RotationLambdaName') or f'SecretsManager{hosted["RotationType"]}'
    return f'arn:aws:lambda:{request.region}:{request.account}:function:{name}'


def read_rules(rules: dict[str, Any]) -> dict[str, Any]:
    days = {'AutomaticallyAfterDays': number(rules['AutomaticallyAfterDays'])} if 'AutomaticallyAfterDays' in rules else {}
    return {**rules, **days}


def connection(request: Request) -> dict[str, Any]:
    """What a secret learns about its database."""
    database = request.backend(rds_backends).describe_db_instances(request.get('TargetId'))[0]
    details = {'engine': database.engine, 'host': database.address, 'port': database.port,
               'dbInstanceIdentifier': database.db_instance_identifier}
    return details if database.db_name is None else {**details, 'dbname': database.db_name}
