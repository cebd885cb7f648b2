"""Makes a machine a member of a WSO2 Carbon cluster, or a load balancer before one, in ordered phases, and tells CloudFormation
how it went.

Usage:      boot.py first-boot    all phases, then a signal to the stack (user data)
            boot.py before-start  the product's files, then the members that the server joins (the service, before each start)
            boot.py after-start   until the server is a member of its cluster (the service, after each start)
            boot.py follow-group  until the auto scaling group takes the node out, and then until its server has left (its service)
            boot.py use-key       one call with the access key that the server holds (a timer, each day)
            boot.py refresh       only the nodes that a load balancer passes on to (its timer)
            boot.py ship-logs     the agent that sends logs and host metrics (its service)
            boot.py measure       what the agent does not measure (its timer)
            boot.py rotate-own-logs | clean-logs
                                  the logs of the boot, and those of the product, within their limits (their timer)
            boot.py copy-artifacts
                                  the product's artifacts, to or from the bucket of the cluster (the timer)
            boot.py mount-folders  shared folders in the place of the product's (its service, at each start of the machine)
Reads:      /opt/carbon-cluster/node.json and values, written by the user data
Writes:     its log to the standard output; the phases' results to the machine
Exit codes: 0 done; 3 failed, the stack was signalled (first-boot) or the service must not go on, or nothing was changed (refresh, use-key, ship-logs, measure); 2 wrong usage

Every phase may run again. A failure names its phase and a short code in the signal's unique id, which is the only text
of a signal that CloudFormation shows.
"""
import base64
import contextlib
import functools
import json
import os
import re
import subprocess
import sys
import time

import carbon_configuration
import carbon_configuration_lookups
import node_artifacts
import node_as_service
import node_cleaning
import node_clock
import node_database_tls
import node_databases
import node_group
import node_interface
import node_keystore
import node_known
import node_logs
import node_measures
import node_members
import node_membership
import node_mysql
import node_nginx
import node_pack
import node_packages
import node_service
import node_start
from node_aws import FINAL, AwsError, LiveResolver, aws, download, read_values
from node_error import CodedError, code_of

STATE = "/opt/carbon-cluster"
PROGRAM = STATE + "/programs/boot.py"
PRODUCTS = "/opt/wso2"
# Nobody else may write there: a file stays what it was when its checksum was compared.
DOWNLOADS = STATE + "/downloads"
RUN = "/run/carbon-cluster"
INTERFACE = STATE + "/interface"
CONFIGURED = RUN + "/configured"
# What the last start of the service failed of, for whoever signals.
START_FAILURE = RUN + "/start-failure"
LOG_OFFSET = RUN + "/log-offset"
# The members for which the server was started, as JSON; null where this node founds the cluster.
STARTED_FOR = RUN + "/started-for"
# A server that was a member before starts again with what its node was told last, when AWS or the database do not answer for so long.
AWS_SECONDS = 20
DATABASE_SECONDS = 10
LONGEST_UNIQUE_ID = 64
# What CloudFormation may answer to a unique id that it does not take (CloudFormation API reference, "Common Errors").
INVALID_ID = ("ValidationError", "ValidationException", "InvalidParameterValue")
# CloudFormation waits for a signal as long as the stack says, so a node tries for longer than most stacks do. A stack that does not wait any more says
# so by a final code.
SIGNAL_SECONDS = 3600
FAILED = 3


class Node:
    """What the user data says of this node, and what the phases find out."""

    def __init__(self, state=STATE):
        with open(os.path.join(state, "node.json"), encoding="utf-8") as file:
            self.document = json.load(file)
        self.resolver = LiveResolver(read_values(os.path.join(state, "values")))
        self.known = node_known.LastKnown(state)
        os.environ.setdefault("AWS_DEFAULT_REGION", self.resolver.env("Region"))

    def value(self, value):
        return carbon_configuration.resolve(value, self.resolver)

    def source(self, source):
        return {key: self.value(value) for key, value in source.items()}

    @property
    def home(self):
        return os.path.realpath(os.path.join(PRODUCTS, "carbon"))

    @functools.cached_property
    def java_home(self):
        java = self.document["java"]
        return java.get("home") or node_packages.java_home(java["version"], java["accepted"])

    def as_service(self, task, **arguments):
        """Work below the product's home, as the user to whom it belongs."""
        return node_as_service.run(task, home=self.home, **arguments)


