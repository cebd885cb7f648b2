"""The configuration plan: reading it, and checking its shape before anything is done with it.

The format is described in lib/configuration/PLAN.md.
"""

import json
import re

# Each edit has the key it is named after, and may have these others.
EDIT_KEYS = {
    "set": {"text", "attributes", "existing"},
    "replace": {"children", "also"},
    "remove": set(),
    "property": {"value"},
    "table": {"values", "array", "also"},
    "hosts": set(),
    "content": set(),
}
REQUIRED_KEYS = {"replace": "children", "property": "value", "table": "values"}
FILE_KEYS = {"file", "edits", "namespace", "mode"}
MEMBERS_KEYS = [{"hosts"}, {"tag", "value", "port"}]
ABSOLUTE_KINDS = {"hosts", "content"}

MODE = re.compile(r"[0-7]{3,4}")


class ConfigurationError(Exception):
    """A plan that cannot be applied; the message is one sentence and holds no secret."""


def load_plan(path):
    """Reads a plan from a JSON file."""
    plan = read_json(path)
    check_plan(plan)
    return plan


def read_json(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except OSError as error:
        raise ConfigurationError("%s: cannot be read: %s" % (path, error.strerror)) from None
    except ValueError as error:
        # A JSON error tells only the position, never the text: the file may hold secrets.
        position = " (%s)" % error if isinstance(error, json.JSONDecodeError) else ""
        raise ConfigurationError("%s: is not JSON%s" % (path, position)) from None


def check_plan(plan):
    """An unknown key is an error: a misspelt one would otherwise be a setting that silently does nothing."""
    if not isinstance(plan, dict) or not isinstance(plan.get("files"), list):
        raise ConfigurationError("the plan has no list of files")
    _refuse_unknown(plan, {"files", "members"}, "the plan")
    _check_members(plan.get("members"))
    for entry in plan["files"]:
        _check_file(entry)


def expanded(edit):
    """The edit, and the same again for each of the places that it names besides its own."""
    kind = edit_kind(edit)
    single = {key: value for key, value in edit.items() if key != "also"}
    return [single] + [dict(single, **{kind: place}) for place in edit.get("also", [])]


def edit_kind(edit):
    """The key that an edit is named after."""
    return next(kind for kind in EDIT_KEYS if kind in edit)


def _check_members(members):
    if members is None or (isinstance(members, dict) and set(members) in MEMBERS_KEYS):
        return
    raise ConfigurationError("members of the plan need either hosts, or tag, value and port")


def _check_file(entry):
    if not isinstance(entry, dict) or not isinstance(entry.get("file"), str) or not entry["file"]:
        raise ConfigurationError("the plan has an entry without a file")
    name = entry["file"]
    _refuse_unknown(entry, FILE_KEYS, name)
    if not isinstance(entry.get("edits"), list):
        raise ConfigurationError("%s: has no list of edits" % name)
    if "mode" in entry and not (isinstance(entry["mode"], str) and MODE.fullmatch(entry["mode"])):
        raise ConfigurationError("%s: mode is not octal text such as \"0600\"" % name)
    if not isinstance(entry.get("namespace", ""), str):
        raise ConfigurationError("%s: namespace is not a text" % name)
    for edit in entry["edits"]:
        _check_edit(name, edit)


def _check_edit(name, edit):
    kinds = [kind for kind in EDIT_KEYS if isinstance(edit, dict) and kind in edit]
    if len(kinds) != 1:
        raise ConfigurationError("%s: an edit needs exactly one of %s" % (name, ", ".join(EDIT_KEYS)))
    kind = kinds[0]
    _refuse_unknown(edit, EDIT_KEYS[kind] | {kind}, "%s: %s" % (name, kind))
    if REQUIRED_KEYS.get(kind, kind) not in edit:
        raise ConfigurationError("%s: %s needs %s" % (name, kind, REQUIRED_KEYS[kind]))
    also = edit.get("also", [])
    if not isinstance(also, list) or not all(isinstance(place, str) for place in also):
        raise ConfigurationError("%s: also of %s is no list of places" % (name, kind))
    if name.startswith("/") and kind not in ABSOLUTE_KINDS:
        raise ConfigurationError("%s: %s needs a file below the product's home" % (name, kind))


def _refuse_unknown(container, known, place):
    for key in container:
        if key not in known:
            raise ConfigurationError("%s: has the unknown key %s" % (place, key))
