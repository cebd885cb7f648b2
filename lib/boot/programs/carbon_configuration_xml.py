"""Edits XML files and keeps every byte that no edit is about.

Nothing is rendered from a parsed form: an edit replaces the bytes of its own place in a tree that keeps the file's
bytes, so comments, CDATA, line ends, quoting and layout survive.
"""

import re
from collections import namedtuple

from carbon_configuration_plan import ConfigurationError, edit_kind
from carbon_configuration_xml_layout import (TAG_NAME, append_text, attribute_gap, attribute_matches, child_indent,
                                             indent_unit, open_tag, own_indent, take_last_line_start, take_out,
                                             with_text)
from carbon_configuration_xml_tree import Element, Piece, check, encoding_of, joined, read

NOT_A_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

NAME = r"[^\W\d][\w.\-]*(?::[^\W\d][\w.\-]*)?"
FULL_NAME = re.compile(NAME)
STEP = re.compile("/(%s)" % NAME)
PREDICATE = re.compile(r"\[\s*(@?)(%s)\s*=\s*(?:'([^']*)'|\"([^\"]*)\")\s*\]" % NAME)

# One step of a path; `path` is the path up to and with this step.
Step = namedtuple("Step", "path name attributes children")

# A new element as the plan describes it, its values resolved.
Description = namedtuple("Description", "name attributes text children")


