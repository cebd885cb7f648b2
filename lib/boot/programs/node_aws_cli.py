"""Runs the AWS CLI, and saves what each of its processes would take to start.

A library, not a command. Where the command `aws` is a Python program for the very interpreter that runs this one (Amazon Linux, Debian), its
modules are loaded once, and each call is that program in a forked process: the same code with the same arguments, words and exit codes. A process of
its own takes half a second of processor time, three quarters of which is the loading. Elsewhere (Ubuntu's snap) each call is a process of its own.
"""
import functools
import importlib
import multiprocessing
import os
import re
import runpy
import shutil
import subprocess
import sys

# What the program loads in any case, in both versions of the AWS CLI.
MODULE = "awscli.clidriver"
_ADDED = {}
SHEBANG = re.compile(rb"#!\s*(\S*python[\d.]*)(?:\s|$)")


def run(command, variables, seconds):
    """What subprocess.run returns, and raises when the time is over. `command` begins with `aws`; `variables` are added to the environment."""
    program = _loaded()
    if program is None:
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ, **variables), timeout=seconds)
    # In memory: secrets are among what it says.
    outputs = [os.memfd_create(name) for name in ("stdout", "stderr")]
    child = multiprocessing.get_context("fork").Process(target=_child, args=(program, command, variables, outputs))
    child.start()
    try:
        child.join(seconds)
        if child.exitcode is None:
            raise subprocess.TimeoutExpired(command, seconds)
        return subprocess.CompletedProcess(command, child.exitcode, *(_content(each) for each in outputs))
    finally:
        child.kill()
        child.join()
        for each in outputs:
            os.close(each)


def _content(handle):
    return os.pread(handle, os.fstat(handle).st_size, 0)


@functools.lru_cache(maxsize=None)
def _loaded():
    """The path of the program, whose modules are loaded then; nothing where it is for a different interpreter."""
    program = shutil.which("aws")
    if program is None or not _is_for_this_interpreter(program):
        return None
    before = dict(os.environ)
    try:
        importlib.import_module(MODULE)
    except ImportError:
        return None
    # It tells itself by the environment where its data is.
    _ADDED.update((name, value) for name, value in os.environ.items() if before.get(name) != value)
    return program


def _is_for_this_interpreter(program):
    with open(program, "rb") as file:
        match = SHEBANG.match(file.readline(200))
    return bool(match) and os.path.realpath(match.group(1).decode()) == os.path.realpath(sys.executable)


def _child(program, command, variables, outputs):
    os.environ.update(_ADDED, **variables)
    for number, handle in zip((1, 2), outputs):
        os.dup2(handle, number)
    sys.stdin, sys.stdout, sys.stderr = open(os.devnull), open(1, "w", closefd=False), open(2, "w", closefd=False)
    sys.argv = [program] + list(command[1:])
    runpy.run_path(program, run_name="__main__")
