"""Folders of the product that workers copy from the manager, with rsync over SSH.

A library, not a command. Every member runs an SSH server of its own for this: one port, one key, one user who belongs to nobody, and
whatever is asked of it, it answers as an rsync daemon that gives the folders and takes nothing. Workers copy from the manager, as
the service's user, on a timer. A manager that takes the place of another copies from a worker once, before it serves: or all that
was deployed on the one before would be gone, and soon from the workers too. The key pair of the secret is the host key that
members know beforehand, and the key they log in with.
"""
import contextlib
import fcntl
import os
import shutil
import socket
import subprocess
import time

import node_clock
import node_packages
from node_aws import aws
from node_error import CodedError

USER = "carbon-artifacts"
# The name under which members know each other's host key, whatever their addresses are.
MEMBER = "carbon-cluster-member"
RUN = "/run/carbon-artifacts"
SERVER_RUN = "/run/carbon-artifacts-server"
FOLDER = "/opt/carbon-cluster/artifacts"
SSHD = "/usr/sbin/sshd"
# sshd of Debian and Ubuntu wants it, and has it only while their own server runs.
SSHD_RUN = "/run/sshd"
UNIT = "carbon-artifacts"
SERVER = "carbon-artifacts-server"
UNITS = "/etc/systemd/system"
FIRST_COPY_SECONDS = 600
FIRST_COPY_PAUSE = 10
CONNECT_SECONDS = 5
KEY_TYPE = "ssh-ed25519"
PACKAGES = {"rsync": {}, "ssh": {"dnf": "openssh-clients", "apt-get": "openssh-client"}, "sshd": {"dnf": "openssh-server", "apt-get": "openssh-server"}}

SSHD_CONFIG = """\
Port %(port)d
HostKey %(run)s/key
HostKeyAlgorithms ssh-ed25519
PidFile none
UsePAM no
AllowUsers %(user)s
AuthenticationMethods publickey
PubkeyAcceptedAlgorithms ssh-ed25519
AuthorizedKeysFile %(run)s/authorized_keys
PermitRootLogin no
PasswordAuthentication no
KbdInteractiveAuthentication no
DisableForwarding yes
PermitTTY no
PermitTunnel no
PermitUserRC no
PermitUserEnvironment no
PrintMotd no
ForceCommand %(rsync)s --server --daemon --config=%(folder)s/rsyncd.conf .
"""

RSYNCD_CONFIG = """\
use chroot = no
read only = yes
list = no
"""

SERVER_UNIT = """\
[Unit]
Description=Artifacts of this member, for others to copy
Wants=network-online.target
After=network-online.target

[Service]
ExecStartPre=/usr/bin/python3 %(program)s serve-artifacts
ExecStart=%(sshd)s -D -e -f %(folder)s/sshd_config
Restart=on-failure
RestartSec=15
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths=/run
PrivateTmp=yes

[Install]
WantedBy=multi-user.target
"""

COPY_UNIT = """\
[Unit]
Description=Copies the artifacts of another member
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
User=%(owner)s
Group=%(owner)s
RuntimeDirectory=carbon-artifacts
RuntimeDirectoryMode=0700
RuntimeDirectoryPreserve=yes
ExecStart=/usr/bin/python3 %(program)s copy-artifacts
TimeoutStartSec=900
NoNewPrivileges=yes
PrivateTmp=yes
"""

COPY_TIMER = """\
[Unit]
Description=Copies the artifacts of the manager again and again

[Timer]
OnBootSec=%(seconds)d
OnUnitInactiveSec=%(seconds)d
AccuracySec=1

[Install]
WantedBy=timers.target
"""


class RsyncError(CodedError):
    """`code` is short enough for a signal; the message never holds a key."""


def serve(port, folders, home, owner, program):
    """The member's server, ready to be asked."""
    ensure_user(owner)
    write_server(port, folders, home)
    _write_unit(SERVER + ".service", SERVER_UNIT % {"program": program, "sshd": SSHD, "folder": FOLDER})
    _systemctl("daemon-reload")
    _systemctl("enable", SERVER + ".service")
    # Waits for the keys, which the unit fetches before it starts, at every boot.
    _systemctl("restart", SERVER + ".service")


