"""Looks into processes of root's, as the service's user: memory, environment and open files of whatever root runs meanwhile.

Arguments:  how many seconds; what to look at: environ, mem or fd
Output:     a line for each process that let itself be looked at
"""
import os
import sys
import time


def main(seconds, what):
    seen = set()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for process in filter(str.isdigit, os.listdir("/proc")):
            if process in seen or not of_root(process):
                continue
            got = LOOKS[what](process)
            if got:
                seen.add(process)
                print("process %s (%s): %s" % (process, command(process), got), flush=True)


def of_root(process):
    try:
        with open("/proc/%s/status" % process, encoding="ascii", errors="replace") as file:
            return any(line.split()[1:3] == ["0", "0"] for line in file if line.startswith("Uid:"))
    except OSError:
        return False


def command(process):
    try:
        with open("/proc/%s/comm" % process, encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return "gone"


def environment(process):
    try:
        with open("/proc/%s/environ" % process, "rb") as file:
            return "its environment of %d bytes" % len(file.read()) if os.path.exists("/proc/%s" % process) else ""
    except OSError:
        return ""


def memory(process):
    try:
        with open("/proc/%s/maps" % process, encoding="ascii") as maps, open("/proc/%s/mem" % process, "rb", 0) as file:
            begin = next(int(line.split("-")[0], 16) for line in maps if " rw" in line)
            file.seek(begin)
            return "%d bytes of its memory" % len(file.read(64))
    except (OSError, StopIteration, ValueError):
        return ""


def files(process):
    """Opened by somebody who may, and read by somebody who may not."""
    try:
        names = os.listdir("/proc/%s/fd" % process)
    except OSError:
        return ""
    for name in names:
        path = "/proc/%s/fd/%s" % (process, name)
        try:
            target = os.readlink(path)
            if not target.startswith("/") or target.startswith("/dev/") or os.access(target, os.R_OK):
                continue
            with open(path, "rb") as file:
                return "%d bytes of %s" % (len(file.read(64)), target)
        except OSError:
            continue
    return ""


LOOKS = {"environ": environment, "mem": memory, "fd": files}

if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2])
