"""What the tests of the extension share: one server for the whole run, clients, and small stacks."""

import atexit
import json
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
from itertools import count
from pathlib import Path
from typing import IO, Any

import boto3
from botocore.config import Config

HERE = Path(__file__).parent
ACCOUNT = '123456789012'
REGION = 'us-east-1'
CREDENTIALS = {'aws_access_key_id': 'testing', 'aws_secret_access_key': 'testing', 'region_name': REGION}

_server: dict[str, Any] = {}
_numbers = count(1)


def endpoint() -> str:
    """The address of the server, which is started with the first question."""
    if not _server:
        _server.update(url=launch())
    return _server['url']


def launch(*options: str) -> str:
    """Starts a server that ends with the tests, and returns its address."""
    port, log = free_port(), tempfile.TemporaryFile()
    command = [sys.executable, str(HERE / 'server.py'), '--port', str(port), '--tied', *options]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=log)
    atexit.register(stop, process)
    url = f'http://127.0.0.1:{port}'
    wait_until_ready(url, process, log)
    return url


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def wait_until_ready(url: str, process: subprocess.Popen, log: IO[bytes]) -> None:
    for _ in range(300):
        if process.poll() is not None:
            log.seek(0)
            raise RuntimeError(log.read().decode())
        try:
            urllib.request.urlopen(f'{url}/moto-api/data.json', timeout=5).read()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f'no answer from {url}')


def stop(process: subprocess.Popen) -> None:
    process.terminate()
    process.wait(timeout=10)
    process.stdin.close()


def client(service: str) -> Any:
    if service not in _server:
        endpoint()
        _server[service] = client_of(service, endpoint())
    return _server[service]


def client_of(service: str, url: str) -> Any:
    return boto3.client(service, endpoint_url=url, config=Config(retries={'max_attempts': 1}), **CREDENTIALS)


class StackTest(unittest.TestCase):
    """Makes stacks of a few resources each."""

    maxDiff = None

    def create(self, resources: dict[str, Any], outputs: dict[str, Any] | None = None, **more: Any) -> dict[str, str]:
        """Creates a stack and returns its outputs; fails the test when the stack failed."""
        name = self.start(resources, outputs, **more)
        status, reason = self.status(name)
        self.assertEqual((status, reason), ('CREATE_COMPLETE', None))
        stack = client('cloudformation').describe_stacks(StackName=name)['Stacks'][0]
        self.stack = name
        return {each['OutputKey']: each['OutputValue'] for each in stack.get('Outputs', [])}

    def start(self, resources: dict[str, Any], outputs: dict[str, Any] | None = None, options: dict[str, Any] | None = None,
              **more: Any) -> str:
        name = f'Test{next(_numbers)}'
        document = {'Resources': resources, **more}
        if outputs:
            document['Outputs'] = {key: {'Value': value} for key, value in outputs.items()}
        client('cloudformation').create_stack(
            StackName=name, TemplateBody=json.dumps(document), Capabilities=['CAPABILITY_IAM'], **(options or {}))
        return name

    def status(self, name: str) -> tuple[str, str | None]:
        event = client('cloudformation').describe_stack_events(StackName=name)['StackEvents'][0]
        return event['ResourceStatus'], event.get('ResourceStatusReason')

    def why_failed(self, name: str) -> str:
        """The reason of the first resource that failed, or why the stack was rolled back without one."""
        events = client('cloudformation').describe_stack_events(StackName=name)['StackEvents'][::-1]
        return next(each['ResourceStatusReason'] for each in events if each['ResourceStatus'] in ('CREATE_FAILED', 'ROLLBACK_IN_PROGRESS'))


def ref(name: str) -> dict[str, str]:
    return {'Ref': name}


def att(name: str, attribute: str) -> dict[str, list[str]]:
    return {'Fn::GetAtt': [name, attribute]}


def resource(kind: str, properties: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {'Type': f'AWS::{kind}', 'Properties': properties or {}, **more}


def network(zones: int = 2) -> dict[str, Any]:
    """A network with one subnet per zone."""
    subnets = {f'Subnet{index}': resource('EC2::Subnet', {
        'VpcId': ref('Vpc'), 'CidrBlock': f'10.0.{index}.0/24', 'AvailabilityZone': f'{REGION}{"abcd"[index]}'})
        for index in range(zones)}
    return {'Vpc': resource('EC2::VPC', {'CidrBlock': '10.0.0.0/16'}), **subnets}
