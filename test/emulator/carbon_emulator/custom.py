"""Custom resources whose function is in the same template: Node.js runs it on this machine as Lambda would, with the request, the
answer and the physical id of CloudFormation.

AWS: CloudFormation user guide, "Custom resource request types" and "Custom resource response objects".
"""

import io
import json
import logging
import os
import tempfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Iterator
from uuid import uuid4

from moto.awslambda.models import LambdaFunction, lambda_backends
from moto.cloudformation import parsing
from moto.cloudformation.exceptions import ValidationError
from moto.core.common_models import CloudFormationModel
from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.iam.models import iam_backends
from moto.logs.models import logs_backends
from moto.sts.models import sts_backends

from . import vpc_functions
from .node_worker import has_sdk, worker
from .resource import AddedResource, Request, Unstable, read_request, unsupported_attribute

FUNCTION_TYPE = 'AWS::Lambda::Function'
GENERAL_TYPE = 'AWS::CloudFormation::CustomResource'
DEFAULT_SECONDS = 3600

original_class = parsing.resource_class_from_type


def repair() -> None:
    parsing.resource_class_from_type = lambda kind: CustomResource if is_custom(kind) else original_class(kind)


def is_custom(kind: str) -> bool:
    return kind.startswith('Custom::') or kind == GENERAL_TYPE


def find_problem(logical_id: str, resource: dict[str, Any], resources: dict[str, Any]) -> Iterator[str]:
    """Only functions of the template can be run here, and only Node.js runs them."""
    what = f'the custom resource {resource["Type"]} (logical id {logical_id})'
    function = resources.get(function_of(resource.get('Properties', {}).get('ServiceToken')), {})
    if function.get('Type') != FUNCTION_TYPE:
        yield f'The emulator cannot run the handler of {what}: its ServiceToken must be the ARN of a Lambda function of the same template'
    elif not str(function.get('Properties', {}).get('Runtime', '')).startswith('nodejs'):
        yield f'The emulator cannot run the handler of {what}: its function must have a Node.js runtime'


def function_of(token: Any) -> str | None:
    """The logical id that `Fn::GetAtt` names."""
    argument = token.get('Fn::GetAtt') if isinstance(token, dict) else None
    if isinstance(argument, str):
        argument = argument.split('.', 1)
    return argument[0] if argument and argument[1] == 'Arn' else None


class CustomResource(AddedResource, CloudFormationModel):
    TYPE = GENERAL_TYPE

    def __init__(self, request: Request, kind: str, physical_id: str):
        super().__init__(physical_id)
        self.kind, self.stack_id, self.properties = kind, request.stack_id, request.properties

    @classmethod
    def create_from_cloudformation_json(cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str,
                                        **kwargs: Any) -> 'CustomResource':
        request = read_request(resource_name, cloudformation_json, account_id, region_name, kwargs)
        resource = cls(request, kwargs['ResourceType'], request.name)
        try:
            resource.take(ask_function(request, resource.event('Create', request)))
        except ValidationError as problem:
            # CloudFormation asks the function to delete what it did not create, too.
            raise Unstable(resource, problem.message) from problem
        return resource

    @classmethod
    def update_from_cloudformation_json(cls, original_resource: Any, new_resource_name: str, cloudformation_json: Any,
                                        account_id: str, region_name: str) -> 'CustomResource':
        """Another physical id means that the function has made a new resource: the old one is deleted."""
        resource, before = original_resource, original_resource.physical_resource_id
        request = Request(new_resource_name, resource.logical_resource_id, resource.stack_id, account_id, region_name,
                          cloudformation_json.get('Properties', {}))
        old = Request(*request[:-1], resource.properties)
        event = {**resource.event('Update', request), 'PhysicalResourceId': before, 'OldResourceProperties': texts(old.properties)}
        resource.take(ask_function(request, event))
        if resource.physical_resource_id != before:
            ask_function(old, {**resource.event('Delete', old), 'PhysicalResourceId': before})
        resource.properties = request.properties
        return resource

    def remove(self, request: Request) -> None:
        request = Request(*request[:-1], self.properties)
        ask_function(request, {**self.event('Delete', request), 'PhysicalResourceId': self.physical_resource_id})

    def event(self, request_type: str, request: Request) -> dict[str, Any]:
        return {'RequestType': request_type, 'ServiceToken': request.get('ServiceToken'), 'StackId': request.stack_id,
                'LogicalResourceId': request.logical_id, 'ResourceType': self.kind, 'ResourceProperties': texts(request.properties)}

    def take(self, answer: dict[str, Any]) -> None:
        self.physical_resource_id = answer.get('PhysicalResourceId') or self.physical_resource_id
        self.attributes = answer.get('Data') or {}

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return True  # the function decides

    def get_cfn_attribute(self, attribute_name: str) -> Any:
        if attribute_name not in self.attributes:
            raise unsupported_attribute(self.kind, attribute_name)
        return self.attributes[attribute_name]