def prepare(document, home, owner, program):
    """What the manager and the workers have in common: the tools, the folders, the unit that copies."""
    ensure_tools("rsync", "ssh", "sshd")
    for path in [os.path.join(home, folder) for folder in document["folders"]] + [incoming(home)]:
        ensure_folder(path, owner)
    _write_unit(UNIT + ".service", COPY_UNIT % {"owner": owner, "program": program})
    _systemctl("daemon-reload")


def recover():
    """The manager, before it serves."""
    if subprocess.run(["systemctl", "start", UNIT + ".service"], stderr=subprocess.DEVNULL).returncode != 0:
        raise RsyncError("recovery", "what was deployed before is on the workers and does not come back: %s" % _last_line())


def copy_on_timer(seconds):
    """The worker: a first copy now, and the timer for those after it."""
    _write_unit(UNIT + ".timer", COPY_TIMER % {"seconds": seconds})
    _systemctl("daemon-reload")
    _first_copy()
    _systemctl("enable", "--now", UNIT + ".timer")


def write_server(port, folders, home):
    os.makedirs(FOLDER, exist_ok=True)
    values = {"port": port, "run": SERVER_RUN, "user": USER, "rsync": shutil.which("rsync"), "folder": FOLDER}
    _write(os.path.join(FOLDER, "sshd_config"), SSHD_CONFIG % values)
    modules = ["[%s]\npath = %s\n" % (module(folder), os.path.join(home, folder)) for folder in folders]
    _write(os.path.join(FOLDER, "rsyncd.conf"), RSYNCD_CONFIG + "".join(modules))


def write_server_keys(private, public):
    """Before each start of the server: they live in memory only."""
    os.makedirs(SSHD_RUN, mode=0o755, exist_ok=True)
    os.makedirs(SERVER_RUN, mode=0o755, exist_ok=True)
    _write_private_key(private, public, SERVER_RUN)
    _write(os.path.join(SERVER_RUN, "authorized_keys"), "restrict %s\n" % _public(public))


def _first_copy(seconds=FIRST_COPY_SECONDS):
    """A worker without the manager's artifacts would answer, and know nothing."""
    end = time.monotonic() + node_clock.left(seconds)
    while subprocess.run(["systemctl", "start", UNIT + ".service"], stderr=subprocess.DEVNULL).returncode != 0:
        said = _last_line()
        if time.monotonic() > end:
            raise RsyncError("manager-away", "nothing was copied from the manager while the boot lasted: %s" % said)
        print("  again in %d s: %s" % (FIRST_COPY_PAUSE, said), flush=True)
        time.sleep(FIRST_COPY_PAUSE)


def mirror(addresses, document, home, key_pair, run=RUN):
    """The worker's copy: of the first of the addresses that answers, and what is not there goes here too."""
    if not addresses:
        raise RsyncError("copy", "no instance with the cluster's tag and the role of the manager is running")
    _copy(addresses, document, home, key_pair, run, ["--delete-after"])


def restore(addresses, document, home, key_pair, run=RUN):
    """The manager's copy: nothing goes, for what a newer pack brings no worker has yet. Members that do not serve have nothing."""
    serving = [each for each in addresses if _listens(each, document["port"])]
    if serving:
        _copy(serving, document, home, key_pair, run, [])
    else:
        print("none of %d workers serves artifacts, the pack's own are all there are" % len(addresses), flush=True)


def _listens(address, port):
    try:
        with socket.create_connection((address, port), timeout=CONNECT_SECONDS):
            return True
    except OSError:
        return False


def _copy(addresses, document, home, key_pair, run, options):
    with only_one(os.path.join(run, "lock")) as alone:
        if not alone:
            print("another copy is under way", flush=True)
            return
        if not os.path.exists(os.path.join(run, "key")):
            write_client_keys(*key_pair(), run=run)
        problems = []
        for address in addresses:
            problem = _copy_from(address, document, home, run, options)
            if problem is None:
                print("copied %d folders from %s" % (len(document["folders"]), address), flush=True)
                return
            problems.append("%s: %s" % (address, problem))
        # Perhaps the pair was rotated: the next copy fetches it anew.
        os.remove(os.path.join(run, "key"))
        raise RsyncError("copy", problems[0])


def _copy_from(address, document, home, run, options):
    """What went wrong, or nothing. New files are made elsewhere and moved: the server never deploys half of one."""
    for folder in document["folders"]:
        command = ["rsync", "--recursive", "--links", "--safe-links", "--perms", "--times", "--timeout=60", "--temp-dir=" + incoming(home),
                   "--rsh=" + " ".join(ssh_command(document["port"], run))] + options
        command += ["%s@%s::%s/" % (USER, address, module(folder)), os.path.join(home, folder) + "/"]
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if done.returncode != 0:
            lines = done.stderr.decode(errors="replace").strip().splitlines()
            return lines[0] if lines else "rsync gave no reason"
    return None


