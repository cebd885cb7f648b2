#!/usr/bin/env python3
"""Starts moto's server with the extension of this folder: see README.md.

usage: server.py [--host ADDRESS] [--port PORT] [--account ID] [--no-auth-actions COUNT] [--judge] [--speed N]
                 [--signals simulated] [--tied]
       server.py --check

--tied   ends the server when its standard input ends, so that it cannot outlive whoever started it
--judge  judges every call by the policies that were deployed, their conditions and resources included
--check  starts nothing, only tells by its exit code whether this Python can run the server

Exit codes: 0 ended by a signal, or the check passed; 1 the address cannot be bound; 2 moto is missing, or of a version that the
extension was not made for; 3 this Python is too old for moto.
"""

import argparse
import logging
import os
import sys
import threading

OLDEST_PYTHON = (3, 10)
"""What the oldest known version of moto asks for."""


def main():
    arguments = parse_arguments()
    check()
    if arguments.check:
        return
    if arguments.tied:
        threading.Thread(target=end_with_input, daemon=True).start()
    configure_environment(arguments)
    logging.basicConfig(level=logging.WARNING, format='%(levelname)s %(name)s: %(message)s')
    serve(arguments)


def parse_arguments():
    parser = argparse.ArgumentParser(description='moto server with the CloudFormation extension of this repository')
    parser.add_argument('--host', default='127.0.0.1', help='address to bind (default: %(default)s)')
    parser.add_argument('--port', type=int, default=5000, help='port to bind (default: %(default)s)')
    parser.add_argument('--account', default='123456789012', help='account number (default: %(default)s)')
    parser.add_argument('--no-auth-actions', default='inf',
                        help='how many API actions are served before policies are enforced (default: all)')
    parser.add_argument('--judge', action='store_true',
                        help='judge every call of a role or a user by the deployed policies, conditions included')
    parser.add_argument('--speed', default='1', help='load balancers drain, and hooks end unanswered, so many times faster (default: %(default)s)')
    parser.add_argument('--signals', choices=('none', 'simulated'), default='none',
                        help='whether creation policies wait, by a clock of their own, for nodes that nobody boots (default: %(default)s)')
    parser.add_argument('--boot', type=float, default=180, help='seconds until a simulated node starts its server (default: %(default)s)')
    parser.add_argument('--start', type=float, default=90, help='seconds until a simulated server has started (default: %(default)s)')
    parser.add_argument('--queued-starts', action='store_true', help='simulated servers of a group start one after the other')
    parser.add_argument('--tied', action='store_true', help='end when the standard input ends')
    parser.add_argument('--check', action='store_true', help='only tell whether this Python can run the server')
    return parser.parse_args()


def check():
    if sys.version_info < OLDEST_PYTHON:
        leave(3, 'Python %d.%d or newer is needed, this is %d.%d' % (OLDEST_PYTHON + sys.version_info[:2]))
    import carbon_emulator
    try:
        carbon_emulator.check()
    except ImportError as error:
        leave(2, str(error))


def leave(code, sentence):
    print(sentence, file=sys.stderr)
    sys.exit(code)


def end_with_input():
    sys.stdin.buffer.read()
    os._exit(0)


def configure_environment(arguments):
    """moto reads its settings from the environment while it is imported."""
    # moto builds the response address of custom resources from this, not from its own socket.
    os.environ['MOTO_PORT'] = str(arguments.port)
    os.environ['MOTO_ACCOUNT_ID'] = arguments.account
    os.environ['INITIAL_NO_AUTH_ACTION_COUNT'] = arguments.no_auth_actions
    os.environ['CARBON_EMULATOR_SPEED'] = arguments.speed
    os.environ['CARBON_EMULATOR_SIGNALS'] = arguments.signals
    os.environ['CARBON_EMULATOR_BOOT_SECONDS'] = str(arguments.boot)
    os.environ['CARBON_EMULATOR_START_SECONDS'] = str(arguments.start)
    os.environ['CARBON_EMULATOR_QUEUED_STARTS'] = str(arguments.queued_starts).lower()
    os.environ['CARBON_EMULATOR_JUDGE'] = str(arguments.judge).lower()
    # Roles name AWS-managed policies (AmazonSSMManagedInstanceCore); without this none of them exists.
    os.environ['MOTO_IAM_LOAD_MANAGED_POLICIES'] = 'true'


def serve(arguments):
    import carbon_emulator
    try:
        carbon_emulator.install()
        from moto.server import main as serve_forever
    except ImportError as error:
        leave(2, 'moto is not complete: %s' % error)
    serve_forever(['-H', arguments.host, '-p', str(arguments.port)])


if __name__ == '__main__':
    main()
