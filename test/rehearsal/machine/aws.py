"""
The few calls the machine room itself makes to the emulator, signed as AWS wants it: the emulator picks the service
from the signature, and checks it where it enforces permissions.
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import hmac
import json
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ElementTree
from typing import Optional

from document import Emulator


class CallFailed(Exception):
    pass


def sign(emulator: Emulator, region: str, service: str, headers: dict[str, str], body: bytes,
         now: Optional[datetime.datetime] = None) -> dict[str, str]:
    """The headers of a POST to / with a signature of version 4."""
    moment = (now or datetime.datetime.now(datetime.timezone.utc)).strftime('%Y%m%dT%H%M%SZ')
    scope = f'{moment[:8]}/{region}/{service}/aws4_request'
    signed = {name.lower(): value for name, value in headers.items()}
    signed |= {'host': urllib.parse.urlsplit(emulator.url).netloc, 'x-amz-date': moment}
    names = ';'.join(sorted(signed))
    canonical = '\n'.join(['POST', '/', '', *(f'{name}:{signed[name]}' for name in sorted(signed)), '', names,
                           hashlib.sha256(body).hexdigest()])
    to_sign = '\n'.join(['AWS4-HMAC-SHA256', moment, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f'AWS4{emulator.secretAccessKey}'.encode()
    for part in (moment[:8], region, service, 'aws4_request'):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    authorization = (f'AWS4-HMAC-SHA256 Credential={emulator.accessKeyId}/{scope}, SignedHeaders={names}, '
                     f'Signature={signature}')
    return {**headers, 'X-Amz-Date': moment, 'Authorization': authorization}


def _post(emulator: Emulator, region: str, service: str, headers: dict[str, str], body: bytes) -> bytes:
    request = urllib.request.Request(emulator.url.rstrip('/') + '/', data=body, method='POST',
                                     headers=sign(emulator, region, service, headers, body))
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # the emulator is on this machine
    try:
        with opener.open(request, timeout=20) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        raise CallFailed(f'{service} answered {error.code}: {error.read()[:300].decode("utf-8", "replace")}') from None
    except OSError as error:
        raise CallFailed(f'{service} at {emulator.url}: {error}') from None


def _query(emulator: Emulator, region: str, service: str, action: str, version: str,
           **parameters: str) -> ElementTree.Element:
    """A call of the query protocol."""
    form = {'Action': action, 'Version': version, **parameters}
    headers = {'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8'}
    return ElementTree.fromstring(_post(emulator, region, service, headers, urllib.parse.urlencode(form).encode()))


def assume_role(emulator: Emulator, region: str, role_arn: str, session: str) -> dict[str, str]:
    """Temporary credentials of a role, named as the metadata service names them."""
    answer = _query(emulator, region, 'sts', 'AssumeRole', '2011-06-15', RoleArn=role_arn, RoleSessionName=session)
    found = {element.tag.rpartition('}')[2]: element.text or '' for element in answer.iter()}
    return {'AccessKeyId': found['AccessKeyId'], 'SecretAccessKey': found['SecretAccessKey'],
            'Token': found['SessionToken'], 'Expiration': _whole_seconds(found['Expiration'])}


def _whole_seconds(moment: str) -> str:
    """2026-11-21T07:00:00Z, the form in which EC2 gives times."""
    return f'{moment[:19]}Z'


def secret_value(emulator: Emulator, region: str, secret: str) -> str:
    headers = {'Content-Type': 'application/x-amz-json-1.1', 'X-Amz-Target': 'secretsmanager.GetSecretValue'}
    answer = _post(emulator, region, 'secretsmanager', headers, json.dumps({'SecretId': secret}).encode())
    return json.loads(answer)['SecretString']


@dataclasses.dataclass
class AttachedInterface:
    """A network interface that some instance has."""
    id: str
    address: str
    mac: str
    groups: list[str]
    instance: str
    index: int
    attachment: str


def network_interfaces(emulator: Emulator, region: str) -> list[AttachedInterface]:
    """Those that are attached to an instance, the first ones among them."""
    answer = _query(emulator, region, 'ec2', 'DescribeNetworkInterfaces', '2016-11-15')
    items = answer.findall('{*}networkInterfaceSet/{*}item')
    return [_attached(item) for item in items if item.findtext('{*}attachment/{*}instanceId')]


def _attached(item: ElementTree.Element) -> AttachedInterface:
    def text(path: str) -> str:
        return item.findtext('/'.join(f'{{*}}{part}' for part in path.split('/')), '')

    return AttachedInterface(
        text('networkInterfaceId'), text('privateIpAddress'), text('macAddress').lower(),
        [group.text or '' for group in item.findall('{*}groupSet/{*}item/{*}groupId')],
        text('attachment/instanceId'), int(text('attachment/deviceIndex')), text('attachment/attachmentId'))


def detach_network_interface(emulator: Emulator, region: str, attachment: str) -> None:
    _query(emulator, region, 'ec2', 'DetachNetworkInterface', '2016-11-15', AttachmentId=attachment, Force='true')


def client_permissions(emulator: Emulator, asked: dict) -> dict:
    """What a client of EFS may do. Mounting is no call of AWS's API, so the emulator's judge is asked in a way of its own."""
    request = urllib.request.Request(f'{emulator.url.rstrip("/")}/carbon-emulator/client-permissions', json.dumps(asked).encode())
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=20) as answer:
            return json.load(answer)
    except OSError as error:
        raise CallFailed(f'the judge of {emulator.url}: {error}') from None
