"""Makes a machine a member of a WSO2 Carbon cluster, or a load balancer before one, in ordered phases, and tells CloudFormation
how it went.

Usage:      boot.py first-boot    all phases, then a signal to the stack (user data)
            boot.py before-start  the product's files, then this node's turn to start (the service, before each start)
            boot.py after-start   until the server is a member of its cluster (the service, after each start)
            boot.py follow-group  until the auto scaling group takes the node out, and then until its server has left (its service)
            boot.py use-key       one call with the access key that the server holds (a timer, each day)
            boot.py refresh       only the nodes that a load balancer passes on to (its timer)
            boot.py ship-logs     the agent that sends the logs (its service)
            boot.py serve-artifacts | copy-artifacts
                                  keys of the server for other members (its service); a copy of what another serves (the timer)
Reads:      /opt/carbon-cluster/node.json and values, written by the user data
Writes:     its log to the standard output; the phases' results to the machine
Exit codes: 0 done; 3 failed, the stack was signalled (first-boot) or the service must not go on, or nothing was changed (refresh, use-key, ship-logs); 2 wrong usage

Every phase may run again. A failure names its phase and a short code in the signal's unique id, which is the only text
of a signal that CloudFormation shows.
"""
import functools
import json
import os
import re
import subprocess
import sys
import time

import carbon_configuration
import node_artifacts
import node_clock
import node_database_tls
import node_databases
import node_group
import node_interface
import node_keystore
import node_logs
import node_membership
import node_mysql
import node_nginx
import node_pack
import node_packages
import node_service
import node_start
import node_trust
from node_aws import FINAL, AwsError, LiveResolver, aws, download, read_values
from node_keytool import Keytool

STATE = "/opt/carbon-cluster"
PROGRAM = STATE + "/programs/boot.py"
PRODUCTS = "/opt/wso2"
DOWNLOADS = "/var/tmp/carbon-cluster"
RUN = "/run/carbon-cluster"
INTERFACE = STATE + "/interface"
CONFIGURED = RUN + "/configured"
# What the last start of the service failed of, for whoever signals.
START_FAILURE = RUN + "/start-failure"
LOG_OFFSET = RUN + "/log-offset"
TURNS = node_databases.MARKS + ".turns"
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

    @property
    def trust_store(self):
        return node_trust.store(os.path.join(self.home, self.document["trust"]["store"]))


def prepare(node):
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
    driver = node.document.get("driver", {})
    source = driver.get("source")
    jar = node_pack.fetch(node.source(source), DOWNLOADS, download)[0] if source else None
    if node.document.get("databases"):
        node_pack.install_driver(home, driver["folder"], driver["className"], jar, node_service.USER)


def artifacts(node):
    document = node.document.get("artifacts")
    if document:
        node_artifacts.prepare(document, node.value, node.home, node_service.USER, PROGRAM)


def databases(node):
    document = node.document.get("databases")
    if not document:
        return
    authorities(node, document)
    server = database_server(node, document)
    try:
        server.wait()
        network = node.value(document["clientNetwork"]) if "clientNetwork" in document else node.resolver.network()
        node_databases.prepare(server, [with_credentials(node, each) for each in document["schemas"]], node.home, network, node.clock.left())
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
        os.makedirs(DOWNLOADS, exist_ok=True)
        download(asset["bucket"], asset["key"], source)
    else:
        source, _ = node_pack.fetch(node.source(tls["source"]), DOWNLOADS, download)
    node_database_tls.install(source, tls["pem"], tls["keystore"])


def database_server(node, document):
    admin = document["admin"]
    return node_mysql.Server(node_packages.mysql_client(), node.value(document["endpoint"]), node.value(document["port"]),
                                 node.resolver.secret(admin, "username"), node.resolver.secret(admin, "password"),
                                 document.get("tls", {}).get("pem"))


def with_credentials(node, schema):
    secret = schema["secret"]
    return dict(schema, username=node.resolver.secret(secret, "username"), password=node.resolver.secret(secret, "password"))


