"""A load balancer of NGINX: its phases of the boot, and the refresh that keeps it pointed at the nodes that serve.

A library, not a command; boot.py runs the phases, and refresh() by a timer. NGINX is under a unit of its own
(carbon-nginx.service) and reads only what is written here, whatever the distribution's package brought along.
"""
import concurrent.futures
import json
import os
import pwd
import re
import shutil
import subprocess
import time

import node_nginx_config
import node_packages
import node_service
import node_units
from node_aws import aws
from node_error import CodedError

SYSTEMD = "/etc/systemd/system"
PROGRAMS = os.path.dirname(os.path.abspath(__file__))
UNIT = "carbon-nginx.service"
REFRESH_UNIT = "carbon-nginx-refresh.service"
REFRESH_TIMER = "carbon-nginx-refresh.timer"
STATE = "/var/lib/carbon-nginx/nodes.json"
# Users that the packages of the distributions and of nginx.org make.
USERS = ("nginx", "www-data")
# A node is left out when it did not answer this many times in a row; one that never answered is not taken in.
UNHEALTHY = 2
# A certificate that was changed in its secret is served within this time.
CERTIFICATE_SECONDS = 6 * 3600
# A look at the cluster that EC2 does not answer is left to the next one, by the timer.
REFRESH_SECONDS = 20
SELF_SIGNED_DAYS = "825"
# A certificate that was made here is replaced this long before it ends.
RENEWAL_SECONDS = 30 * 86400

UNIT_TEXT = """\
[Unit]
Description=NGINX before a WSO2 Carbon cluster
Wants=network-online.target
After=network-online.target

[Service]
Type=exec
ExecStart=%(nginx)s -c %(configuration)s -g 'daemon off;'
ExecReload=/bin/kill -HUP $MAINPID
KillMode=mixed
KillSignal=SIGQUIT
TimeoutStopSec=60
Restart=always
RestartSec=2
LimitNOFILE=65535
LogRateLimitIntervalSec=0
RuntimeDirectory=carbon-nginx
CacheDirectory=carbon-nginx
CapabilityBoundingSet=CAP_NET_BIND_SERVICE CAP_SETUID CAP_SETGID CAP_CHOWN CAP_FOWNER CAP_DAC_OVERRIDE CAP_KILL
NoNewPrivileges=yes
LockPersonality=yes
PrivateDevices=yes
PrivateTmp=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectSystem=strict
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
SystemCallFilter=@system-service

[Install]
WantedBy=multi-user.target
"""

# NGINX tries each configuration: it makes its folders, gives them to its user, and opens its log.
CONFINED = ("ProtectKernelTunables=yes",
            "CapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_KILL CAP_NET_BIND_SERVICE CAP_SETGID CAP_SETUID")

REFRESH_TEXT = """\
[Unit]
Description=Points NGINX at the nodes that serve
After=carbon-nginx.service

[Service]
Type=oneshot
ExecStart=/usr/bin/python3 %(program)s refresh
StandardOutput=append:/var/log/carbon-cluster/nginx.log
StandardError=inherit
TimeoutStartSec=300
LogLevelMax=notice
StateDirectory=carbon-nginx
StateDirectoryMode=0700
%(confined)s"""

TIMER_TEXT = """\
[Unit]
Description=Points NGINX at the nodes that serve, every %(seconds)s seconds

[Timer]
OnActiveSec=5
OnUnitInactiveSec=%(seconds)s
AccuracySec=1

[Install]
WantedBy=timers.target
"""


class NginxError(CodedError):
    """`code` is short enough for a signal."""