def texts(value: Any) -> Any:
    """CloudFormation sends every number and boolean as text."""
    if isinstance(value, dict):
        return {key: texts(each) for key, each in value.items()}
    if isinstance(value, list):
        return [texts(each) for each in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


# One request

def ask_function(request: Request, event: dict[str, Any]) -> dict[str, Any]:
    """Returns the function's answer. Fails with the reason that it answers with, or what it said when it did not answer."""
    function = request.backend(lambda_backends).get_function(request.get('ServiceToken'))
    if network_of(function):
        return accepted(ask_outside(request, function, event) or [])
    if not has_sdk():
        logging.getLogger(__name__).warning('the function of %s is not run: no node_modules folder has the AWS SDK', request.logical_id)
        return {}
    answers: list[dict[str, Any]] = []
    with HTTPServer(('127.0.0.1', 0), answer_into(answers)) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        said = run(request, {**event, 'RequestId': str(uuid4()), 'ResponseURL': f'http://127.0.0.1:{server.server_port}/'})
        server.shutdown()
    if not answers:
        raise ValidationError(message=f'The function of {request.logical_id} did not answer: {said}')
    return accepted(answers)


def network_of(function: LambdaFunction) -> dict[str, Any]:
    """Subnets and security groups; nothing of a function that is in no VPC."""
    return getattr(function, 'created_with', {}).get('VpcConfig') or {}


def ask_outside(request: Request, function: LambdaFunction, event: dict[str, Any]) -> list[dict[str, Any]]:
    """What is deleted needs no network here: the emulator's own servers are gone with it."""
    if event['RequestType'] == 'Delete':
        vpc_functions.forget(request.logical_id)
        return []
    seconds = min(float(request.get('ServiceTimeout', DEFAULT_SECONDS)), float(function.timeout))
    answer = vpc_functions.ask({
        'id': str(uuid4()), 'function': function.function_name, 'role': function.role, 'environment': function.environment_vars or {},
        'handler': function.handler, 'network': network_of(function), 'seconds': seconds, 'event': event,
    }, seconds)
    return [] if answer is None else [answer]


def accepted(answers: list[dict[str, Any]]) -> dict[str, Any]:
    if not answers:
        return {}
    if answers[0]['Status'] != 'SUCCESS':
        raise ValidationError(message=f'Received response status [FAILED] from custom resource. Message returned: {answers[0].get("Reason")}')
    if not answers[0].get('PhysicalResourceId'):
        raise ValidationError(message='Invalid PhysicalResourceId')
    return answers[0]


def answer_into(answers: list[dict[str, Any]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            answers.append(json.loads(self.rfile.read(int(self.headers['Content-Length']))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """The emulator's log is for its own requests."""

    return Handler


def run(request: Request, event: dict[str, Any]) -> str:
    function = request.backend(lambda_backends).get_function(request.get('ServiceToken'))
    seconds = min(float(request.get('ServiceTimeout', DEFAULT_SECONDS)), float(function.timeout))
    module, _, name = function.handler.rpartition('.')
    context = {'functionName': function.function_name, 'invokedFunctionArn': function.function_arn, 'awsRequestId': event['RequestId'],
               'logGroupName': log_group_of(function), 'logStreamName': event['RequestId'], 'seconds': seconds}
    with tempfile.TemporaryDirectory() as folder, Session(request, function) as session:
        unpack(function, Path(folder))
        said = worker.run({'file': find_module(folder, module), 'name': name, 'event': event, 'context': context,
                           'env': environment(request, function, session)}, seconds)
    write_log(request, function, context['logStreamName'])
    return said


def unpack(function: LambdaFunction, folder: Path) -> None:
    """Code that stands in the template is index.js; moto takes it for Python."""
    inline = getattr(function, 'created_with', {}).get('Code', {}).get('ZipFile')
    if inline is None:
        zipfile.ZipFile(io.BytesIO(function.code_bytes)).extractall(folder)
    else:
        (folder / 'index.js').write_text(inline)


def find_module(folder: str, module: str) -> str:
    files = [f'{folder}/{module}.{end}' for end in ('js', 'mjs', 'cjs')]
    return next((each for each in files if os.path.exists(each)), files[0])


class Session:
    """The function's role, as long as it runs: policies are the role's where they are enforced."""

    def __init__(self, request: Request, function: LambdaFunction):
        self.backend, self.keys = request.global_backend(sts_backends), request.global_backend(iam_backends).access_keys
        self.session = self.backend.assume_role(request.region, function.function_name, function.role, None, 900, None)

    def __enter__(self) -> Any:
        return self.session

    def __exit__(self, *_: Any) -> None:
        self.backend.assumed_roles.remove(self.session)
        self.keys.pop(self.session.access_key_id, None)


def environment(request: Request, function: LambdaFunction, session: Any) -> dict[str, str]:
    return {
        **{name: os.environ[name] for name in ('PATH',) if name in os.environ}, **(function.environment_vars or {}),
        'AWS_REGION': request.region, 'AWS_ACCESS_KEY_ID': session.access_key_id, 'AWS_SECRET_ACCESS_KEY': session.secret_access_key,
        'AWS_SESSION_TOKEN': session.session_token, 'AWS_LAMBDA_FUNCTION_NAME': function.function_name,
        'AWS_ENDPOINT_URL': f'http://127.0.0.1:{os.environ["MOTO_PORT"]}',
    }


# What Lambda leaves beside what the function does

def log_group_of(function: LambdaFunction) -> str:
    settings = getattr(function, 'created_with', {}).get('LoggingConfig', {})
    return settings.get('LogGroup', f'/aws/lambda/{function.function_name}')


def write_log(request: Request, function: LambdaFunction, stream: str) -> None:
    """Lambda makes a log group that is missing, if the role lets it: nobody deletes that one with the stack."""
    backend, name = request.backend(logs_backends), log_group_of(function)
    if name not in backend.groups and may_create_log_groups(request, function):
        backend.create_log_group(name, {})
    if name in backend.groups:
        backend.create_log_stream(name, stream)


def may_create_log_groups(request: Request, function: LambdaFunction) -> bool:
    backend, role = request.global_backend(iam_backends), function.role.rpartition('/')[2]
    inline = [backend.get_role_policy(role, name)[1] for name in backend.list_role_policies(role)]
    policies = [*inline, *backend.get_role(role).managed_policies.values()]
    arn = f'arn:aws:logs:{request.region}:{request.account}:log-group:{log_group_of(function)}'
    return any(IAMPolicy(each).is_action_permitted('logs:CreateLogGroup', arn) == PermissionResult.PERMITTED for each in policies)
