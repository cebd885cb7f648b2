"""Lets each resource of a template fail once while its stack is created, and tells what is left: see ../README.md.

usage: creation_failures.py [option]... TITLE=ASSEMBLY...   (--help tells the options)

Prints one line of JSON per case. Every case has a process of its own, which begins with an account where nothing is but the assets.
"""

import argparse
import functools
import io
import json
import os
import re
import select
import socket
import sys
import threading
import time
import traceback
import zipfile
from pathlib import Path
from typing import Any, Callable, Iterator, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

STACK = 'Judged'
ABSENT, MADE, PHASE = 'absent', 'made', 'phase'
PAUSE_SECONDS = 0.01
CASE_SECONDS = 120


class Case(NamedTuple):
    title: str
    template: str
    logical_id: str
    kind: str
    how: str
    """`absent`: the resource is not made. `made`: it is, and fails then. `phase ...`: a node signals a failure."""


class Exempt(NamedTuple):
    """Something that may be left."""

    place: str
    """Pattern of where it is."""
    holds: Callable[[Any], bool]
    reason: str


EXEMPT = (
    Exempt(r'^kms/[^/]+/keys/', lambda key: key.key_state == 'PendingDeletion', 'a key waits for its deletion, 7 days or more'),
    Exempt(r'^kms/[^/]+/keys/', lambda key: any(each.startswith('alias/aws/') for each in key.aliases),
           'the account has one key of AWS for each service'),
    Exempt(r'^rds/[^/]+/events/', lambda _: True, 'events of databases are listed for 14 days'),
    Exempt(r'^rds/[^/]+/database_snapshots/', lambda _: True,
           'a database whose DeletionPolicy is Snapshot leaves one; CloudFormation has no policy for creation only, and it blocks no name'),
    Exempt(r'^ec2/[^/]+/reservations/', lambda group: all(each.state == 'terminated' for each in group.instances),
           'terminated instances are listed for an hour'),
    Exempt(r'^ec2/[^/]+/nat_gateways/', lambda gateway: gateway.state == 'deleted', 'deleted NAT gateways are listed for an hour'),
    Exempt(r'^logs/[^/]+/groups//aws/rds/instance/', lambda _: True,
           'RDS makes the log groups of a database and leaves them; the name of the database is generated, so that they block nothing'),
    Exempt(r'^logs/[^/]+/groups/', lambda group: 'OperationsBootLog' in group.name,
           'the log of the boots tells why a first deployment failed, so it is retained; its name is generated and blocks nothing'),
    Exempt(r'^cloudwatch/[^/]+/(metric_data|past_metric_data)', lambda _: True, 'metrics cannot be deleted; they expire'),
)

# What moto keeps in lists and maps of its own beside the resources. AWS shows none of it to anybody.
BOOKKEEPING = re.compile('|'.join((
    r'^ec2/[^/]+/launch_template_insert_order/',
    r'^ec2/[^/]+/launch_template_name_to_ids/',
    r'^rds/[^/]+/resource_map/',
    r'^[^/]+/[^/]+/(tags|tagger/tags|tagging_service/tags)/',  # whoever bears them is counted
)))


# The account

class Emulation:
    """The emulator in this process."""

    def __init__(self, arguments: argparse.Namespace, assemblies: dict[str, Path]):
        os.environ.update({
            'MOTO_ACCOUNT_ID': arguments.account, 'INITIAL_NO_AUTH_ACTION_COUNT': 'inf', 'MOTO_IAM_LOAD_MANAGED_POLICIES': 'true',
            'MOTO_PORT': '0', 'CARBON_EMULATOR_SPEED': '100000', 'CARBON_EMULATOR_SIGNALS': 'simulated',
            'CARBON_EMULATOR_BOOT_SECONDS': str(arguments.boot), 'CARBON_EMULATOR_START_SECONDS': str(arguments.start),
            'CARBON_EMULATOR_QUEUED_STARTS': str(arguments.queued).lower()})
        import carbon_emulator
        carbon_emulator.install()
        share_key_material()
        from moto.cloudformation.models import cloudformation_backends
        self.account, self.region = arguments.account, arguments.region
        self.stacks = cloudformation_backends[self.account][self.region]
        self.fill(assemblies)

    def fill(self, assemblies: dict[str, Path]) -> None:
        """What `cdk bootstrap` and the publishing of assets leave, as far as a template asks for it."""
        from moto.s3.models import s3_backends
        from moto.ssm import ssm_backends
        ssm_backends[self.account][self.region].put_parameter(
            '/cdk-bootstrap/hnb659fds/version', '', '30', 'String', '', '', False, [], 'text', None, None)
        self.s3 = s3_backends[self.account]['aws']
        for assembly in assemblies.values():
            for file in assembly.glob('*.assets.json'):
                for asset in json.loads(file.read_text())['files'].values():
                    self.publish(assembly, asset)

    def publish(self, assembly: Path, asset: dict[str, Any]) -> None:
        destination, = asset['destinations'].values()
        if asset['source']['packaging'] != 'zip':
            return
        if destination['bucketName'] not in self.s3.buckets:
            self.s3.create_bucket(destination['bucketName'], self.region)
        self.s3.put_object(destination['bucketName'], destination['objectKey'], zipped(assembly / asset['source']['path']))

    def touch(self, used: list[tuple[str, str, str]]) -> None:
        """Makes the backends that a stack needs, with what every account has in them, so that it counts as there before."""
        import moto.backends
        for service, account, region in used:
            _ = moto.backends.get_backend(service)[account][region]

    def serve(self, listening: socket.socket) -> None:
        """Functions find the emulator there."""
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
        from werkzeug.serving import make_server
        import logging
        logging.getLogger('werkzeug').setLevel(logging.ERROR)
        os.environ['MOTO_PORT'] = str(listening.getsockname()[1])
        server = make_server('127.0.0.1', 0, DomainDispatcherApplication(create_backend_app), True, fd=listening.fileno())
        threading.Thread(target=server.serve_forever, daemon=True).start()


