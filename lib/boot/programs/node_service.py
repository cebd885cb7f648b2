"""The product as a systemd service under its own user, and the node's own view of its health.

A library, not a command.
"""
import os
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import node_units
from node_as_service import USER
from node_error import CodedError

# The uid that WSO2's own container images use, so that shared file systems agree about owners.
UID = "802"
SERVICE = "carbon.service"
UNITS = "/etc/systemd/system"
UNIT = os.path.join(UNITS, SERVICE)
# Root's part of a start. A unit of its own: what is denied to the server's processes, by their control group, is not denied to it.
STEPS = {"carbon-before-start.service": "before-start", "carbon-after-start.service": "after-start"}
# What the steps do: become the service's user and end its processes, configure an interface, write root's own files of the plan.
STEP_CONFINED = ("ProtectKernelTunables=yes",
                 "CapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_FSETID CAP_KILL CAP_NET_ADMIN CAP_SETGID CAP_SETUID")
# The instance metadata service, which has the credentials of the node's role (Amazon EC2 User Guide, "Instance metadata").
METADATA_CLOSED = "IPAddressDeny=169.254.169.254 fd00:ec2::254"
POLL_SECONDS = 3

UNIT_TEXT = """\
[Unit]
Description=%(title)s
Wants=network-online.target
After=network-online.target cloud-config.target

[Service]
User=%(user)s
Group=%(user)s
%(environment)s
ExecStartPre=+/usr/bin/systemctl start carbon-before-start.service
ExecStart=%(home)s/%(script)s %(arguments)s
ExecStartPost=+/usr/bin/systemctl start carbon-after-start.service
SuccessExitStatus=143
# Always: WSO2's start scripts end with 0 however Java ended.
Restart=always
RestartSec=15
TimeoutStartSec=%(start_seconds)d
TimeoutStopSec=120
LimitNOFILE=65535
LimitNPROC=20000
# A product that renders its files from deployment.toml writes passwords into them.
UMask=0077
%(confined)s%(extra)s
[Install]
WantedBy=multi-user.target
"""

# When the server is stopped while it waits in one of them, that ends, too.
STEP_TEXT = """\
[Unit]
Description=Root's part of each start of the Carbon server: %(command)s
PartOf=carbon.service

[Service]
Type=oneshot
ExecStart=/usr/bin/python3 %(program)s %(command)s
TimeoutStartSec=%(start_seconds)d
%(confined)s"""


class ServiceError(CodedError):
    """`code` is short enough for a signal."""


