"""The network interface whose address a well-known member keeps, whichever instance it is.

A library, not a command.
"""
import ipaddress
import json
import os
import subprocess
import time

import node_clock

ATTACH_SECONDS = 600
PAUSE = 5
DEVICE_INDEX = "1"
# Answers to what came to the interface must leave by it: AWS drops packets from an address that is not their interface's.
TABLE = "100"
PRIORITY = "100"

# networkd takes the first file that matches an interface. This name sorts before those of netplan (10-netplan-*), cloud-init
# (10-cloud-init-*) and amazon-ec2-net-utils (70-* on Amazon Linux, 07-* in newer packages of Debian).
NETWORKD_FILE = "/etc/systemd/network/05-carbon-cluster.network"
NETWORKD_TEXT = """\
# Written by carbon-cluster: the interface whose address this member of the cluster keeps.
[Match]
MACAddress={hardware_address}

[Network]
DHCP=ipv4
IPv6AcceptRA=no

[DHCPv4]
RouteTable={table}
UseMTU=yes
UseDNS=no
UseDomains=no
UseHostname=no
UseNTP=no

[RoutingPolicyRule]
From={address}
Table={table}
Priority={priority}
"""
# Nothing is sent there (RFC 5737). Its route is that of any address beyond the subnet.
ELSEWHERE = "192.0.2.1"
RECONFIGURE_SECONDS = 15


class InterfaceError(Exception):
    """`code` is short enough for a signal."""

    code = "interface"


class UnreachableError(InterfaceError):
    """The interface is attached but cannot be reached by its address."""

    code = "interface-address"


def attach(aws, interface, instance, address, seconds=ATTACH_SECONDS):
    """Attaches the interface to this instance, as soon as the one before lets go of it. Returns its hardware address. Waits for as long as the
    boot has, or `seconds` where there is none."""
    end = time.monotonic() + node_clock.left(seconds)
    while True:
        found = aws("ec2", "describe-network-interfaces", "--network-interface-ids", interface)["NetworkInterfaces"][0]
        # Before the machine sees the interface, so that networkd never configures it in a different way.
        declare(found["MacAddress"], address)
        holder = found.get("Attachment", {}).get("InstanceId")
        if holder == instance:
            return found["MacAddress"]
        if holder is None:
            aws("ec2", "attach-network-interface", "--network-interface-id", interface, "--instance-id", instance,
                "--device-index", DEVICE_INDEX)
            continue
        if time.monotonic() > end:
            raise InterfaceError("%s still belongs to %s" % (interface, holder))
        print("  %s still belongs to %s" % (interface, holder), flush=True)
        time.sleep(PAUSE)


def declare(hardware_address, address):
    """
    Tells networkd, where it runs, how to configure the interface. What other programs configure, networkd removes whenever it
    configures an interface anew: on Amazon Linux 2023 a second after an interface is attached, on Ubuntu with each `netplan apply`.
    """
    if not _networkd_runs():
        return
    text = NETWORKD_TEXT.format(hardware_address=hardware_address.lower(), address=address, table=TABLE, priority=PRIORITY)
    if os.path.exists(NETWORKD_FILE) and _read(NETWORKD_FILE) == text:
        return
    os.makedirs(os.path.dirname(NETWORKD_FILE), exist_ok=True)
    with open(NETWORKD_FILE, "w", encoding="ascii") as file:
        file.write(text)
    _run("networkctl", "reload")


def configure(hardware_address, address, seconds=60):
    """Returns when the interface has its address and a way out of its own. Done before each start of the service."""
    device = _device(hardware_address, seconds)
    declare(hardware_address, address)
    if not _networkd_runs():
        _configure_by_hand(device, address)
    _wait_until_reachable(device, address, seconds)


def _configure_by_hand(device, address):
    """For machines without networkd. A reboot undoes it."""
    gateway, primary = _default_route()
    network = _network_of(primary)
    _ip("link", "set", "dev", device, "up")
    _ip("address", "replace", address + "/32", "dev", device)
    _ip("route", "replace", str(network), "dev", device, "scope", "link", "src", address, "table", TABLE)
    _ip("route", "replace", "default", "via", gateway, "dev", device, "src", address, "table", TABLE)
    if not any(rule.get("src") == address for rule in _ip_json("rule", "show")):
        _ip("rule", "add", "from", address, "lookup", TABLE, "priority", PRIORITY)


def _wait_until_reachable(device, address, seconds):
    now = time.monotonic()
    end, reconfigure = now + seconds, now + RECONFIGURE_SECONDS
    while not _is_reachable(device, address):
        now = time.monotonic()
        if now > end:
            raise UnreachableError("%s does not have the address %s with a route of its own after %d s" % (device, address, seconds))
        if now > reconfigure and _networkd_runs():
            reconfigure = end
            _run("networkctl", "reconfigure", device)
        time.sleep(0.5)


def _is_reachable(device, address):
    """Whether the kernel has the address, and sends what comes from it out of its interface."""
    held = [each["local"] for link in _ip_json("address", "show", "dev", device) for each in link.get("addr_info", [])]
    if address not in held:
        return False
    try:
        [route] = _ip_json("route", "get", ELSEWHERE, "from", address)
    except InterfaceError:  # there is no route
        return False
    return route.get("dev") == device


def _networkd_runs():
    return subprocess.run(("systemctl", "is-active", "--quiet", "systemd-networkd.service"), check=False).returncode == 0


def _read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def _device(hardware_address, seconds):
    """The kernel shows an attached interface a moment later."""
    end = time.monotonic() + seconds
    while True:
        for link in _ip_json("link", "show"):
            if link.get("address") == hardware_address.lower():
                return link["ifname"]
        if time.monotonic() > end:
            raise InterfaceError("the interface %s is attached but the machine does not see it" % hardware_address)
        time.sleep(1)


def _default_route():
    for route in _ip_json("route", "show", "default"):
        if "gateway" in route:
            return route["gateway"], route["dev"]
    raise InterfaceError("the machine has no default route")


def _network_of(device):
    for found in _ip_json("address", "show", "dev", device):
        for each in found.get("addr_info", []):
            if each["family"] == "inet":
                return ipaddress.ip_interface("%s/%d" % (each["local"], each["prefixlen"])).network
    raise InterfaceError("%s has no IPv4 address" % device)


def _ip_json(*arguments):
    done = subprocess.run(("ip", "-json", "-4") + arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        raise InterfaceError("ip %s: %s" % (" ".join(arguments), done.stderr.decode(errors="replace").strip()))
    return json.loads(done.stdout or b"[]")


def _ip(*arguments):
    _run("ip", *arguments)


def _run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise InterfaceError("%s: %s" % (" ".join(command), done.stdout.decode(errors="replace").strip()))
