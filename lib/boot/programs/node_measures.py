"""What a machine measures of itself that Amazon's CloudWatch agent does not: how wrong its clock is, how many
files its server has open, and for how long its service has not served. The agent runs as a user who may not look into processes of others.

A library, not a command. A timer (carbon-measures.timer) runs it, and each run sends one request to CloudWatch, under the namespace of the
cluster. Each metric is sent without dimensions for the cluster, with its group, and with its group and instance, as those of the agent are.
"""
import json
import os
import socket
import struct
import time

import node_service
import node_units
from node_error import CodedError

UNIT = "carbon-measures.service"
TIMER = "carbon-measures.timer"
SERVICES = {"nginx": "carbon-nginx.service"}
UNITS_OF = {"open_files": "Count"}
CGROUPS = "/sys/fs/cgroup"
PROCESSES = "/proc"
SEEN = "/run/carbon-cluster/last-served"
# The Amazon Time Sync Service, at the same address for all instances (Amazon EC2 User Guide, "Set the time reference on your EC2 instance").
TIME_SERVICE = ("169.254.169.123", 123)
ANSWER_SECONDS = 2
# For the request to CloudWatch; the next run is soon.
SECONDS = 20
# Of several answers the one that was fastest is the least wrong.
QUESTIONS = 4
# NTP counts from 1900 (RFC 5905, section 6).
NTP_EPOCH = 2208988800
# Version 4, mode 3: a client.
REQUEST = b"\x23" + bytes(47)
SERVER_MODE = 4
# A server whose own clock is not set says so by this leap indicator, or by stratum 0 (RFC 5905, section 7.3).
NOT_SET = 3

UNIT_TEXT = """\
[Unit]
Description=Measures of this machine for CloudWatch
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
ExecStart=/usr/bin/python3 %(program)s measure
TimeoutStartSec=120
LogLevelMax=notice
StandardOutput=append:/var/log/carbon-cluster/boot.log
StandardError=inherit
"""

TIMER_TEXT = """\
[Unit]
Description=Measures of this machine for CloudWatch, every five minutes

[Timer]
OnActiveSec=30
OnUnitInactiveSec=300
RandomizedDelaySec=30

[Install]
WantedBy=timers.target
"""


class MeasureError(CodedError):
    """`code` names what could not be measured."""


def install(program):
    node_units.install({UNIT: UNIT_TEXT % {"program": program}, TIMER: TIMER_TEXT}, TIMER)


def publish(document, kind, instance, aws):
    """Sends what could be measured; returns what could not, as a sentence."""
    metrics = document["metrics"]
    service = SERVICES.get(kind, "carbon.service")
    active = is_active(service)
    measured, problem = {"not_serving": seconds_not_serving(active, SEEN, time.clock_gettime(time.CLOCK_BOOTTIME))}, None
    if active:
        measured["open_files"] = open_files(service)
    try:
        measured["clock_offset"] = abs(clock_offset())
    except MeasureError as reason:
        problem = str(reason)
    aws("cloudwatch", "put-metric-data", "--namespace", metrics["namespace"], "--metric-data", json.dumps(data(measured, document["stream"], instance)),
        seconds=SECONDS)
    return problem


def data(measured, group, instance):
    places = [[], [{"Name": "Group", "Value": group}], [{"Name": "Group", "Value": group}, {"Name": "InstanceId", "Value": instance}]]
    return [{"MetricName": name, "Dimensions": place, "Value": value, "Unit": UNITS_OF.get(name, "Seconds")} for name, value in sorted(measured.items()) for place in places]


def is_active(service):
    """While a server starts, or waits to start, its service is `activating`."""
    return node_service.unit_property("ActiveState", service) == "active"


def open_files(service):
    """Returns the number of files of the process that has the most, because each process has a limit of its own. The start script of WSO2 is one
    process of the service, and its Java is another."""
    # The service's control group is below the one of systemd where version 1 of control groups is mounted, too.
    path = node_service.unit_property("ControlGroup", service).lstrip("/")
    for folder in (CGROUPS, os.path.join(CGROUPS, "systemd")):
        try:
            with open(os.path.join(folder, path, "cgroup.procs"), encoding="ascii") as file:
                return max([_files_of(process) for process in file.read().split()], default=0)
        except FileNotFoundError:
            continue
    return 0


def _files_of(process):
    try:
        return len(os.listdir(os.path.join(PROCESSES, process, "fd")))
    except (FileNotFoundError, ProcessLookupError):
        return 0  # it has just ended


def seconds_not_serving(active, path, now):
    """Time since the service was last seen active, or since the machine started. `now` counts from that start."""
    if active:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(path, "w", encoding="ascii") as file:
            file.write(repr(now))
        return 0.0
    if not os.path.exists(path):
        return now
    with open(path, encoding="ascii") as file:
        return now - float(file.read())


def clock_offset(server=TIME_SERVICE, questions=QUESTIONS):
    """Seconds that this machine's clock is behind the server's; negative where it is ahead. The clock itself is left alone."""
    answers, problem = [], None
    for _ in range(questions):
        try:
            answers.append(_ask(server))
        except (OSError, MeasureError) as reason:
            problem = reason
    if not answers:
        raise MeasureError("clock", "the clock was not compared with %s: %s" % (server[0], problem))
    _, offset = min(answers)
    return offset


def _ask(server):
    """Delay and offset of one exchange, as RFC 5905 (section 8) computes them."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        connection.settimeout(ANSWER_SECONDS)
        connection.connect(server)
        sent = time.time()
        connection.send(REQUEST[:40] + _timestamp(sent))
        answer = connection.recv(512)
        back = time.time()
    if len(answer) < 48 or answer[0] & 7 != SERVER_MODE or answer[24:32] != _timestamp(sent):
        raise MeasureError("clock", "the answer is not one to the question")
    if answer[0] >> 6 == NOT_SET or answer[1] == 0:
        raise MeasureError("clock", "the time server's own clock is not set")
    received, transmitted = _seconds(answer[32:40]), _seconds(answer[40:48])
    return (back - sent) - (transmitted - received), ((received - sent) + (transmitted - back)) / 2


def _timestamp(seconds):
    return struct.pack(">II", (int(seconds) + NTP_EPOCH) % 2 ** 32, int((seconds % 1) * 2 ** 32))


def _seconds(timestamp):
    """From 1970 to 2106: NTP begins to count anew in 2036."""
    whole, fraction = struct.unpack(">II", timestamp)
    return (whole - NTP_EPOCH) % 2 ** 32 + fraction / 2 ** 32
