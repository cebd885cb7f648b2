"""Edits Java properties files line by line, by the rules of java.util.Properties.load."""

import re
from collections import namedtuple

from carbon_configuration_plan import ConfigurationError

# Java reads the bytes as ISO-8859-1, so every byte is one character and every file can be read.
ENCODING = "iso-8859-1"
LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
TRAILING_BACKSLASHES = re.compile(r"\\*\Z")
WHITESPACE = " \t\f"
SEPARATORS = "=:"
ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
WRITTEN_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\f": "\\f"}

# One property: where its value begins and ends in the file, and what stands between key and value.
Property = namedtuple("Property", "key value begin end separator")


class PropertiesFile:
    """One properties file in memory. Every `apply` sees the result of those before it."""

    creates = True

    def __init__(self, data):
        self._text = data.decode(ENCODING)
        self._line_end = "\r\n" if self._text.count("\r\n") * 2 > self._text.count("\n") else "\n"
        self._properties = None

    def apply(self, edit, values, _):
        key, value = edit["property"], values.text(edit["value"])
        if not isinstance(key, str) or not key:
            raise ConfigurationError("a property needs a key")
        present = self._find(key)
        if present is None:
            self._append(escape_key(key) + "=" + escape_value(value))
        elif present.value != value:
            self._replace(present, value)

    def data(self):
        return self._text.encode(ENCODING)

    def _find(self, key):
        """Java takes the last of several lines with the same key."""
        if self._properties is None:
            self._properties = {each.key: each for each in read_properties(self._text)}
        return self._properties.get(key)

    def _replace(self, present, value):
        escaped = escape_value(value)
        if not present.separator:
            escaped = "=" + escaped
        elif not present.separator.strip(WHITESPACE) and value[:1] in tuple(SEPARATORS):
            # After a blank as separator, Java would take the first = or : for the separator too.
            escaped = "\\" + escaped
        self._change(self._text[:present.begin] + escaped + self._text[present.end:])

    def _append(self, line):
        text = self._text
        if text and not text.endswith(("\n", "\r")):
            text += self._line_end
        if _continues_at_end(text):
            # An empty line ends the property that a trailing backslash would continue into ours.
            text += self._line_end
        self._change(text + line + self._line_end)

    def _change(self, text):
        self._text = text
        self._properties = None


def read_properties(text):
    """The properties of a file in their order."""
    return [_property(text, lines) for lines in _logical_lines(text)]


def _logical_lines(text):
    """Lists of (begin, end) of the natural lines that make one property; comments and blank lines are left out."""
    current = []
    for begin, end in _natural_lines(text):
        line = text[begin:end]
        if not current and line.lstrip(WHITESPACE)[:1] in ("", "#", "!"):
            continue
        current.append((begin, end))
        if not _is_continued(line):
            yield current
            current = []
    if current:
        yield current


def _natural_lines(text):
    position = 0
    while position < len(text):
        end = LINE.match(text, position).end()
        yield position, position + len(text[position:end].rstrip("\r\n"))
        position = end


def _is_continued(line):
    return len(TRAILING_BACKSLASHES.search(line).group()) % 2 == 1


def _continues_at_end(text):
    if not text.rstrip("\r\n").endswith("\\"):
        return False
    lines = list(_logical_lines(text))
    if not lines:
        return False
    begin, end = lines[-1][-1]
    # Nothing but one line end may follow: an empty line has ended the property already.
    return _is_continued(text[begin:end]) and text[end:] in ("\r\n", "\r", "\n")


def _property(text, lines):
    characters, places = _joined(text, lines)
    key_end = _key_end(characters)
    value_begin = _value_begin(characters, key_end)
    # The value begins behind the last character that belongs to the key or the separator.
    begin = places[value_begin - 1] + 1 if value_begin else lines[0][0]
    indent = len(characters) - len(characters.lstrip(WHITESPACE))
    return Property(unescape(characters[indent:key_end]), unescape(characters[value_begin:]), begin, lines[-1][1],
                    characters[key_end:value_begin])


def _joined(text, lines):
    """The characters of a property without its continuations, and the place of each in the file."""
    characters, places = [], []
    for number, (begin, end) in enumerate(lines):
        line = text[begin:end]
        skipped = len(line) - len(line.lstrip(WHITESPACE)) if number else 0
        stop = len(line) - 1 if _is_continued(line) else len(line)
        characters.append(line[skipped:stop])
        places.extend(range(begin + skipped, begin + stop))
    return "".join(characters), places


def _key_end(characters):
    position = len(characters) - len(characters.lstrip(WHITESPACE))
    while position < len(characters) and characters[position] not in SEPARATORS + WHITESPACE:
        position += 2 if characters[position] == "\\" else 1
    return min(position, len(characters))


def _value_begin(characters, key_end):
    position = _after_whitespace(characters, key_end)
    if characters[position:position + 1] in tuple(SEPARATORS):
        position = _after_whitespace(characters, position + 1)
    return position


def _after_whitespace(characters, position):
    return len(characters) - len(characters[position:].lstrip(WHITESPACE))


def unescape(text):
    if "\\" not in text:
        return text
    replaced = ESCAPE.sub(lambda found: chr(int(found.group(1), 16)) if found.group(1)
                          else ESCAPES.get(found.group(2), found.group(2)), text)
    # Java writes characters beyond 16 bits as two escapes.
    return replaced.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def escape_key(key):
    return "".join("\\" + each if each in " :=#!" else _escape_character(each) for each in key)


def escape_value(value):
    """Only the first character may be a blank that would be skipped; all others stay as they are."""
    escaped = "".join(_escape_character(each) for each in value)
    return "\\" + escaped if escaped.startswith(" ") else escaped


def _escape_character(character):
    if character in WRITTEN_ESCAPES:
        return WRITTEN_ESCAPES[character]
    if " " <= character <= "~":
        return character
    units = character.encode("utf-16-be")
    return "".join("\\u%04x" % int.from_bytes(units[each:each + 2], "big") for each in range(0, len(units), 2))
