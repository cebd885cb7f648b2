"""The access key with which the running server looks for members, after the secret has got another.

A library, not a command. Carbon reads its configuration when it starts, so a server holds the key of that moment until it stops.
IAM tells when a key was last used, but of running members only the oldest uses its: so each node does, once a day, with the key
that its server holds. What rotates keys then knows which are no longer held by anybody.
"""
import json
import os
import subprocess

SECRET = "MembershipCredentials"
VERSION = "membership-key-version"
UNITS = "/etc/systemd/system"
NAME = "carbon-membership-key"

SERVICE_TEXT = """\
[Unit]
Description=Uses the access key that the Carbon server holds, so that it is not taken for forgotten

[Service]
Type=oneshot
ExecStart=/usr/bin/python3 %(program)s use-key
"""

TIMER_TEXT = """\
[Unit]
Description=Uses the access key that the Carbon server holds, once a day

[Timer]
OnCalendar=daily
RandomizedDelaySec=6h
Persistent=true

[Install]
WantedBy=timers.target
"""


class MembershipError(Exception):
    """`code` is short enough for a signal."""

    code = "membership-key"


def install(values, program):
    """Nothing where members need no key."""
    if SECRET not in values:
        return
    for ending, text in (("service", SERVICE_TEXT), ("timer", TIMER_TEXT)):
        with open(os.path.join(UNITS, "%s.%s" % (NAME, ending)), "w", encoding="utf-8") as file:
            file.write(text % {"program": program})
    subprocess.run(["systemctl", "daemon-reload"], check=True)
    subprocess.run(["systemctl", "enable", "--now", NAME + ".timer"], check=True, stderr=subprocess.DEVNULL)


def remember(state, resolver):
    """Which version of the secret is in the files that the server is about to read. Survives a reboot: the files do."""
    version = resolver.versions.get(SECRET)
    if version is None:
        return
    path = os.path.join(state, VERSION)
    with open(path + ".new", "w", encoding="ascii") as file:
        file.write(version)
    os.replace(path + ".new", path)


def use(aws, state, values):
    """Makes the call that a member makes, with the key of that version."""
    try:
        with open(os.path.join(state, VERSION), encoding="ascii") as file:
            version = file.read()
    except FileNotFoundError:
        raise MembershipError("no server of this node was configured with an access key yet") from None
    answer = aws("secretsmanager", "get-secret-value", "--secret-id", values[SECRET], "--version-id", version)
    aws("ec2", "describe-instances", "--max-results", "5", "--region", values.get("MembershipRegion", values["Region"]),
        key=json.loads(answer["SecretString"]))
