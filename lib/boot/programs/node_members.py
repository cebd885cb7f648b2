"""What the nodes of a cluster tell each other in the database that they share: who may found the cluster, and who is a member of it.

A library, not a command. There are two tables, which are made when the cluster is deployed. `turns` has one row for each cluster: the node that
holds it may found the cluster, until it gives the turn back or says nothing for TURN_SECONDS. `members` has a row for each node whose server has
joined. The clock is the database's.
"""
import time

from node_mysql import WAIT_SECONDS, DatabaseError, literal

MARKS = "carbon_cluster"
TURNS = MARKS + ".turns"
MEMBERS = MARKS + ".members"
TURN_SECONDS = 60
EPOCH = "1970-01-01 00:00:00"
# MySQL's numbers for a statement that lost against another one and may be run again: a lock wait timeout, a deadlock.
CONTENDED = (1205, 1213)
CONTENDED_ATTEMPTS = 5


class Shared:
    """A connection to the database that outlives its absence. `patience`: how many seconds the database may be away."""

    def __init__(self, server, patience=WAIT_SECONDS):
        self.server = server
        self.patience = patience

    def run(self, sql):
        """Rows of the last statement. Fails if the database refuses it, or is away for too long."""
        for _ in range(CONTENDED_ATTEMPTS):
            try:
                return self.server.run(sql)
            except DatabaseError as problem:
                if not problem.passes and problem.number not in CONTENDED:
                    raise
            self.server.wait(self.patience)
        return self.server.run(sql)

    def run_once(self, sql):
        return self.server.run(sql)


class Turn:
    """The right to found the cluster."""

    def __init__(self, shared, cluster, instance, table=TURNS):
        self.shared = shared
        self.table = table
        self.cluster = literal(cluster)
        self.instance = literal(instance)

    def take(self):
        """One attempt. None where the turn is this node's now, its holder otherwise."""
        # Each run is a connection of its own, and all nodes of a cluster ask at once.
        row = "INSERT IGNORE INTO %s VALUES (%s, '', '%s'); " % (self.table, self.cluster, EPOCH)
        return self._lease("until < NOW() OR holder = %s" % self.instance, lambda sql: self.shared.run(row + sql))

    def renew(self):
        """None where the turn is still this node's, its holder otherwise. A database that is away is not waited for."""
        return self._lease("holder = %s" % self.instance, self.shared.run_once)

    def _lease(self, condition, run):
        rows = run("UPDATE %s SET holder = %s, until = NOW() + INTERVAL %d SECOND WHERE cluster = %s AND (%s); "
                   "SELECT holder FROM %s WHERE cluster = %s"
                   % (self.table, self.instance, TURN_SECONDS, self.cluster, condition, self.table, self.cluster))
        holder = rows[0][0] if rows else ""
        return None if literal(holder) == self.instance else holder

    def give_back(self):
        try:
            self.shared.run_once("UPDATE %s SET until = '%s' WHERE cluster = %s AND holder = %s" % (self.table, EPOCH, self.cluster, self.instance))
        except DatabaseError as problem:  # it lapses by itself
            print("  the turn is not given back: %s" % problem, flush=True)


class Members:
    """The nodes whose servers have joined. A record ends when its node leaves, when its server is started again, and when another node gets its
    address; those that do not answer are removed by whoever founds the cluster."""

    def __init__(self, shared, cluster, instance, table=MEMBERS):
        self.shared = shared
        self.table = table
        self.cluster = literal(cluster)
        self.instance = literal(instance)

    def others(self):
        """What is recorded of all nodes but this one."""
        rows = self.shared.run("SELECT instance, address, port FROM %s WHERE cluster = %s AND instance <> %s ORDER BY joined, instance"
                               % (self.table, self.cluster, self.instance))
        return [{"instance": instance, "address": address, "port": int(port)} for instance, address, port in rows]

    def record(self, address, port):
        self.shared.run("%s; INSERT INTO %s VALUES (%s, %s, %s, %d, NOW())"
                        % (self._forget(address), self.table, self.cluster, self.instance, literal(address), port))

    def forget(self, address):
        """Ends the record of this node, and of whoever had its address before."""
        self.shared.run(self._forget(address))

    def forget_all(self, members):
        names = ", ".join(literal(each["instance"]) for each in members)
        if names:
            self.shared.run("DELETE FROM %s WHERE cluster = %s AND instance IN (%s)" % (self.table, self.cluster, names))

    def _forget(self, address):
        return ("DELETE FROM %s WHERE cluster = %s AND (instance = %s OR address = %s)"
                % (self.table, self.cluster, self.instance, literal(address)))


class Pause:
    """A wait that says once what it waits for."""

    def __init__(self, seconds):
        self.end = time.monotonic() + seconds
        self.said = None

    @property
    def over(self):
        return time.monotonic() > self.end

    def sleep(self, seconds, reason):
        if reason != self.said:
            print("  %s" % reason, flush=True)
            self.said = reason
        time.sleep(seconds)
