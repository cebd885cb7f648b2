"""The product as a systemd service under its own user, and the node's own view of its health.

A library, not a command.
"""
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

from node_error import CodedError

USER = "wso2carbon"
# The uid that WSO2's own container images use, so that shared file systems agree about owners.
UID = "802"
SERVICE = "carbon.service"
UNIT = "/etc/systemd/system/" + SERVICE
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
ExecStartPre=+/usr/bin/python3 %(program)s before-start
ExecStart=%(home)s/%(script)s %(arguments)s
ExecStartPost=+/usr/bin/python3 %(program)s after-start
SuccessExitStatus=143
# Always: WSO2's start scripts end with 0 however Java ended.
Restart=always
RestartSec=15
TimeoutStartSec=%(start_seconds)d
TimeoutStopSec=120
LimitNOFILE=65535
LimitNPROC=20000
NoNewPrivileges=yes
PrivateTmp=yes
# A product that renders its files from deployment.toml writes passwords into them.
UMask=0077

[Install]
WantedBy=multi-user.target
"""


class ServiceError(CodedError):
    """`code` is short enough for a signal."""


def ensure_user():
    if subprocess.run(["id", USER], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0:
        return
    taken = subprocess.run(["getent", "passwd", UID], stdout=subprocess.DEVNULL).returncode == 0
    uid = [] if taken else ["--uid", UID]
    subprocess.run(["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"] + uid + [USER], check=True)


def unit_text(title, home, environment, script, arguments, program, start_seconds):
    lines = "\n".join(environment_line(name, value) for name, value in sorted(environment.items()))
    return UNIT_TEXT % {"title": title, "user": USER, "environment": lines, "program": program, "home": home, "script": script,
                        "arguments": " ".join(arguments), "start_seconds": start_seconds}


def environment_line(name, value):
    """systemd expands specifiers (%) there, and undoes quotes and backslashes."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return 'Environment="%s=%s"' % (name, escaped)


def start(text):
    with open(UNIT, "w", encoding="utf-8") as file:
        file.write(text)
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
        if _property("ActiveState") == "active":
            return
        code, _, reason = (failure() or "service-failed the service stopped").partition(" ")
        if _gave_up() and code not in passing:
            raise ServiceError(code, "%s; its last lines: %s" % (reason, last_lines()))
        time.sleep(POLL_SECONDS)
    raise ServiceError("not-joined", "the server was no member of its cluster within %d s" % seconds)


def start_state():
    """Whether a start is under way, and how often systemd has started the server anew."""
    starting = _property("ActiveState") == "activating" and _property("SubState") != "auto-restart"
    return starting, int(_property("NRestarts") or 0)


def stop():
    """In order, or by force when its time is over. A server that was never there is none the less gone."""
    subprocess.run(["systemctl", "stop", SERVICE], stderr=subprocess.DEVNULL)


def runs():
    """The server itself runs, whether or not its start has ended."""
    return int(_property("MainPID") or 0) > 0


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
    state = _property("ActiveState", service)
    return state == "failed" or int(_property("NRestarts", service) or 0) >= 3


def _property(name, service=SERVICE):
    done = subprocess.run(["systemctl", "show", "--property", name, "--value", service], stdout=subprocess.PIPE)
    return done.stdout.decode().strip()


def last_lines(service=SERVICE, count=5):
    done = subprocess.run(["journalctl", "--unit", service, "--lines", str(count), "--output", "cat", "--no-pager"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return " | ".join(done.stdout.decode(errors="replace").splitlines())
