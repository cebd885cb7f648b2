"""How the servers of one cluster start: one founds the cluster, then all others start at once and join it.

A library, not a command. Two Hazelcast members that start in the same moment may each found a cluster. So a server starts in one of two ways:

1. Where no server has joined yet, the node takes the turn, starts its server, and records it as a member. Nobody else starts meanwhile.
2. As soon as a recorded member answers at its port, every other node starts without a turn. It looks again right before its server starts.

After its start, a server counts as a member only if its list of members holds one that was a member before. Otherwise it starts again, or, where no
member is left, the first server that takes the turn makes its cluster the one that counts. Who has joined is in the database that all nodes share
(`node_members.py`). Without it, a member is whose port has answered for SETTLED_SECONDS, and the node with the lowest instance id founds.
"""
import os
import random
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import carbon_files
from node_error import CodedError
from node_members import Pause
from node_mysql import DatabaseError

RENEW_SECONDS = 10
VISIBLE_SECONDS = 300
WAIT_SECONDS = 1800
# Without a database: how long a port answers until its server has surely joined. A Hazelcast master gathers those who want to join for at most
# 20 s (hazelcast.max.wait.seconds.before.join) before it admits them.
SETTLED_SECONDS = 20
# Without a database: longer than a server takes from its start to its member port. A node that is stuck must not keep all others away.
OLDER_SECONDS = 150
# A list of members lags behind the table: the member that was recorded a moment ago may just be missing in the log.
STRANGER_SECONDS = 15
# For what a service does before it looks for members: the configuration, whose secrets AWS may answer late.
CONFIGURATION_SECONDS = 300
PAUSE = 3
# As JSON a byte takes six at most, and root takes node_as_service.MOST_BYTES.
MOST_OF_LOG = 2 << 20
# All nodes of a cluster that starts ask the database so often, each at a moment of its own.
WAIT_PAUSE = 5
PROBE_SECONDS = 2
PROBES = 16
# Hazelcast 3.5: `Members [3] {`; from 3.9 on: `Members {size:3, ver:4} [`. One line for each member follows.
MEMBERS = re.compile(r"Members (?:\[(\d+)\] \{|\{size:(\d+), ver:\d+\} \[)[^\n]*\n")
# `\tMember [10.0.1.5]:4000 this` in 3.5; `\tMember [10.0.1.5]:4000 - <uuid> this` later.
MEMBER = re.compile(r"\s*Member \[([^\]]+)\]:(\d+)(.*)")
# Hazelcast 3.5, told by a member of a master that is gone, tries nobody else until it gives up after 300 s.
MASTER = re.compile(r"Couldn't join to the master ?: ?Address\[(.+?)\]:(\d+)")
MASTER_GONE = "master-gone"
STRANGERS = "strangers"
# What another start of the server may mend, however often it takes.
PASSING = (MASTER_GONE, STRANGERS)


class StartError(CodedError):
    """`code` is short enough for a signal."""


class Reach:
    """Which members a server finds by itself: all of its cluster, or the well-known ones that its configuration names.

    `well_known`: their `hosts`, and whether they are `nodes` of this cluster, which record that they have joined; None where there are none.
    """

    def __init__(self, address, well_known=None):
        self.address = address
        self.hosts = well_known and [(each["host"], int(each["port"])) for each in well_known["hosts"]]
        self.recorded = not well_known or bool(well_known.get("nodes"))

    @property
    def may_found(self):
        """Nobody would find a cluster that a node founds which is not well known itself."""
        return self.hosts is None or any(host == self.address for host, _ in self.hosts)

    def finds(self, place):
        return self.hosts is None or place in self.hosts

    def others(self):
        """The well-known members without this node."""
        return [each for each in self.hosts or () if each[0] != self.address]


