"""Stands before the emulator: every request is judged by the policies that were deployed, before it reaches the service.

Calls of the operator (the CDK, the rehearsal itself) are counted and pass. A denied call is answered as AWS would. A call that nobody
here can judge passes and is a problem of the rehearsal.
"""

from __future__ import annotations

import json
from typing import Any, Callable, Iterable, Optional

from . import answers, calls, principals
from .calls import Call, Check
from .ledger import Ledger, subject
from .policies import Decision, Policies, Policy, Principal, Request, Unjudged, Values, decide
from .principals import Caller, UnknownKey
from .resources import Missing, Resource

#: Belong to the emulator, not to AWS.
_OWN = '/carbon-emulator/'
_MOTO = ('/moto-api', '/favicon.ico', '/static/')

#: Condition keys that none of the judged requests has: nothing is created with tags, and no service calls for reasons of its own.
_ABSENT = ('aws:SourceArn', 'aws:SourceAccount', 'aws:SourceOrgID', 'aws:PrincipalServiceName', 'aws:PrincipalServiceNamesList',
           'aws:PrincipalTag/*', 'aws:RequestTag/*', 'aws:TagKeys',
           'aws:FederatedProvider', 'aws:PrincipalOrgID', 'aws:PrincipalOrgPaths', 'aws:ResourceOrgID', 'aws:MultiFactorAuthAge', 'aws:username')
