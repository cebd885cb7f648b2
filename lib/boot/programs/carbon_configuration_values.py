"""The values of a plan: literals, and references that only the node can resolve."""

import re
from collections import namedtuple

from carbon_configuration_plan import ConfigurationError
from carbon_configuration_xml import escape_text

# A value's text, whether a secret is in it, and whether a placeholder stands for a part of it.
Resolved = namedtuple("Resolved", "text secret placeholder")

REFERENCES = ("env", "metadata", "secret", "join", "xml", "word", "member")

# What a configuration language without escapes can hold anywhere.
WORD = re.compile(r"""[^\s\x00-\x1f\x7f;{}#$,"'\\]+""")


class Placeholder(str):
    """A text that stands for a reference nobody resolved."""


class Resolver:
    """What a plan needs to know of the node. Each method returns the text, or raises a ConfigurationError."""

    def env(self, name):
        """The late-bound value of that name."""
        raise ConfigurationError("env %s is not known" % name)

    def metadata(self, path):
        """The instance metadata at that path below latest/meta-data/."""
        raise ConfigurationError("metadata %s is not known" % path)

    def secret(self, name, field):
        """The field of the secret whose ARN is the late-bound value `name`; the whole text if field is None."""
        raise ConfigurationError("secret %s is not known" % name)

    def members(self, spec):
        """The members by tag, as dicts with host and port; spec has tag, value and port, all resolved."""
        raise ConfigurationError("members are not known")


class StaticResolver(Resolver):
    """Answers from what it was given; what is missing becomes a placeholder, or an error."""

    def __init__(self, env=None, metadata=None, secrets=None, members=None, placeholders=False):
        self._env = env or {}
        self._metadata = metadata or {}
        self._secrets = secrets or {}
        self._members = members
        self._placeholders = placeholders

    def env(self, name):
        if name in self._env:
            return self._env[name]
        return self._missing("env %s" % name)

    def metadata(self, path):
        if path in self._metadata:
            return self._metadata[path]
        return self._missing("metadata %s" % path)

    def secret(self, name, field):
        what = "secret %s" % name if field is None else "secret %s.%s" % (name, field)
        if name not in self._secrets:
            return self._missing(what)
        secret = self._secrets[name]
        if field is None:
            return secret
        if not isinstance(secret, dict) or field not in secret:
            return self._missing(what)
        return secret[field]

    def members(self, spec):
        if self._members is not None:
            return self._members
        return [{"host": self._missing("members"), "port": spec["port"]}]

    def _missing(self, what):
        if not self._placeholders:
            raise ConfigurationError("%s is not known" % what)
        return Placeholder("<%s>" % what)


def plain_text(value, what):
    """A text, or a number or truth value of a secret's JSON as one: a database secret holds its port as a number."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return value
    raise ConfigurationError("%s is not a text" % what)


def resolve(value, resolver, members=None):
    """The text of one value, wherever it is needed outside of a plan's edits."""
    return Values(resolver, members).text(value)


class Values:
    """Resolves the values of one plan, each reference once, and remembers whether a secret was among them."""

    def __init__(self, resolver, members):
        self._resolver = resolver
        self._spec = members
        self._known = {}
        self._members = None
        self.secret_seen = False

    def text(self, value, member=None):
        return self.resolve(value, member).text

    def resolve(self, value, member=None):
        resolved = self._resolve(value, member)
        self.secret_seen = self.secret_seen or resolved.secret
        return resolved

    def members_for(self, item):
        """The members that an entry of a list stands for: all of them for `each`, else the entry alone."""
        if "each" not in item:
            return [None]
        if item["each"] != "members":
            raise ConfigurationError("each can only be \"members\"")
        if self._members is None:
            self._members = self._list_members()
        return self._members

    def _resolve(self, value, member):
        if isinstance(value, str):
            return Resolved(_checked(value, "a text of the plan"), False, False)
        kind = _reference_kind(value)
        if kind == "join":
            return _joined([self._resolve(part, member) for part in value["join"]])
        if kind == "xml":
            inner = self._resolve(value["xml"], member)
            return inner._replace(text=escape_text(inner.text))
        if kind == "word":
            return _one_word(self._resolve(value["word"], member))
        if kind == "member":
            return _member_part(value["member"], member)
        return self._looked_up(kind, value[kind], value.get("field"))

    def _looked_up(self, kind, name, field):
        key = (kind, name, field)
        if key not in self._known:
            self._known[key] = self._look_up(kind, name, field)
        return self._known[key]

    def _look_up(self, kind, name, field):
        what = "%s %s" % (kind, name if field is None else "%s.%s" % (name, field))
        try:
            if kind == "secret":
                text = self._resolver.secret(name, field)
            elif kind == "env":
                text = self._resolver.env(name)
            else:
                text = self._resolver.metadata(name)
        except KeyError:
            # A resolver over dictionaries says so when it does not know a name.
            raise ConfigurationError("%s is not known" % what) from None
        return Resolved(_checked(text, what), kind == "secret", isinstance(text, Placeholder))

    def _list_members(self):
        if self._spec is None:
            raise ConfigurationError("the plan does not say where its members come from")
        if "hosts" in self._spec:
            return [self._member(entry) for entry in self._spec["hosts"]]
        spec = {key: self.text(value) for key, value in self._spec.items()}
        found = self._resolver.members(spec)
        # The same members in another order must not change the file.
        return [self._found_member(entry) for entry in sorted(found, key=lambda each: (each["host"], each["port"]))]

    def _member(self, entry):
        if not isinstance(entry, dict) or set(entry) != {"host", "port"}:
            raise ConfigurationError("a member needs host and port")
        return {key: self._resolve(value, None) for key, value in entry.items()}

    @staticmethod
    def _found_member(entry):
        return {key: Resolved(_checked(entry[key], "a member"), False, isinstance(entry[key], Placeholder))
                for key in ("host", "port")}


def _reference_kind(value):
    kinds = [kind for kind in REFERENCES if isinstance(value, dict) and kind in value]
    if len(kinds) != 1 or set(value) - {kinds[0]} - ({"field"} if kinds[0] == "secret" else set()):
        raise ConfigurationError("a value is neither a text nor a reference")
    kind = kinds[0]
    if not isinstance(value[kind], {"join": list, "xml": (str, dict), "word": (str, dict)}.get(kind, str)):
        raise ConfigurationError("a value is neither a text nor a reference")
    return kind


def _joined(parts):
    return Resolved("".join(part.text for part in parts),
                    any(part.secret for part in parts),
                    any(part.placeholder for part in parts))


def _one_word(resolved):
    # The value itself stays out of the message, for it may come from a secret.
    if not resolved.placeholder and not WORD.fullmatch(resolved.text):
        raise ConfigurationError("a value that must be one word is empty or has white space or punctuation in it")
    return resolved


def _member_part(part, member):
    if member is None:
        raise ConfigurationError("a member is named outside of each")
    if part not in member:
        raise ConfigurationError("a member has a host and a port only")
    return member[part]


def _checked(value, what):
    text = plain_text(value, what)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        # JSON can spell one half of a surrogate pair, which is no character and has no bytes.
        raise ConfigurationError("%s has half a character" % what) from None
    return text
