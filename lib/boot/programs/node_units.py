"""What the units of this node have in common: how far systemd confines them.

A library, not a command. `systemd-analyze security UNIT` measures it. A directive that an older systemd does not know is a warning there.
MemoryDenyWriteExecute is in none of them: a JVM compiles to memory that it then executes.
"""
import os
import shutil
import subprocess

FOLDER = "/etc/systemd/system"

# Of the Carbon server, which needs its product's folder, the network and nothing else. With PrivateUsers it cannot reach into other processes
# of its own user, which are outside of these limits. @system-service is systemd's own list of what services call; JDK 8 and 17 run with it in the rehearsal.
SERVER = """\
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths=%(writable)s
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
PrivateUsers=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
ProtectProc=invisible
RestrictSUIDSGID=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
LockPersonality=yes
RemoveIPC=yes
CapabilityBoundingSet=
AmbientCapabilities=
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
"""

# Of programs of root's that ask AWS and manage units. None of them needs to change the kernel or the clock.
ROOT = """\
PrivateTmp=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectClock=yes
ProtectControlGroups=yes
RestrictRealtime=yes
LockPersonality=yes
SystemCallArchitectures=native
"""

# On Ubuntu 24.04 the AWS CLI is a snap: it mounts, starts with privileges of its own and writes below root's home, so these would break it.
WITHOUT_SNAP = """\
NoNewPrivileges=yes
PrivateDevices=yes
ProtectHome=read-only
ProtectHostname=yes
RestrictSUIDSGID=yes
RestrictNamespaces=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
"""


def install(texts, timer, folder=FOLDER):
    """Writes the units, whose texts are given by name, and starts the timer now and at each start of the machine."""
    for name, text in texts.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
    subprocess.run(["systemctl", "daemon-reload"], check=True)
    subprocess.run(["systemctl", "enable", "--now", timer], check=True, stderr=subprocess.DEVNULL)


def server(writable):
    """`writable` are the folders that the server may change."""
    return SERVER % {"writable": " ".join(quoted(each) for each in writable)}


def root(*more):
    """`more` are lines that only this unit bears: they, too, are left out where the AWS CLI is a snap."""
    return ROOT + ("" if aws_is_a_snap() else WITHOUT_SNAP + "".join(each + "\n" for each in more))


def aws_is_a_snap():
    program = shutil.which("aws")
    return program is not None and (program.startswith("/snap/") or os.path.realpath(program).startswith(("/snap/", "/usr/bin/snap")))


def quoted(path):
    """As one word of a list of paths; systemd expands specifiers (%) there."""
    return '"%s"' % path.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
