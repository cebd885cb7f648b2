"""What the nodes of a cluster tell each other in the database that they share: who may found the cluster, and who is a member of it.

A library, not a command. There are two tables, which are made when the cluster is deployed. `turns` has one row for each cluster: the node that
holds it may found the cluster, until it gives the turn back or says nothing for TURN_SECONDS. `members` has a row for each node whose server has
joined. The clock is the database's.
"""
import os
import select
import subprocess
import time

from node_mysql import WAIT_SECONDS, DatabaseError, literal, refusal

MARKS = "carbon_cluster"
TURNS = MARKS + ".turns"
MEMBERS = MARKS + ".members"
TURN_SECONDS = 60
# A database that fails over may leave a connection without a word.
ANSWER_SECONDS = 15
END = b"carbon-cluster: end of the answer"
EPOCH = "1970-01-01 00:00:00"
# MySQL's numbers for a statement that lost against another one and may be run again: a lock wait timeout, a deadlock.
CONTENDED = (1205, 1213)
CONTENDED_ATTEMPTS = 5


class Session:
    """One client that stays connected: all nodes of a cluster that starts ask every few seconds, and a new TLS connection costs more than an answer."""

    def __init__(self, command):
        self.client = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.received = b""

    def ask(self, sql):
        """Rows of all statements."""
        try:
            self.client.stdin.write(b"%s;\nSELECT '%s';\n" % (sql.encode(), END))
            self.client.stdin.flush()
        except BrokenPipeError:
            pass  # what it ended of is among its errors
        end = time.monotonic() + ANSWER_SECONDS
        while not self.received.endswith(b"\n" + END + b"\n") and self.received != END + b"\n":
            if not select.select([self.client.stdout], [], [], max(0, end - time.monotonic()))[0]:
                raise DatabaseError("refused", "ERROR 2013 (HY000): no answer within %d s" % ANSWER_SECONDS)
            part = os.read(self.client.stdout.fileno(), 1 << 16)
            if not part:
                raise refusal(self.client.stderr.read())
            self.received += part
        rows, self.received = self.received.decode().splitlines()[:-1], b""
        return [row.split("\t") for row in rows]

    def close(self):
        self.client.kill()
        self.client.communicate()


class Shared:
    """A connection to the database that outlives its absence. `patience`: how many seconds the database may be away."""

    def __init__(self, server, patience=WAIT_SECONDS):
        self.server = server
        self.patience = patience
        self.session = None

    def run(self, sql):
        """Rows of the last statement. Fails if the database refuses it, or is away for too long."""
        for _ in range(CONTENDED_ATTEMPTS):
            try:
                return self.run_once(sql)
            except DatabaseError as problem:
                if not problem.passes and problem.number not in CONTENDED:
                    raise
            self.server.wait(self.patience)
        return self.run_once(sql)

    def run_once(self, sql):
        """The same, of a database that is not waited for."""
        self.session = self.session or Session(self.server.command("--unbuffered", "--connect-timeout=10"))
        try:
            return self.session.ask(sql)
        except DatabaseError:
            # The client ends with the first error.
            self.close()
            raise

    def close(self):
        if self.session:
            self.session.close()
            self.session = None


class Turn:
    """The right to found the cluster."""

    def __init__(self, shared, cluster, instance, table=TURNS):
        self.shared = shared
        self.table = table
        self.cluster = literal(cluster)
        self.instance = literal(instance)

    def take(self):
        """One attempt. None where the turn is this node's now, its holder otherwise."""
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
