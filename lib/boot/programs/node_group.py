"""What a node and its auto scaling group tell each other while the node is in service, and when it leaves.

A library, not a command. The group says in the instance's metadata that it is to end; before that it has taken it out of its load
balancer and waited until that sends nothing more. Then the server leaves its cluster in order, and the node says that it has. Where no
load balancer tells the group what its nodes answer, the node does: a server that hangs still takes connections.
"""
import os
import subprocess
import time
import urllib.error

import node_units
from node_aws import AwsError

UNIT = "carbon-group.service"
UNITS = "/etc/systemd/system"
PAUSE = 5
CHECK_SECONDS = 30
ENDING = "Terminated"
DRAINING = "Terminating"
# The group waits for this node, and must not wait for long because AWS does not answer.
CALL_SECONDS = 60

UNIT_TEXT = """\
[Unit]
Description=Tells the auto scaling group when this node has left its cluster
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=/usr/bin/python3 %(program)s follow-group
Restart=on-failure
RestartSec=15
%(confined)s
[Install]
WantedBy=multi-user.target
"""


def install(program, folder=UNITS):
    with open(os.path.join(folder, UNIT), "w", encoding="utf-8") as file:
        file.write(UNIT_TEXT % {"program": program, "confined": node_units.root("ProtectSystem=strict", "ProtectKernelTunables=yes", "CapabilityBoundingSet=")})
    for command in (("daemon-reload",), ("enable", UNIT), ("restart", UNIT)):
        subprocess.run(("systemctl",) + command, check=True, stderr=subprocess.DEVNULL)


class Silence:
    """How long the server has answered nobody, by a clock of whole checks. One that starts for the first time since may take its time.

    Time in which a start waits for other nodes does not count: no server runs then, and another machine would wait as long.
    """

    def __init__(self, patience, probe, state, now):
        self.patience = patience
        self.probe = probe
        self.state = state
        self.restarts = 0
        self.since = self.last = now
        self.next = now

    def is_too_long(self, now):
        if now < self.next:
            return False
        passed, self.last = now - self.last, now
        self.next = now + CHECK_SECONDS
        starting, waiting, restarts = self.state()
        if self.probe() == "200":
            self.restarts = restarts
            self.since = now
        elif waiting:
            self.since = min(now, self.since + passed)
        elif starting and restarts == self.restarts:
            self.since = now
        if now - self.since < self.patience:
            return False
        self.since = now
        return True


def follow(metadata, silence, mark_unhealthy, pause=PAUSE, clock=time.monotonic):
    """Returns when the group has decided that the instance ends."""
    while target_state(metadata) != ENDING:
        if silence and silence.is_too_long(clock()):
            mark_unhealthy()
        time.sleep(pause)


def target_state(metadata):
    """None where the metadata say nothing: of an instance without a group, or for a moment."""
    try:
        return metadata("autoscaling/target-lifecycle-state")
    except (OSError, urllib.error.URLError):
        return None


def leave(aws, instance, hook, stop, pause=PAUSE):
    """The server stops when nothing is sent to it any more; then the instance may end."""
    group = wait_until_drained(aws, instance, pause)
    stop()
    if group:
        aws("autoscaling", "complete-lifecycle-action", "--auto-scaling-group-name", group, "--lifecycle-hook-name", hook,
            "--instance-id", instance, "--lifecycle-action-result", "CONTINUE", seconds=CALL_SECONDS)


def wait_until_drained(aws, instance, pause=PAUSE):
    """The group's name. The metadata may tell the end while the load balancer still waits for what is under way."""
    while True:
        try:
            found = aws("autoscaling", "describe-auto-scaling-instances", "--instance-ids", instance, seconds=CALL_SECONDS)
        except AwsError as problem:
            print("  the server stops without knowing whether it is drained: %s" % problem, flush=True)
            return None
        states = found["AutoScalingInstances"]
        if not states:
            return None
        if states[0]["LifecycleState"] != DRAINING:
            return states[0]["AutoScalingGroupName"]
        time.sleep(pause)


def mark_unhealthy(aws, instance):
    """The group replaces it, unless it has just been launched."""
    aws("autoscaling", "set-instance-health", "--instance-id", instance, "--health-status", "Unhealthy", seconds=CALL_SECONDS)
