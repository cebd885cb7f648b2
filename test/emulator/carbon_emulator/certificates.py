"""Certificate Manager: certificates, issued at once because nobody here answers a validation."""

from moto.acm.models import acm_backends
from moto.core.common_models import CloudFormationModel

from .resource import AddedResource, Request


class Certificate(AddedResource, CloudFormationModel):
    TYPE = 'AWS::CertificateManager::Certificate'

    @classmethod
    def make(cls, request: Request) -> 'Certificate':
        backend = request.backend(acm_backends)
        arn = backend.request_certificate(
            domain_name=request.get('DomainName'), idempotency_token=None,
            subject_alt_names=request.get('SubjectAlternativeNames', []), tags=request.tags,
            cert_authority_arn=request.get('CertificateAuthorityArn'))
        # CloudFormation waits for this state, and a load balancer takes no other.
        backend.get_certificate(arn).status = 'ISSUED'
        return cls(arn)

    def remove(self, request: Request) -> None:
        request.backend(acm_backends).delete_certificate(self.physical_resource_id)