class XmlFile:
    """One XML file in memory. Every `apply` sees the result of those before it."""

    creates = False

    def __init__(self, data):
        self._original = data
        self._encoding = encoding_of(data)
        self._document = read(data, self._encoding)
        self._line_end = b"\r\n" if data.count(b"\r\n") * 2 > data.count(b"\n") else b"\n"
        self._namespace = None

    def apply(self, edit, values, namespace):
        """Makes one edit; `namespace` is the one of unprefixed names in paths and children."""
        self._namespace = namespace or None
        kind = edit_kind(edit)
        steps = parse_path(edit[kind])
        if kind == "remove":
            self._remove(steps)
        elif kind == "replace":
            self._replace(steps, edit["children"], values)
        else:
            self._set(steps, edit, values)

    def data(self):
        result = joined(self._document)
        if result != self._original:
            check(result, self._encoding)
        return result

    # --- the three edits

    def _set(self, steps, edit, values):
        text = values.text(edit["text"]) if "text" in edit else None
        attributes = _attributes(edit.get("attributes", {}), values, None)
        _check_agreement(steps[-1], attributes)
        element = self._existing(steps)
        if element is None:
            if edit.get("existing"):
                raise ConfigurationError("is not in the file")
            self._add(steps, text, attributes, _predicate_children(steps[-1], []))
            return
        for name, value in attributes.items():
            self._set_attribute(element, name, value)
        if text is not None:
            self._set_text(element, text)

    def _replace(self, steps, children, values):
        wanted = _descriptions(children, values, None)
        wanted = _predicate_children(steps[-1], wanted) + wanted
        element = self._existing(steps)
        if element is None:
            self._add(steps, None, {}, wanted)
            return
        if not self._holds(element, None, wanted):
            self._set_children(element, wanted)

    def _remove(self, steps):
        found = [self._document]
        for step in steps:
            found = [child for parent in found for child in self._matches(parent, step)]
        for element in found:
            if element.parent is self._document:
                raise ConfigurationError("is the root element, which cannot be removed")
            take_out(element)

    # --- finding

    def _matches(self, parent, step):
        return [child for child in parent.elements() if self._is_match(child, step)]

    def _is_match(self, element, step):
        if not self._is_named(element, step.name):
            return False
        if any(element.attributes.get(name) != value for name, value in step.attributes):
            return False
        return all(self._has_child(element, name, value) for name, value in step.children)

    def _is_named(self, element, name):
        """A prefixed name is compared as it is written, an unprefixed one by its namespace."""
        if ":" in name:
            return element.name == name
        return element.local_name == name and element.namespace == self._namespace

    def _has_child(self, element, name, text):
        return any(self._is_named(child, name) and child.whole_text(self._encoding) == text
                   for child in element.elements())

    def _parent(self, steps):
        parent = self._document
        for step in steps[:-1]:
            found = self._matches(parent, step)
            if len(found) != 1:
                raise ConfigurationError("%s matches %s" % (step.path, _counted(len(found))))
            parent = found[0]
        return parent

    def _existing(self, steps):
        found = self._matches(self._parent(steps), steps[-1])
        if len(found) > 1:
            raise ConfigurationError("matches %s" % _counted(len(found)))
        return found[0] if found else None

    # --- text and attributes

    def _set_text(self, element, text):
        if element.elements():
            raise ConfigurationError("has child elements, so it cannot be given a text")
        if element.own_text(self._encoding) == text:
            return
        new = Piece("text", self._encoded(escape_text(text)))
        open_tag(element)
        element.content = with_text(element.content, new)

    def _set_attribute(self, element, name, value):
        if element.attributes.get(name) == value:
            return
        _check_prefix(name, element.scope)
        if name in element.attributes:
            element.start = self._with_changed_attribute(element.start, name, value)
        else:
            element.start = self._with_added_attribute(element.start, name, value)
        element.attributes[name] = value

    def _with_changed_attribute(self, start, name, value):
        written = name.encode(self._encoding)
        found = next(each for each in attribute_matches(start) if each.group(2) == written)
        begin, end = found.span(4)
        return start[:begin] + self._quoted(value, start[begin:begin + 1]) + start[end:]

    def _with_added_attribute(self, start, name, value):
        present = attribute_matches(start)
        if present:
            place, quote = present[-1].end(), present[-1].group(4)[:1]
        else:
            place, quote = TAG_NAME.match(start).end(), b'"'
        new = attribute_gap(present) + self._name(name) + b"=" + self._quoted(value, quote)
        return start[:place] + new + start[place:]

    def _quoted(self, value, quote):
        return quote + self._encoded(escape_attribute(value, quote.decode("ascii"))) + quote

    def _encoded(self, text):
        return text.encode(self._encoding, "xmlcharrefreplace")

    def _name(self, name):
        try:
            return name.encode(self._encoding)
        except UnicodeEncodeError:
            raise ConfigurationError("the file's encoding cannot hold the name %s" % name) from None

    # --- children

    def _holds(self, element, text, wanted):
        """Whether the content is already what is wanted, whatever its layout and comments."""
        children = element.elements()
        if len(children) != len(wanted):
            return False
        own_text = element.own_text(self._encoding)
        if own_text.strip() if text is None else own_text != text:
            return False
        return all(self._is_as_described(child, each) for child, each in zip(children, wanted))

    def _is_as_described(self, element, wanted):
        return (self._is_named(element, wanted.name)
                and element.attributes == wanted.attributes
                and self._holds(element, wanted.text, wanted.children))

    def _add(self, steps, text, attributes, children):
        step = steps[-1]
        parent = self._parent(steps)
        if parent is self._document:
            raise ConfigurationError("the file has another root element")
        self._append(parent, Description(step.name, {**dict(step.attributes), **attributes}, text, children))

    def _append(self, parent, wanted):
        open_tag(parent)
        indent = child_indent(parent)
        new = self._element(wanted, parent, indent, indent_unit(parent, indent))
        if indent is None:
            parent.content.append(new)
            return
        tail = take_last_line_start(parent) or self._closing(parent)
        append_text(parent, self._line_end + indent)
        parent.content.append(new)
        append_text(parent, tail)

    def _set_children(self, element, wanted):
        open_tag(element)
        indent = child_indent(element)
        unit = indent_unit(element, indent)
        tail = take_last_line_start(element) or self._closing(element)
        element.content = []
        for each in wanted:
            if indent is not None:
                append_text(element, self._line_end + indent)
            element.content.append(self._element(each, element, indent, unit))
        if wanted and indent is not None:
            append_text(element, tail)

    def _closing(self, element):
        """What goes before an end tag that gets a line of its own."""
        indent = own_indent(element)
        return b"" if indent is None else self._line_end + indent

    def _element(self, wanted, parent, indent, unit):
        if wanted.text and wanted.children:
            raise ConfigurationError("%s cannot have both a text and child elements" % wanted.name)
        name = self._qualified(wanted.name, parent.scope)
        namespace = parent.scope.get(name.rpartition(":")[0])
        element = Element(name, namespace, dict(wanted.attributes), parent.scope, parent, b"")
        tag = self._name(name)
        attributes = b"".join(self._new_attribute(*each, parent.scope) for each in wanted.attributes.items())
        if not wanted.text and not wanted.children:
            element.start = b"<" + tag + attributes + b"/>"
            return element
        element.start = b"<" + tag + attributes + b">"
        element.end = b"</" + tag + b">"
        if wanted.text:
            element.content = [Piece("text", self._encoded(escape_text(wanted.text)))]
        else:
            self._fill(element, wanted.children, indent, unit)
        return element

    def _fill(self, element, children, indent, unit):
        inner = None if indent is None else indent + unit
        for each in children:
            if inner is not None:
                append_text(element, self._line_end + inner)
            element.content.append(self._element(each, element, inner, unit))
        if inner is not None:
            append_text(element, self._line_end + indent)

    def _new_attribute(self, name, value, scope):
        _check_prefix(name, scope)
        return b" " + self._name(name) + b"=" + self._quoted(value, b'"')

    def _qualified(self, name, scope):
        """The name as it has to be written for the plan's namespace, in the place where it will stand."""
        if ":" in name:
            _check_prefix(name, scope)
            return name
        if scope.get("") == self._namespace:
            return name
        for prefix, namespace in scope.items():
            if prefix and namespace == self._namespace:
                return prefix + ":" + name
        raise ConfigurationError("the file declares no prefix for the namespace of %s" % name)


