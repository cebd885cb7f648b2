"""How servers of one cluster start: one after the other, and none alone where others are.

A library, not a command. Two Hazelcast members that start in the same moment may each found a cluster. So a server starts
only when its node is visible to the others, and holds the cluster's turn until it is a member: a row in the database that all
share, which another node takes over when its holder says nothing any more. Without a database the node with the lowest
instance id goes first.
"""
import os
import re
import socket
import time

import carbon_files
from node_error import CodedError

TURN_SECONDS = 60
RENEW_SECONDS = 10
VISIBLE_SECONDS = 300
WAIT_SECONDS = 1800
# Longer than a server takes from its start to its member port; an older node that is stuck must not keep all others away.
OLDER_SECONDS = 300
# What one server takes of the turn, from taking it to giving it back; the same figure as in lib/cluster/start-time.ts, where its source is.
START_SECONDS = 90
# For what a service does before it takes its turn: the configuration, whose secrets AWS may answer late.
CONFIGURATION_SECONDS = 300
PAUSE = 3
# As JSON a byte takes six at most, and root takes node_as_service.MOST_BYTES.
MOST_OF_LOG = 2 << 20
EPOCH = "1970-01-01 00:00:00"
# Hazelcast 3.5: `Members [3] {`; from 3.9 on: `Members {size:3, ver:4} [`.
MEMBERS = re.compile(r"Members (?:\[(\d+)\]|\{size:(\d+),)")
# Hazelcast 3.5, told by a member of a master that is gone, tries nobody else until it gives up after 300 s.
MASTER = re.compile(r"Couldn't join to the master ?: ?Address\[(.+?)\]:(\d+)")
MASTER_GONE = "master-gone"


class StartError(CodedError):
    """`code` is short enough for a signal."""


class Turn:
    """The right to start, one node at a time, in the table of the database that all nodes share. Its clock is the server's."""

    def __init__(self, server, cluster, instance, table, literal):
        self.server = server
        self.table = table
        self.cluster = literal(cluster)
        self.instance = literal(instance)

    def take(self, seconds=WAIT_SECONDS):
        self.server.run("INSERT IGNORE INTO %s VALUES (%s, '', '%s')" % (self.table, self.cluster, EPOCH))
        end = time.monotonic() + seconds
        said = None
        while True:
            holder = self.renew("until < NOW() OR holder = %s" % self.instance)
            if holder is None:
                return
            if time.monotonic() > end:
                raise StartError("turn", "%s has held the turn to start for more than %d s" % (holder, seconds))
            if holder != said:
                print("  %s starts first" % holder, flush=True)
                said = holder
            time.sleep(PAUSE)

    def renew(self, condition=None):
        """None where the turn is this node's, its holder otherwise."""
        rows = self.server.run("UPDATE %s SET holder = %s, until = NOW() + INTERVAL %d SECOND WHERE cluster = %s AND (%s); "
                               "SELECT holder FROM %s WHERE cluster = %s"
                               % (self.table, self.instance, TURN_SECONDS, self.cluster, condition or "holder = %s" % self.instance,
                                  self.table, self.cluster))
        holder = rows[0][0]
        return None if "'%s'" % holder == self.instance else holder

    def give_back(self):
        self.server.run("UPDATE %s SET until = '%s' WHERE cluster = %s AND holder = %s" % (self.table, EPOCH, self.cluster, self.instance))


def visible_peers(find, own, seconds=VISIBLE_SECONDS):
    """All instances of the cluster but this one, as soon as this one is among them. `find` lists instances."""
    end = time.monotonic() + seconds
    while True:
        found = find()
        if any(each["id"] == own for each in found):
            return [each for each in found if each["id"] != own]
        if time.monotonic() > end:
            raise StartError("invisible", "this node is not among the instances with its cluster's tag, so no member would find it")
        time.sleep(PAUSE)


def queue_seconds(peers, ports):
    """Time that this node's server may take: those of the peers that are no members yet may all start before it, and then it starts itself."""
    waiting = sum(not is_member(each, ports) for each in peers)
    return (waiting + 1) * START_SECONDS + START_SECONDS


