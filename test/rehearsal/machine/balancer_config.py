"""HAProxy's configuration for a load balancer, as text: no process, no network, so that tests can read it."""

from __future__ import annotations

import hashlib
import re
from typing import Mapping, Optional, Sequence

import tls_policies
from document import (Action, Cluster, HealthCheck, Listener, LoadBalancer, Redirect, Rule, Stickiness, TargetGroup,
                      forwarded_groups)
from haproxy import head, json_log_format
from tls_policies import TlsPolicy

_LOG_TEXTS = {'listener': 'fe_name', 'client': 'src', 'method': 'capture.req.method', 'path': 'capture.req.uri',
              'host': 'capture.req.hdr(0)', 'trace': 'capture.req.hdr(1)'}
_TCP_LOG_TEXTS = {'listener': 'fe_name', 'client': 'src'}
#: Where a request went HAProxy knows only as log variables, which are not JSON by themselves; ours need no escaping.
_WENT_TO = {'group': '"%b"', 'place': '"%s"'}


def render(cluster: Cluster, balancer: LoadBalancer, certificates: Mapping[int, str], folder: str,
           control_socket: str, places: Mapping[str, int]) -> str:
    """
    `certificates`: a bundle by listener port. `folder`: where the fixed responses' texts and the maps are. `places`:
    how many targets each target group must have room for.
    """
    idle = max(1, int(balancer.idleTimeout))
    timeouts = (f'timeout connect 10s\n    timeout client {idle}s\n    timeout server {idle}s\n'
                f'    timeout http-request {idle}s\n    timeout tunnel {idle}s\n    retries 0')
    parts = [head(control_socket, timeouts=timeouts)]
    for listener in balancer.listeners:
        parts.append(_frontend(balancer, listener, certificates.get(listener.port, ''), folder))
    policy = tls_policies.back([one.sslPolicy for one in balancer.listeners if is_tls(one)], balancer.type)
    for group_id in groups_of(balancer):
        group = cluster.target_group(group_id)
        parts.append(_backend(group, policy, places[group_id], cluster.healthCheckSpeed, folder))
    return '\n'.join(parts)


def groups_of(balancer: LoadBalancer) -> list[str]:
    """The target groups behind a load balancer, each once."""
    found: dict[str, None] = {}
    for listener in balancer.listeners:
        for action in actions_of(listener):
            found |= dict.fromkeys(forwarded_groups(action))
    return list(found)


def actions_of(listener: Listener) -> list[Action]:
    """In the order in which they are tried; the default is the last."""
    rules = sorted(listener.rules, key=lambda rule: rule.priority)
    return [*(rule.action for rule in rules), listener.defaultAction]


def is_http(listener: Listener) -> bool:
    return listener.protocol in ('HTTP', 'HTTPS')


def is_tls(listener: Listener) -> bool:
    return listener.protocol in ('HTTPS', 'TLS', 'SSL')


def backend_name(group_id: str) -> str:
    """A name HAProxy takes, of a target group's ARN or any other id."""
    readable = re.sub(r'[^A-Za-z0-9_.-]', '-', group_id.rpartition('targetgroup/')[2])[:40]
    return f'{readable}-{hashlib.sha256(group_id.encode()).hexdigest()[:6]}'


def place_name(index: int) -> str:
    return f'place-{index + 1}'


def body_file(folder: str, listener: Listener, index: int) -> str:
    """The text of the fixed response of a listener's action."""
    return f'{folder}/body-{listener.port}-{index}'


def wildcard(pattern: str) -> str:
    """AWS's * and ? as a regular expression."""
    return '^' + ''.join({'*': '.*', '?': '.'}.get(letter, re.escape(letter)) for letter in pattern) + '$'


def _frontend(balancer: LoadBalancer, listener: Listener, certificate: str, folder: str) -> str:
    mode = 'http' if is_http(listener) else 'tcp'
    lines = [f'frontend listener-{listener.port}', f'    mode {mode}',
             f'    bind :{listener.port}{_front_tls(balancer, listener, certificate)}']
    if mode == 'tcp':
        lines += [f'    log-format {json_log_format(_TCP_LOG_TEXTS, {"milliseconds": "%Tt", **_WENT_TO})}',
                  f'    use_backend {backend_name(listener.defaultAction.targetGroup)}']
        return '\n'.join(lines) + '\n'
    lines += _headers(listener)
    lines += _decision(listener)
    actions = actions_of(listener)
    for index, action in enumerate(actions):
        lines += _answer(index, action, listener, folder)
    for index, action in enumerate(actions):
        lines += _forward(index, action)
    return '\n'.join(lines) + '\n'


