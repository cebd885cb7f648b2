"""The machine's logs and its host metrics on their way to CloudWatch, by Amazon's CloudWatch agent.

A library, not a command. A service of its own (carbon-logs.service) brings the agent up, beside the phases of the boot and again
and again until it succeeds: a machine whose logs cannot be sent still serves. The agent sends log files from their beginning, so
nothing is lost meanwhile.
"""
import base64
import json
import os
import platform
import pwd
import re
import shutil
import subprocess
import tempfile
import urllib.request

import node_packages
import node_units
from node_error import CodedError

AGENT = "/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl"
CONFIGURATION = "/opt/carbon-cluster/logs.json"
# Of the agent alone: it may read the logs and nothing else of the product (node_access.py), and owns nothing that root runs.
USER = "carbon-logs"
UNIT = "carbon-logs.service"
UNITS = "/etc/systemd/system"
DOWNLOAD_SECONDS = 300
# Domains of partitions other than aws and aws-us-gov, by the first part of their regions' names.
DOMAINS = {"cn": "amazonaws.com.cn", "eusc": "amazonaws.eu"}
# Amazon publishes the key, and in the agent's documentation ("Verifying the signature of the CloudWatch agent package") its fingerprint.
KEY_URL = "https://amazoncloudwatch-agent.s3.amazonaws.com/assets/amazon-cloudwatch-agent.gpg"
FINGERPRINT = "937616F3450B7D806CBD9725D58167303B789C72"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}

# A line of Carbon's logs begins with its time, or with the tenant and then the time; what does not goes on with the line before.
CARBON = {"timestamp_format": "[%Y-%m-%d %H:%M:%S,%f]", "multi_line_start_pattern": r"^(TID: .*)?\[\d{4}-\d{2}-\d{2} "}
# Each line by itself: what failed must not be hidden in the middle of another event.
BOOT = {"timestamp_format": "%Y-%m-%dT%H:%M:%SZ", "timezone": "UTC"}
SERVER_LOGS = "repository/logs"
# Of a pattern the agent takes the newest file; Tomcat begins one each day.
FILES = {
    "boot": ("/var/log/carbon-cluster/boot.log", BOOT),
    "nginx": ("/var/log/carbon-cluster/nginx.log", BOOT),
    "carbon": ("wso2carbon.log", CARBON),
    "audit": ("audit.log", CARBON),
    "access": ("http_access_*.log", {}),
}
METRICS_SECONDS = 60

UNIT_TEXT = """\
[Unit]
Description=Sends this machine's logs to CloudWatch Logs
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=oneshot
RemainAfterExit=yes
Environment=DEBIAN_FRONTEND=noninteractive
ExecStart=/usr/bin/python3 %(program)s ship-logs
StandardOutput=append:/var/log/carbon-cluster/boot.log
StandardError=inherit
Restart=on-failure
RestartSec=60
TimeoutStartSec=900
%(confined)s
[Install]
WantedBy=multi-user.target
"""


class LogsError(CodedError):
    """`code` names what is missing."""


def install(program):
    """Returns at once: the boot waits for no log."""
    with open(os.path.join(UNITS, UNIT), "w", encoding="utf-8") as file:
        # It installs packages, which needs most of what root may do.
        file.write(UNIT_TEXT % {"program": program, "confined": node_units.ROOT})
    subprocess.run(["systemctl", "daemon-reload"], check=True)
    subprocess.run(["systemctl", "enable", UNIT], check=True, stderr=subprocess.DEVNULL)
    subprocess.run(["systemctl", "start", "--no-block", UNIT], check=True)


def ensure_user():
    """The agent's user, by number."""
    try:
        return pwd.getpwnam(USER).pw_uid
    except KeyError:
        subprocess.run(["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", USER], check=True)
        return pwd.getpwnam(USER).pw_uid