class SharedView:
    """Who has joined, by the tables in the database."""

    def __init__(self, members, turn, reach, neighbours=()):
        """`neighbours`: places at which servers of this cluster may listen, joined or not."""
        self.members, self.turn, self.reach = members, turn, reach
        self.neighbours = list(neighbours)

    def joined(self):
        """Places of the members that this server would find, and that answer now."""
        recorded = [(each["address"], each["port"]) for each in self.members.others()]
        places = [each for each in recorded if self.reach.finds(each)]
        # Members that are no nodes of this cluster record nothing, so that their port must do.
        return answering(places + ([] if self.reach.recorded else self.reach.others()))

    def take(self):
        """None where this node may found the cluster now, otherwise who may."""
        return self.turn.take()

    def renew(self):
        try:
            return self.turn.renew()
        except DatabaseError as problem:
            if not problem.passes:
                raise
            print("  the turn is not renewed while the database is away: %s" % problem, flush=True)
            return None

    def give_back(self):
        self.turn.give_back()

    def forget(self):
        self.members.forget(self.reach.address)

    def forget_silent(self):
        """Nobody joins through a member that does not answer. Called with the turn only."""
        recorded = self.members.others()
        answer = answering([(each["address"], each["port"]) for each in recorded])
        self.members.forget_all([each for each in recorded if (each["address"], each["port"]) not in answer])

    def record(self, address, port):
        self.members.record(address, port)

    def strangers(self):
        """Places of servers that this server should have found, joined or not."""
        return answering([each for each in self.neighbours if self.reach.hosts is None] + self.reach.others())


class LocalView:
    """Who has joined, as far as a node can tell without the database."""

    def __init__(self, own, older, reach, neighbours):
        """`older`: instances whose id is lower. `neighbours`: places at which servers of this cluster may listen."""
        self.own, self.older, self.reach = own, list(older), reach
        self.places = reach.others() if reach.hosts is not None else list(neighbours)
        self.began = time.monotonic()
        self.since = {}

    def joined(self):
        now = time.monotonic()
        self.since = {each: self.since.get(each, now) for each in answering(self.places)}
        return [place for place, since in self.since.items() if now - since >= SETTLED_SECONDS]

    def take(self):
        # Whoever answers is about to be a member.
        if self.since:
            return "a server that answers but has not settled"
        if time.monotonic() - self.began >= len(self.older) * OLDER_SECONDS:
            return None
        return min(self.older)

    def renew(self):
        return None

    def give_back(self):
        pass

    def forget(self):
        pass

    def forget_silent(self):
        pass

    def record(self, address, port):
        pass

    def strangers(self):
        return answering(self.places)


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


def longest_start(seconds):
    """After which systemd gives up a start, because no wait in it has: `seconds` is what the server may take until it is a member."""
    return CONFIGURATION_SECONDS + VISIBLE_SECONDS + WAIT_SECONDS + seconds


def wait_to_start(view, configure, seconds=WAIT_SECONDS):
    """Places of the members that this server joins; none where it founds the cluster, whose turn this node then has.

    `configure`: called when the node has waited, because its configuration may name the members that there were before.
    """
    pause, waited = Pause(seconds), False
    while True:
        members = view.joined()
        if members and waited:
            configure()
            waited = False
            # Whatever took time, the last look is right before the server starts.
            continue
        if members:
            return members
        holder = view.take() if view.reach.may_found else None
        if view.reach.may_found and holder is None:
            # Whoever had the turn before may have joined since the look above.
            if not view.joined():
                view.forget_silent()
                return []
            view.give_back()
            continue
        if pause.over:
            raise _waited_too_long(holder, seconds)
        pause.sleep(WAIT_PAUSE * random.uniform(0.5, 1), "%s founds the cluster" % holder if holder else "no well-known member has joined yet")
        waited = True


def _waited_too_long(holder, seconds):
    if holder:
        return StartError("turn", "no member has joined within %d s, in which %s had the turn to found the cluster" % (seconds, holder))
    return StartError("no-member", "none of the well-known members joined within %d s" % seconds)


