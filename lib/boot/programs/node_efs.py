"""Folders of the product on an EFS file system that all nodes have in common.

A library, not a command. The share is mounted through an access point, then each folder of it over the product's own; both are
in /etc/fstab, and the product does not start without them.
"""
import errno
import os
import shutil
import subprocess
import time
import uuid

import node_clock
import node_packages
from node_aws import with_jitter
from node_error import CodedError

SHARE = "/mnt/carbon-cluster"
FSTAB = "/etc/fstab"
MOUNTS = "/proc/self/mounts"
DROP_IN = "/etc/systemd/system/carbon.service.d/shared-folders.conf"
UNIT = "carbon-shared-folders.service"
UNITS = "/etc/systemd/system"
PACKAGE = "amazon-efs-utils"
HELPER = "mount.efs"
SBIN = "/sbin:/usr/sbin:/usr/local/sbin"
# A mount target's name is known some time after the mount target is there, and the file system may be away. The exit codes of the mount helper do
# not tell that from a refusal, and a refusal passes too: a role that was made a moment ago is not known everywhere yet.
WAIT_SECONDS = 600
WAIT_PAUSE = 5


UNIT_TEXT = """\
[Unit]
Description=Waits until the folders that the members of the cluster share are mounted
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
TimeoutStartSec=infinity
ExecStart=/bin/sh -c 'until systemctl start "$$@"; do sleep 5; done' sh %s
"""


class EfsError(CodedError):
    """`code` is short enough for a signal."""


def share(file_system, access_point, folders, home, user):
    """Mounts the share and puts its folders in place of the product's."""
    ensure_helper()
    os.makedirs(SHARE, exist_ok=True)
    add_to_fstab([file_system, SHARE, "efs", "_netdev,tls,iam,accesspoint=" + access_point])
    mount(SHARE)
    places = []
    for folder in folders:
        content = seed(folder, home, user)
        place = os.path.join(home, folder)
        add_to_fstab([content, place, "none", "bind,_netdev,x-systemd.requires-mounts-for=" + SHARE])
        mount(place)
        places.append(place)
    require_mounts(places)


def ensure_helper():
    if shutil.which(HELPER, path=SBIN):
        return
    try:
        node_packages.install(PACKAGE)
    except node_packages.PackageError as problem:
        if problem.code != "no-package":
            raise
        raise EfsError("efs-utils", "this distribution has no package %s: use an image of Amazon Linux 2023, or one into which it was "
                       "built from github.com/aws/efs-utils" % PACKAGE) from problem


def seed(folder, home, user):
    """The folder on the share, with what the pack ships in it if this node is the first.

    It is copied aside and renamed, which happens once: what has something in it is never replaced by renaming. So a node that dies
    in the middle leaves no half of it, and no lock.
    """
    place = os.path.join(SHARE, folder)
    content = os.path.join(place, "content")
    shipped = os.path.join(home, folder)
    _as_user(user, "mkdir", "-p", shipped)
    if os.path.isdir(content):
        return content
    aside = os.path.join(SHARE, ".seeding-" + uuid.uuid4().hex)
    _as_user(user, "mkdir", "-p", aside, os.path.dirname(place))
    _as_user(user, "cp", "-R", "--preserve=mode,timestamps", "--", shipped, os.path.join(aside, "content"))
    try:
        os.rename(aside, place)
        print("  %s is shared, as the pack ships it" % folder, flush=True)
    except OSError as problem:
        if problem.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        print("  %s is shared by another node already" % folder, flush=True)
        shutil.rmtree(aside)
    return content


def _as_user(user, *command):
    """The share belongs to the service's user, also where root is nobody on it."""
    subprocess.run(command, check=True, user=user, group=user)


def add_to_fstab(fields):
    """One line for each mount point, which is the second field."""
    line = "%s 0 0\n" % " ".join(_escaped(field) for field in fields)
    with open(FSTAB, encoding="utf-8") as file:
        lines = file.readlines()
    kept = [each for each in lines if each.split()[1:2] != [_escaped(fields[1])]]
    if kept and not kept[-1].endswith("\n"):
        kept[-1] += "\n"
    with open(FSTAB + ".new", "w", encoding="utf-8") as file:
        file.writelines(kept + [line])
    os.chmod(FSTAB + ".new", os.stat(FSTAB).st_mode & 0o777)
    os.replace(FSTAB + ".new", FSTAB)


def _escaped(text):
    return text.replace("\\", "\\134").replace(" ", "\\040").replace("\t", "\\011")


def mount(place, seconds=WAIT_SECONDS):
    """What /etc/fstab has for the place, if it is not there yet. Waits no longer than the boot has."""
    end = time.monotonic() + min(seconds, node_clock.left(seconds))
    while not is_mounted(place):
        done = subprocess.run(["mount", place], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if done.returncode == 0:
            return
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        reason = lines[-1] if lines else "mount gave no reason"
        if time.monotonic() > end:
            raise EfsError("mount", "%s is not mounted: %s" % (place, reason))
        print("  again in %d s: %s" % (WAIT_PAUSE, reason), flush=True)
        time.sleep(with_jitter(WAIT_PAUSE))


def is_mounted(place):
    with open(MOUNTS, encoding="utf-8") as file:
        return any(line.split()[1] == _escaped(place) for line in file)


def require_mounts(places):
    """Without its mounts the product would work on folders that nobody else sees. systemd tries to mount once, and would then give up the product,
    too: so after a reboot a unit goes on trying, for as long as the file system is away, and the product waits for it."""
    for path, text in ((os.path.join(UNITS, UNIT), UNIT_TEXT % " ".join(_quoted(place) for place in places)),
                       (DROP_IN, "[Unit]\nRequires=%s\nAfter=%s\n" % (UNIT, UNIT))):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)


def _quoted(place):
    """As an argument in a unit, where `%` and `$` mean something."""
    return '"%s"' % place.replace("%", "%%").replace("$", "$$")
