"""The work below the product's home, as the user to whom the product belongs. node_as_service.py starts it.

Usage:      node_home.py < REQUEST
Input:      JSON with `task`, one of TASKS, and its `arguments`, which hold each secret that the task needs
Output:     JSON with `result`, or with `error`, a code and a sentence; `said` holds what the task has to tell
Exit codes: none that anybody reads

It runs with `python3 -I`, so the folder of the programs is not where it looks for them by itself.
"""
import ctypes
import io
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import carbon_configuration_changes  # noqa: E402
import carbon_files  # noqa: E402
import node_access  # noqa: E402
import node_efs  # noqa: E402
import node_keystore  # noqa: E402
import node_pack  # noqa: E402
import node_start  # noqa: E402
from carbon_configuration_lookups import RecordedResolver  # noqa: E402
from node_error import code_of  # noqa: E402

PR_SET_DUMPABLE = 4


def configure(home, plan, lookups):
    """Applies a plan, whose references were looked up."""
    changes = carbon_configuration_changes.prepare(plan, home, RecordedResolver(lookups))
    carbon_configuration_changes.write(changes)
    keep_rendered_private(home, plan)
    return len(changes)


def keep_rendered_private(home, plan):
    """A product with deployment.toml writes the values in it into the other files of that folder, which keep their modes."""
    for each in plan["files"]:
        if os.path.basename(each["file"]) != "deployment.toml":
            continue
        folder = carbon_files.open_folder(home, carbon_files.parts_of(os.path.dirname(each["file"])))
        try:
            _keep_private(folder)
        finally:
            os.close(folder)


def _keep_private(folder):
    for _, _, names, below in os.fwalk(dir_fd=folder):
        for name in names:
            mode = os.stat(name, dir_fd=below, follow_symlinks=False).st_mode
            if mode & 0o077:
                _set_mode(below, name, mode & 0o700)


def _set_mode(folder, name, mode):
    try:
        descriptor = carbon_files.open_file(folder, name, name)
    except (carbon_files.UnsafeFileError, PermissionError):
        # A link has no mode of its own, and no secret is in a FIFO. A file that this user may not read is not its own.
        return
    try:
        os.fchmod(descriptor, mode)
    finally:
        os.close(descriptor)


def keys(home, keystore, trust_store, trusted, java_home, run):
    node_keystore.put_all(home, keystore, trust_store, trusted, java_home, run)


def driver(home, folder, class_name, name=None, descriptor=None):
    """`descriptor` is of a jar of root's, which goes into the folder under that name."""
    opened = carbon_files.open_folder(home, carbon_files.parts_of(folder))
    try:
        if descriptor is not None:
            with open(descriptor, "rb") as jar:
                carbon_files.replace_file(opened, name, iter(lambda: jar.read(1 << 20), b""), 0o644)
        node_pack.check_driver(opened, folder, class_name)
    finally:
        os.close(opened)


def make_folders(home, folders):
    for folder in folders:
        os.close(carbon_files.open_folder(home, carbon_files.parts_of(folder), carbon_files.make_folder))


def seed(home, share, folder):
    """A folder on the file system that all nodes share, as the pack ships it if this node is the first. Returns what became of it."""
    return node_efs.seed(share, home, folder)


def log_size(home, log):
    return node_start.size_of(os.path.join(home, log))


def log_text(home, log, offset):
    return node_start.NewLines(os.path.join(home, log), offset).read()


def share_logs(home, folder, reader):
    """The user id `reader` may read the log files that are in the folder and those that will be, and nothing else of the product."""
    node_access.let_read(home, carbon_files.parts_of(folder), reader)


TASKS = {each.__name__: each for each in (configure, keys, driver, make_folders, seed, log_size, log_text, share_logs)}


def answer(request):
    try:
        return {"result": TASKS[request["task"]](**request["arguments"])}
    except Exception as problem:  # whatever it is, root must hear of it
        return {"error": [code_of(problem), str(problem)]}


def main():
    # The secrets in this process are not for the other processes of the same user: a server under a confined unit gets no way out by it.
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    request = json.load(sys.stdin)
    output, sys.stdout = sys.stdout, io.StringIO()
    answered = answer(request)
    answered["said"] = sys.stdout.getvalue().splitlines()
    output.buffer.write(json.dumps(answered, ensure_ascii=False).encode("utf-8", "replace"))
    output.buffer.flush()


if __name__ == "__main__":
    main()
