"""Requests from outside the cluster, as its users make them: a single one by curl, or a steady stream of them."""

from __future__ import annotations

import http.client
import json
import os
import ssl
import statistics
import threading
import time
import urllib.parse
import uuid
from typing import Optional

from balancer import Balancer
from system import call_in_namespace, in_namespace, run, wait_until

_MAX_BODY = 65536
_SLOWEST_LOG = 1.0
_COULD_NOT_RESOLVE = 6
_NAME_ATTEMPTS = 3


def request(namespace: str, url: str, options: dict, balancers: list[Balancer], folder: str, authority: str) -> dict:
    """
    One request. Options: method, headers, body, jar (a name: cookies are kept under it), timeout, redirects, insecure
    (a certificate that nobody knows will do).
    The answer has status, headers, body, seconds and, where a load balancer forwarded it, the instance.
    """
    trace = f'Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]}'
    went_to: list[dict] = []
    for balancer in balancers:
        balancer.expect(trace, went_to.append)
    answer = _curl(namespace, url, options, folder, authority, trace)
    if answer['status'] and balancers:
        # The load balancer writes its log when the answer is through, which may be after we have it.
        wait_until(lambda: went_to, _SLOWEST_LOG, 0.01)
    if went_to:
        answer.update(loadBalancer=went_to[0]['loadBalancer'], instance=went_to[0]['instance'])
    return answer


def _curl(namespace: str, url: str, options: dict, folder: str, authority: str, trace: str) -> dict:
    name = os.path.join(folder, f'request-{uuid.uuid4().hex[:8]}')
    argv = ['curl', '--silent', '--show-error', '--noproxy', '*', '--cacert', authority,
            '--max-time', str(options.get('timeout', 30)), '--output', f'{name}.body', '--dump-header', f'{name}.head',
            '--write-out', '%{json}', '--header', f'X-Amzn-Trace-Id: {trace}']
    if options.get('insecure'):
        argv.append('--insecure')
    if options.get('redirects'):
        argv.append('--location')
    if options.get('jar'):
        jar = os.path.join(folder, f'jar-{options["jar"]}')
        argv += ['--cookie', jar, '--cookie-jar', jar]
    if options.get('method'):
        argv += ['--request', options['method']]
    for header, value in (options.get('headers') or {}).items():
        argv += ['--header', f'{header}: {value}']
    if options.get('body') is not None:
        argv += ['--data-binary', options['body']]
    for _ in range(_NAME_ATTEMPTS):
        facts = json.loads(run(in_namespace(namespace, [*argv, url]), check=False, timeout=options.get('timeout', 30) + 10))
        # The name service is the rehearsal's own, and a question that it lost says nothing about the cluster.
        if facts['exitcode'] != _COULD_NOT_RESOLVE:
            break
    answer = {'status': facts['http_code'], 'seconds': facts['time_total'], 'address': facts['remote_ip'],
              'error': facts.get('errormsg') or None, 'headers': _last_headers(f'{name}.head'),
              'body': _text(f'{name}.body')}
    for part in ('head', 'body'):
        if os.path.exists(f'{name}.{part}'):
            os.remove(f'{name}.{part}')
    return answer


def _text(path: str) -> str:
    if not os.path.exists(path):
        return ''
    with open(path, 'rb') as file:
        return file.read(_MAX_BODY).decode('utf-8', 'replace')


def _last_headers(path: str) -> dict[str, list[str]]:
    """Those of the last answer, when redirects were followed."""
    blocks = _text(path).replace('\r', '').strip().split('\n\n')
    headers: dict[str, list[str]] = {}
    for line in blocks[-1].split('\n')[1:]:
        name, _, value = line.partition(':')
        headers.setdefault(name.strip().lower(), []).append(value.strip())
    return headers


class _Tally:
    """What came of the requests of a stream."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._start = time.time()
        self.statuses: dict[str, int] = {}
        self.seconds: list[float] = []
        self.failures: list[dict] = []
        #: When the first and the last good answer came, and the longest time between two of them.
        self._first_good: Optional[float] = None
        self._good = self._start
        self._stall = 0.0

    def add(self, status: str, seconds: float, message: Optional[str]) -> None:
        with self._lock:
            self.statuses[status] = self.statuses.get(status, 0) + 1
            self.seconds.append(seconds)
            if message is None:
                now = time.time()
                self._stall, self._good = max(self._stall, now - self._good), now
                self._first_good = self._first_good or now
            if message is not None and len(self.failures) < 50:
                self.failures.append({'at': round(time.time() - self._start, 3), 'status': status, 'message': message})

    def result(self) -> dict:
        ordered = sorted(self.seconds)
        return {'requests': len(ordered), 'statuses': self.statuses, 'failures': self.failures,
                'medianSeconds': round(statistics.median(ordered), 4) if ordered else None,
                'slowestSeconds': round(ordered[-1], 4) if ordered else None,
                'longestStallSeconds': round(max(self._stall, time.time() - self._good), 4),
                'goodFrom': self._first_good, 'goodUntil': self._good if self._first_good else None}


def load(namespace: str, url: str, options: dict, authority: str) -> dict:
    """
    A stream of requests, each on a connection of its own. Options: seconds, perSecond, workers, headers, timeout,
    insecure, expect (the status that counts as success). A slow answer delays its worker's next request, not the
    others'.
    """
    seconds, rate = float(options.get('seconds', 10)), float(options.get('perSecond', 20))
    workers = int(options.get('workers', 4))
    tally = _Tally()
    end = time.monotonic() + seconds
    threads = [threading.Thread(target=call_in_namespace, daemon=True, args=(
        namespace, lambda offset=index: _work(url, options, authority, tally, end, workers / rate, offset / rate)))
        for index in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return tally.result()


def _work(url: str, options: dict, authority: str, tally: _Tally, end: float, pause: float, offset: float) -> None:
    context = ssl.create_default_context(cafile=authority)
    if options.get('insecure'):
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    expected = int(options.get('expect', 200))
    due = time.monotonic() + offset
    while due < end:
        time.sleep(max(0.0, due - time.monotonic()))
        start = time.monotonic()
        status, message = _once(url, options, context)
        tally.add(str(status or 'none'), time.monotonic() - start, None if status == expected else message)
        due = max(due + pause, time.monotonic())


def _once(url: str, options: dict, context: ssl.SSLContext) -> tuple[Optional[int], str]:
    parts = urllib.parse.urlsplit(url)
    timeout = float(options.get('timeout', 10))
    if parts.scheme == 'https':
        connection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=timeout, context=context)
    else:
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    try:
        path = (parts.path or '/') + (f'?{parts.query}' if parts.query else '')
        connection.request(options.get('method', 'GET'), path, headers=options.get('headers') or {})
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.reason
    except (OSError, http.client.HTTPException) as error:
        return None, f'{type(error).__name__}: {error}'
    finally:
        connection.close()
