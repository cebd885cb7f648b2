"""Reads values back with readers that share no code with the project: ElementTree, tomllib where Python has it, and a
reader of Java's properties. Asks on the standard input, a JSON list of [file, kind, place]; answers on the standard output.
"""
import json
import sys
import xml.etree.ElementTree as ElementTree


def xml_root(path):
    return ElementTree.parse(path).getroot()


def texts(path, place):
    return [element.text or "" for element in xml_root(path).iterfind(place)]


def attributes(path, place):
    place, name = place.rsplit("/@", 1)
    return [element.get(name) for element in xml_root(path).iterfind(place)]


def toml(path, place):
    try:
        import tomllib
    except ImportError:
        return None
    with open(path, "rb") as file:
        value = tomllib.load(file)
    for part in place:
        value = value[part]
    return value


def properties(path, _place):
    """java.util.Properties for files without continuation lines."""
    found = {}
    with open(path, encoding="iso-8859-1", newline="\n") as file:
        lines = file.read().split("\n")
    for line in lines:
        line = line.lstrip(" \t\f").rstrip("\r")
        if not line or line[0] in "#!":
            continue
        key, rest = unescaped_until(line, "=: \t\f")
        rest = rest.lstrip(" \t\f")
        if rest[:1] in ("=", ":"):
            rest = rest[1:].lstrip(" \t\f")
        found[key] = unescaped_until(rest, "")[0]
    return found


def unescaped_until(text, ends):
    out, index = [], 0
    while index < len(text) and text[index] not in ends:
        if text[index] != "\\":
            out.append(text[index])
            index += 1
        elif text[index + 1] == "u":
            out.append(chr(int(text[index + 2:index + 6], 16)))
            index += 6
        else:
            out.append({"t": "\t", "n": "\n", "r": "\r", "f": "\f"}.get(text[index + 1], text[index + 1]))
            index += 2
    joined = "".join(out).encode("utf-16", "surrogatepass").decode("utf-16")
    return joined, text[index:]


READERS = {"texts": texts, "attributes": attributes, "toml": toml, "properties": properties}

if __name__ == "__main__":
    json.dump([READERS[kind](path, place) for path, kind, place in json.load(sys.stdin)], sys.stdout)