#: Whoever calls directly has none of these. For calls that a service makes in somebody's name AWS does not say it of every service.
_OF_A_CHAIN = ('aws:CalledVia', 'aws:CalledViaFirst', 'aws:CalledViaLast')
#: A resource whose tags are known has no others.
_TAGS = ('aws:ResourceTag/*', 'ec2:ResourceTag/*', 'autoscaling:ResourceTag/*', 'secretsmanager:ResourceTag/*')

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Judge:
    def __init__(self, application: Application, account: str):
        self._application = application
        self._account = account
        self.ledger = Ledger()

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        path = environ.get('PATH_INFO', '')
        if path.startswith(_OWN):
            return self._own(path.removeprefix(_OWN), environ, start)
        if path.startswith(_MOTO):
            return self._application(environ, start)
        call = calls.read(environ)
        if call is None:
            return self._unsigned(environ, start)
        if principals.is_operator(self._account, call.access_key):
            return self._operator(call, environ, start)
        try:
            caller = principals.find(self._account, call.access_key)
        except UnknownKey:
            return self._unknown(call, start)
        return self._judged(call, caller, environ, start)

    def _operator(self, call: Call, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        """The rehearsal asks for the credentials of a role in the place of the service that AWS has for it: the role must trust that one."""
        if (call.service, call.action) == ('sts', 'AssumeRole'):
            caller = principals.service_behind(self._account, call.region, call.parameters['RoleSessionName'])
            if caller is not None:
                return self._judged(call, caller, environ, start)
        return self._pass(environ, start, 'operator', 'operator')

    def _unsigned(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        what = f'{environ["REQUEST_METHOD"]} {environ.get("HTTP_HOST", "")}{environ.get("PATH_INFO", "")}'
        self.ledger.problem('anonymous', 'unjudged', what, 'nobody signed the request')
        return self._pass(environ, start, 'anonymous', 'unjudged')

    def _unknown(self, call: Call, start: Any) -> Iterable[bytes]:
        name = f'access key {call.access_key}'
        self.ledger.problem(name, 'denied', f'{call.service}:{call.action}', 'the access key does not exist or is inactive')
        self.ledger.count(name, 'denied')
        return answers.unknown_key(call, _telling(start, 'denied'))

    def _judged(self, call: Call, caller: Caller, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        check: Optional[Check] = None
        try:
            for check in self._checks(call):
                decision = self.decide(caller, check, call.region)
                if not decision.allowed:
                    return self._denied(call, caller, check, decision, start)
        except Missing as nothing:
            return self._application(environ, self._refused_by_service(call, caller, str(nothing), start))
        except Exception as problem:  # whatever it is, a call that was not judged must be told of
            reason = str(problem) if isinstance(problem, Unjudged) else f'{type(problem).__name__}: {problem}'
            self.ledger.problem(caller.name, 'unjudged', subject(check, call.service, call.action), reason)
            return self._pass(environ, start, caller.name, 'unjudged')
        return self._pass(environ, start, caller.name, 'allowed')

    @staticmethod
    def _checks(call: Call) -> Iterable[Check]:
        yield from calls.checks_of(call)
        missing = calls.missing_object(call)
        if missing:
            yield missing

    def decide(self, caller: Caller, check: Check, region: str) -> Decision:
        resource = check.resource
        request = Request(caller.principal, check.action, resource.arn, {**self._context(region), **caller.context, **_tags(check), **check.context},
                          _absent(check))
        policies = Policies(caller.identity, caller.boundary, resource.policy, resource.is_key)
        decision = decide(request, policies)
        self.ledger.check(caller.name, request, policies, decision)
        return decision

    def _context(self, region: str) -> dict[str, Values]:
        """Keys that every request has. Whoever calls AWS comes by TLS, also where the emulator itself is reached without."""
        return {'aws:RequestedRegion': region, 'aws:SecureTransport': 'true', 'aws:ViaAWSService': 'false', 'aws:PrincipalIsAWSService': 'false',
                'aws:ResourceAccount': self._account}

    def _denied(self, call: Call, caller: Caller, check: Check, decision: Decision, start: Any) -> Iterable[bytes]:
        self.ledger.problem(caller.name, 'denied', subject(check, call.service, call.action), decision.reason)
        self.ledger.count(caller.name, 'denied')
        who = caller.principal.session or caller.principal.arn
        where = '' if check.resource.arn == '*' else f' on resource: {check.resource.arn}'
        return answers.denied(call, f'User: {who} is not authorized to perform: {check.action}{where} {decision.reason}', _telling(start, 'denied'))

    def _refused_by_service(self, call: Call, caller: Caller, reason: str, start: Any) -> Any:
        """A service that does something all the same knows a resource that the judge does not."""
        def started(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            outcome = 'allowed' if status[0] in '45' else 'unjudged'
            if outcome == 'unjudged':
                self.ledger.problem(caller.name, outcome, subject(None, call.service, call.action), reason)
            self.ledger.count(caller.name, outcome)
            return start(status, [*headers, (answers.JUDGED, outcome)], *more)
        return started

    def _pass(self, environ: dict[str, Any], start: Any, name: str, outcome: str) -> Iterable[bytes]:
        self.ledger.count(name, outcome)
        return self._application(environ, _telling(start, outcome))

    # Questions that are none of AWS's

    def _own(self, path: str, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        if path == 'authorizations':
            return answers.answer(start, '200 OK', 'application/json', json.dumps(self.ledger.as_json(self._account)))
        if path == 'client-permissions':
            asked = json.loads(calls.body_of(environ))
            return answers.answer(start, '200 OK', 'application/json', json.dumps(self._client_permissions(asked)))
        return answers.answer(start, '404 Not Found', 'text/plain', 'the emulator does not know this')

    def _client_permissions(self, asked: dict[str, Any]) -> dict[str, Any]:
        """
        Which of the actions that a mount needs a client has. It is no HTTP call of AWS, so whoever mounts asks: for a file system and an
        access point, with the policies of role and file system, over TLS or not, as a role or as nobody.
        """
        caller = self._client(asked)
        policy = Policy(f'policy of {asked["fileSystem"]}', json.loads(asked['policy'])) if asked.get('policy') else None
        context: dict[str, Values] = {'aws:SecureTransport': str(asked['tls']).lower(), 'elasticfilesystem:AccessedViaMountTarget': 'true'}
        if asked.get('accessPoint'):
            context['elasticfilesystem:AccessPointArn'] = asked['accessPoint']
        absent = ('elasticfilesystem:AccessPointArn', 'aws:PrincipalArn')
        checks = [Check(action, Resource(asked['fileSystem'], None, policy), context, absent) for action in asked['actions']]
        free = policy is None and caller.principal.arn is None
        try:
            decisions = [_FREE if free else self.decide(caller, check, asked['region']) for check in checks]
        except Unjudged as reason:
            self._note(caller, 'unjudged', checks[0], str(reason))
            return {'allowed': [], 'problem': str(reason)}
        # Without the first there is no mount; a mount without the others is one that may do less.
        if not decisions[0].allowed:
            self._note(caller, 'denied', checks[0], decisions[0].reason)
        else:
            self.ledger.count(caller.name, 'allowed')
        return {'allowed': [check.action for check, decision in zip(checks, decisions) if decision.allowed], 'problem': None}

    def _note(self, caller: Caller, outcome: str, check: Check, reason: str) -> None:
        self.ledger.problem(caller.name, outcome, subject(check, '', ''), reason)
        self.ledger.count(caller.name, outcome)

    def _client(self, asked: dict[str, Any]) -> Caller:
        role = asked.get('role')
        if role is None:
            return Caller('anonymous client of EFS', Principal(), {}, (), ())
        try:
            return principals.role_named(self._account, role['arn'], asked['session'])
        except UnknownKey:  # only whoever asks knows the role
            documents = tuple(Policy(f'policy {index}', json.loads(text)) for index, text in enumerate(role['policies']))
            return Caller(f'role {role["arn"].rpartition("/")[2]}', Principal(role['arn'], None, self._account), {'aws:PrincipalArn': role['arn']},
                          documents, ())


#: A file system without a policy lets in whoever does not come with a role.
_FREE = Decision(True, 'because the file system has no policy')


def _absent(check: Check) -> tuple[str, ...]:
    direct = check.context.get('aws:ViaAWSService') != 'true'
    return (*check.absent, *_ABSENT, *(_OF_A_CHAIN if direct else ()), *(_TAGS if check.resource.tags is not None else ()))


def _tags(check: Check) -> dict[str, Values]:
    service = check.action.split(':')[0]
    return {f'{prefix}:ResourceTag/{name}': value for name, value in (check.resource.tags or {}).items() for prefix in ('aws', service)}


def _telling(start: Any, outcome: str) -> Any:
    def started(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
        return start(status, [*headers, (answers.JUDGED, outcome)], *more)
    return started
