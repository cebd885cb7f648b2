"""How AWS says that a call is not authorized, in the words and the form of each protocol."""

from __future__ import annotations

import json
from typing import Any, Callable, Iterable
from xml.sax.saxutils import escape

from .calls import Call

StartResponse = Callable[[str, list[tuple[str, str]]], Any]

JUDGED = 'X-Carbon-Judgement'
"""The header of every answer that says how its request was judged."""


def denied(call: Call, message: str, start: StartResponse) -> Iterable[bytes]:
    """EC2 has a code of its own, services of the JSON protocol another status; S3 tells nothing of why to who asks by HEAD."""
    if call.protocol == 'json':
        return answer(start, '400 Bad Request', 'application/x-amz-json-1.1', json.dumps({'__type': 'AccessDeniedException', 'Message': message}))
    if call.protocol == 's3':
        text = _xml(f'<Error><Code>AccessDenied</Code><Message>{escape(message)}</Message><RequestId>judged</RequestId></Error>')
        return answer(start, '403 Forbidden', 'application/xml', '' if call.method == 'HEAD' else text)
    return _query(call, '403 Forbidden', 'UnauthorizedOperation' if call.protocol == 'ec2' else 'AccessDenied', message, start)


def unknown_key(call: Call, start: StartResponse) -> Iterable[bytes]:
    if call.protocol == 'json':
        message = 'The security token included in the request is invalid.'
        return answer(start, '400 Bad Request', 'application/x-amz-json-1.1', json.dumps({'__type': 'UnrecognizedClientException', 'message': message}))
    if call.protocol == 's3':
        text = _xml('<Error><Code>InvalidAccessKeyId</Code><Message>The AWS Access Key Id you provided does not exist in our records.</Message></Error>')
        return answer(start, '403 Forbidden', 'application/xml', '' if call.method == 'HEAD' else text)
    if call.protocol == 'ec2':
        return _query(call, '401 Unauthorized', 'AuthFailure', 'AWS was not able to validate the provided access credentials', start)
    return _query(call, '403 Forbidden', 'InvalidClientTokenId', 'The security token included in the request is invalid.', start)


def _query(call: Call, status: str, code: str, message: str, start: StartResponse) -> Iterable[bytes]:
    error = f'<Code>{code}</Code><Message>{escape(message)}</Message>'
    if call.protocol == 'ec2':
        text = f'<Response><Errors><Error>{error}</Error></Errors><RequestID>judged</RequestID></Response>'
    else:
        text = f'<ErrorResponse><Error><Type>Sender</Type>{error}</Error><RequestId>judged</RequestId></ErrorResponse>'
    return answer(start, status, 'text/xml', _xml(text))


def _xml(text: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'


def answer(start: StartResponse, status: str, kind: str, text: str) -> Iterable[bytes]:
    body = text.encode()
    start(status, [('Content-Type', kind), ('Content-Length', str(len(body)))])
    return [body]
