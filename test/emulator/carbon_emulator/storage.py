"""EFS identifiers and attributes, S3 bucket settings, and bucket policies as placeholders."""

from moto.core.common_models import CloudFormationModel
from moto.efs.models import AccessPoint, FileSystem, MountTarget
from moto.s3.models import FakeBucket, s3_backends

from .resource import AddedResource, Request, extend_create, give_attributes, give_physical_id


def repair() -> None:
    give_physical_id(AccessPoint, lambda point: point.access_point_id)
    give_attributes(AccessPoint, {'AccessPointId': lambda point: point.access_point_id, 'Arn': lambda point: point.access_point_arn})
    give_attributes(FileSystem, {'FileSystemId': lambda system: system.file_system_id, 'Arn': lambda system: system.file_system_arn})
    give_attributes(MountTarget, {'Id': lambda target: target.mount_target_id, 'IpAddress': lambda target: target.ip_address})
    extend_create(FakeBucket, finish_bucket)


def finish_bucket(bucket: FakeBucket, request: Request) -> None:
    backend = request.global_backend(s3_backends)
    versioning = request.get('VersioningConfiguration', {}).get('Status')
    if versioning:
        backend.put_bucket_versioning(bucket.name, versioning)
    if request.get('PublicAccessBlockConfiguration'):
        backend.put_public_access_block(bucket.name, request.get('PublicAccessBlockConfiguration'))


class BucketPolicy(AddedResource, CloudFormationModel):
    """Makes nothing. moto would apply the Deny of a policy that enforces TLS and ignore its condition: then no asset
    could be published to the bucket any more."""

    TYPE = 'AWS::S3::BucketPolicy'

    @classmethod
    def make(cls, request: Request) -> 'BucketPolicy':
        return cls(request.name)
