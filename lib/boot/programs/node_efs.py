"""Folders of the product on an EFS file system that all nodes have in common.

A library, not a command. The share is mounted through an access point, by /etc/fstab, then each folder of it over the product's own, by a
unit (carbon-shared-folders.service), and the product does not start without them.
"""
import ctypes
import errno
import os
import shutil
import subprocess
import time
import uuid

import carbon_files
import node_as_service
import node_clock
import node_packages
from node_aws import with_jitter
from node_error import CodedError

SHARE = "/mnt/carbon-cluster"
FSTAB = "/etc/fstab"
MOUNTS = "/proc/self/mounts"
UNIT = "/etc/systemd/system/carbon-shared-folders.service"
DROP_IN = "/etc/systemd/system/carbon.service.d/shared-folders.conf"
MS_BIND = 4096
PACKAGE = "amazon-efs-utils"
HELPER = "mount.efs"
SBIN = "/sbin:/usr/sbin:/usr/local/sbin"
# A mount target's name is known some time after the mount target is there, and the file system may be away. The exit codes of the mount helper do
# not tell that from a refusal, and a refusal passes too: a role that was made a moment ago is not known everywhere yet.
WAIT_SECONDS = 600
WAIT_PAUSE = 5
# Workers boot when the manager is in service, or again while it boots anew.
CONTENT_SECONDS = 600


UNIT_TEXT = """\
[Unit]
Description=Shared folders in the place of the product's own
Wants=network-online.target
After=network-online.target
Before=carbon.service

[Service]
Type=oneshot
RemainAfterExit=yes
# systemd tries to mount once, and would then give up the product, too. So this goes on trying for as long as the file system is away.
TimeoutStartSec=infinity
ExecStartPre=/bin/sh -c 'until systemctl start %(share)s; do sleep 5; done'
ExecStart=/usr/bin/python3 %(program)s mount-folders
# Nothing here that gives it mounts of its own.
NoNewPrivileges=yes
CapabilityBoundingSet=CAP_DAC_READ_SEARCH CAP_SYS_ADMIN
LockPersonality=yes
RestrictAddressFamilies=AF_UNIX
RestrictRealtime=yes
SystemCallArchitectures=native
"""

DROP_IN_TEXT = """\
[Unit]
Requires=carbon-shared-folders.service
After=carbon-shared-folders.service
"""


class EfsError(CodedError):
    """`code` is short enough for a signal."""


def share(file_system, access_point, folders, home, user, program, read_only=False):
    """Mounts the share and puts its folders in place of the product's. Whoever only reads waits until the one who writes has filled them."""
    ensure_helper()
    os.makedirs(SHARE, exist_ok=True)
    add_to_fstab([file_system, SHARE, "efs", "_netdev,tls,iam,accesspoint=" + access_point + (",ro" if read_only else "")])
    mount(SHARE)
    for folder in folders:
        if read_only:
            wait_for_content(folder)
            node_as_service.run("make_folders", user, home=home, folders=[folder])
        else:
            print("  %s is shared%s" % (folder, node_as_service.run("seed", user, share=SHARE, home=home, folder=folder)), flush=True)
    bind_all(folders, home)
    install(program)


def bind_all(folders, home):
    """Folders of the share in place of the product's. Users of other nodes write in the one, and this node's in the other: both may hold links, so
    neither is named by its path. At each start of the machine, for the same reason not from /etc/fstab."""
    for folder in folders:
        parts = carbon_files.parts_of(folder)
        if is_mounted(os.path.join(home, folder)):
            continue
        content = carbon_files.open_folder(SHARE, parts + ["content"])
        try:
            place = carbon_files.open_folder(home, parts)
            try:
                bind(content, place)
            finally:
                os.close(place)
        finally:
            os.close(content)


def bind(content, place):
    """Both are descriptors of folders."""
    names = ["/proc/self/fd/%d" % each for each in (content, place)]
    if ctypes.CDLL(None, use_errno=True).mount(names[0].encode(), names[1].encode(), None, ctypes.c_ulong(MS_BIND), None) != 0:
        raise EfsError("mount", "a folder of the share cannot take the place of the product's: %s" % os.strerror(ctypes.get_errno()))


def install(program):
    """Without its shared folders the product would work on some that nobody else sees."""
    for path, text in ((UNIT, UNIT_TEXT % {"program": program, "share": SHARE}), (DROP_IN, DROP_IN_TEXT)):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    subprocess.run(["systemctl", "daemon-reload"], check=True)


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


def wait_for_content(folder, seconds=CONTENT_SECONDS):
    """Waits until a node that may write there has put the folder on the share."""
    end = time.monotonic() + min(seconds, node_clock.left(seconds))
    while not os.path.isdir(os.path.join(SHARE, folder, "content")):
        if time.monotonic() > end:
            raise EfsError("manager-away", "the manager has not put %s on the file system within %d s" % (folder, seconds))
        print("  again in %d s: the manager has not put %s on the file system yet" % (WAIT_PAUSE, folder), flush=True)
        time.sleep(WAIT_PAUSE)


def seed(share_folder, home, folder):
    """The folder on the share, with what the pack ships in it if this node is the first. The service's user does this.

    It is copied aside and renamed, which happens once: what has something in it is never replaced by renaming. So a node that dies
    in the middle leaves no half of it, and no lock.
    """
    place = os.path.join(share_folder, folder)
    shipped = os.path.join(home, folder)
    os.makedirs(shipped, exist_ok=True)
    if os.path.isdir(os.path.join(place, "content")):
        return ""
    aside = os.path.join(share_folder, ".seeding-" + uuid.uuid4().hex)
    os.makedirs(aside)
    os.makedirs(os.path.dirname(place), exist_ok=True)
    subprocess.run(["cp", "-R", "--preserve=mode,timestamps", "--", shipped, os.path.join(aside, "content")], check=True)
    try:
        os.rename(aside, place)
        return ", as the pack ships it"
    except OSError as problem:
        if problem.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        shutil.rmtree(aside)
        return " by another node already"


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
