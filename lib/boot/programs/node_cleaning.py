"""What the machine's logs may take of its disk: the product's are removed as the service's user, those of the boot are cut by root.

A library, not a command. A timer (carbon-cleaning.timer) runs both. The product begins a new log each day and removes none, and one heap dump
is as large as the heap. What the product still writes to is never removed, only emptied, and only when it alone is more than all may be.
"""
import os
import re
import shutil
import stat
import time

import node_units
from node_logs import SERVER_LOGS

UNITS = node_units.FOLDER
UNIT = "carbon-cleaning.service"
TIMER = "carbon-cleaning.timer"
OWN_LOGS = "/var/log/carbon-cluster"
# Of each log of the boot there is as much once more, in the file before it.
OWN_LOG_BYTES = 16 << 20
DAY = 86400
# A log that the product has ended: its name has a date (2026-11-30, 11-30-2026), or a number or an archive's ending behind the log's own.
ENDED = re.compile(r"\d{4}-\d{2}-\d{2}|\d{2}-\d{2}-\d{4}|\.log\.\d+$|\.(gz|zip)$")
DUMP = re.compile(r"\.hprof$|^hs_err_pid\d+\.log$")
# Less than this share of the volume is room for the product, not for dumps.
FREE_SHARE = 0.1

UNIT_TEXT = """\
[Unit]
Description=Keeps logs within what they may take of the disk

[Service]
Type=oneshot
%(steps)s
TimeoutStartSec=300
LogLevelMax=notice
NoNewPrivileges=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectHome=yes
IPAddressDeny=any
"""

TIMER_TEXT = """\
[Unit]
Description=Keeps logs within what they may take of the disk, every ten minutes

[Timer]
OnActiveSec=600
OnUnitInactiveSec=600
RandomizedDelaySec=60

[Install]
WantedBy=timers.target
"""


def install(program, user):
    """`user` is the service's, where there is a product."""
    steps = ["ExecStart=+/usr/bin/python3 %s rotate-own-logs" % program]
    if user:
        steps += ["User=" + user, "ExecStart=/usr/bin/python3 %s clean-logs" % program]
    node_units.install({UNIT: UNIT_TEXT % {"steps": "\n".join(steps)}, TIMER: TIMER_TEXT}, TIMER, UNITS)


def rotate_own(folder=OWN_LOGS, limit=OWN_LOG_BYTES):
    """Whoever writes there appends, so that a file which is copied and emptied goes on; the agent that sends it begins at its new end."""
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if name.endswith(".log") and os.path.getsize(path) > limit:
            shutil.copyfile(path, path + ".1")
            os.truncate(path, 0)


def clean(home, days, limit, now=None, free_share=None):
    """Returns what was removed or emptied. The folder and what is in it belong to whoever runs this."""
    now = time.time() if now is None else now
    logs = list(files_below(os.path.join(home, SERVER_LOGS)))
    dumps = [each for each in logs + list(files_in(home)) if DUMP.search(each.name)]
    logs = [each for each in logs if each not in dumps]
    share = share_free(home) if free_share is None else free_share
    gone = [each for each in dumps if share < FREE_SHARE or now - each.modified > days * DAY]
    # The log of today has a date, too.
    ended = sorted((each for each in logs if ENDED.search(each.name) and now - each.modified > DAY), key=lambda each: each.modified)
    gone += [each for each in ended if now - each.modified > days * DAY]
    size = sum(each.size for each in logs if each not in gone)
    for each in (each for each in ended if each not in gone):
        if size > limit:
            gone.append(each)
            size -= each.size
    for each in gone:
        os.remove(each.path)
    emptied = largest(each for each in logs if each not in gone) if size > limit else None
    if emptied:
        empty(emptied.path)
    return [each.path for each in gone] + ([emptied.path] if emptied else [])


class File:
    def __init__(self, path, found):
        self.path, self.name, self.size, self.modified = path, os.path.basename(path), found.st_size, found.st_mtime


def files_below(folder):
    """Regular files; links are not followed, and neither are folders behind links."""
    for place, _, names in os.walk(folder):
        yield from _regular(os.path.join(place, name) for name in sorted(names))


def files_in(folder):
    yield from _regular(os.path.join(folder, name) for name in sorted(os.listdir(folder)))


def _regular(paths):
    for path in paths:
        try:
            found = os.lstat(path)
        except FileNotFoundError:
            continue  # the product has just renamed it
        if stat.S_ISREG(found.st_mode):
            yield File(path, found)


def largest(files):
    return max(files, key=lambda each: each.size, default=None)


def share_free(folder):
    found = os.statvfs(folder)
    return found.f_bavail / found.f_blocks


def empty(path):
    handle = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        os.ftruncate(handle, 0)
    finally:
        os.close(handle)
