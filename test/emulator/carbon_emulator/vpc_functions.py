"""Functions in a VPC: what they connect to is not on this machine, so the emulator does not run them.

Whoever has such a network says so, takes their calls and answers them. Without anybody a call succeeds at once, and is on the list of those that
nobody has run: `GET /moto-api/vpc-functions`.
"""

import json
import logging
import threading
from typing import Any

from moto.moto_api._internal import urls

_lock = threading.Condition()
_calls: list[dict[str, Any]] = []
_answers: dict[str, dict[str, Any]] = {}
_attended = False


def repair() -> None:
    urls.url_paths['{0}/moto-api/vpc-functions'] = receive


def receive(request: Any, full_url: str, headers: Any) -> tuple[int, dict[str, str], str]:
    """GET: the calls that have no answer. POST: `{"attended": true}`, from now on calls wait for an answer; or `{"id": id, "answer": object}`."""
    global _attended
    with _lock:
        if request.method == 'GET':
            return 200, {'Content-Type': 'application/json'}, json.dumps(_calls)
        body = json.loads(request.data)
        _attended = body.get('attended', _attended)
        if 'id' in body:
            _calls[:] = [each for each in _calls if each['id'] != body['id']]
            _answers[body['id']] = body['answer']
            _lock.notify_all()
    return 204, {}, ''


def forget(logical_id: str) -> None:
    """A resource that is deleted has nothing to be run any more."""
    with _lock:
        _calls[:] = [each for each in _calls if each['event']['LogicalResourceId'] != logical_id]


def ask(call: dict[str, Any], seconds: float) -> dict[str, Any] | None:
    """The answer, or None where nobody runs such functions."""
    with _lock:
        # Of several that nobody has run the last one says how things are to be.
        _calls[:] = [each for each in _calls if each['event']['LogicalResourceId'] != call['event']['LogicalResourceId']]
        _calls.append(call)
        if not _attended:
            logging.getLogger(__name__).warning('the function of %s is not run: it is in a VPC, and the emulator has no network',
                                                call['event']['LogicalResourceId'])
            return None
        _lock.wait_for(lambda: call['id'] in _answers, seconds)
        return _answers.pop(call['id'], {'Status': 'FAILED', 'Reason': 'nobody has run the function'})