def share_key_material() -> None:
    """Nobody encrypts here, and each pair of keys would take as long as a small stack."""
    from moto.kms import models
    models.generate_private_key = functools.cache(models.generate_private_key)


def zipped(folder: Path) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, 'w') as archive:
        for file in sorted(each for each in folder.rglob('*') if each.is_file()):
            archive.write(file, file.relative_to(folder))
    return body.getvalue()


# One case

def judge(emulation: Emulation, before: dict[str, Any], case: Case) -> dict[str, Any]:
    import census
    from carbon_emulator import faults
    began = time.monotonic()
    name, _, phase = case.how.partition(' ')
    reason = f'The judge lets {case.logical_id} fail'
    faults.order(STACK, case.logical_id, faults.Fault(reason, made=name == MADE, others=True, phase=phase))
    stack = create(emulation, case.template)
    happened = any(each.resource_status == 'CREATE_FAILED' and each.logical_resource_id == case.logical_id for each in stack.events)
    status, problems = stack.status, [f'{each.logical_resource_id}: {each.resource_status_reason}' for each in stack.events
                                      if each.resource_status == 'DELETE_FAILED']
    left, exempt = tell(census.added(before, census.take()))
    kept = [each.logical_resource_id for each in stack.events if each.resource_status == 'DELETE_SKIPPED']
    deleted = delete(emulation, stack)
    again = create(emulation, case.template) if deleted == 'DELETE_COMPLETE' else None
    return {
        'example': case.title, 'logicalId': case.logical_id, 'type': case.kind, 'how': case.how, 'happened': happened, 'status': status,
        'problems': problems, 'left': left, 'kept': kept, 'exempt': exempt, 'deleted': deleted,
        'again': again.status if again else 'not tried', 'whyNotAgain': reasons_of(again), 'seconds': round(time.monotonic() - began, 2)}


def create(emulation: Emulation, template: str) -> Any:
    return settled(emulation.stacks.create_stack(STACK, template, {}))


def delete(emulation: Emulation, stack: Any) -> str:
    emulation.stacks.delete_stack(STACK)
    return settled(stack).status


def settled(stack: Any) -> Any:
    end = time.monotonic() + CASE_SECONDS
    while stack.status.endswith(('_IN_PROGRESS', 'PENDING')):
        if time.monotonic() > end:
            raise TimeoutError(f'{stack.status} for {CASE_SECONDS} s')
        time.sleep(PAUSE_SECONDS)
    return stack


def reasons_of(stack: Any) -> list[str]:
    failed = [each for each in stack.events if each.resource_status == 'CREATE_FAILED'] if stack else []
    return [f'{each.logical_resource_id}: {each.resource_status_reason}' for each in failed]


def tell(added: dict[str, Any]) -> tuple[list[str], list[str]]:
    """What is left, and why the rest may be."""
    import census
    left, exempt = [], set()
    for place, value in added.items():
        if BOOKKEEPING.match(place) or census.is_collection(value) and not value:
            continue
        reason = next((each.reason for each in EXEMPT if re.match(each.place, place) and each.holds(value)), None)
        if reason is None:
            left.append(f'{place} ({type(value).__name__})')
        else:
            exempt.add(reason)
    return left, sorted(exempt)


# All cases

