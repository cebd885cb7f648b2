"""Starts clusters of real Hazelcast members with the start program that nodes run, and compares how long many take with how long three take.

Usage:      npm run test:start -- [--nodes 3,8] [--line 3.5,3.12,4.2,5.3] [--runs 2] [--kill-founder] [--server-seconds 5] [--keep] [--programs DIR]

Arguments:  --nodes N,...        sizes of the cluster; 3 is always among them, for the comparison
            --line L,...         lines of Hazelcast
            --runs N             starts of each size
            --kill-founder       in every second run the founder's process is killed while the others join
            --server-seconds S   how long the rest of a Carbon server takes before its Hazelcast starts
            --keep               keep the logs of all runs, and not only those of failed ones
            --programs DIR       programs of another commit, for a comparison

Output:     a line for each run, and one for each line and size
Exit codes: 0 every start gave one cluster, and none took longer than 1.5 times as long as three nodes; 1 otherwise; 2 wrong usage

Needs a JDK (17 or later), Maven or Hazelcast's jars in its local repository, and a MySQL server or the tree of a rehearsal. All of it runs in a network
namespace of its own.
"""
import argparse
import glob
import multiprocessing
import os
import queue
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(ROOT, "test", "boot", "programs")]
import node as nodes  # noqa: E402
import real_mysql  # noqa: E402

# The last version of each line that a kernel of WSO2's has; see lib/products.
JARS = {"3.5": "hazelcast-all:3.5.4", "3.12": "hazelcast-all:3.12.2", "4.2": "hazelcast-all:4.2.6", "5.3": "hazelcast:5.3.6"}
CLASSES = os.path.join(ROOT, ".local", "start")
# One Java process each for so many members, and one of its own for each founder, so that it can be killed alone.
MEMBERS_OF_A_PROCESS = 10
TIMEOUT_SECONDS = 60
LIMIT_SECONDS = 3600
RATIO = 1.5
OPENS = ["--add-opens=java.base/%s=ALL-UNNAMED" % each for each in ("java.lang", "java.util", "java.nio", "sun.nio.ch", "java.net")]
INSIDE = "CARBON_START_TEST"
USER = ("start", "it's \"the\" start")


def main(arguments):
    options = parsed(arguments)
    if INSIDE not in os.environ:
        # Every member has an address of its own, and all of them the same port.
        os.environ[INSIDE] = "1"
        os.execvp("unshare", ["unshare", "--net", sys.executable, os.path.abspath(__file__)] + arguments)
    missing = real_mysql.missing()
    if missing:
        print("the start of many nodes is not tested: %s" % missing)
        return 0
    # Whoever ends this process lets it end what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    addresses(max(options.nodes))
    database = real_mysql.RealMySql()
    try:
        make_tables(database)
        # Whoever works on the programs meanwhile does not change what is tried.
        with tempfile.TemporaryDirectory() as folder:
            options.programs = shutil.copytree(options.programs, os.path.join(folder, "programs"))
            return judge(options, database)
    finally:
        database.stop()


def parsed(arguments):
    parser = argparse.ArgumentParser(usage=__doc__.split("Usage:")[1].split("\n")[0].strip())
    numbers = (lambda text: sorted({3} | {int(each) for each in text.split(",")}))
    parser.add_argument("--nodes", type=numbers, default=numbers("3,8"))
    parser.add_argument("--line", type=lambda text: text.split(","), default=list(JARS))
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--kill-founder", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--server-seconds", type=float, default=5)
    parser.add_argument("--programs", default=os.path.join(ROOT, "lib", "boot", "programs"))
    options = parser.parse_args(arguments)
    unknown = [each for each in options.line if each not in JARS]
    if unknown:
        parser.error("there is no line %s, use %s" % (unknown[0], ", ".join(JARS)))
    return options


def judge(options, database):
    failures = []
    for line in options.line:
        java = compiled(line)
        of_three = {}
        for count in options.nodes:
            results = [start(options, database, java, line, count, run) for run in range(1, options.runs + 1)]
            for killed in sorted({each.killed for each in results}):
                same = [each for each in results if each.killed == killed]
                mean = sum(each.seconds for each in same) / len(same)
                of_three.setdefault(killed, mean)
                ratio = mean / of_three[killed]
                whole = sum(each.whole for each in same)
                print("%-5s %3d nodes%s: %6.1f s, %.2f times three nodes; one cluster in %d of %d runs" % (
                    line, count, ", founder killed" if killed else "", mean, ratio, whole, len(same)), flush=True)
                if ratio > RATIO or whole < len(same):
                    failures.append("%s, %d nodes" % (line, count))
    print("failed: %s" % "; ".join(failures) if failures else "all passed", flush=True)
    return 1 if failures else 0


class Result:
    def __init__(self, seconds, whole, killed):
        self.seconds, self.whole, self.killed = seconds, whole, killed


