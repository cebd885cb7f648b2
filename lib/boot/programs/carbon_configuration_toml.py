"""Sets keys in TOML files and keeps every byte that no edit is about.

A file is read only to learn where its tables, keys and values are; an edit replaces or inserts text at those places.
"""

import re

from carbon_configuration_plan import ConfigurationError
from carbon_configuration_toml_reader import BARE_KEY, BYTE_ORDER_MARK, InlineTable, located, read, read_name

WRITTEN_ESCAPES = {"\\": "\\\\", '"': '\\"', "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
NEEDS_ESCAPE = re.compile("[\\\\\"\x00-\x1f\x7f]")
LONGEST_NUMBER = 2 ** 63


class TomlFile:
    """One TOML file in memory. Every `apply` sees the result of those before it."""

    creates = False

    def __init__(self, data):
        try:
            self._text = data.decode("utf-8")
        except UnicodeDecodeError:
            raise ConfigurationError("is not TOML: it is not UTF-8") from None
        self._line_end = "\r\n" if self._text.count("\r\n") * 2 > self._text.count("\n") else "\n"
        self._layout = None

    def apply(self, edit, values, _):
        if self._layout is None:
            self._layout = read(self._text)
        entries = _entries(edit["values"], values)
        name = parse_table_name(edit["table"])
        editor = _TableEditor(self._text, self._layout, self._line_end, _target(self._layout, name, edit.get("array")))
        changed = editor.with_values(entries)
        if changed != self._text:
            self._text, self._layout = changed, None

    def data(self):
        return self._text.encode("utf-8")


class _TableEditor:
    """Sets the keys of one table in a text that has been read."""

    def __init__(self, text, layout, line_end, target):
        self._text = text
        self._layout = layout
        self._line_end = line_end
        self._target = target

    def with_values(self, entries):
        self._refuse_value_as_table()
        present = self._present()
        splices, new = [], []
        for key, value in entries.items():
            self._refuse_table_as_value(key)
            assignment = present.get(key)
            if assignment is None:
                new.append((key, value))
            elif isinstance(assignment.value, InlineTable):
                raise self._is_table(assignment, key)
            elif not _same(assignment.value, value):
                splices.append((assignment.value_begin, assignment.value_end, written_value(value)))
        if new or self._is_absent():
            splices.append(self._insertion(new))
        return _spliced(self._text, splices)

    def _present(self):
        present, depth = {}, len(self._target)
        for assignment in self._layout.assignments:
            if assignment.path[:-1] != self._target:
                continue
            key = assignment.path[depth]
            if key in present:
                raise ConfigurationError("line %d sets %s again" % (self._line(assignment.begin), key))
            present[key] = assignment
        return present

    def _refuse_value_as_table(self):
        for assignment in self._layout.assignments:
            if assignment.path == self._target[:len(assignment.path)]:
                raise ConfigurationError("line %d has this table as a value, which this program does not edit"
                                         % self._line(assignment.begin))

    def _refuse_table_as_value(self, key):
        path = self._target + (key,)
        below = [each for each in self._layout.sections + self._layout.assignments if _is_below(each.path, path)]
        below += [each for each in self._layout.sections if each.path == path]
        if below:
            raise self._is_table(below[0], key)

    def _is_table(self, place, key):
        return ConfigurationError("line %d makes %s a table, so it cannot be a value" % (self._line(place.begin), key))

    def _insertion(self, new):
        section = self._section(self._target)
        if section is not None:
            return self._behind(section, new)
        dotted = [each for each in self._layout.assignments
                  if len(each.section.path) < len(self._target) and _is_below(each.path, self._target)]
        if dotted:
            # The table was begun with dotted keys; TOML does not allow a header for it any more.
            prefix = self._target[len(dotted[-1].section.path):]
            return self._after(dotted[-1], written_key(prefix) + ".", new)
        return self._new_section(new)

    def _section(self, path):
        found = [each for each in self._layout.sections if each.path == path]
        if len(found) > 1:
            raise ConfigurationError("line %d begins the table again" % self._line(found[1].begin))
        return found[0] if found else None

    def _is_absent(self):
        return not self._section(self._target) and not any(
            _is_below(each.path, self._target) for each in self._layout.assignments)

    def _behind(self, section, new):
        own = [each for each in self._layout.assignments if each.section is section]
        if own:
            return self._after(own[-1], "", new)
        if section.path:
            return self._at(section.end, self._lines(new))
        return self._before_first_section(new)

    def _after(self, assignment, prefix, new):
        indent = self._text[self._line_begin(assignment.begin):assignment.begin].strip(BYTE_ORDER_MARK)
        return self._at(assignment.end, self._lines(new, indent + prefix))

    def _lines(self, new, prefix=""):
        return "".join(prefix + _assignment(key, value) + self._line_end for key, value in new)

    def _at(self, place, lines):
        """Lines to insert; a last line without a line end gets one first."""
        is_line_begin = place <= self._text.startswith(BYTE_ORDER_MARK) or self._text[place - 1] == "\n"
        return place, place, lines if is_line_begin else self._line_end + lines

    def _before_first_section(self, new):
        """Keys of the root have to stand before the first header, and before the comment that belongs to it."""
        sections = [each for each in self._layout.sections if each.path]
        if not sections:
            return self._at(len(self._text), self._lines(new))
        place = self._line_begin(sections[0].begin)
        while place and self._text[self._line_begin(place - 1):place].lstrip(" \t").startswith("#"):
            place = self._line_begin(place - 1)
        place = max(place, int(self._text.startswith(BYTE_ORDER_MARK)))
        return self._at(place, self._lines(new) + self._line_end)

    def _line_begin(self, place):
        return self._text.rfind("\n", 0, place) + 1

    def _new_section(self, new):
        header = "[%s]" % written_key(self._target)
        if isinstance(self._target[-1], int):
            header = "[%s]" % header
        # A blank line before the header, unless it is the first line.
        gap = self._line_end if self._text.strip(BYTE_ORDER_MARK) else ""
        return self._at(len(self._text), gap + header + self._line_end + self._lines(new))

    def _line(self, place):
        return self._text.count("\n", 0, place) + 1


# --- what the plan says


def parse_table_name(name):
    """The parts of a dotted name; "" is the root."""
    if name == "":
        return ()
    parts = read_name(name) if isinstance(name, str) else None
    if parts is None:
        raise ConfigurationError("table is no dotted name")
    return parts


def _target(layout, names, array):
    if array is None:
        target = located(names, layout.arrays)
        if target and isinstance(target[-1], int):
            raise ConfigurationError("is an array of tables, the plan has to say which by array")
        return target
    if not isinstance(array, int) or isinstance(array, bool) or array < 0 or not names:
        raise ConfigurationError("array is not a number of a table, from 0 on")
    path = located(names[:-1], layout.arrays) + names[-1:]
    present = layout.arrays.get(path, 0)
    if array > present:
        raise ConfigurationError("has only %d tables, so number %d cannot be added" % (present, array))
    begun = [each for each in layout.sections if each.path == path]
    begun += [each for each in layout.sections + layout.assignments if _is_below(each.path, path)]
    if begun and not present:
        raise ConfigurationError("is a table, not an array of tables")
    return path + (array,)


def _entries(entries, values):
    if not isinstance(entries, dict):
        raise ConfigurationError("values is not a set of keys and values")
    for key in entries:
        if key[:1] in ("'", '"'):
            raise ConfigurationError("a key of values is given without quotes")
    return {key: _plain(value, values, None) for key, value in entries.items()}


def _plain(value, values, member):
    """The value with its references resolved."""
    if isinstance(value, list):
        return [each for item in value for each in _plain_items(item, values, member)]
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        if not -LONGEST_NUMBER <= value < LONGEST_NUMBER:
            raise ConfigurationError("a number has more than 64 bits")
        return value
    if isinstance(value, (str, dict)):
        return values.text(value, member)
    raise ConfigurationError("a value is neither text, reference, true, false, whole number nor list")


def _plain_items(item, values, member):
    if not isinstance(item, dict) or "each" not in item:
        return [_plain(item, values, member)]
    if set(item) != {"each", "value"}:
        raise ConfigurationError("each in a list needs a value and nothing else")
    return [_plain(item["value"], values, each) for each in values.members_for(item)]


# --- values and places


def written_value(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return "[%s]" % ", ".join(written_value(each) for each in value)
    return '"%s"' % NEEDS_ESCAPE.sub(lambda found: _escaped(found.group()), value)


def written_key(path):
    return ".".join(_written_name(name) for name in path if not isinstance(name, int))


def _written_name(name):
    if BARE_KEY.fullmatch(name):
        return name
    # As the products' own files write a dotted key.
    return written_value(name) if "'" in name or NEEDS_ESCAPE.search(name) else "'%s'" % name


def _assignment(key, value):
    return "%s = %s" % (_written_name(key), written_value(value))


def _escaped(character):
    return WRITTEN_ESCAPES.get(character) or "\\u%04X" % ord(character)


def _same(present, wanted):
    """Equal in kind and value: in Python, but not in TOML, true equals 1."""
    if type(present) is not type(wanted):
        return False
    if isinstance(present, list):
        return len(present) == len(wanted) and all(_same(*pair) for pair in zip(present, wanted))
    return present == wanted


def _is_below(path, parent):
    return len(path) > len(parent) and path[:len(parent)] == parent


def _spliced(text, splices):
    for begin, end, new in sorted(splices, reverse=True):
        text = text[:begin] + new + text[end:]
    return text