def cases_of(title: str, template: str, arguments: argparse.Namespace) -> Iterator[Case]:
    from carbon_emulator import rolling
    for logical_id, kind in chosen(json.loads(template)['Resources'], arguments):
        yield Case(title, template, logical_id, kind, ABSENT)
        yield Case(title, template, logical_id, kind, MADE)
        if kind == rolling.GROUP_TYPE:
            yield from (Case(title, template, logical_id, kind, f'{PHASE} {each}') for each in arguments.phase)


def chosen(resources: dict[str, Any], arguments: argparse.Namespace) -> Iterator[tuple[str, str]]:
    from carbon_emulator import engine
    seen: set[str] = set()
    for logical_id, resource in resources.items():
        kind = resource['Type']
        if kind in engine.IGNORED_TYPES or arguments.only and logical_id not in arguments.only or arguments.sample and kind in seen:
            continue
        seen.add(kind)
        yield logical_id, kind


class Slot:
    """What the processes of one slot use one after the other: a port, and a Node.js that has the AWS SDK in its memory."""

    def __init__(self) -> None:
        from carbon_emulator.node_worker import NodeWorker
        self.listening = socket.create_server(('127.0.0.1', 0))
        self.node = NodeWorker()


def run(slot: Slot, emulation: Emulation, work: Callable[[], Any]) -> tuple[int, int]:
    """In a process of its own; returns its id and where its answer is read."""
    slot.node.start()
    reading, writing = os.pipe()
    process = os.fork()
    if process:
        os.close(writing)
        return process, reading
    os.close(reading)
    try:
        from carbon_emulator import custom
        custom.worker = slot.node
        emulation.serve(slot.listening)
        answer = {'result': work()}
    except BaseException:
        answer = {'problem': traceback.format_exc()}
    with os.fdopen(writing, 'w') as out:
        json.dump(answer, out)
    os._exit(0)


def finish(process: int, reading: int) -> Any:
    with os.fdopen(reading) as answer:
        text = answer.read()
    os.waitpid(process, 0)
    answer = json.loads(text or '{"problem": "the process of the case ended without an answer"}')
    if 'problem' in answer:
        raise RuntimeError(answer['problem'])
    return answer['result']


def run_all(slots: list[Slot], emulation: Emulation, works: Iterator[Callable[[], Any]]) -> Iterator[Any]:
    running: dict[int, tuple[int, Slot]] = {}
    free = list(slots)
    for work in works:
        slot = free.pop()
        process, reading = run(slot, emulation, work)
        running[reading] = (process, slot)
        if not free:
            yield from collect(running, free)
    while running:
        yield from collect(running, free)


def collect(running: dict[int, tuple[int, Slot]], free: list[Slot]) -> Iterator[Any]:
    for reading in select.select(list(running), [], [])[0]:
        process, slot = running.pop(reading)
        free.append(slot)
        yield finish(process, reading)


def used_backends(emulation: Emulation, template: str) -> list[tuple[str, str, str]]:
    """By a creation that fails in no way; its process keeps what it makes."""
    from moto.core.base_backend import BackendDict
    create(emulation, template)
    return sorted({(service.service_name, account, region) for service in BackendDict._instances
                   for account, region, _ in service.iter_backends()})


def main() -> None:
    arguments = parse_arguments()
    assemblies = {title: Path(folder) for title, _, folder in (each.rpartition('=') for each in arguments.assemblies)}
    emulation = Emulation(arguments, assemblies)
    import census
    slots = [Slot() for _ in range(arguments.jobs)]
    templates = [(title, file.read_text()) for title, folder in assemblies.items() for file in sorted(folder.glob('*.template.json'))]
    for _, template in templates:
        for used in run_all(slots[:1], emulation, iter([lambda: used_backends(emulation, template)])):
            emulation.touch(used)
    before = census.take()
    cases = (case for title, template in templates for case in cases_of(title, template, arguments))
    for result in run_all(slots, emulation, ((lambda case=case: judge(emulation, before, case)) for case in cases)):
        print(json.dumps(result), flush=True)
    for slot in slots:
        slot.node.stop()


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--account', default='123456789012')
    parser.add_argument('--region', default='us-east-1')
    parser.add_argument('--jobs', type=int, default=2)
    parser.add_argument('--boot', type=float, default=180)
    parser.add_argument('--start', type=float, default=90)
    parser.add_argument('--queued', action='store_true')
    parser.add_argument('--only', action='append', default=[], help='logical id of a resource; may be repeated (default: every one)')
    parser.add_argument('--sample', action='store_true', help='only the first resource of each type')
    parser.add_argument('--phase', action='append', default=[], help='phase of a boot in which a node fails; may be repeated')
    parser.add_argument('assemblies', nargs='+')
    return parser.parse_args()


if __name__ == '__main__':
    main()
