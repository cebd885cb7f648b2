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

import node_packages
from node_error import CodedError

SHARE = "/mnt/carbon-cluster"
FSTAB = "/etc/fstab"
MOUNTS = "/proc/self/mounts"
DROP_IN = "/etc/systemd/system/carbon.service.d/shared-folders.conf"
PACKAGE = "amazon-efs-utils"
HELPER = "mount.efs"
SBIN = "/sbin:/usr/sbin:/usr/local/sbin"
# A mount target's name is known some time after the mount target is there.
WAIT_SECONDS = 180
WAIT_PAUSE = 5
# Workers boot when the manager is in service, or again while it boots anew.
CONTENT_SECONDS = 600


class EfsError(CodedError):
    """`code` is short enough for a signal."""


def share(file_system, access_point, folders, home, user, read_only=False):
    """Mounts the share and puts its folders in place of the product's. Whoever only reads waits until the one who writes has filled them."""
    ensure_helper()
    os.makedirs(SHARE, exist_ok=True)
    add_to_fstab([file_system, SHARE, "efs", "_netdev,tls,iam,accesspoint=" + access_point + (",ro" if read_only else "")])
    mount(SHARE)
    places = []
    for folder in folders:
        content = wait_for_content(folder, home, user) if read_only else seed(folder, home, user)
        place = os.path.join(home, folder)
        add_to_fstab([content, place, "none", ("bind,ro" if read_only else "bind") + ",_netdev,x-systemd.requires-mounts-for=" + SHARE])
        mount(place)
        places.append(place)
    require_mounts(places)


def ensure_helper():
    if shutil.which(HELPER, path=SBIN):
        return
    try:
        node_packages.install(PACKAGE)
    except (RuntimeError, subprocess.CalledProcessError) as problem:
        raise EfsError("efs-utils", "this distribution has no package %s: use an image of Amazon Linux 2023, or one into which it was "
                       "built from github.com/aws/efs-utils" % PACKAGE) from problem


def wait_for_content(folder, home, user, seconds=CONTENT_SECONDS):
    """The folder on the share, as soon as a node that may write there has put it there."""
    content = os.path.join(SHARE, folder, "content")
    _as_user(user, "mkdir", "-p", os.path.join(home, folder))
    end = time.monotonic() + seconds
    while not os.path.isdir(content):
        if time.monotonic() > end:
            raise EfsError("manager-away", "the manager has not put %s on the file system within %d s" % (folder, seconds))
        print("  again in %d s: the manager has not put %s on the file system yet" % (WAIT_PAUSE, folder), flush=True)
        time.sleep(WAIT_PAUSE)
    return content


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
    """What /etc/fstab has for the place, if it is not there yet."""
    end = time.monotonic() + seconds
    while not is_mounted(place):
        done = subprocess.run(["mount", place], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if done.returncode == 0:
            return
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        reason = lines[-1] if lines else "mount gave no reason"
        if time.monotonic() > end:
            raise EfsError("mount", "%s is not mounted: %s" % (place, reason))
        print("  again in %d s: %s" % (WAIT_PAUSE, reason), flush=True)
        time.sleep(WAIT_PAUSE)


def is_mounted(place):
    with open(MOUNTS, encoding="utf-8") as file:
        return any(line.split()[1] == _escaped(place) for line in file)


def require_mounts(places):
    """Without its mounts the product would work on folders that nobody else sees."""
    os.makedirs(os.path.dirname(DROP_IN), exist_ok=True)
    with open(DROP_IN, "w", encoding="utf-8") as file:
        file.write("[Unit]\n" + "".join('RequiresMountsFor="%s"\n' % place.replace("%", "%%") for place in places))