def prepare(node):
    node.known.forget()
    # First of all, so that a boot that fails is not waited for when it is taken back.
    if node.document.get("leaving"):
        node_group.install(PROGRAM)
    interface(node)
    node_service.ensure_user()
    log("Java is %s" % node.java_home)


def interface(node):
    document = node.document.get("interface")
    if not document:
        return
    address = node.value(document["address"])
    # Once attached it stays so, and a reboot needs no answer of AWS.
    if not os.path.exists(INTERFACE):
        hardware_address = node_interface.attach(aws, node.value(document["id"]), node.resolver.metadata("instance-id"), address)
        with open(INTERFACE, "w", encoding="ascii") as file:
            file.write(hardware_address)
    with open(INTERFACE, encoding="ascii") as file:
        node_interface.configure(file.read(), address)
    log("this member's address is %s" % address)


def pack(node):
    began = time.monotonic()
    archive, checksum = node_pack.fetch(node.source(node.document["pack"]), DOWNLOADS, download)
    fetched = time.monotonic()
    log("pack fetched and verified after %.1f s" % (fetched - began))
    os.makedirs(PRODUCTS, exist_ok=True)
    home = node_pack.unpack(archive, checksum, PRODUCTS, node_service.USER)
    log("pack unpacked after %.1f s" % (time.monotonic() - fetched))
    link(home, os.path.join(PRODUCTS, "carbon"))
    log("product is %s" % home)
    driver(node)


def driver(node):
    document = node.document.get("driver", {})
    source = document.get("source")
    jar = node_pack.fetch(node.source(source), DOWNLOADS, download)[0] if source else None
    if not node.document.get("databases"):
        return
    wanted = {"folder": document["folder"], "class_name": document["className"]}
    if not jar:
        node.as_service("driver", **wanted)
        return
    with open(jar, "rb") as file:
        node.as_service("driver", name=os.path.basename(jar), descriptor=file.fileno(), files=[file.fileno()], **wanted)


def artifacts(node):
    document = node.document.get("artifacts")
    if document:
        node_artifacts.prepare(document, node.value, node.home, node_service.USER, PROGRAM)


def databases(node):
    document = node.document.get("databases")
    if not document:
        return
    authorities(node, document)
    for schema in document["schemas"]:
        server = database_server(node, document, schema["secret"])
        try:
            node_databases.look(server, schema)
        finally:
            server.close()


def authorities(node, document):
    """Who may have signed the certificate of the database server, for the client here and for the product's driver."""
    tls = document.get("tls")
    if not tls:
        log("the certificate of the database server is not verified")
        return
    if "asset" in tls:
        asset = node.source(tls["asset"])
        source = os.path.join(DOWNLOADS, "rds-authorities.pem")
        node_pack.ensure_private(DOWNLOADS)
        download(asset["bucket"], asset["key"], source)
    else:
        source, _ = node_pack.fetch(node.source(tls["source"]), DOWNLOADS, download)
    node_database_tls.install(source, tls["pem"], tls["keystore"])


def database_server(node, document, secret):
    """As the user of the secret of that late-bound name."""
    return node_mysql.Server(node_packages.mysql_client(), node.value(document["endpoint"]), node.value(document["port"]),
                             node.resolver.secret(secret, "username"), node.resolver.secret(secret, "password"),
                             document.get("tls", {}).get("pem"))


