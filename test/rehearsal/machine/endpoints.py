"""
AWS's endpoints, as the nodes see them: HAProxy on the names below amazonaws.com, TLS by the test authority, behind it
the emulator on the host's loopback.

HAProxy runs in the host's network namespace, where the emulator is, and opens its listening sockets in the
endpoints' namespace; so the host's network needs no change. The Host header stays as the caller wrote it. Every call
is logged with service, action, principal, node and answer; and calls of a service can be made to fail for a while.
"""

from __future__ import annotations

import json
import re
import urllib.parse
from typing import Callable, Optional

import network
from authority import Authority
from document import Cluster
from events import Events, JsonLinesFile
from haproxy import HaProxy, head, json_log_format
from system import write_file

#: Whose parameters are worth the report. Never those that carry secrets (Secrets Manager, SSM, STS).
_SHOWN_BODIES = ('ec2', 'cloudformation', 'autoscaling', 'elasticloadbalancing')

#: RDS publishes its authorities' certificates here; ours are in their place.
TRUST_STORE_HOST = 'truststore.pki.rds.amazonaws.com'

_CREDENTIAL = re.compile(r'Credential=([^/,\s]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request')

#: How a service refuses: HTTP status, error code, message.
REFUSALS = {
    'throttle': (503, 'RequestLimitExceeded', 'Request limit exceeded.'),
    'deny': (403, 'UnauthorizedOperation', 'You are not authorized to perform this operation.'),
    'error': (500, 'InternalError', 'An internal error has occurred.'),
}
#: The same in the services of the JSON protocol, which have names and a status of their own.
_JSON_REFUSALS = {
    'throttle': (400, 'ThrottlingException', 'Rate exceeded'),
    'deny': (400, 'AccessDeniedException', 'User is not authorized to perform this operation.'),
    'error': (500, 'InternalServiceError', 'An internal error has occurred.'),
}

_LOG_TEXTS = {
    'client': 'src', 'method': 'capture.req.method', 'path': 'capture.req.uri', 'host': 'capture.req.hdr(0)',
    'authorization': 'capture.req.hdr(1)', 'target': 'capture.req.hdr(2)', 'agent': 'capture.req.hdr(3)',
    'action': 'var(txn.action)', 'body': 'var(txn.body)', 'refusal': 'var(txn.refusal)', 'judgement': 'capture.res.hdr(0)',
}
_LOG_NUMBERS = {'status': '%ST', 'milliseconds': '%Ta'}


def certificate_names(region: str) -> list[str]:
    return ['*.amazonaws.com', 'amazonaws.com', f'*.{region}.amazonaws.com', '*.s3.amazonaws.com',
            f'*.s3.{region}.amazonaws.com', f'*.{region}.rds.amazonaws.com', f'*.{region}.elb.amazonaws.com',
            f'*.{region}.vpce.amazonaws.com', f'*.dkr.ecr.{region}.amazonaws.com',
            f's3.dualstack.{region}.amazonaws.com', f'*.s3.dualstack.{region}.amazonaws.com', TRUST_STORE_HOST]


def render(cluster: Cluster, bundle: str, trust_store: str, folder: str, control_socket: str) -> str:
    emulator = urllib.parse.urlsplit(cluster.emulator.url)
    shown = ' || '.join(f'{{ var(txn.service) -m str {service} }}' for service in _SHOWN_BODIES)
    refusals = '\n'.join(line for mode in REFUSALS for line in _refusal_lines(mode, folder))
    listen = f'namespace {network.ENDPOINTS}'
    return head(control_socket, timeouts='timeout connect 5s\n    timeout client 120s\n    timeout server 120s') + f"""
frontend endpoints
    bind {network.ENDPOINTS_ADDRESS}:443 {listen} ssl crt {bundle} ssl-min-ver TLSv1.2
    bind {network.ENDPOINTS_ADDRESS}:80 {listen}
    option http-buffer-request
    capture request header host len 256
    capture request header authorization len 512
    capture request header x-amz-target len 128
    capture request header user-agent len 160
    capture response header x-carbon-judgement len 16
    # The service as the signature names it; without one in a header the host's first label says it.
    http-request set-var(txn.service) req.hdr(authorization),field(4,/)
    http-request set-var(txn.service) req.hdr(host),field(1,.) if !{{ var(txn.service) -m found }}
    http-request set-var(txn.action) req.body_param(Action)
    http-request set-var(txn.action) url_param(Action) if !{{ var(txn.action) -m found }}
    http-request set-var(txn.body) req.body,bytes(0,6000) if {shown}
    http-request set-var(txn.refusal) var(txn.service),map_str({folder}/refusals.map)
    http-request reject if {{ var(txn.refusal) -m str reject }}
{refusals}
    acl trust-store req.hdr(host) -i {TRUST_STORE_HOST}
    http-request return status 200 content-type application/x-pem-file file {trust_store} if trust-store
    log-format {json_log_format(_LOG_TEXTS, _LOG_NUMBERS)}
    default_backend emulator

backend emulator
    option http-server-close
    server emulator {emulator.hostname}:{emulator.port or 80}
"""


