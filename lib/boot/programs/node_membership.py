"""The access key with which the running server looks for members, after the secret has got another.

A library, not a command. Carbon reads its configuration when it starts, so a server holds the key of that moment until it stops.
IAM tells when a key was last used, but of running members only the oldest uses its: so each node does, once a day, with the key
that its server holds. What rotates keys then knows which are no longer held by anybody.
"""
import contextlib
import json
import os
import re
import tempfile

import node_units

SECRET = "MembershipCredentials"
VERSION = "membership-key-version"
UNITS = "/etc/systemd/system"
NAME = "carbon-membership-key"

# The key is in a file of this folder, in memory, while it is used. Arguments and environment of a process show in more places.
RUN = "/run/carbon-membership"
CONFINED = ("ProtectSystem=strict", "ProtectKernelTunables=yes", "CapabilityBoundingSet=")
KEY_TEXT = re.compile(r"[A-Za-z0-9+/=_-]+")

SERVICE_TEXT = """\
[Unit]
Description=Uses the access key that the Carbon server holds, so that it is not taken for forgotten

[Service]
Type=oneshot
ExecStart=/usr/bin/python3 %(program)s use-key
RuntimeDirectory=carbon-membership
RuntimeDirectoryMode=0700
%(confined)s"""

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
    service = SERVICE_TEXT % {"program": program, "confined": node_units.root(*CONFINED)}
    node_units.install({NAME + ".service": service, NAME + ".timer": TIMER_TEXT}, NAME + ".timer", UNITS)


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
    with _credentials(json.loads(answer["SecretString"])) as credentials:
        aws("ec2", "describe-instances", "--max-results", "5", "--region", values.get("MembershipRegion", values["Region"]), credentials=credentials)


@contextlib.contextmanager
def _credentials(key):
    """A file of the AWS CLI's, which only root reads and which is gone afterwards."""
    fields = [key[each] for each in ("accessKeyId", "secretAccessKey")]
    if not all(KEY_TEXT.fullmatch(each) for each in fields):
        raise MembershipError("the secret of the access key holds something that is not an access key")
    os.makedirs(RUN, mode=0o700, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=RUN, encoding="ascii") as file:
        file.write("[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n" % tuple(fields))
        file.flush()
        yield file.name