def configuration(node):
    apply(node)
    trust(node)
    # Not every setting may be set everywhere, in a container least of all; the rest of them still counts.
    subprocess.run(["sysctl", "--quiet", "--system"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def trust(node):
    document = node.document["trust"]
    with Keytool(node.java_home, RUN) as keytool:
        if document["systemRoots"]:
            node_trust.import_system_roots(keytool, node.trust_store, node.java_home)
        for each in document["certificates"]:
            certificate, _ = node_pack.fetch(node.source(each["source"]), DOWNLOADS, download)
            node_trust.import_certificate(keytool, node.trust_store, each["alias"], certificate)


def apply(node):
    document = node.document.get("keystore")
    if document:
        node_keystore.prepare(document, node.resolver, node.java_home, node.home, node.trust_store, node_service.USER)
    changes = carbon_configuration.prepare(node.document["configuration"], node.home, node.resolver)
    carbon_configuration.write(changes, node_service.USER)
    keep_rendered_private(node)
    node_membership.remember(STATE, node.resolver)
    write(CONFIGURED, "")


def keep_rendered_private(node):
    """A product with deployment.toml writes the values in it into the other files of that folder, which keep their modes."""
    for each in node.document["configuration"]["files"]:
        if os.path.basename(each["file"]) == "deployment.toml":
            for folder, _, names in os.walk(os.path.dirname(os.path.join(node.home, each["file"]))):
                for path in (os.path.join(folder, name) for name in names):
                    if not os.path.islink(path):
                        os.chmod(path, os.stat(path).st_mode & 0o700)


def start(node):
    product = node.document["product"]
    environment = dict(product.get("environment", {}), JAVA_HOME=node.java_home)
    node_service.start(node_service.unit_text(product["title"], node.home, environment, product["script"], product["arguments"], PROGRAM,
                                              node_start.longest_start(start_seconds(node))))
    node_membership.install(node.resolver.values, PROGRAM)


def join(node):
    node.clock.extend(start_seconds(node))
    node_service.wait_until_started(node.clock.left(), start_failure, (node_start.MASTER_GONE,))


def health(node):
    check = node.document["health"]
    settling = check.get("settling", 0)
    node_service.wait_until_healthy(check["url"], node.clock.left() - settling)
    # Whoever hears that this node is in service may take away the one that serves now.
    time.sleep(settling)


def start_seconds(node):
    """Time from the start of the service until its server is a member: those that start before it in turn count, unless bootTimeout was given."""
    check = node.document["health"]
    if "start" not in node.document or check.get("fixed"):
        return check["seconds"]
    try:
        others = node.resolver.instances(node.document["start"])
    except AwsError as problem:
        log("nobody tells how many servers start before this one: %s" % problem)
        return check["seconds"]
    own = node.resolver.metadata("instance-id")
    return max(check["seconds"], node_start.queue_seconds([each for each in others if each["id"] != own], node.document["start"]["ports"]))


PHASES = (prepare, pack, artifacts, databases, configuration, start, join, health)


def phases_of(document):
    """A document without a kind is a member's; WSO2's own load balancer is a Carbon server too."""
    return {"carbon": PHASES, "elastic-load-balancer": PHASES, "nginx": node_nginx.PHASES}[document.get("kind", "carbon")]


def first_boot():
    node = Node()
    send_logs(node)
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
    except Exception as problem:
        log("logs stay on this machine: %s" % problem)


def ship_logs():
    try:
        node = Node()
        node_logs.ship(node.document["logs"], node.resolver.env, os.path.join(PRODUCTS, "carbon"))
        log("logs are sent to CloudWatch Logs")
    except Exception as problem:
        log("logs stay on this machine for now: %s" % problem)
        return FAILED
    return 0


def scripts(node, when):
    for script in node.document.get("scripts", {}).get(when, []):
        log("script %s" % when)
        subprocess.run(["bash", "-euo", "pipefail", "-c", node.value(script)], check=True)


def before_start():
    """The service, before each start of the server: its configuration, and its turn."""
    node = Node()
    if not configure(node):
        return FAILED
    return guarded(take_turn, node) if "start" in node.document else 0


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
    except AwsError as problem:
        log("configuration is kept as it was: %s" % problem)
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


def take_turn(node):
    if os.path.exists(START_FAILURE):
        os.remove(START_FAILURE)
    write(LOG_OFFSET, str(node_start.size_of(log_of(node))))
    own = node.resolver.metadata("instance-id")
    peers = node_start.visible_peers(lambda: node.resolver.instances(node.document["start"]), own)
    node_start.wait_for_well_known(well_known(node), own_address(node))
    if not node.document.get("databases"):
        node_start.wait_for_older(peers, own, node.document["start"]["ports"])
        return
    seconds = max(node_start.WAIT_SECONDS, node_start.queue_seconds(peers, node.document["start"]["ports"]))
    with_turn(node, own, lambda turn: turn.take(seconds))


def after_start():
    node = Node()
    return guarded(wait_for_membership, node) if "start" in node.document else 0


def wait_for_membership(node):
    document = node.document["join"]
    own = node.resolver.metadata("instance-id")
    lines = node_start.NewLines(log_of(node), int(read(LOG_OFFSET)))

    def others():
        return sum(node_start.is_member(each, node.document["start"]["ports"])
                   for each in node.resolver.instances(node.document["start"]) if each["id"] != own)

    def wait(turn):
        seen = node_start.wait_until_joined(lines, document["line"], node_service.runs, others, node.document["health"]["seconds"],
                                            turn.renew if turn else lambda: None)
        log("the server is a member%s" % (" of %d" % seen if seen else ""))
        if turn:
            turn.give_back()
    if node.document.get("databases"):
        with_turn(node, own, wait)
    else:
        wait(None)


def with_turn(node, own, work):
    server = database_server(node, node.document["databases"])
    try:
        server.wait()
        work(node_start.Turn(server, node.value(node.document["start"]["cluster"]), own, TURNS, node_mysql.literal))
    finally:
        server.close()


def well_known(node):
    hosts = node.document["configuration"].get("members", {}).get("hosts", [])
    return [{"host": node.value(each["host"]), "port": node.value(each["port"])} for each in hosts]


def log_of(node):
    return os.path.join(node.home, node.document["join"]["log"])


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
        node_group.leave(aws, instance, node.document["leaving"]["hook"], node_service.stop)
    except AwsError as problem:
        log("the auto scaling group was not told that the server has left: %s" % problem)
        return FAILED
    log("the server has left its cluster")
    return 0


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


def serve_artifacts():
    return with_artifacts(node_artifacts.serve)


def copy_artifacts():
    return with_artifacts(node_artifacts.copy)


def with_artifacts(step):
    try:
        node = Node()
        step(node.document["artifacts"], node.value, node.resolver.secret, node.home)
    except Exception as problem:
        log("artifacts: %s" % problem)
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


def code_of(problem):
    if getattr(problem, "code", None):
        return str(problem.code)
    if isinstance(problem, OSError) and problem.errno == 28:
        return "disk-full"
    return type(problem).__name__


def link(target, path):
    temporary = path + ".new"
    if os.path.lexists(temporary):
        os.remove(temporary)
    os.symlink(target, temporary)
    os.replace(temporary, path)


def log(message):
    print("%s carbon-cluster %s" % (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), message), flush=True)


def main(arguments):
    os.umask(0o022)
    commands = {"first-boot": first_boot, "before-start": before_start, "after-start": after_start, "follow-group": follow_group,
                "use-key": use_key, "refresh": refresh, "ship-logs": ship_logs, "serve-artifacts": serve_artifacts,
                "copy-artifacts": copy_artifacts}
    if len(arguments) != 1 or arguments[0] not in commands:
        print("usage: boot.py " + " | ".join(commands), file=sys.stderr)
        return 2
    return commands[arguments[0]]()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
