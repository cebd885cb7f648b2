"""Repair of moto's server: requests that are signed in their query.

moto finds the service in the Authorization header only, and takes a request without one for S3's. Hazelcast 3.5 signs its
question for instances in the query (X-Amz-Credential), and got a list of buckets for an answer.
"""

from urllib.parse import parse_qs

from moto.moto_server.werkzeug_app import DomainDispatcherApplication

original_infer = DomainDispatcherApplication.infer_service_region_host


def repair() -> None:
    DomainDispatcherApplication.infer_service_region_host = infer


def infer(application, environ, path):
    if not environ.get('HTTP_AUTHORIZATION'):
        authorization = from_query(environ.get('QUERY_STRING', ''))
        if authorization:
            # Everything behind, account and region among it, reads the header as well.
            environ['HTTP_AUTHORIZATION'] = authorization
    return original_infer(application, environ, path)


def from_query(query: str) -> str:
    """The header that says the same as a signed query; nothing for S3, whose presigned requests moto knows."""
    values = {name: found[0] for name, found in parse_qs(query).items()}
    credential = values.get('X-Amz-Credential', '')
    if credential.count('/') != 4 or credential.split('/')[3] == 's3':
        return ''
    return 'AWS4-HMAC-SHA256 Credential=%s, SignedHeaders=%s, Signature=%s' % (
        credential, values.get('X-Amz-SignedHeaders', 'host'), values.get('X-Amz-Signature', ''))