# --- what the plan says


def parse_path(path):
    """The steps of a path such as /a/b[@c='d'][e='f']."""
    steps, position = [], 0
    while isinstance(path, str) and position < len(path):
        step = STEP.match(path, position)
        if not step:
            break
        attributes, children, position = _parse_predicates(path, step.end())
        steps.append(Step(path[:position], step.group(1), attributes, children))
    if not steps or position < len(path):
        raise ConfigurationError("is no path of names with predicates")
    return steps


def _parse_predicates(path, position):
    attributes, children = [], []
    while True:
        found = PREDICATE.match(path, position)
        if not found:
            return attributes, children, position
        value = found.group(3) if found.group(3) is not None else found.group(4)
        (attributes if found.group(1) else children).append((found.group(2), value))
        position = found.end()


def _descriptions(children, values, member):
    if not isinstance(children, list):
        raise ConfigurationError("children is not a list")
    return [_description(child, values, each)
            for child in map(_spelled_out, children) for each in _members_of(child, values, member)]


def _spelled_out(child):
    """[name, text] is short for an element that has a text and nothing else."""
    if isinstance(child, list) and len(child) == 2:
        return {"name": child[0], "text": child[1]}
    return child


def _members_of(child, values, member):
    if not isinstance(child, dict) or not isinstance(child.get("name"), str):
        raise ConfigurationError("a child has no name")
    unknown = set(child) - {"name", "attributes", "text", "children", "each"}
    if unknown or ("text" in child and "children" in child):
        raise ConfigurationError("the child %s needs either text or children, and nothing unknown" % child["name"])
    return values.members_for(child) if "each" in child else [member]


def _description(child, values, member):
    _check_name(child["name"])
    text = values.text(child["text"], member) if "text" in child else None
    attributes = _attributes(child.get("attributes", {}), values, member)
    return Description(child["name"], attributes, text, _descriptions(child.get("children", []), values, member))


def _attributes(attributes, values, member):
    if not isinstance(attributes, dict):
        raise ConfigurationError("attributes is not a set of names and values")
    for name in attributes:
        _check_name(name)
        if name == "xmlns" or name.startswith("xmlns:"):
            raise ConfigurationError("attributes cannot declare a namespace")
    return {name: values.text(value, member) for name, value in attributes.items()}


def _predicate_children(step, children):
    """The child elements that the predicates ask for and `children` does not have."""
    present = {(each.name, each.text) for each in children}
    return [Description(name, {}, text, []) for name, text in step.children if (name, text) not in present]


def _check_agreement(step, attributes):
    """An element that no longer matched its own path would be added anew by every further run."""
    for name, value in step.attributes:
        if attributes.get(name, value) != value:
            raise ConfigurationError("sets the attribute %s to another value than its path asks for" % name)


def _check_name(name):
    if not FULL_NAME.fullmatch(name):
        raise ConfigurationError("%s is no XML name" % name)


def _check_prefix(name, scope):
    prefix = name.rpartition(":")[0]
    if prefix and prefix not in scope:
        raise ConfigurationError("the file does not declare the prefix of %s" % name)


def _counted(number):
    return "no element" if number == 0 else "%d elements, not one" % number


# --- escaping


def escape_text(text):
    _check_characters(text)
    # A carriage return would be read as a line feed.
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def escape_attribute(text, quote):
    escaped = escape_text(text).replace("\n", "&#10;").replace("\t", "&#9;")
    return escaped.replace(quote, "&quot;" if quote == '"' else "&apos;")


def _check_characters(text):
    if NOT_A_CHARACTER.search(text):
        raise ConfigurationError("the value has a character that XML cannot hold")
