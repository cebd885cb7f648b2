"""Work below the product's home, done by a process of the user to whom the product belongs.

A library, not a command. Root neither opens nor changes anything in a folder in which that user may write, because the user decides what is there:
a link to a file of root's, or a FIFO that nobody writes to. Root reads secrets and files of its own, and hands them to a process that has no
more rights than the user has anyway (node_home.py). That user may even take the process over, so its answer is data from a stranger: it is
limited in size and time, and only its shape is trusted.
"""
import json
import os
import pwd
import re
import selectors
import signal
import subprocess
import sys
import time

from node_error import CodedError

USER = "wso2carbon"
PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "node_home.py")
# In memory, for key stores on their way and for passwords of keytool. The folder above it is root's.
RUN = "/run/carbon-service"
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
SECONDS = 300
MOST_BYTES = 16 << 20
LONGEST_MESSAGE = 500
PYTHON = sys.executable
CODE = re.compile(r"[A-Za-z0-9-]{1,40}")


class ServiceTaskError(CodedError):
    """What the process failed of, in its words."""


def run(task, user=USER, files=(), seconds=SECONDS, **arguments):
    """The result of a task of node_home.py. `files` are descriptors that it gets under the same numbers."""
    answer = _answer(json.dumps({"task": task, "arguments": arguments}).encode(), user, files, time.monotonic() + seconds, seconds)
    for line in _texts(answer.get("said")):
        print("  " + line, flush=True)
    if "error" in answer:
        code, message = answer["error"] if _is_error(answer["error"]) else ("ServiceTaskError", "unreadable")
        raise ServiceTaskError(code, _plain(message))
    return answer.get("result")


def make_run_folder(user=USER, path=RUN):
    """A private folder of the user's in memory. Root makes it, because only root may in the one above."""
    if os.path.lexists(path):
        return path
    account = pwd.getpwnam(user)
    made = "%s.%d" % (path, os.getpid())
    os.mkdir(made, 0o700)
    if os.geteuid() == 0:
        os.chown(made, account.pw_uid, account.pw_gid, follow_symlinks=False)
    os.rename(made, path)
    return path


def identity(user):
    """How subprocess becomes the user. Who is not root already is whom it can be."""
    account = pwd.getpwnam(user)
    if os.geteuid() != 0:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _answer(request, user, files, end, seconds):
    # A file in memory: nobody has to read it for root to go on.
    with os.fdopen(os.memfd_create("carbon-request", os.MFD_CLOEXEC), "w+b") as given:
        given.write(request)
        given.flush()
        given.seek(0)
        # -I: neither environment, working folder nor home of the user says which code runs. -B: it writes none.
        process = subprocess.Popen([PYTHON, "-I", "-B", PROGRAM], stdin=given, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd="/",
                                   env=ENVIRONMENT, pass_fds=files, start_new_session=True, umask=0o077, **identity(user))
    try:
        data = _read(process.stdout, end)
    finally:
        _kill(process)
    if data is None:
        raise ServiceTaskError("late", "the work in the product's folder took more than %d s" % seconds)
    try:
        answer = json.loads(data)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise ServiceTaskError("no-answer", "the work in the product's folder ended without an answer")
    return answer


def _read(pipe, end):
    """What comes until the other end is closed; nothing where that is too late."""
    blocks, size = [], 0
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while size <= MOST_BYTES:
            left = end - time.monotonic()
            if left <= 0 or not selector.select(left):
                return None
            block = os.read(pipe.fileno(), 1 << 16)
            if not block:
                return b"".join(blocks)
            blocks.append(block)
            size += len(block)
    return b""


def _kill(process):
    """With whatever it has started. It is waited for only afterwards, so that its number is still its own."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.stdout.close()
    process.wait()


def _is_error(error):
    return isinstance(error, list) and len(error) == 2 and all(isinstance(each, str) for each in error) and CODE.fullmatch(error[0])


def _texts(said):
    return [_plain(each) for each in said[:100] if isinstance(each, str)] if isinstance(said, list) else []


def _plain(message):
    """One line of printable characters."""
    return "".join(each if each.isprintable() else " " for each in message[:LONGEST_MESSAGE])