def configuration(node):
    apply(node, trusted(node))
    # Not every setting may be set everywhere, in a container least of all; the rest of them still counts.
    subprocess.run(["sysctl", "--quiet", "--system"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def trusted(node):
    """What the product trusts besides the certificates of its pack."""
    document = node.document["trust"]
    certificates = [{"alias": each["alias"], "content": fetched(node, each["source"])} for each in document["certificates"]]
    return {"system_roots": document["systemRoots"], "certificates": certificates} if certificates or document["systemRoots"] else None


def fetched(node, source):
    """A file of root's as text, for whoever may not read it there."""
    path, _ = node_pack.fetch(node.source(source), DOWNLOADS, download)
    with open(path, "rb") as file:
        return base64.b64encode(file.read()).decode()


def apply(node, trust=None):
    """First what AWS is asked for, then root's own files in memory, then the product's, as its user, and root's at last."""
    plan = node.document["configuration"]
    document = node.document.get("keystore")
    keystore = {"document": document, "content": node_keystore.fetch(document, node.resolver)} if document else None
    own, products = (part_of(plan, absolute) for absolute in (True, False))
    lookups = carbon_configuration_lookups.look_up(products, node.resolver)
    changes = carbon_configuration.prepare(own, node.home, node.resolver)
    if keystore or trust:
        node.as_service("keys", keystore=keystore, trust_store=node.document["trust"]["store"], trusted=trust, java_home=node.java_home,
                        run=node_as_service.make_run_folder())
    node.as_service("configure", plan=products, lookups=lookups)
    carbon_configuration.write(changes)
    share_logs(node)
    node_membership.remember(STATE, node.resolver)
    write(CONFIGURED, "")


def part_of(plan, absolute):
    """The plan with the files of one kind: absolute paths are root's."""
    return dict(plan, files=[each for each in plan["files"] if each["file"].startswith("/") == absolute])


def share_logs(node):
    """A server whose logs the agent may not read serves all the same."""
    if "logs" not in node.document:
        return
    try:
        node.as_service("share_logs", folder=node_logs.folder_of(node.document["logs"]), reader=node_logs.ensure_user())
    except Exception as problem:
        log("the agent may not read the server's logs: %s" % problem)


def start(node):
    product = node.document["product"]
    environment = dict(product.get("environment", {}), JAVA_HOME=node.java_home)
    longest = node_start.longest_start(node.document["health"]["seconds"])
    node_service.start(node_service.unit_text(product["title"], node.home, environment, product["script"], product["arguments"], longest,
                                               [node_service.METADATA_CLOSED] if product.get("metadata") == "closed" else []),
                       node_service.step_texts(PROGRAM, longest))
    node_membership.install(node.resolver.values, PROGRAM)


def join(node):
    node_service.wait_until_started(node.clock.left(), start_failure, node_start.PASSING)


def health(node):
    check = node.document["health"]
    settling = check.get("settling", 0)
    node_service.wait_until_healthy(check["url"], node.clock.left() - settling)
    # Whoever hears that this node is in service may take away the one that serves now.
    time.sleep(settling)


PHASES = (prepare, pack, artifacts, databases, configuration, start, join, health)


def phases_of(document):
    """A document without a kind is a member's; WSO2's own load balancer is a Carbon server too."""
    return {"carbon": PHASES, "elastic-load-balancer": PHASES, "nginx": node_nginx.PHASES}[document.get("kind", "carbon")]


def first_boot():
    node = Node()
    send_logs(node)
    keep_logs_small(node)
    with node_clock.BootClock(node.document["health"]["seconds"]) as node.clock:
        failure = run_phases(node)
    if failure:
        signal(node, "FAILURE", failure)
        return FAILED
    signal(node, "SUCCESS", "")
    log("in service")
    return 0


def run_phases(node):
    """What a phase failed of, as the signal says it, `:pack:checksum`; nothing where all went well."""
    for phase in phases_of(node.document):
        log("phase %s begins" % phase.__name__)
        began = time.monotonic()
        try:
            scripts(node, "before-" + phase.__name__)
            phase(node)
            scripts(node, "after-" + phase.__name__)
        except Exception as problem:  # whatever it is, the stack must hear of it
            log("phase %s failed: %s" % (phase.__name__, problem))
            return ":%s:%s" % (phase.__name__, code_of(problem))
        log("phase %s ends after %.1f s" % (phase.__name__, time.monotonic() - began))
    return None


def send_logs(node):
    """Beside the phases: a node whose logs cannot be sent serves all the same."""
    if "logs" not in node.document:
        return
    try:
        node_logs.install(PROGRAM)
        if "metrics" in node.document["logs"]:
            node_measures.install(PROGRAM)
    except Exception as problem:
        log("logs stay on this machine: %s" % problem)


def keep_logs_small(node):
    try:
        node_cleaning.install(PROGRAM, node_service.USER if "logLimits" in node.document else None)
    except Exception as problem:
        log("logs are kept, however large they get: %s" % problem)


def rotate_own_logs():
    node_cleaning.rotate_own()
    return 0


def clean_logs():
    """As the service's user, who needs nothing but the document."""
    with open(os.path.join(STATE, "node.json"), encoding="utf-8") as file:
        limits = json.load(file)["logLimits"]
    home = os.path.join(os.path.realpath(os.path.join(PRODUCTS, "carbon")), limits.get("home", ""))
    for path in node_cleaning.clean(home, limits["days"], limits["bytes"]):
        log("removed or emptied %s" % path)
    return 0


def ship_logs():
    try:
        node = Node()
        node_logs.ship(node.document["logs"], node.resolver.env, os.path.join(PRODUCTS, "carbon"))
        log("logs are sent to CloudWatch Logs")
    except Exception as problem:
        log("logs stay on this machine for now: %s" % problem)
        return FAILED
    return 0


def measure():
    try:
        node = Node()
        problem = node_measures.publish(node.document["logs"], node.document.get("kind"), node.resolver.metadata("instance-id"), aws)
    except Exception as reason:
        problem = reason
    if problem:
        log("measures: %s" % problem)
        return FAILED
    return 0


class ScriptError(CodedError):
    """`code` is short enough for a signal; the message does not hold the script, which may hold secrets."""


def scripts(node, when):
    """The user's, as root. A script is in a file in memory, because everybody may read the arguments of a process."""
    wanted = node.document.get("scripts", {}).get(when, [])
    for number, script in enumerate(wanted, 1):
        log("script %s" % when)
        with os.fdopen(os.memfd_create("carbon-script"), "w+", encoding="utf-8") as file:
            file.write(node.value(script))
            file.flush()
            code = subprocess.run(["bash", "-euo", "pipefail", "/dev/fd/%d" % file.fileno()], stdin=subprocess.DEVNULL,
                                  pass_fds=[file.fileno()]).returncode
        if code != 0:
            raise ScriptError("user-script", "script %d of %d of %s ended with exit code %d" % (number, len(wanted), when, code))
    if wanted and os.path.isdir(node.home):
        node_service.hand_over(node.home)


def before_start():
    """The service, before each start of the server: its configuration, and the members that it joins."""
    node = Node()
    with patience(node):
        if not configure(node):
            return FAILED
        return guarded(look_for_members, node) if "start" in node.document else 0


def patience(node):
    """A node that may start with what it was told last waits for AWS no longer than is worth a newer answer."""
    return node_clock.Budget(AWS_SECONDS) if node.known.suffices else contextlib.nullcontext()


def configure(node):
    """The last good configuration serves while AWS does not answer. Tells whether there is one."""
    if os.path.exists(CONFIGURED):
        # The first boot has just done it; the next start looks again.
        os.remove(CONFIGURED)
        return True
    try:
        interface(node)
        apply(node)
        os.remove(CONFIGURED)
    except node_known.AWAY as problem:
        log("configuration is kept as it was: %s" % problem)
        node.known.away = node.known.suffices and not getattr(problem, "final", False)
    except Exception as problem:
        log("configuration failed: %s" % problem)
        return False
    return True


def guarded(step, node):
    """A failure is written down for the first boot, which may be waiting, and ends this start of the service."""
    try:
        step(node)
    except Exception as problem:
        log("start failed: %s" % problem)
        write(START_FAILURE, "%s %s" % (code_of(problem), problem))
        return FAILED
    return 0


def look_for_members(node):
    if os.path.exists(START_FAILURE):
        os.remove(START_FAILURE)
    write(LOG_OFFSET, str(node.as_service("log_size", log=node.document["join"]["log"])))
    own = node.known.ask("instance", lambda: node.resolver.metadata("instance-id"))
    node.known.ask("address", lambda: own_address(node))
    # EC2 is asked although the members are in the database: a server that has no tag yet is found by no other.
    node.known.ask("peers", lambda: node_start.visible_peers(lambda: node.resolver.instances(node.document["start"]), own))
    with cluster_view(node) as view:
        view.forget()
        members = node_start.wait_to_start(view, lambda: configure_anew(node))
    if members:
        log("%d members answer, the server joins them" % len(members))
        node.known.remember(members=[list(each) for each in members])
    else:
        log("no server is a member yet, this one founds the cluster")
    write(STARTED_FOR, json.dumps(members or None))


def configure_anew(node):
    """Members that were found by their tag, while this node waited for them, are not in its files yet."""
    if "tag" in node.document["configuration"].get("members", {}):
        configure(node)


@contextlib.contextmanager
def cluster_view(node):
    """Who has joined. Of AWS, only the secret of the database's user is asked; what look_for_members() found out is remembered."""
    known, start = node.known.values, node.document["start"]
    own, places = known["instance"], node_start.places_of(known["peers"], start["ports"])
    reach = node_start.Reach(known["address"], well_known(node))
    server = start_database(node)
    if server is None:
        older = [each["id"] for each in known["peers"] if each["id"] < own]
        yield node_start.LocalView(own, older, reach, places + [tuple(each) for each in known.get("members", [])])
        return
    shared, cluster = node_members.Shared(server), node.value(start["cluster"])
    try:
        yield node_start.SharedView(node_members.Members(shared, cluster, own), node_members.Turn(shared, cluster, own), reach, places)
    finally:
        shared.close()
        server.close()


def start_database(node):
    """The database as the user of the tables about the start; None where there is none, or where it is away and this node can do without."""
    document = node.document.get("databases")
    # Without AWS there is no secret to connect with.
    if not document or node.known.away:
        return None
    server = None
    try:
        server = database_server(node, document, document["start"]["secret"])
        server.wait(DATABASE_SECONDS if node.known.suffices else node_mysql.WAIT_SECONDS)
        return server
    except (node_mysql.DatabaseError,) + node_known.AWAY as problem:
        if server:
            server.close()
        if not node.known.suffices or not getattr(problem, "passes", True):
            raise
        log("members are asked without the database: %s" % problem)
        return None


def after_start():
    node = Node()
    with patience(node):
        return guarded(wait_for_membership, node) if "start" in node.document else 0


def wait_for_membership(node):
    document, seconds = node.document["join"], node.document["health"]["seconds"]
    lines = ServersLog(node, document["log"], int(read(LOG_OFFSET)))
    before = json.loads(read(STARTED_FOR))
    places = before and [tuple(each) for each in before]
    with cluster_view(node) as view:
        try:
            node_start.wait_until_joined(lines, document["line"], node_service.runs, seconds, view.renew if before is None else lambda: None)
            listed = node_start.confirm(view, lines, places, seconds)
            view.record(*member_place(node, listed))
        finally:
            # Also where this start has failed: servers that wait for a member need not wait until the turn lapses.
            view.give_back()
    log("the server is a member%s" % (" of %d" % len(listed) if listed else ""))
    node.known.remember(member=True)


def member_place(node, listed):
    """Where this server listens, as its own log says; where that says nothing, by the port that answers."""
    if listed and listed.own:
        return listed.own
    address, ports = node.known.values["address"], node.document["start"]["ports"]
    return (node_start.answering([(address, each) for each in ports]) or [(address, ports[0])])[0]


def well_known(node):
    """The members that the others look for, as node_start.Reach takes them; None where all look for all."""
    found = node.document["start"].get("wellKnown")
    return found and dict(found, hosts=[{"host": node.value(each["host"]), "port": node.value(each["port"])} for each in found["hosts"]])


class ServersLog:
    """What the server's log got since a moment."""

    def __init__(self, node, name, offset):
        self.node, self.name, self.offset = node, name, offset

    def read(self):
        return self.node.as_service("log_text", log=self.name, offset=self.offset)


def own_address(node):
    fixed = node.document.get("interface")
    return node.value(fixed["address"]) if fixed else node.resolver.metadata("local-ipv4")


def start_failure():
    return read(START_FAILURE) if os.path.exists(START_FAILURE) else None


def write(path, text):
    os.makedirs(RUN, mode=0o700, exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def follow_group():
    node = Node()
    instance = node.resolver.metadata("instance-id")
    health = node.document["health"]
    silence = None
    if "patience" in health:
        silence = node_group.Silence(health["patience"], lambda: node_service.probe(health["url"]), node_service.start_state, time.monotonic())
    node_group.follow(node.resolver.metadata, silence, lambda: give_up(node, instance))
    log("the auto scaling group takes this node out of service")
    try:
        node_group.leave(aws, instance, node.document["leaving"]["hook"], lambda: stop_server(node))
    except AwsError as problem:
        log("the auto scaling group was not told that the server has left: %s" % problem)
        return FAILED
    log("the server has left its cluster")
    return 0


def stop_server(node):
    """Nobody starts for a member that is about to leave."""
    try:
        with patience(node), cluster_view(node) as view:
            view.forget()
    except Exception as problem:  # the others notice that it does not answer
        log("the server leaves without ending its record: %s" % problem)
    node_service.stop()


def give_up(node, instance):
    log("the server has not answered for %d s: its auto scaling group is told" % node.document["health"]["patience"])
    try:
        node_group.mark_unhealthy(aws, instance)
    except AwsError as problem:
        log("the auto scaling group was not told: %s" % problem)


def use_key():
    try:
        node = Node()
        node_membership.use(aws, STATE, node.resolver.values)
        log("the access key that the server holds was used")
    except Exception as problem:
        log("the access key that the server holds was not used: %s" % problem)
        return FAILED
    return 0


def refresh():
    """The last good configuration serves while AWS does not answer."""
    try:
        if node_nginx.refresh(Node()):
            log("NGINX passes on to other nodes than before")
    except AwsError as problem:
        log("configuration is kept as it was: %s" % problem)
    except Exception as problem:
        log("refresh failed: %s" % problem)
        return FAILED
    return 0


def copy_artifacts():
    try:
        node = Node()
        node_artifacts.copy(node.document["artifacts"], node.value, node.home)
    except Exception as problem:
        log("artifacts: %s" % problem)
        return FAILED
    return 0


def mount_folders():
    try:
        node = Node()
        node_artifacts.mount(node.document["artifacts"], node.home)
    except Exception as problem:
        log("shared folders: %s" % problem)
        return FAILED
    return 0


def signal(node, status, detail):
    """Tells the stack, with phase and code in the unique id, which is all of a signal that the stack's events show.

    CloudFormation documents the instance id as the unique id of an instance in an auto scaling group. Where it refuses more than that, the signal
    goes out under the plain instance id; the refused one, with phase and code, is in the boot log. Each unique id counts as a signal of its own,
    so the second is sent only when the first was refused.
    """
    document = node.document["signal"]
    instance = node.resolver.metadata("instance-id")
    for unique in dict.fromkeys((unique_id(instance, detail), instance)):
        try:
            aws("cloudformation", "signal-resource", "--stack-name", node.value(document["stack"]), "--logical-resource-id",
                node.value(document["resource"]), "--unique-id", unique, "--status", status,
                final=FINAL + INVALID_ID, seconds=SIGNAL_SECONDS)
            log("signalled %s as %s" % (status, unique))
            return
        except AwsError as problem:
            # A node that comes up again after its stack has settled has nobody to signal to.
            log("the stack took no signal %s as %s: %s" % (status, unique, problem))
            if problem.code not in INVALID_ID:
                return


def unique_id(instance, detail):
    return re.sub(r"[^A-Za-z0-9:.-]", "-", instance + detail)[:LONGEST_UNIQUE_ID]


def link(target, path):
    # The pack's own folder may have the name of the link.
    if target == path:
        return
    temporary = os.path.join(os.path.dirname(path), ".link")
    if os.path.lexists(temporary):
        os.remove(temporary)
    os.symlink(target, temporary)
    os.replace(temporary, path)


def log(message):
    print("%s carbon-cluster %s" % (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), message), flush=True)


def main(arguments):
    os.umask(0o022)
    commands = {"first-boot": first_boot, "before-start": before_start, "after-start": after_start, "follow-group": follow_group,
                "use-key": use_key, "refresh": refresh, "ship-logs": ship_logs, "measure": measure, "rotate-own-logs": rotate_own_logs,
                "clean-logs": clean_logs, "copy-artifacts": copy_artifacts, "mount-folders": mount_folders}
    if len(arguments) != 1 or arguments[0] not in commands:
        print("usage: boot.py " + " | ".join(commands), file=sys.stderr)
        return 2
    return commands[arguments[0]]()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