def prepare(node):
    if not shutil.which("nginx"):
        node_packages.install("nginx")
    if "selfSigned" in node.document["certificate"] and not shutil.which("openssl"):
        node_packages.install("openssl")
    # The package may have started NGINX with a configuration of its own, on the ports that are ours.
    subprocess.run(["systemctl", "disable", "--now", "nginx.service"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    done = subprocess.run(["nginx", "-v"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True)
    check_edition(done.stdout.decode().strip(), node.document["edition"])


def check_edition(said, wanted):
    """`said` is what `nginx -v` says: `nginx version: nginx/1.25.5 (nginx-plus-r32)`."""
    if wanted["plus"] and "nginx-plus" not in said:
        raise NginxError("nginx-edition", "NGINX Plus was wanted, the image has %s" % said)
    found = re.search(r"nginx/([\d.]+)", said)
    if found is None:
        raise NginxError("nginx-version", "nginx -v said: %s" % said)
    if numbers(found.group(1)) < numbers(wanted.get("version", "0")):
        raise NginxError("nginx-version", "NGINX %s was wanted, the image has %s" % (wanted["version"], found.group(1)))
    print("  %s" % said, flush=True)


def numbers(version):
    return [int(each) for each in version.split(".")]


def configuration(node):
    os.makedirs(os.path.join(node_nginx_config.PREFIX, "tls"), mode=0o700, exist_ok=True)
    os.makedirs(node_nginx_config.CACHE, exist_ok=True)
    os.makedirs(os.path.dirname(STATE), mode=0o700, exist_ok=True)
    install(dict(certificate_files(node), **{path_of_configuration(): rendered(node)}))


def start(node):
    write_unit(UNIT, UNIT_TEXT % {"nginx": shutil.which("nginx"), "configuration": path_of_configuration()})
    write_unit(REFRESH_UNIT, REFRESH_TEXT % {"program": os.path.join(PROGRAMS, "boot.py"), "confined": node_units.root(*CONFINED)})
    write_unit(REFRESH_TIMER, TIMER_TEXT % {"seconds": node.document["discovery"]["seconds"]})
    subprocess.run(["systemctl", "daemon-reload"], check=True)
    subprocess.run(["systemctl", "enable", "--now", UNIT, REFRESH_TIMER], check=True, stderr=subprocess.DEVNULL)


def write_unit(name, text):
    with open(os.path.join(SYSTEMD, name), "w", encoding="utf-8") as file:
        file.write(text)


def health(node):
    check = node.document["health"]
    node_service.wait_until_healthy(check["url"], check["seconds"], UNIT)


PHASES = (prepare, configuration, start, health)


def refresh(node):
    """One look at the cluster. Returns whether NGINX was told of a change; the last good configuration serves while EC2 is silent."""
    files = certificate_files(node) if certificate_is_old() else {}
    files[path_of_configuration()] = rendered(node, seconds=REFRESH_SECONDS)
    changed = {path: text for path, text in files.items() if text != content_of(path)}
    for path in files:
        if path not in changed:
            os.utime(path)
    if not changed:
        return False
    install(changed)
    subprocess.run(["systemctl", "reload", UNIT], check=True)
    return True


def path_of_configuration():
    return os.path.join(node_nginx_config.PREFIX, "nginx.conf")


def rendered(node, **options):
    running = running_nodes(node, **options)
    serving, before, after = {}, read_state(), {}
    for role, check in checks(node.document).items():
        serving[role], after[role] = judged(answers_of(running.get(role, []), check), before.get(role, {}))
    write_state(after)
    return node_nginx_config.render(node.document, serving, service_user())


def checks(document):
    return {document[each]["role"]: document[each]["health"] for each in ("service", "console") if each in document}


def running_nodes(node, **options):
    """Addresses of the cluster's running instances, by the role that their tag says."""
    discovery = node.document["discovery"]
    filters = [{"Name": "tag:" + node.value(discovery["tag"]), "Values": [node.value(discovery["value"])]},
               {"Name": "instance-state-name", "Values": ["running"]}]
    answer = aws("ec2", "describe-instances", "--filters", json.dumps(filters), **options)
    found = {}
    for instance in (each for reservation in answer["Reservations"] for each in reservation["Instances"]):
        role = next((tag["Value"] for tag in instance.get("Tags", []) if tag["Key"] == discovery["roleTag"]), None)
        if role and instance.get("PrivateIpAddress"):
            found.setdefault(role, []).append(instance["PrivateIpAddress"])
    return found


def answers_of(addresses, check):
    """Whether each address answers its health check. All are asked at once: a node that is away answers late."""
    urls = [check.replace("//:", "//%s:" % each) for each in addresses]
    with concurrent.futures.ThreadPoolExecutor(max_workers=max(1, len(urls))) as pool:
        return {address: said == "200" for address, said in zip(addresses, pool.map(node_service.probe, urls))}


def judged(answers, before):
    """Who serves, and the failures in a row of everybody. When nobody is healthy everybody serves: the check may be what is wrong."""
    after = {address: 0 if healthy else min(before.get(address, UNHEALTHY) + 1, UNHEALTHY) for address, healthy in answers.items()}
    serving = [address for address, failures in after.items() if failures < UNHEALTHY]
    return serving or list(answers), after


def read_state():
    try:
        with open(STATE, encoding="utf-8") as file:
            return json.load(file)
    except (FileNotFoundError, ValueError):
        return {}


def write_state(state):
    with open(STATE, "w", encoding="utf-8") as file:
        json.dump(state, file)


def certificate_files(node):
    certificate = node.document["certificate"]
    if "secret" in certificate:
        read = node.resolver.secret
        return {node_nginx_config.CERTIFICATE: read(certificate["secret"], "certificate"),
                node_nginx_config.KEY: read(certificate["secret"], "privateKey")}
    if os.path.exists(node_nginx_config.KEY) and lasts(node_nginx_config.CERTIFICATE):
        return {path: content_of(path) for path in (node_nginx_config.CERTIFICATE, node_nginx_config.KEY)}
    return self_signed(certificate["selfSigned"])


def lasts(path):
    """Whether the certificate is there and does not end soon."""
    done = subprocess.run(["openssl", "x509", "-noout", "-checkend", str(RENEWAL_SECONDS), "-in", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return done.returncode == 0


def self_signed(names):
    key, certificate = (path + ".made" for path in (node_nginx_config.KEY, node_nginx_config.CERTIFICATE))
    before = os.umask(0o077)
    try:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-sha256", "-nodes", "-days", SELF_SIGNED_DAYS, "-subj", "/CN=" + names[0][:64],
                        "-addext", "subjectAltName=" + ",".join("DNS:" + each for each in names), "-keyout", key, "-out", certificate],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return {node_nginx_config.CERTIFICATE: content_of(certificate), node_nginx_config.KEY: content_of(key)}
    finally:
        os.umask(before)
        for path in (key, certificate):
            if os.path.exists(path):
                os.remove(path)


def certificate_is_old():
    try:
        return time.time() - os.path.getmtime(node_nginx_config.CERTIFICATE) > CERTIFICATE_SECONDS
    except FileNotFoundError:
        return True


def install(files):
    """Writes the files beside those in force, lets NGINX try them, and only then puts them in their place."""
    for path, text in files.items():
        write_private(path + ".new", text)
    problem = tried(files)
    for path in files:
        if problem:
            os.remove(path + ".new")
        else:
            os.replace(path + ".new", path)
    if problem:
        raise NginxError("nginx-test", problem)


def tried(files):
    """What NGINX has to say against the new files, in the words of `nginx -t`."""
    trial, pid = (path_of_configuration() + each for each in (".trial", ".pid"))
    text = files.get(path_of_configuration()) or content_of(path_of_configuration())
    for path in files:
        text = text.replace(" %s;" % path, " %s.new;" % path)
    # A trial creates the file of the process's number, whose folder is there only while NGINX runs.
    write_private(trial, text.replace("pid %s;" % node_nginx_config.PID, "pid %s;" % pid))
    done = subprocess.run(["nginx", "-t", "-q", "-c", trial], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    for path in (trial, pid):
        if os.path.exists(path):
            os.remove(path)
    return None if done.returncode == 0 else done.stdout.decode(errors="replace").strip()


def write_private(path, text):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def content_of(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return None


def service_user():
    for name in USERS:
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise NginxError("nginx-user", "none of the users %s is there" % ", ".join(USERS))