def _front_tls(balancer: LoadBalancer, listener: Listener, certificate: str) -> str:
    if not is_tls(listener):
        return ''
    words = ['', 'ssl', 'crt', certificate, *_tls_words(tls_policies.front(listener.sslPolicy, balancer.type))]
    if listener.protocol == 'HTTPS' and balancer.type == 'application':
        words += ['alpn', 'h2,http/1.1']
    return ' '.join(words)


def _tls_words(policy: TlsPolicy) -> list[str]:
    words = ['ssl-min-ver', f'TLSv{policy.lowest}', 'ssl-max-ver', f'TLSv{policy.highest}']
    if policy.older:
        words += ['ciphers', policy.older]
    if policy.newer:
        words += ['ciphersuites', policy.newer]
    return words


def _headers(listener: Listener) -> list[str]:
    """The headers an AWS load balancer adds: it appends the client to X-Forwarded-For and replaces the others."""
    scheme = 'https' if is_tls(listener) else 'http'
    numbers = {'status': '%ST', 'milliseconds': '%Ta', **_WENT_TO}
    return [
        '    capture request header host len 256',
        '    capture request header x-amzn-trace-id len 128',
        '    http-request set-header X-Forwarded-For "%[req.fhdr(x-forwarded-for)], %[src]" '
        'if { req.fhdr(x-forwarded-for) -m found }',
        '    http-request set-header X-Forwarded-For %[src] if !{ req.fhdr(x-forwarded-for) -m found }',
        f'    http-request set-header X-Forwarded-Proto {scheme}',
        f'    http-request set-header X-Forwarded-Port {listener.port}',
        '    http-request set-header X-Amzn-Trace-Id '
        'Root=1-%[date,hex,bytes(8,8)]-%[uuid,bytes(24,12)]%[uuid,bytes(24,12)] '
        'if !{ req.hdr(x-amzn-trace-id) -m found }',
        # Without its port, as a host rule compares it.
        '    http-request set-var(txn.host) req.hdr(host),host_only,lower',
        f'    log-format {json_log_format(_LOG_TEXTS, numbers)}',
    ]


def _decision(listener: Listener) -> list[str]:
    """Remembers which action applies: that of the first rule whose conditions all hold, or the default."""
    rules = sorted(listener.rules, key=lambda rule: rule.priority)
    conditions = [*(_conditions(rule) for rule in rules), []]
    undecided = '!{ var(txn.action) -m found }'
    return [f'    http-request set-var(txn.action) int({index}) if {" ".join([undecided, *held])}'
            for index, held in enumerate(conditions)]


def _conditions(rule: Rule) -> list[str]:
    held = []
    if rule.hostHeader:
        held.append(_matches('var(txn.host)', [wildcard(host.lower()) for host in rule.hostHeader]))
    if rule.pathPattern:
        held.append(_matches('path', [wildcard(path) for path in rule.pathPattern]))
    if rule.methods:
        held.append(f'{{ method {" ".join(rule.methods)} }}')
    if rule.sourceIp:
        held.append(f'{{ src {" ".join(rule.sourceIp)} }}')
    return held


def _matches(sample: str, expressions: Sequence[str]) -> str:
    return f'{{ {sample} -m reg {" ".join(_word(one) for one in expressions)} }}'


def _word(text: str) -> str:
    """Literal text as one word of a configuration line; in single quotes HAProxy reads nothing into it."""
    return "'" + text.replace("'", "'\\''") + "'"


def _applies(index: int) -> str:
    return f'{{ var(txn.action) -m int {index} }}'


def _answer(index: int, action: Action, listener: Listener, folder: str) -> list[str]:
    if action.fixedResponse:
        fixed = action.fixedResponse
        return [f'    http-request return status {fixed.status} content-type {_word(fixed.contentType)} '
                f'file {body_file(folder, listener, index)} if {_applies(index)}']
    if action.redirect:
        return _redirect(index, action.redirect, listener)
    return []


def _redirect(index: int, redirect: Redirect, listener: Listener) -> list[str]:
    """AWS's placeholders as HAProxy expressions. AWS always writes the port."""
    scheme = 'https' if is_tls(listener) else 'http'
    values = {'#{protocol}': scheme, '#{host}': '%[var(txn.host)]', '#{port}': str(listener.port),
              '/#{path}': '%[path]', '#{path}': '%[path,bytes(1)]', '#{query}': '%[query]'}

    def fill(text: str) -> str:
        for placeholder, value in values.items():
            text = text.replace(placeholder, value)
        return text

    protocol = fill(redirect.protocol).lower()
    target = f'{protocol}://{fill(redirect.host)}:{fill(redirect.port)}{fill(redirect.path)}'
    lines = []
    if redirect.query:
        asked = '{ query -m len gt 0 }' if redirect.query == '#{query}' else ''
        lines.append(f'    http-request redirect location "{target}?{fill(redirect.query)}" code {redirect.status} '
                     f'if {_applies(index)} {asked}'.rstrip())
    lines.append(f'    http-request redirect location "{target}" code {redirect.status} if {_applies(index)}')
    return lines