def longest_start(seconds):
    """After which systemd gives up a start, because no wait in it has: `seconds` is what the node's turn may take."""
    return CONFIGURATION_SECONDS + VISIBLE_SECONDS + WAIT_SECONDS + max(WAIT_SECONDS, seconds)


def wait_for_older(peers, own, ports, seconds=None):
    """Without a database: every node with a lower instance id has its member port open, or had its time."""
    waiting = [each for each in peers if each["id"] < own]
    end = time.monotonic() + (seconds or max(OLDER_SECONDS, len(waiting) * START_SECONDS))
    while waiting and time.monotonic() < end:
        waiting = [each for each in waiting if not is_member(each, ports)]
        if waiting:
            time.sleep(PAUSE)


def wait_for_well_known(members, own, seconds=WAIT_SECONDS):
    """The well-known members do not know the others, so one that is none of them must find one of them there."""
    if not members or any(each["host"] == own for each in members):
        return
    end = time.monotonic() + seconds
    while not any(_answers(each["host"], int(each["port"])) for each in members):
        if time.monotonic() > end:
            raise StartError("no-member", "none of the well-known members answered within %d s" % seconds)
        time.sleep(PAUSE)


def is_member(peer, ports):
    """Its member port answers; which of the ports it is depends on the peer's role."""
    return any(_answers(peer["address"], port) for port in ports)


def _answers(address, port):
    try:
        with socket.create_connection((address, port), timeout=2):
            return True
    except OSError:
        return False


def wait_until_joined(log, line, running, expected, seconds, renew, pause=PAUSE):
    """Until the log says that the server is a member, and of a cluster with all others that are.

    `expected` tells how many other members there are; a server that finds itself alone while there are some has founded a
    cluster of its own, and must join anew. `running` tells whether the server still runs.
    """
    end = time.monotonic() + seconds
    next_renewal = time.monotonic() + RENEW_SECONDS
    while True:
        text = log.read()
        if line in text:
            return _check_members(text, expected())
        if not running():
            raise StartError("service-failed", "the server stopped before it was a member")
        _check_master(text)
        if time.monotonic() > end:
            raise StartError("not-joined", "'%s' was not in the log within %d s" % (line, seconds))
        if time.monotonic() > next_renewal:
            renew()
            next_renewal = time.monotonic() + RENEW_SECONDS
        time.sleep(pause)


def _check_members(text, others):
    seen = members_seen(text)
    # Where Hazelcast says nothing, by its level, nothing is known.
    if seen is None or others == 0 or seen > 1:
        return seen
    raise StartError("alone", "the server sees itself only, while %d other members answer: it joins anew" % others)


def _check_master(text):
    """The others notice within minutes that their master is gone; a server that starts anew then is told of the new one."""
    for host, port in MASTER.findall(text)[-1:]:
        if not _answers(host, int(port)):
            raise StartError(MASTER_GONE, "the other members still name %s:%s as their master, which does not answer: the server joins anew" % (host, port))


def members_seen(text):
    """Size of the last list of members in a log, None where there is none."""
    found = MEMBERS.findall(text)
    return int(found[-1][0] or found[-1][1]) if found else None


class NewLines:
    """What a log got since a moment, of very much the end. A log that is smaller than it was has been rolled over.

    The service's user reads it: what is under the log's name is up to that user, too.
    """

    def __init__(self, path, offset):
        self.path = path
        self.offset = offset

    def read(self):
        try:
            descriptor = carbon_files.open_file(None, self.path, self.path)
        except FileNotFoundError:
            return ""
        with open(descriptor, "rb") as file:
            size = os.fstat(descriptor).st_size
            file.seek(max(self.offset if size >= self.offset else 0, size - MOST_OF_LOG))
            return file.read(MOST_OF_LOG).decode(errors="replace")


def size_of(path):
    return os.path.getsize(path) if os.path.isfile(path) else 0
