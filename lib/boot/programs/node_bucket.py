"""Folders of the product in a bucket: the manager publishes its own there, workers copy them.

A library, not a command. A unit (carbon-artifacts.service) does either as the service's user, by a timer, with the role of the node: that of a
worker may only read. So what the manager runs comes from the manager. An instance that takes the place of a manager first gets back what the one
before had published; it publishes nothing before that is complete.
"""
import json
import os
import subprocess
import time

from node_aws import AwsError, aws
from node_error import CodedError

UNIT = "carbon-artifacts"
UNITS = "/etc/systemd/system"
# The service's user's own: what the copies of this instance need to remember.
STATE = "/var/lib/carbon-artifacts"
PUBLISHED = "published"
MISSING = ("404", "NotFound", "NoSuchKey")
FIRST_COPY_SECONDS = 600
FIRST_COPY_PAUSE = 10
# The next run is soon.
SECONDS = 30
# Links stay where they are: of a file that one points to the content would be published.
# Of the same size and newer in the bucket is unchanged for `aws s3 sync` on the way from there, unless times are compared exactly.
EXACT = "--exact-timestamps"
SYNC = ("s3", "sync", "--only-show-errors", "--no-follow-symlinks")

UNIT_TEXT = """\
[Unit]
Description=Artifacts of the product, to or from the bucket of the cluster
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
User=%(owner)s
Group=%(owner)s
UMask=0077
StateDirectory=carbon-artifacts
StateDirectoryMode=0700
ExecStart=/usr/bin/python3 %(program)s copy-artifacts
TimeoutStartSec=900
NoNewPrivileges=yes
PrivateTmp=yes
PrivateDevices=yes
"""

TIMER_TEXT = """\
[Unit]
Description=Artifacts of the product, to or from the bucket of the cluster, again and again

[Timer]
OnBootSec=%(seconds)d
OnUnitInactiveSec=%(seconds)d
AccuracySec=1

[Install]
WantedBy=timers.target
"""


class BucketError(CodedError):
    """`code` is short enough for a signal."""


def prepare(document, home, owner, program):
    """Before the server starts: a first copy, and the timer for those after it."""
    for folder in document["folders"]:
        subprocess.run(["mkdir", "-p", "--", os.path.join(home, folder)], check=True, user=owner, group=owner, extra_groups=[])
    _write_unit(UNIT + ".service", UNIT_TEXT % {"owner": owner, "program": program})
    _write_unit(UNIT + ".timer", TIMER_TEXT % {"seconds": document["seconds"]})
    _systemctl("daemon-reload")
    _first_copy("publishes" in document)
    _systemctl("enable", "--now", UNIT + ".timer")


def _first_copy(publishes, seconds=FIRST_COPY_SECONDS):
    """A server without the artifacts would answer, and know nothing."""
    end = time.monotonic() + seconds
    while subprocess.run(["systemctl", "start", UNIT + ".service"], stderr=subprocess.DEVNULL).returncode != 0:
        said = _last_line()
        if time.monotonic() > end and publishes:
            raise BucketError("artifacts-bucket", "artifacts were not got back or published within %d s: %s" % (seconds, said))
        if time.monotonic() > end:
            raise BucketError("manager-away", "artifacts of the manager were not copied within %d s: %s" % (seconds, said))
        print("  again in %d s: %s" % (FIRST_COPY_PAUSE, said), flush=True)
        time.sleep(FIRST_COPY_PAUSE)


def copy(document, bucket, home, state=STATE):
    """One run of the unit."""
    place = Place(document, bucket, home)
    if "publishes" in document:
        if not os.path.exists(os.path.join(state, "restored")):
            place.restore()
            _write(os.path.join(state, "restored"), "")
        place.publish(os.path.join(state, "files.json"))
    else:
        place.mirror()


class Place:
    """The folders here, and their objects in the bucket."""

    def __init__(self, document, bucket, home):
        self.bucket = bucket
        self.marker = "%s/%s" % (document["prefix"], PUBLISHED)
        self.folders = [(os.path.join(home, folder), "s3://%s/%s/%s/" % (bucket, document["prefix"], folder)) for folder in document["folders"]]

    def restore(self):
        """What the pack ships and nobody has published yet stays: a newer pack may bring what the one before had not."""
        if not self.is_published():
            print("nothing was published before, the pack's own artifacts are all there are", flush=True)
            return
        for here, there in self.folders:
            _aws(*SYNC, EXACT, there, here)
        print("got back what the manager had published", flush=True)

    def publish(self, state):
        before, now = _read(state), {here: files_of(here) for here, _ in self.folders}
        if before == now:
            return
        for here, there in self.folders:
            _aws(*SYNC, "--delete", here, there)
            for name in unseen(before.get(here, {}), now[here]):
                _aws("s3", "cp", "--only-show-errors", os.path.join(here, name), there + name)
        if not before:
            _aws("s3api", "put-object", "--bucket", self.bucket, "--key", self.marker)
        _write(state, json.dumps(now))
        print("published %d folders" % len(self.folders), flush=True)

    def mirror(self):
        """What is not in the bucket goes here, too, but never before all of the manager's is there."""
        if not self.is_published():
            raise BucketError("not-published", "the manager has not published its artifacts yet")
        for here, there in self.folders:
            _aws(*SYNC, "--delete", EXACT, there, here)

    def is_published(self):
        try:
            aws("s3api", "head-object", "--bucket", self.bucket, "--key", self.marker, seconds=SECONDS)
        except AwsError as problem:
            if problem.code in MISSING:
                return False
            raise
        return True


def files_of(folder):
    """Size and time of each regular file, by its path in the folder."""
    found = {}
    for place, _, names in os.walk(folder):
        for path in (os.path.join(place, name) for name in names):
            if os.path.isfile(path) and not os.path.islink(path):
                status = os.lstat(path)
                found[os.path.relpath(path, folder)] = [status.st_size, status.st_mtime_ns]
    return found


def unseen(before, now):
    """What `aws s3 sync` takes for unchanged: of the same size and older than what is in the bucket, as a restored file is."""
    return sorted(name for name, (size, modified) in now.items() if name in before and before[name][0] == size and before[name][1] > modified)


def _aws(*arguments):
    aws(*arguments, seconds=SECONDS)


def _read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (FileNotFoundError, ValueError):
        return {}


def _write(path, text):
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + ".new", path)


def _write_unit(name, text):
    with open(os.path.join(UNITS, name), "w", encoding="utf-8") as file:
        file.write(text)


def _systemctl(*arguments):
    subprocess.run(("systemctl",) + arguments, check=True, stderr=subprocess.DEVNULL)


def _last_line():
    done = subprocess.run(["journalctl", "--unit", UNIT + ".service", "--lines", "20", "--output", "cat", "--no-pager"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    lines = [line for line in done.stdout.decode(errors="replace").splitlines() if "artifacts:" in line]
    return lines[-1] if lines else "the unit %s.service failed" % UNIT
