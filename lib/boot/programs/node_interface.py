"""The network interface whose address a well-known member keeps, whichever instance it is.

A library, not a command.
"""
import ipaddress
import json
import subprocess
import time

ATTACH_SECONDS = 600
PAUSE = 5
DEVICE_INDEX = "1"
# Answers to what came to the interface must leave by it: AWS drops packets from an address that is not their interface's.
TABLE = "100"
PRIORITY = "100"


class InterfaceError(Exception):
    """`code` is short enough for a signal."""

    code = "interface"


def attach(aws, interface, instance, seconds=ATTACH_SECONDS):
    """Attaches the interface to this instance, as soon as the one before lets go of it. Returns its hardware address."""
    end = time.monotonic() + seconds
    while True:
        found = aws("ec2", "describe-network-interfaces", "--network-interface-ids", interface)["NetworkInterfaces"][0]
        holder = found.get("Attachment", {}).get("InstanceId")
        if holder == instance:
            return found["MacAddress"]
        if holder is None:
            aws("ec2", "attach-network-interface", "--network-interface-id", interface, "--instance-id", instance,
                "--device-index", DEVICE_INDEX)
            continue
        if time.monotonic() > end:
            raise InterfaceError("%s still belongs to %s after %d s" % (interface, holder, seconds))
        print("  %s still belongs to %s" % (interface, holder), flush=True)
        time.sleep(PAUSE)


def configure(hardware_address, address, seconds=60):
    """Gives the interface its address, and a way out of its own. Lost at a reboot, so done before each start of the service."""
    device = _device(hardware_address, seconds)
    gateway, primary = _default_route()
    network = _network_of(primary)
    _ip("link", "set", "dev", device, "up")
    _ip("address", "replace", address + "/32", "dev", device)
    _ip("route", "replace", str(network), "dev", device, "scope", "link", "src", address, "table", TABLE)
    _ip("route", "replace", "default", "via", gateway, "dev", device, "src", address, "table", TABLE)
    if not any(rule.get("src") == address for rule in _ip_json("rule", "show")):
        _ip("rule", "add", "from", address, "lookup", TABLE, "priority", PRIORITY)


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
    done = subprocess.run(("ip",) + arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise InterfaceError("ip %s: %s" % (" ".join(arguments), done.stdout.decode(errors="replace").strip()))