def ship(document, env, product):
    """The agent, installed where the image has none, with this machine's configuration."""
    ensure_user()
    if not os.path.exists(AGENT):
        install_agent(env("Region"))
    with open(CONFIGURATION, "w", encoding="utf-8") as file:
        json.dump(configuration(document, env, product), file, indent=2)
    done = subprocess.run([AGENT, "-a", "fetch-config", "-m", "ec2", "-s", "-c", "file:" + CONFIGURATION],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        lines = done.stdout.decode(errors="replace").strip().splitlines()
        raise LogsError("agent", "the CloudWatch agent did not start: %s" % (lines[-1] if lines else "it gave no reason"))


def configuration(document, env, product):
    """Streams are named after the group of machines and the instance, which the agent fills in."""
    folder = os.path.join(product, folder_of(document))
    files = []
    for name in document["files"]:
        path, form = FILES[name]
        files.append(dict({"file_path": os.path.join(folder, path), "log_group_name": env(name + "Log"),
                           "log_stream_name": "%s/{instance_id}" % document["stream"]}, **form))
    # As root the agent would send any file of root's to which the service's user puts a link under the name of a log file.
    wanted = {"agent": {"region": env("Region"), "run_as_user": USER}, "logs": {"logs_collected": {"files": {"collect_list": files}}, "force_flush_interval": 5}}
    if "metrics" in document:
        wanted["agent"]["metrics_collection_interval"] = METRICS_SECONDS
        wanted["metrics"] = metrics(document)
    return wanted


def metrics(document):
    """Each of the instance, of the group over all its instances, and of the cluster over all groups. The name of the auto scaling group would take a
    permission to describe tags."""
    def of(measurement, **more):
        return dict(measurement=[measurement], append_dimensions={"Group": document["stream"]}, **more)
    return {
        "namespace": document["metrics"]["namespace"],
        "append_dimensions": {"InstanceId": "${aws:InstanceId}"},
        "aggregation_dimensions": [["Group"], []],
        "metrics_collected": {"mem": of("used_percent"), "disk": of("used_percent", resources=["/"], drop_device=True), "swap": of("used_percent")},
    }


def folder_of(document):
    """Of the server's logs, below the product's folder."""
    return os.path.join(document.get("home", ""), SERVER_LOGS)


def install_agent(region):
    if node_packages.package_manager() == "dnf":
        node_packages.install("amazon-cloudwatch-agent")
        return
    # Neither Debian nor Ubuntu has the package.
    with tempfile.TemporaryDirectory() as folder:
        package = os.path.join(folder, "amazon-cloudwatch-agent.deb")
        url = package_url(region)
        fetch(url, package)
        fetch(url + ".sig", package + ".sig")
        fetch(KEY_URL, package + ".asc")
        check_signature(package)
        subprocess.run(["apt-get", "-q", "-y"] + node_packages.APT_WAITS + ["install", package], check=True, stdout=subprocess.DEVNULL)


def package_url(region):
    domain = DOMAINS.get(region.split("-")[0], "amazonaws.com")
    architecture = ARCHITECTURES[platform.machine()]
    return "https://amazoncloudwatch-agent-%s.s3.%s.%s/%s/%s/latest/amazon-cloudwatch-agent.deb" % (
        region, region, domain, distribution(), architecture)


def distribution(path="/etc/os-release"):
    with open(path, encoding="utf-8") as file:
        return "ubuntu" if re.search(r"^ID=.?ubuntu", file.read(), re.MULTILINE) else "debian"


def fetch(url, path):
    with urllib.request.urlopen(url, timeout=DOWNLOAD_SECONDS) as answer, open(path, "wb") as file:
        shutil.copyfileobj(answer, file)


def check_signature(package, fingerprint=FINGERPRINT):
    """By the one key that is Amazon's, whatever else was published beside the package. gpgv comes with apt."""
    with open(package + ".asc", encoding="ascii") as file:
        key = dearmored(file.read())
    with open(package + ".key", "wb") as file:
        file.write(key)
    done = subprocess.run(["gpgv", "--status-fd", "1", "--keyring", package + ".key", package + ".sig", package],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    valid = re.search(r"^\[GNUPG:\] VALIDSIG .*\b%s$" % fingerprint, done.stdout.decode(errors="replace"), re.MULTILINE)
    if done.returncode != 0 or not valid:
        raise LogsError("signature", "the package of the CloudWatch agent is not signed by Amazon's key %s" % fingerprint)


def dearmored(text):
    """The bytes of an OpenPGP block of text: lines of base64 after an empty one, then a checksum, which the signature makes needless."""
    match = re.search(r"-----BEGIN PGP [A-Z ]+-----\r?\n(?:[^\r\n]+\r?\n)*\r?\n([A-Za-z0-9+/=\r\n]+?)(?:\r?\n=[A-Za-z0-9+/]{4})?\r?\n-----END", text)
    if not match:
        raise LogsError("signature", "the key of the CloudWatch agent's package is no OpenPGP key")
    return base64.b64decode(match.group(1))