def start(options, database, java, line, count, run):
    kills = options.kill_founder and run % 2 == 0
    world = World(options, database, java, count)
    load = os.getloadavg()[0]
    try:
        world.launch()
        # The same moments in each repetition, which are different ones in each run.
        seconds = world.watch(random.Random("%s %d %d" % (line, count, run)) if kills else None)
        whole = world.is_whole()
        if options.keep or not whole:
            world.keep()
    finally:
        world.end()
    print("  %-5s %3d nodes, run %d: %6.1f s%s, founded after %.1f s; %s; failed starts: %d; load %.0f to %.0f" % (
        line, count, run, seconds, ", founder killed at %.1f s" % world.killed_at if world.killed_at else "", world.founded_at or 0,
        "one cluster" if whole else "NOT one cluster", world.failed, load, os.getloadavg()[0]), flush=True)
    return Result(seconds, whole, kills)


class World:
    """The nodes of one run, and the Java processes in which their members are."""

    def __init__(self, options, database, java, count):
        self.programs, self.server_seconds, self.count = options.programs, options.server_seconds, count
        self.database, self.database_port, self.mysql_client = database, database.port, real_mysql.client()
        self.users = {"arn:start": USER, "arn:admin": real_mysql.ADMIN}
        self.folder = tempfile.mkdtemp(prefix="carbon-start-")
        self.hosts = [Host(java, "shared %d" % index) for index in range(-(-count // MEMBERS_OF_A_PROCESS))] + [Host(java, "lone 0")]
        self.java, self.host_of = java, {}
        self.context = multiprocessing.get_context("fork")
        self.requests, self.answers, self.events = self.context.Queue(), [self.context.Queue() for _ in range(count)], self.context.Queue()
        self.members, self.founder, self.failed, self.killed_at, self.founded_at, self.splits = {}, None, 0, None, None, []

    def launch(self):
        reset_tables(self.database)
        for each in self.hosts:
            each.wait_until_ready()
        self.began = time.monotonic()
        self.processes = [self.context.Process(target=self._node, args=(index,), daemon=True) for index in range(self.count)]
        for each in self.processes:
            each.start()
        threading.Thread(target=self._serve, daemon=True).start()

    def _node(self, index):
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        nodes.Node(index, Remote(self, index), lambda *event: self.events.put(event)).run()

    def _serve(self):
        """What nodes ask of the Java processes. Who starts while no member is there may found the cluster, so it gets a process of its own."""
        while True:
            index, word, arguments = self.requests.get()
            if word == "end":
                return
            self.answers[index].put(self._answer(index, word, *arguments))

    def _answer(self, index, word, *arguments):
        if word == "alive":
            return self.host_of.get(index) is not None and self.host_of[index].alive()
        if word == "stop":
            host = self.host_of.pop(index, None)
            return host.tell("stop " + arguments[0]) if host and host.alive() else None
        address, log = arguments
        host = self._lone() if not self.members else self.hosts[index // MEMBERS_OF_A_PROCESS]
        self.host_of[index] = host
        host.tell("start %s %s %s %d %s" % (address, log, self.server_seconds, TIMEOUT_SECONDS,
                                            ",".join(nodes.address_of(each) for each in range(self.count))))
        return host.name

    def _lone(self):
        free = [each for each in self.hosts if each.name.startswith("lone") and each.alive() and each not in self.host_of.values()]
        if not free:
            free = [Host(self.java, "lone %d" % len(self.hosts))]
            free[0].wait_until_ready()
            self.hosts += free
        return free[0]

    def watch(self, kill):
        """Seconds until all nodes were members. `kill`: random numbers with which a founder's process is killed, once."""
        killing = None
        while len(self.members) < self.count or killing:
            if killing and time.monotonic() > killing:
                self._kill()
                killing = kill = None
            if time.monotonic() - self.began > LIMIT_SECONDS:
                break
            try:
                self._note(*self.events.get(timeout=0.2))
            except queue.Empty:
                continue
            if kill and not killing and self.founder:
                killing = time.monotonic() + kill.uniform(0, self.server_seconds + 10)
        return time.monotonic() - self.began

    def _note(self, what, instance, *more):
        if what == "member":
            self.members[instance] = more[0]
            self.founder = self.founder or instance
            self.founded_at = self.founded_at or time.monotonic() - self.began
            self._compare(instance)
        elif what == "down":
            self.members.pop(instance, None)
        elif what in ("failed", "refused"):
            self.failed += 1

    def _compare(self, instance):
        """No node may say that it is a member while others are members of another cluster."""
        places = {each: self._places(each) for each in self.members}
        if any(not places[instance] & places[each] for each in self.members if places[each]):
            self.splits.append("%s at %.0f s" % (instance, time.monotonic() - self.began))

    def _places(self, instance):
        index = int(instance[2:])
        host = self.host_of.get(index)
        return host.members(nodes.address_of(index)) if host and host.alive() else set()

    def _kill(self):
        host = self.host_of.get(int(self.founder[2:]))
        self.members.pop(self.founder, None)
        self.killed_at = time.monotonic() - self.began
        host.process.kill()
        host.process.wait()

    def is_whole(self):
        end = time.monotonic() + 30
        while time.monotonic() < end:
            if not self.splits and all(len(each) == self.count for each in self.seen().values()):
                return True
            time.sleep(1)
        return False

    def seen(self):
        return {nodes.instance_id(index): self._places(nodes.instance_id(index)) for index in range(self.count)}

    def keep(self):
        kept = os.path.join(CLASSES, "logs", os.path.basename(self.folder))
        shutil.copytree(self.folder, kept)
        print("  each sees %s members; members of two clusters: %s; logs are in %s" % (
            sorted(len(each) for each in self.seen().values()), self.splits or "none", kept), flush=True)

    def end(self):
        for each in self.processes:
            each.kill()
            each.join()
        self.requests.put((0, "end", ()))
        for each in self.hosts:
            each.process.kill()
            each.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Remote:
    """The world as a node's process sees it."""

    def __init__(self, world, index):
        self.world, self.index = world, index
        self.name = None

    def __getattr__(self, name):
        return getattr(self.world, name)

    def _ask(self, word, *arguments):
        self.world.requests.put((self.index, word, arguments))
        return self.world.answers[self.index].get()

    def start_server(self, _, address, log):
        self.name = self._ask("start", address, log)
        return self

    def alive(self, _):
        return self._ask("alive")

    def stop(self, address):
        self._ask("stop", address)


class Host:
    """A Java process with members."""

    def __init__(self, java, name):
        self.name, self.lock = name, threading.Lock()
        self.lines = queue.Queue()
        self.process = subprocess.Popen(java, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            if not line.startswith("stopped"):
                self.lines.put(line.strip())

    def wait_until_ready(self):
        assert self.lines.get(timeout=60) == "ready"

    def alive(self):
        return self.process.poll() is None

    def tell(self, command):
        with self.lock:
            self.process.stdin.write(command + "\n")
            self.process.stdin.flush()

    def members(self, address):
        try:
            self.tell("members " + address)
            words = self.lines.get(timeout=20).split(" ")
        except (OSError, queue.Empty):
            return set()
        return set(words[2].split(",")) if len(words) > 2 and words[2] else set()


def addresses(count):
    commands = ["link set lo up"] + ["address add %s/32 dev lo" % nodes.address_of(index) for index in range(count)]
    subprocess.run(["ip", "-batch", "-"], input="\n".join(commands), text=True, check=True)


def compiled(line):
    """The command of a Java process for members of this line."""
    name = JARS[line].replace(":", "-") + ".jar"
    found = glob.glob(os.path.expanduser("~/.m2/repository/com/hazelcast/*/*/" + name))
    jar = found[0] if found else os.path.join(CLASSES, name)
    if not os.path.exists(jar):
        raise SystemExit("%s is not in Maven's local repository: run mvn dependency:get -Dartifact=com.hazelcast:%s" % (name, JARS[line]))
    classes = os.path.join(CLASSES, line)
    os.makedirs(classes, exist_ok=True)
    subprocess.run(["javac", "-nowarn", "-cp", jar, "-d", classes, os.path.join(HERE, "Members.java")], check=True, stderr=subprocess.DEVNULL)
    return ["java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"] + OPENS + ["-cp", jar + os.pathsep + classes, "Members"]


TABLES = """
CREATE DATABASE carbon_cluster;
CREATE TABLE carbon_cluster.turns (cluster VARCHAR(255) PRIMARY KEY, holder VARCHAR(64) NOT NULL, until DATETIME NOT NULL);
CREATE TABLE carbon_cluster.members (cluster VARCHAR(255) NOT NULL, instance VARCHAR(64) NOT NULL, address VARCHAR(64) NOT NULL, port INT NOT NULL,
  joined DATETIME NOT NULL, PRIMARY KEY (cluster, instance));
CREATE USER %(user)s@'%%' IDENTIFIED BY %(password)s REQUIRE SSL;
GRANT SELECT, INSERT, UPDATE, DELETE ON carbon_cluster.turns TO %(user)s@'%%';
GRANT SELECT, INSERT, UPDATE, DELETE ON carbon_cluster.members TO %(user)s@'%%';
"""


def administrator(database):
    sys.path.insert(0, os.path.join(ROOT, "lib", "boot", "programs"))
    try:
        import node_mysql
    finally:
        sys.path.pop(0)
    return node_mysql.Server(real_mysql.client(), "127.0.0.1", str(database.port), *real_mysql.ADMIN, None, run=database.home), node_mysql.literal


def make_tables(database):
    server, literal = administrator(database)
    server.run(TABLES % {"user": literal(USER[0]), "password": literal(USER[1])})


def reset_tables(database):
    administrator(database)[0].run("DELETE FROM carbon_cluster.turns; DELETE FROM carbon_cluster.members")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
