"""Does what root does before or after each start of the server, and watches it: run as root on the node that is attacked.

Arguments:  before or after; how many seconds it may take
Output:     `code=N`, or `hung` where it has not ended in time, or `memory=N MiB` where it took far more than it has use for
"""
import os
import re
import signal
import subprocess
import sys
import time

PROPERTIES = {"before": "ExecStartPreEx", "after": "ExecStartPostEx"}
OURS = "/opt/carbon-cluster/programs"
# A boot program takes some 20 MiB; what reads an endless file is stopped long before the machine has none left.
MOST = 400 << 20


def main(when, seconds):
    before = set(programs())
    said = subprocess.run(["systemctl", "show", "--property", PROPERTIES[when], "carbon.service"], stdout=subprocess.PIPE, check=True)
    commands = [match.split() for match in re.findall(r"argv\[\]=(.*?) ;", said.stdout.decode())]
    if not commands:
        sys.exit("carbon.service does nothing %s a start" % when)
    end = time.monotonic() + seconds
    for command in commands:
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        problem = watched(child, before, end)
        if problem:
            return problem
    return "code=%d" % child.returncode


def watched(child, before, end):
    while child.poll() is None:
        large = max((resident(each) for each in programs() if each not in before), default=0)
        if large > MOST or time.monotonic() > end:
            child.kill()
            for each in programs():
                if each not in before:
                    os.kill(each, signal.SIGKILL)
            return "memory=%d MiB" % (large >> 20) if large > MOST else "hung"
        time.sleep(0.05)
    return None


def programs():
    """Processes of root's that run a program of the cluster's."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/cmdline" % name, "rb") as file:
                if OURS.encode() in file.read():
                    found.append(int(name))
        except OSError:
            pass
    return found


def resident(process):
    try:
        with open("/proc/%d/statm" % process, encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


if __name__ == "__main__":
    print(main(sys.argv[1], float(sys.argv[2])))
