"""Judges every call by the policies that were deployed (`server.py --judge`); judge.py says how."""

import os

VARIABLE = 'CARBON_EMULATOR_JUDGE'


def repair() -> None:
    if os.environ.get(VARIABLE) != 'true':
        return
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication

    from .judge import Judge
    original = DomainDispatcherApplication.__call__
    judges: dict[int, Judge] = {}

    def judged(application, environ, start_response):
        if id(application) not in judges:
            account = os.environ['MOTO_ACCOUNT_ID']
            judges[id(application)] = Judge(lambda *request: original(application, *request), account)
        return judges[id(application)](environ, start_response)

    DomainDispatcherApplication.__call__ = judged
