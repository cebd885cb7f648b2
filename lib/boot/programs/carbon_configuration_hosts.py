"""Keeps a block of lines between two marker lines in a hosts file."""

import re

from carbon_configuration_plan import ConfigurationError

BEGIN = b"# carbon-cluster begin"
END = b"# carbon-cluster end"
LONGEST_NAME = 253
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
HOST_NAME = re.compile(r"%s(?:\.%s)*" % (LABEL, LABEL))
# The characters of both kinds of address; ipaddress would also take a zone with any text in it.
ADDRESS = re.compile(r"[0-9A-Fa-f.:]+")


class HostsFile:
    """One hosts file in memory."""

    creates = False

    def __init__(self, data):
        self._data = data

    def apply(self, edit, values, _):
        lines = [_line(entry, values) for entry in _entries(edit["hosts"])]
        line_end = b"\r\n" if self._data.count(b"\r\n") * 2 > self._data.count(b"\n") else b"\n"
        block = b"".join(line + line_end for line in [BEGIN] + lines + [END])
        self._data = self._with_block(block, line_end)

    def data(self):
        return self._data

    def _with_block(self, block, line_end):
        lines = self._data.splitlines(keepends=True)
        begins = [number for number, line in enumerate(lines) if line.strip() == BEGIN]
        ends = [number for number, line in enumerate(lines) if line.strip() == END]
        if not begins and not ends:
            gap = line_end if self._data and not self._data.endswith(b"\n") else b""
            return self._data + gap + block
        if len(begins) != 1 or len(ends) != 1 or begins[0] > ends[0]:
            raise ConfigurationError("the marker lines are not one pair")
        return b"".join(lines[:begins[0]]) + block + b"".join(lines[ends[0] + 1:])


def _entries(hosts):
    for entry in hosts if isinstance(hosts, list) else [None]:
        if not isinstance(entry, dict) or set(entry) != {"address", "names"} or not isinstance(entry["names"], list):
            raise ConfigurationError("an entry needs an address and a list of names")
        if not entry["names"]:
            raise ConfigurationError("an entry has no names")
    return hosts


def _line(entry, values):
    address = _checked(values.resolve(entry["address"]), _is_address, "an address is not an IP address")
    names = [_checked(values.resolve(name), _is_host_name, "a name is not a host name") for name in entry["names"]]
    return " ".join([address] + names).encode("utf-8")


def _checked(resolved, is_right, message):
    # The value itself stays out of the message, for it may come from a secret.
    if not resolved.placeholder and not is_right(resolved.text):
        raise ConfigurationError(message)
    return resolved.text


def _is_address(text):
    # Only plans with hosts need it, and every run would pay for importing it.
    import ipaddress
    if not ADDRESS.fullmatch(text):
        return False
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_host_name(text):
    return len(text) <= LONGEST_NAME and bool(HOST_NAME.fullmatch(text))
