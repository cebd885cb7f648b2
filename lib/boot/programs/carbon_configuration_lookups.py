"""What a plan asks of a resolver, looked up once by whoever may, so that another user can apply the plan without asking anybody.

A library, not a command.
"""
from carbon_configuration_plan import ConfigurationError
from carbon_configuration_values import Resolver, Values


def look_up(plan, resolver):
    """The answers to the plan's references, as data. It holds the secrets that the plan needs, and no other."""
    answers = [[kind, name, field, text] for kind, name, field in sorted(_references(plan), key=str) for text in _answers(resolver, kind, name, field)]
    return {"answers": answers, "members": _members(plan, resolver)}


class RecordedResolver(Resolver):
    """Answers what was looked up."""

    def __init__(self, lookups):
        self._answers = {(kind, name, field): text for kind, name, field, text in lookups["answers"]}
        self._members = lookups["members"]

    def env(self, name):
        return self._answers["env", name, None]

    def metadata(self, path):
        return self._answers["metadata", path, None]

    def secret(self, name, field):
        return self._answers["secret", name, field]

    def members(self, spec):
        return self._members


def _references(value):
    """Kind, name and field of what looks like a reference, wherever it is. A TOML key may be called `env`, too: what has no answer is left out."""
    if isinstance(value, list):
        return {found for each in value for found in _references(each)}
    if not isinstance(value, dict):
        return set()
    found = {each for key in value for each in _references(value[key])}
    for kind in ("env", "metadata", "secret"):
        if isinstance(value.get(kind), str) and set(value) <= {kind, "field"}:
            found.add((kind, value[kind], value.get("field")))
    return found


def _answers(resolver, kind, name, field):
    try:
        return [resolver.secret(name, field) if kind == "secret" else getattr(resolver, kind)(name)]
    except (KeyError, ConfigurationError):
        # Applying the plan tells of it, with the place that needs it.
        return []


def _members(plan, resolver):
    spec = plan.get("members")
    if not spec or "hosts" in spec or not _lists_members(plan["files"]):
        return None
    values = Values(resolver, None)
    return resolver.members({key: values.text(value) for key, value in spec.items()})


def _lists_members(value):
    if isinstance(value, list):
        return any(_lists_members(each) for each in value)
    return isinstance(value, dict) and ("each" in value or any(_lists_members(each) for each in value.values()))