def answering(places):
    """Which of the places take a connection, each in its turn of the list."""
    places = list(dict.fromkeys(places))
    if len(places) < 2:
        return [each for each in places if _answers(*each)]
    with ThreadPoolExecutor(min(PROBES, len(places))) as pool:
        return [place for place, answers in zip(places, pool.map(lambda each: _answers(*each), places)) if answers]


def places_of(peers, ports):
    """Which of the ports it is depends on the peer's role."""
    return [(each["address"], port) for each in peers for port in ports]


def _answers(address, port):
    try:
        with socket.create_connection((address, port), timeout=PROBE_SECONDS):
            return True
    except OSError:
        return False


def wait_until_joined(log, line, running, seconds, renew, pause=PAUSE):
    """Until the log says that Hazelcast has joined. `running` tells whether the server still runs."""
    end = time.monotonic() + seconds
    next_renewal = time.monotonic() + RENEW_SECONDS
    while True:
        text = log.read()
        if line in text:
            return
        if not running():
            raise StartError("service-failed", "the server stopped before it was a member")
        _check_master(text)
        if time.monotonic() > end:
            raise StartError("not-joined", "'%s' was not in the log within %d s" % (line, seconds))
        if time.monotonic() > next_renewal:
            renew()
            next_renewal = time.monotonic() + RENEW_SECONDS
        time.sleep(pause)


def confirm(view, log, before, seconds, pause=PAUSE):
    """The list of members with which this server counts as a member of its cluster; None where Hazelcast says nothing, by its level.

    `before`: places of the members for which it was started; None where this node founds the cluster. This node may have the turn afterwards.
    """
    listed = members_listed(log.read())
    if listed is None:
        return None
    if before is None and view.renew() is None:
        return _check_founder(view, listed)
    return _confirm_joined(view, log, set(before or ()), Pause(seconds), pause)


def _check_founder(view, listed):
    if listed.others:
        return listed
    others = view.strangers()
    if others:
        raise StartError("alone", "the server sees itself only, while %s:%d answers: it joins anew" % others[0])
    return listed


def _confirm_joined(view, log, before, limit, pause):
    stranger_since = None
    while True:
        listed = members_listed(log.read())
        members = view.joined()
        if listed.others & before.union(members):
            return listed
        if not members and view.reach.may_found:
            stranger_since = None
            if view.take() is None:
                # Nobody else is a member, and nobody else may found: those in the list are the cluster.
                if not view.joined():
                    view.forget_silent()
                    return listed
                view.give_back()
        elif stranger_since is None:
            stranger_since = time.monotonic()
        elif time.monotonic() - stranger_since > STRANGER_SECONDS:
            raise StartError(STRANGERS, "none of the %d servers that this one sees was a member before: it joins anew" % len(listed.others))
        if limit.over:
            raise StartError("not-joined", "no member confirmed within the time of the start that this server is one")
        limit.sleep(pause, "none of the other servers in the list of members is known as a member yet")


def _check_master(text):
    """The others notice within minutes that their master is gone; a server that starts anew then is told of the new one."""
    for host, port in MASTER.findall(text)[-1:]:
        if not _answers(host, int(port)):
            raise StartError(MASTER_GONE, "the other members still name %s:%s as their master, which does not answer: the server joins anew" % (host, port))


class Listed:
    """A list of members in a server's log: its own place and those of the others, as address and port."""

    def __init__(self, own, others):
        self.own, self.others = own, frozenset(others)

    def __len__(self):
        return len(self.others) + 1


def members_listed(text):
    """The last complete list of members in a log, None where there is none."""
    listed = None
    for header in MEMBERS.finditer(text):
        listed = _listed_below(text[header.end():], int(header.group(1) or header.group(2))) or listed
    return listed


def _listed_below(text, size):
    found = [MEMBER.match(line) for line in text.split("\n", size)[:size]]
    if len(found) < size or not all(found):
        return None
    own = [(each.group(1), int(each.group(2))) for each in found if each.group(3).split()[-1:] == ["this"]]
    places = [(each.group(1), int(each.group(2))) for each in found]
    return Listed(own[0] if own else None, [each for each in places if each not in own])


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