def _refusal_lines(mode: str, folder: str) -> list[str]:
    applies = f'{{ var(txn.refusal) -m str {mode} }}'
    json_protocol = '{ req.hdr(x-amz-target) -m found }'
    return [f'    http-request return status {_JSON_REFUSALS[mode][0]} content-type application/x-amz-json-1.1 '
            f'file {folder}/{mode}.json if {applies} {json_protocol}',
            f'    http-request return status {REFUSALS[mode][0]} content-type text/xml file {folder}/{mode}.xml '
            f'if {applies}']


def refusal_bodies(mode: str) -> dict[str, str]:
    """An error by file extension: in EC2's form, which readers of other query services take too, and as JSON."""
    _, code, message = REFUSALS[mode]
    _, json_code, json_message = _JSON_REFUSALS[mode]
    return {
        'xml': '<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error>'
               f'<Code>{code}</Code><Message>{message}</Message></Error></Errors>'
               '<RequestID>rehearsal</RequestID></Response>\n',
        'json': json.dumps({'__type': json_code, 'message': json_message}),
    }


def describe_call(record: dict, principal_of: Callable[[str], dict]) -> dict:
    """What a logged request was, in AWS's terms."""
    key, service, region = credential(record['authorization'], record['path'])
    service = service or record['host'].split('.')[0]
    call = {
        'service': service, 'action': action(record), 'region': region or None,
        'accessKeyId': key or None, 'principal': principal_of(key), 'status': record['status'],
        'milliseconds': record['milliseconds'], 'host': record['host'], 'agent': record['agent'] or None,
        'judgement': record['judgement'] or None,
    }
    if service in _SHOWN_BODIES:
        call['parameters'] = parameters(record) or None
    return {name: value for name, value in call.items() if value is not None}


def credential(authorization: str, path: str) -> tuple[str, str, str]:
    """Access key id, service and region of a signature in the header or in the query."""
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(path).query)
    signed = authorization or f'Credential={query.get("X-Amz-Credential", [""])[0]}'
    found = _CREDENTIAL.search(signed)
    return (found.group(1), found.group(4), found.group(3)) if found else ('', '', '')


def action(record: dict) -> str:
    """The API's action; a service of the REST protocols has only method and path."""
    if record['target']:
        return record['target'].rpartition('.')[2]
    if record['action']:
        return record['action']
    path = urllib.parse.urlsplit(record['path']).path
    return f'{record["method"]} {path}'


def parameters(record: dict) -> dict[str, str]:
    """The parameters of a call of the query protocol."""
    pairs = urllib.parse.parse_qsl(urllib.parse.urlsplit(record['path']).query)
    pairs += urllib.parse.parse_qsl(record['body'] if '=' in record['body'] else '')
    return {name: value for name, value in pairs if not name.startswith('X-Amz-')}


class Endpoints:
    def __init__(self, cluster: Cluster, authority: Authority, events: Events, folder: str, log_path: str,
                 principal_of: Callable[[str], dict], who: Callable[[str], str],
                 on_call: Callable[[dict], None] = lambda call: None):
        self._cluster = cluster
        self._authority = authority
        self._events = events
        self._folder = folder
        self._principal_of = principal_of
        self._who = who
        #: Is told of every call, after it was answered.
        self._on_call = on_call
        self._log = JsonLinesFile(log_path)
        self._proxy: Optional[HaProxy] = None
        #: Calls by (principal, service, action): number, the number that were refused, and that of those which reached the
        #: emulator and were not judged.
        self.summary: dict[tuple[str, str, str], list[int]] = {}

    def start(self) -> None:
        bundle = self._authority.bundle(certificate_names(self._cluster.region), self._folder, 'endpoints')
        write_file(f'{self._folder}/refusals.map', '')
        for mode in REFUSALS:
            for extension, body in refusal_bodies(mode).items():
                write_file(f'{self._folder}/{mode}.{extension}', body)
        # In the host's network namespace, see above.
        self._proxy = HaProxy('endpoints', self._folder, None, self._record)
        self._proxy.start(render(self._cluster, bundle, self._authority.certificate, self._folder, self._proxy.socket))

    def _record(self, record: dict) -> None:
        call = describe_call(record, self._principal_of)
        node = self._who(record['client'])
        counts = self.summary.setdefault((call['principal']['name'], call['service'], call['action']), [0, 0, 0])
        counts[0] += 1
        counts[1] += call['status'] >= 400
        counts[2] += not (record['judgement'] or record['refusal'] or record['host'] == TRUST_STORE_HOST)
        event = self._events.emit('aws-call', node=node, **call)
        self._log.write(event)
        self._on_call(call)

    def refuse(self, service: str, mode: Optional[str]) -> None:
        """Makes a service's calls fail in one of the ways of REFUSALS, or `reject`; None makes them work again."""
        if mode is not None and mode not in (*REFUSALS, 'reject'):
            raise ValueError(f'mode must be one of {", ".join([*REFUSALS, "reject"])}')
        table = f'{self._folder}/refusals.map'
        self._proxy.command(f'del map {table} {service}')
        if mode is not None:
            self._proxy.order(f'add map {table} {service} {mode}')

    def calls(self) -> list[dict]:
        return [{'principal': principal, 'service': service, 'action': name, 'calls': counts[0], 'failed': counts[1],
                 'bypassed': counts[2]}
                for (principal, service, name), counts in sorted(self.summary.items())]
