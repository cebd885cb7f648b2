"""Drives the machine room over its two pipes, as `npm run rehearse` does; and a moto server to stand behind it."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
MAIN = os.path.join(os.path.dirname(HERE), 'main.py')


class RehearsalFailed(Exception):
    pass


class Rehearsal:
    """One run of the machine room."""

    def __init__(self, document: dict, *arguments: str):
        self._file = tempfile.NamedTemporaryFile('w', suffix='.json', encoding='utf-8')
        json.dump(document, self._file)
        self._file.flush()
        self.process = subprocess.Popen([sys.executable, MAIN, 'run', '--cluster', self._file.name, *arguments],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.events: list[dict] = []
        self._news = threading.Condition()
        self._replies: dict[int, queue.Queue] = {}
        self._number = 0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            event = json.loads(line)
            with self._news:
                self.events.append(event)
                self._news.notify_all()
            if event['event'] == 'reply':
                self._replies[event['id']].put(event)
        with self._news:
            self.events.append({'event': 'closed'})
            self._news.notify_all()

    def of(self, kind: str, **fields) -> list[dict]:
        """The events of a kind so far, with these values."""
        return [event for event in list(self.events) if event['event'] == kind
                and all(event.get(name) == value for name, value in fields.items())]

    def wait_for(self, kind: str, timeout: float = 300, **fields) -> dict:
        end = time.monotonic() + timeout
        with self._news:
            while True:
                found = self.of(kind, **fields)
                if found:
                    return found[0]
                if self.of('failed'):
                    raise RehearsalFailed(self.of('failed')[0]['message'])
                if self.of('closed') or not self._news.wait(end - time.monotonic()):
                    raise RehearsalFailed(f'no {kind} {fields}; last: {self.events[-3:]}')

    def wait_for_failure(self, timeout: float = 60) -> dict:
        end = time.monotonic() + timeout
        while not self.of('failed') and time.monotonic() < end:
            time.sleep(0.05)
        return self.of('failed')[0]

    def command(self, name: str, timeout: float = 300, **arguments) -> Any:
        self._number += 1
        number = self._number
        self._replies[number] = queue.Queue()
        self.process.stdin.write(json.dumps({'id': number, 'command': name, **arguments}) + '\n')
        self.process.stdin.flush()
        reply = self._replies[number].get(timeout=timeout)
        if not reply['ok']:
            raise RehearsalFailed(f'{name}: {reply["error"]}')
        return reply.get('result')

    def shell(self, node: str, script: str, timeout: float = 60) -> str:
        """Runs a script in a node; returns what it printed, its errors too."""
        result = self.command('exec', node=node, script=script, timeout=timeout)
        return result['stdout'] + result['stderr']

    def boot(self, timeout: float = 120) -> dict:
        self.wait_for('ready')
        return self.command('wait', timeout=timeout)

    def end(self) -> int:
        if not self.process.stdin.closed:
            self.process.stdin.close()
        code = self.process.wait(60)
        self._reader.join(5)
        self.process.stdout.close()
        self._file.close()
        return code


class Moto:
    """A stock moto server on loopback."""

    program = ['-m', 'moto.server', '-H', '127.0.0.1', '-p']

    def __init__(self, port: int):
        self.url = f'http://127.0.0.1:{port}'
        clean = {name: value for name, value in os.environ.items() if not name.startswith('AWS_')}
        self._process = subprocess.Popen(
            [sys.executable, *self.program, str(port)],
            env={**clean, 'MOTO_PORT': str(port), 'MOTO_ACCOUNT_ID': '123456789012'},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._wait()

    def _wait(self) -> None:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                urllib.request.urlopen(f'{self.url}/moto-api/data.json', timeout=2).close()
                return
            except OSError:
                time.sleep(0.1)
        raise RehearsalFailed('moto did not come up')

    def put_object(self, bucket: str, key: str, body: bytes) -> None:
        """By plain HTTP: moto does not ask for a signature."""
        for path, data in ((bucket, b''), (f'{bucket}/{key}', body)):
            headers = {'Authorization': 'AWS4-HMAC-SHA256 Credential=testing/20260101/us-east-1/s3/aws4_request'}
            request = urllib.request.Request(f'{self.url}/{path}', data=data, method='PUT', headers=headers)
            urllib.request.urlopen(request, timeout=10).close()

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    def client(self, service: str) -> Any:
        import boto3
        return boto3.client(service, endpoint_url=self.url, region_name='us-east-1', aws_access_key_id='testing',
                            aws_secret_access_key='testing')


class Emulator(Moto):
    """The emulator of this repository, for what a stock moto takes too lightly."""

    program = [os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(HERE))), 'emulator', 'server.py'), '--port']


class Judge(Emulator):
    """The same, and it judges every call."""

    program = [*Emulator.program[:1], '--judge', '--port']


def free_port() -> int:
    import socket
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def moto_is_installed() -> bool:
    import importlib.util
    return importlib.util.find_spec('moto') is not None