def _forward(index: int, action: Action) -> list[str]:
    if action.targetGroup:
        return [f'    use_backend {backend_name(action.targetGroup)} if {_applies(index)}']
    total = sum(part.weight for part in action.weighted)
    if not total:
        return []
    # Drawn here, compared below: each share is the stretch of numbers up to its limit.
    lines = [f'    http-request set-var(txn.dice) rand({total}) if {_applies(index)}']
    limit = 0
    for part in action.weighted:
        limit += part.weight
        lines.append(f'    use_backend {backend_name(part.targetGroup)} if {_applies(index)} '
                     f'{{ var(txn.dice) -m int lt {limit} }}')
    return lines


def checks_http(group: TargetGroup) -> bool:
    return group.health.protocol in ('HTTP', 'HTTPS')


def host_map(folder: str, group_id: str) -> str:
    """The file that says which Host header a place's health check has."""
    return f'{folder}/{backend_name(group_id)}.hosts'


def _backend(group: TargetGroup, policy: TlsPolicy, places: int, speed: float, folder: str) -> str:
    name = backend_name(group.id)
    mode = 'http' if group.protocol in ('HTTP', 'HTTPS') else 'tcp'
    balance = 'leastconn' if group.algorithm == 'least_outstanding_requests' else 'roundrobin'
    lines = [f'backend {name}', f'    mode {mode}', f'    balance {balance}',
             f'    timeout check {milliseconds(group.health.timeout)}', *_check(group, folder),
             *_stickiness(group.stickiness)]
    lines.append(f'    default-server {" ".join(_server_words(group, policy, speed))}')
    lines += [f'    server {place_name(index)} 0.0.0.0:{group.port}{_cookie(group, index)}' for index in range(places)]
    return '\n'.join(lines) + '\n'


def _server_words(group: TargetGroup, policy: TlsPolicy, speed: float) -> list[str]:
    health = group.health
    checks_tls = health.protocol in ('HTTPS', 'SSL')
    speaks_tls = group.protocol in ('HTTPS', 'TLS')
    words = ['disabled', 'check', 'port', str(health.port or group.port),
             'inter', milliseconds(check_interval(health, speed)), 'rise', str(health.healthy),
             'fall', str(health.unhealthy), 'check-ssl' if checks_tls else 'no-check-ssl']
    if speaks_tls:
        words.append('ssl')
    if speaks_tls or checks_tls:
        # An AWS load balancer does not look at the node's certificate.
        words += ['verify', 'none', *_tls_words(policy)]
    return words


def check_interval(health: HealthCheck, speed: float) -> float:
    """Seconds between two checks; not under a fifth of a second, which would be load of its own."""
    return max(0.2, health.interval / speed)


def milliseconds(seconds: float) -> str:
    return f'{round(seconds * 1000)}ms'


def _check(group: TargetGroup, folder: str) -> list[str]:
    health = group.health
    if not checks_http(group):
        return []
    # On AWS the Host header of a check is the target's address and port. HAProxy knows the address of the server it
    # checks nowhere but in the server's line, so a map says it.
    host = f'%[srv_name,map({host_map(folder, group.id)},unknown)]'
    return ['    option httpchk',
            f'    http-check send meth GET uri {_word(health.path)} ver HTTP/1.1 hdr Host "{host}" '
            'hdr User-Agent ELB-HealthChecker/2.0 hdr Connection close',
            f'    http-check expect status {health.matcher}']


def _stickiness(stickiness: Optional[Stickiness]) -> list[str]:
    if stickiness is None:
        return []
    seconds = stickiness.duration
    if stickiness.type == 'lb_cookie':
        return [f'    cookie {stickiness.cookie} insert indirect nocache maxidle {seconds}s']
    if stickiness.type == 'app_cookie':
        return [f'    stick-table type string len 128 size 100k expire {seconds}s',
                f'    stick store-response res.cook({stickiness.cookie})',
                f'    stick match req.cook({stickiness.cookie})']
    return [f'    stick-table type ip size 100k expire {seconds}s', '    stick on src']


def _cookie(group: TargetGroup, index: int) -> str:
    """AWS's cookie says nothing about the target either."""
    if not group.stickiness or group.stickiness.type != 'lb_cookie':
        return ''
    return ' cookie ' + hashlib.sha256(f'{group.id} {index}'.encode()).hexdigest()[:24]
