"""Finds the tables, keys and values of a TOML file, and where in the text they are."""

import re
from collections import namedtuple

from carbon_configuration_plan import ConfigurationError

BLANKS_AND_COMMENTS = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
BLANKS = re.compile(r"[ \t]*")
REST_OF_LINE = re.compile(r"[ \t]*(?:#[^\r\n]*)?(?:\r?\n|\Z)")
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
QUOTED_KEY = re.compile(r"\"(?:[^\"\\\r\n]|\\.)*\"|'[^'\r\n]*'")
# In the order in which they have to be tried: three quotes begin a multi-line string, not an empty one.
STRING = re.compile(r"\"\"\"(?:[^\"\\]|\\.|\"{1,2}(?!\"))*\"{3,5}|'''(?:[^']|'{1,2}(?!'))*'{3,5}"
                    r"|\"(?:[^\"\\\r\n]|\\.)*\"|'[^'\r\n]*'", re.DOTALL)
SCALAR = re.compile(r"\d{4}-\d\d-\d\d \d\d:[^\s,\]}#]+|[^\s,\[\]{}#\"'=]+")
WHOLE_NUMBER = re.compile(r"[+-]?\d+(?:_\d+)*")
ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([ \t]*\r?\n\s*)|(.))", re.DOTALL)
ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b"}
BYTE_ORDER_MARK = "\ufeff"

# `path` has the names from the root on, and after the name of an array of tables the number of the table in it.
# `section` is the table under whose header the key stands, `end` is behind the line.
Assignment = namedtuple("Assignment", "path section begin value_begin value_end end value")
# `end` is behind the header's line.
Section = namedtuple("Section", "path begin end")
# `arrays` has the number of tables of each array of tables.
Layout = namedtuple("Layout", "sections assignments arrays")


class Other:
    """A value of a kind that plans do not have: a float, a date, a number that is not decimal."""


class InlineTable(Other):
    """A table written as a value."""


def read(text):
    """The layout of a file: what TOML 1.0 allows is read, what cannot be placed is refused."""
    return _Reader(text).read()


def read_name(text):
    """The parts of a dotted name, None if it is none."""
    return _Reader(text).read_name()


def located(names, arrays):
    """The path of a name. As in TOML itself, the name of an array of tables stands for the last table in it."""
    path = ()
    for name in names:
        path += (name,)
        if path in arrays:
            path += (arrays[path] - 1,)
    return path


class _Reader:
    """Goes through a text once."""

    def __init__(self, text):
        self._text = text
        self._position = 1 if text.startswith(BYTE_ORDER_MARK) else 0
        self._section = Section((), 0, 0)
        self._layout = Layout([self._section], [], {})

    def read(self):
        self._skip(BLANKS_AND_COMMENTS)
        while self._position < len(self._text):
            if self._text[self._position] == "[":
                self._read_header()
            else:
                self._read_assignment()
            self._skip(BLANKS_AND_COMMENTS)
        return self._layout

    def read_name(self):
        try:
            names = self._read_key()
        except ConfigurationError:
            return None
        return names if self._position == len(self._text) else None

    def _read_header(self):
        begin = self._position
        opening = "[[" if self._text.startswith("[[", begin) else "["
        self._position += len(opening)
        names = self._read_key()
        self._expect("]" * len(opening))
        self._end_line()
        path = self._array_path(names) if opening == "[[" else located(names, self._layout.arrays)
        self._section = Section(path, begin, self._position)
        self._layout.sections.append(self._section)

    def _array_path(self, names):
        path = located(names[:-1], self._layout.arrays) + names[-1:]
        number = self._layout.arrays.get(path, 0)
        self._layout.arrays[path] = number + 1
        return path + (number,)

    def _read_assignment(self):
        begin = self._position
        names = self._read_key()
        self._expect("=")
        self._skip(BLANKS)
        value_begin = self._position
        value = self._read_value()
        value_end = self._position
        self._end_line()
        self._layout.assignments.append(
            Assignment(self._section.path + names, self._section, begin, value_begin, value_end, self._position, value))

    def _read_key(self):
        names = []
        while True:
            self._skip(BLANKS)
            names.append(self._read_part())
            self._skip(BLANKS)
            if not self._text.startswith(".", self._position):
                return tuple(names)
            self._position += 1

    def _read_part(self):
        found = BARE_KEY.match(self._text, self._position) or QUOTED_KEY.match(self._text, self._position)
        if not found:
            raise self._error()
        self._position = found.end()
        return _string(found.group()) if found.group()[0] in "\"'" else found.group()

    def _read_value(self):
        first = self._text[self._position:self._position + 1]
        if first == "[":
            return self._read_array()
        if first == "{":
            return self._read_inline_table()
        found = (STRING if first in ("'", '"') else SCALAR).match(self._text, self._position)
        if not found:
            raise self._error()
        self._position = found.end()
        return _string(found.group()) if first in "\"'" else _scalar(found.group())

    def _read_array(self):
        values = []
        self._position += 1
        self._skip(BLANKS_AND_COMMENTS)
        while not self._text.startswith("]", self._position):
            values.append(self._read_value())
            self._end_item("]")
        self._position += 1
        return values

    def _read_inline_table(self):
        self._position += 1
        self._skip(BLANKS_AND_COMMENTS)
        while not self._text.startswith("}", self._position):
            self._read_key()
            self._expect("=")
            self._skip(BLANKS)
            self._read_value()
            self._end_item("}")
        self._position += 1
        return InlineTable()

    def _end_item(self, closing):
        self._skip(BLANKS_AND_COMMENTS)
        if self._text.startswith(",", self._position):
            self._position += 1
            self._skip(BLANKS_AND_COMMENTS)
        elif not self._text.startswith(closing, self._position):
            raise self._error()

    def _skip(self, pattern):
        self._position = pattern.match(self._text, self._position).end()

    def _expect(self, token):
        if not self._text.startswith(token, self._position):
            raise self._error()
        self._position += len(token)

    def _end_line(self):
        found = REST_OF_LINE.match(self._text, self._position)
        if not found:
            raise self._error()
        self._position = found.end()

    def _error(self):
        return ConfigurationError("is not TOML: line %d" % (self._text.count("\n", 0, self._position) + 1))


def _string(quoted):
    """The text of a string in any of TOML's four forms."""
    mark = quoted[0]
    if quoted.startswith(mark * 3) and len(quoted) >= 6:
        content = re.sub(r"\A\r?\n", "", quoted[3:-3])
    else:
        content = quoted[1:-1]
    return ESCAPE.sub(_unescaped, content) if mark == '"' else content


def _unescaped(found):
    short, long, line_end, character = found.groups()
    if short or long:
        return chr(min(int(short or long, 16), 0x10ffff))
    return "" if line_end else ESCAPES.get(character, character)


def _scalar(text):
    if text in ("true", "false"):
        return text == "true"
    if WHOLE_NUMBER.fullmatch(text):
        return int(text)
    return Other()
