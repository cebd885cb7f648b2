"""Files and processes in which the user that runs this can read a secret.

Arguments:  how many seconds to look again and again, 0 for once; files, or processes; folders
Input:      a JSON list of values
Output:     a line for each place
"""
import json
import os
import stat
import sys
import time

LARGEST = 8 << 20


def main(seconds, what, folders, values):
    end, seen = time.monotonic() + seconds, set()
    while True:
        for place in files(folders) if what == "files" else processes():
            if place not in seen and holds(place, values):
                seen.add(place)
                print("a secret in %s" % place, flush=True)
        if time.monotonic() >= end:
            return
        time.sleep(0.02)


def files(folders):
    for folder in folders:
        for at, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(at, name)
                try:
                    status = os.lstat(path)
                except OSError:
                    continue
                if stat.S_ISREG(status.st_mode) and 0 < status.st_size <= LARGEST:
                    yield path


def processes():
    for name in filter(str.isdigit, os.listdir("/proc")):
        yield "/proc/%s/cmdline" % name
        yield "/proc/%s/environ" % name


def holds(path, values):
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError:
        return False
    return any(each in content for each in values)


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2], sys.argv[3:], [each.encode() for each in json.load(sys.stdin)])
