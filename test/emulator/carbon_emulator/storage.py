"""EFS file systems as their templates say, S3 bucket settings, and bucket policies as placeholders."""

import json
from typing import Any

from moto.core.common_models import CloudFormationModel
from moto.efs.models import AccessPoint, FileSystem, MountTarget, efs_backends
from moto.s3.models import FakeBucket, s3_backends

from .resource import AddedResource, Request, extend_create, give_attributes, give_physical_id, number, truth


def repair() -> None:
    give_physical_id(AccessPoint, lambda point: point.access_point_id)
    give_attributes(AccessPoint, {'AccessPointId': lambda point: point.access_point_id, 'Arn': lambda point: point.access_point_arn})
    give_attributes(FileSystem, {'FileSystemId': lambda system: system.file_system_id, 'Arn': lambda system: system.file_system_arn})
    give_attributes(MountTarget, {'Id': lambda target: target.mount_target_id, 'IpAddress': lambda target: target.ip_address})
    extend_create(FileSystem, finish_file_system)
    extend_create(AccessPoint, finish_access_point)
    extend_create(FakeBucket, finish_bucket)


def finish_file_system(system: FileSystem, request: Request) -> None:
    """moto asks for no policy, and takes a file system for encrypted when it says 'false'."""
    system.encrypted = truth(request.get('Encrypted', False))
    policy = request.get('FileSystemPolicy')
    if policy:
        text = policy if isinstance(policy, str) else json.dumps(policy)
        request.backend(efs_backends).put_file_system_policy(system.file_system_id, text, False)


def finish_access_point(point: AccessPoint, request: Request) -> None:
    """Numbers as numbers: templates write them as text, and the API answers with numbers."""
    request.backend(efs_backends).describe_file_systems(file_system_id=point.file_system_id)  # or there is none
    point.posix_user = read_numbers(point.posix_user)
    info = point.root_directory.get('CreationInfo')
    point.root_directory = {**point.root_directory, **({'CreationInfo': read_numbers(info)} if info else {})}


def read_numbers(ids: dict[str, Any]) -> dict[str, Any]:
    """User and group ids. Permissions are an octal text on both sides."""
    read = {key: number(value) for key, value in ids.items() if key in ('Uid', 'Gid', 'OwnerUid', 'OwnerGid')}
    more = {'SecondaryGids': [number(each) for each in ids['SecondaryGids']]} if 'SecondaryGids' in ids else {}
    return {**ids, **read, **more}


def finish_bucket(bucket: FakeBucket, request: Request) -> None:
    backend = request.global_backend(s3_backends)
    versioning = request.get('VersioningConfiguration', {}).get('Status')
    if versioning:
        backend.put_bucket_versioning(bucket.name, versioning)
    if request.get('PublicAccessBlockConfiguration'):
        backend.put_public_access_block(bucket.name, request.get('PublicAccessBlockConfiguration'))


class BucketPolicy(AddedResource, CloudFormationModel):
    """Is kept for the judge (`authorization`) only. moto would apply the Deny of a policy that enforces TLS and ignore its condition:
    then no asset could be published to the bucket any more."""

    TYPE = 'AWS::S3::BucketPolicy'

    @classmethod
    def make(cls, request: Request) -> 'BucketPolicy':
        bucket = request.global_backend(s3_backends).get_bucket(request.get('Bucket'))
        bucket.carbon_policy = request.get('PolicyDocument')
        return cls(request.name)