def ssh_command(port, run=RUN):
    options = {
        "BatchMode": "yes", "ConnectTimeout": 10, "GlobalKnownHostsFile": "/dev/null", "HostKeyAlgorithms": KEY_TYPE, "HostKeyAlias": MEMBER,
        "IdentitiesOnly": "yes", "IdentityFile": run + "/key", "ServerAliveInterval": 15, "StrictHostKeyChecking": "yes",
        "UserKnownHostsFile": run + "/known_hosts",
    }
    return ["ssh", "-F", "none", "-T", "-p", str(port)] + ["-o%s=%s" % each for each in options.items()]


def write_client_keys(private, public, run=RUN):
    _write(os.path.join(run, "known_hosts"), "%s %s\n" % (MEMBER, _public(public)))
    _write_private_key(private, public, run)


def members(place, value):
    """Addresses of the running members of a role, the newest first: while a manager takes the place of another there are two."""
    answer = aws("ec2", "describe-instances", "--filters", "Name=tag:%s,Values=%s" % (value(place["tag"]), value(place["value"])),
                 "Name=tag:%s,Values=%s" % (place["roleTag"], place["role"]), "Name=instance-state-name,Values=running")
    instances = [each for reservation in answer["Reservations"] for each in reservation["Instances"]]
    newest = sorted(instances, key=lambda each: each["LaunchTime"], reverse=True)
    return [each["PrivateIpAddress"] for each in newest if each.get("PrivateIpAddress")]


def module(folder):
    """A module's name may hold no slash, and a folder's no colon."""
    return folder.replace("/", ":")


def incoming(home):
    """On the product's own volume, so that moving a file is one step."""
    return home + ".incoming"


def ensure_tools(*names):
    manager = node_packages.package_manager()
    for name in names:
        if not shutil.which(name, path="/usr/bin:/usr/sbin:/bin:/sbin"):
            node_packages.install(PACKAGES[name].get(manager, name))


def ensure_user(group):
    """In the group of the service's user, so that it reads what others may not. `*` is no password and no lock."""
    if subprocess.run(["id", USER], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0:
        return
    subprocess.run(["useradd", "--system", "--gid", group, "--no-create-home", "--home-dir", "/", "--shell", "/bin/sh",
                    "--password", "*", USER], check=True)


def ensure_folder(path, owner):
    if os.path.isdir(path):
        return
    os.makedirs(path)
    shutil.chown(path, owner, owner)


@contextlib.contextmanager
def only_one(path):
    """Whether the lock is ours; it goes with the process, however that ends."""
    with open(path, "a", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def _public(public):
    words = public.split()
    if len(words) >= 2 and words[0] == KEY_TYPE:
        return " ".join(words[:2])
    raise RsyncError("key-pair", "publicKey of the key pair's secret is no %s key as ssh-keygen writes it" % KEY_TYPE)


def _write_private_key(private, public, run):
    path = os.path.join(run, "key")
    _write(path, private.replace("\r\n", "\n").rstrip("\n") + "\n", 0o600)
    done = subprocess.run(["ssh-keygen", "-y", "-P", "", "-f", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    if done.returncode == 0 and _public(done.stdout.decode()) == _public(public):
        return
    os.remove(path)
    raise RsyncError("key-pair", "privateKey of the key pair's secret is not that of its publicKey, or has a passphrase")


def _write(path, text, mode=0o644):
    """In one step, and never readable for others meanwhile."""
    handle = os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        os.fchmod(handle, mode)
        file.write(text)
    os.replace(path + ".new", path)


def _write_unit(name, text):
    _write(os.path.join(UNITS, name), text)


def _systemctl(*arguments):
    subprocess.run(("systemctl",) + arguments, check=True, stderr=subprocess.DEVNULL)


def _last_line():
    done = subprocess.run(["journalctl", "--unit", UNIT + ".service", "--lines", "20", "--output", "cat", "--no-pager"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    lines = [line for line in done.stdout.decode(errors="replace").splitlines() if "artifacts:" in line]
    return lines[-1] if lines else "the manager does not answer"
