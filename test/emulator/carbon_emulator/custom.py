"""The function of a custom resource, run by Node.js on this machine as Lambda would: its code, its environment, its role, one request,
one answer."""

import io
import json
import os
import subprocess
import tempfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

from moto.awslambda.models import lambda_backends
from moto.cloudformation.exceptions import ValidationError
from moto.sts.models import sts_backends

from .resource import Request

MODULES = Path(__file__).parents[3] / 'node_modules'
"""Where a function finds the AWS SDK, which Lambda has for it."""
SECONDS = 60
KEPT_VARIABLES = ('PATH', 'MOTO_PORT')


def ask_function(request: Request, kind: str) -> None:
    """Fails with the reason that the function answers with, or what it said when it did not answer."""
    answers: list[dict[str, Any]] = []
    with HTTPServer(('127.0.0.1', 0), answer_into(answers)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        said = run(request, {
            'RequestType': kind, 'ResponseURL': f'http://127.0.0.1:{server.server_port}/', 'StackId': request.stack_id,
            'RequestId': str(uuid4()), 'LogicalResourceId': request.logical_id, 'ResourceProperties': request.properties})
        server.shutdown()
    if not answers:
        raise ValidationError(message=f'The function of {request.logical_id} did not answer: {said}')
    if answers[0]['Status'] != 'SUCCESS':
        raise ValidationError(message=f'Received response status [FAILED] from custom resource. Message returned: {answers[0].get("Reason")}')


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
    module, _, name = function.handler.rpartition('.')
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(io.BytesIO(function.code_bytes)).extractall(folder)
        script = f'require({json.dumps(f"{folder}/{module}.js")}).{name}({json.dumps(event)}).catch(problem => {{ console.error(problem.message); }})'
        try:
            done = subprocess.run(['node', '-e', script], env=environment(request, function), capture_output=True, text=True,
                                  timeout=SECONDS)
        except (OSError, subprocess.TimeoutExpired) as problem:
            return str(problem)
    return done.stderr.strip()[-500:]


def environment(request: Request, function: Any) -> dict[str, str]:
    """As Lambda has it, with the credentials of the function's role."""
    session = request.global_backend(sts_backends).assume_role(
        region_name=request.region, role_session_name=function.function_name, role_arn=function.role, policy='', duration=3600, external_id='')
    return {
        **{name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}, **function.environment_vars, 'NODE_PATH': str(MODULES),
        'AWS_REGION': request.region, 'AWS_ACCESS_KEY_ID': session.access_key_id, 'AWS_SECRET_ACCESS_KEY': session.secret_access_key,
        'AWS_SESSION_TOKEN': session.session_token,
        'AWS_ENDPOINT_URL': f'http://127.0.0.1:{os.environ["MOTO_PORT"]}',
    }