def ensure_user():
    if subprocess.run(["id", USER], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0:
        return
    taken = subprocess.run(["getent", "passwd", UID], stdout=subprocess.DEVNULL).returncode == 0
    uid = [] if taken else ["--uid", UID]
    subprocess.run(["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"] + uid + [USER], check=True)


def hand_over(home):
    """Gives the service's user what root's scripts have made in the product. Only before that user has run for the first time: what is there by
    then may be links of its own, and folders on a file system that other nodes share are not touched at all."""
    if os.path.exists(UNIT):
        return
    foreign = ["(", "-not", "-user", USER, "-o", "-not", "-group", USER, ")"]
    subprocess.run(["find", home, "-xdev"] + foreign + ["-exec", "chown", "--no-dereference", "%s:%s" % (USER, USER), "{}", "+"], check=True)


def unit_text(title, home, environment, script, arguments, start_seconds, extra=()):
    """`extra` are further lines of the section [Service]."""
    lines = "\n".join(environment_line(name, value) for name, value in sorted(environment.items()))
    return UNIT_TEXT % {"title": title, "user": USER, "environment": lines, "home": home, "script": script,
                        "arguments": " ".join(arguments), "start_seconds": start_seconds, "confined": node_units.server([home]),
                        "extra": "".join(each + "\n" for each in extra)}


def step_texts(program, start_seconds):
    """By the name of the unit."""
    return {unit: STEP_TEXT % {"program": program, "command": command, "start_seconds": start_seconds, "confined": node_units.root(*STEP_CONFINED)}
            for unit, command in STEPS.items()}


def environment_line(name, value):
    """systemd expands specifiers (%) there, and undoes quotes and backslashes."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return 'Environment="%s=%s"' % (name, escaped)


def start(text, steps):
    for path, content in dict({UNIT: text}, **{os.path.join(UNITS, unit): content for unit, content in steps.items()}).items():
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
    subprocess.run(["systemctl", "daemon-reload"], check=True)
    subprocess.run(["systemctl", "enable", "carbon.service"], check=True, stderr=subprocess.DEVNULL)
    subprocess.run(["systemctl", "start", "--no-block", "carbon.service"], check=True)


def wait_until_started(seconds, failure, passing=()):
    """Returns when the service has started, which it has when its server is a member of its cluster.

    `failure` tells what the last start failed of; `passing` are the codes of what another start may mend, however many there were.
    The server answers requests before, and without, being a member.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if unit_property("ActiveState") == "active":
            return
        code, _, reason = (failure() or "service-failed the service stopped").partition(" ")
        if _gave_up() and code not in passing:
            raise ServiceError(code, "%s; its last lines: %s" % (reason, last_lines()))
        time.sleep(POLL_SECONDS)
    raise ServiceError("not-joined", "the server was no member of its cluster within %d s" % seconds)


def start_state():
    """Whether a start is under way, whether that still waits before the server itself starts, and how often systemd has started the server anew."""
    step = unit_property("SubState")
    starting = unit_property("ActiveState") == "activating" and step != "auto-restart"
    return starting, step == "start-pre", int(unit_property("NRestarts") or 0)


def stop():
    """In order, or by force when its time is over. A server that was never there is none the less gone."""
    subprocess.run(["systemctl", "stop", SERVICE], stderr=subprocess.DEVNULL)


def runs():
    """The server itself runs, whether or not its start has ended."""
    return int(unit_property("MainPID") or 0) > 0


def wait_until_healthy(url, seconds, service=SERVICE):
    """Returns when the service answers 200, fails when the service has given up or the time is over."""
    end = time.monotonic() + seconds
    last = "no answer"
    while time.monotonic() < end:
        last = probe(url)
        if last == "200":
            return
        if _gave_up(service):
            raise ServiceError("service-failed", "the service stopped; its last lines: %s" % last_lines(service))
        time.sleep(POLL_SECONDS)
    raise ServiceError("not-healthy", "%s did not answer 200 within %d s (last: %s)" % (url, seconds, last))


def probe(url):
    if url.startswith("tcp:"):
        return _probe_port(urllib.parse.urlsplit(url))
    # The node asks itself, and its certificate is for the load balancer's name or nobody's.
    context = ssl._create_unverified_context()
    try:
        with urllib.request.urlopen(url, timeout=10, context=context) as answer:
            return str(answer.status)
    except urllib.error.HTTPError as problem:
        return str(problem.code)
    except (OSError, ValueError) as problem:
        return type(problem).__name__


def _probe_port(address):
    try:
        with socket.create_connection((address.hostname, address.port), timeout=10):
            return "200"
    except OSError as problem:
        return type(problem).__name__


def _gave_up(service=SERVICE):
    """Restart=always brings a server back that ended; three times in a row is a server that cannot start."""
    state = unit_property("ActiveState", service)
    return state == "failed" or int(unit_property("NRestarts", service) or 0) >= 3


def unit_property(name, service=SERVICE):
    done = subprocess.run(["systemctl", "show", "--property", name, "--value", service], stdout=subprocess.PIPE)
    return done.stdout.decode().strip()


def last_lines(service=SERVICE, count=5):
    units = [service] + (list(STEPS) if service == SERVICE else [])
    done = subprocess.run(["journalctl"] + ["--unit=" + each for each in units] + ["--lines", str(count), "--output", "cat", "--no-pager"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return " | ".join(done.stdout.decode(errors="replace").splitlines())
