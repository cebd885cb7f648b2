"""AWS Backup: vaults and plans through moto's backend; moto has none for selections, which get an id and nothing else."""

from typing import Any
from uuid import uuid4

from moto.backup.models import backup_backends
from moto.core.common_models import CloudFormationModel

from .resource import AddedResource, Request


class BackupVault(AddedResource, CloudFormationModel):
    TYPE = 'AWS::Backup::BackupVault'
    NAME_PROPERTY = 'BackupVaultName'
    ATTRIBUTES = ('BackupVaultArn', 'BackupVaultName')

    @classmethod
    def make(cls, request: Request) -> 'BackupVault':
        vault = request.backend(backup_backends).create_backup_vault(
            request.name, request.get('BackupVaultTags', {}), request.get('EncryptionKeyArn'), None)
        return cls(request.name, BackupVaultArn=vault.backup_vault_arn, BackupVaultName=request.name)

    def remove(self, request: Request) -> None:
        request.backend(backup_backends).delete_backup_vault(self.physical_resource_id)


class BackupPlan(AddedResource, CloudFormationModel):
    TYPE = 'AWS::Backup::BackupPlan'
    ATTRIBUTES = ('BackupPlanArn', 'BackupPlanId', 'VersionId')

    @classmethod
    def make(cls, request: Request) -> 'BackupPlan':
        plan = request.backend(backup_backends).create_backup_plan(
            read_plan(request.get('BackupPlan')), request.get('BackupPlanTags', {}), None)
        return cls(plan.backup_plan_id, BackupPlanArn=plan.backup_plan_arn, BackupPlanId=plan.backup_plan_id,
                   VersionId=plan.version_id)

    def remove(self, request: Request) -> None:
        request.backend(backup_backends).delete_backup_plan(self.physical_resource_id)


def read_plan(plan: dict[str, Any]) -> dict[str, Any]:
    """The API writes three names otherwise than CloudFormation."""
    rules = [{TO_API.get(key, key): value for key, value in rule.items()} for rule in plan['BackupPlanRule']]
    return {**{key: value for key, value in plan.items() if key != 'BackupPlanRule'}, 'Rules': rules}


TO_API = {'TargetBackupVault': 'TargetBackupVaultName'}


class BackupSelection(AddedResource, CloudFormationModel):
    TYPE = 'AWS::Backup::BackupSelection'
    ATTRIBUTES = ('BackupPlanId', 'Id', 'SelectionId')

    @classmethod
    def make(cls, request: Request) -> 'BackupSelection':
        plan, selection = request.get('BackupPlanId'), str(uuid4())
        return cls(f'{selection}_{plan}', BackupPlanId=plan, Id=f'{selection}_{plan}', SelectionId=selection)
