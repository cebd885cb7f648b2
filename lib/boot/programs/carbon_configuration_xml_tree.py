"""An XML file as a tree that keeps its bytes: start tags, end tags and what lies between them, as the file has them.

The file is cut at the byte offsets that expat reports, and joining the parts again gives the same bytes.
"""

import re
from xml.parsers import expat

from carbon_configuration_plan import ConfigurationError

# Encodings whose ASCII characters are single bytes, so that tags can be cut out of the bytes.
ENCODINGS = {"utf-8": "utf-8", "utf8": "utf-8", "iso-8859-1": "iso-8859-1", "us-ascii": "us-ascii", "ascii": "us-ascii"}
DEFAULT_ENCODING = "utf-8"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
DECLARED_ENCODING = re.compile(rb"<\?xml\s[^>]*?\sencoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace"
DEEPEST = 200

# A character that no name can hold, between the parts of a name that expat has resolved.
SEPARATOR = "\x01"

START_TAG = re.compile(rb"<[^\"'>]*(?:\"[^\"]*\"[^\"'>]*|'[^']*'[^\"'>]*)*>")
REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]+)|#([0-9]+)|(\w+));")
ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}


class Piece:
    """Bytes between tags: text, a CDATA section, a comment or a processing instruction."""

    __slots__ = ("kind", "data")

    def __init__(self, kind, data):
        self.kind = kind
        self.data = data


class Element:
    """An element as its tags' bytes and its content; `end` is empty for a tag like <a/>."""

    __slots__ = ("name", "namespace", "attributes", "scope", "parent", "start", "content", "end")

    def __init__(self, name, namespace, attributes, scope, parent, start):
        self.name = name
        self.namespace = namespace
        self.attributes = attributes
        self.scope = scope
        self.parent = parent
        self.start = start
        self.content = []
        self.end = b""

    @property
    def local_name(self):
        return self.name.rpartition(":")[2]

    def elements(self):
        return [part for part in self.content if isinstance(part, Element)]

    def own_text(self, encoding):
        return "".join(_piece_text(part, encoding) for part in self.content if isinstance(part, Piece))

    def whole_text(self, encoding):
        return "".join(part.whole_text(encoding) if isinstance(part, Element) else _piece_text(part, encoding)
                       for part in self.content)


def read(data, encoding):
    """The document as an element without tags, which has the root element and all around it as content."""
    return _Reader(data, encoding).read()


def joined(document):
    """The bytes of a document."""
    parts = []
    _collect(document, parts)
    return b"".join(parts)


def check(data, encoding):
    """A mistake of this program must not reach the file: what it wrote has to be XML."""
    try:
        expat.ParserCreate(encoding=encoding, namespace_separator=SEPARATOR).Parse(data, True)
    except expat.ExpatError as error:
        raise ConfigurationError("the edits would leave no XML: %s" % error) from None


def encoding_of(data):
    if b"\0" in data or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise ConfigurationError("is neither UTF-8, ISO-8859-1 nor US-ASCII, other encodings are not edited")
    marked = data.startswith(BYTE_ORDER_MARK)
    declared = DECLARED_ENCODING.match(data, len(BYTE_ORDER_MARK) if marked else 0)
    name = declared.group(1).decode("ascii") if declared else DEFAULT_ENCODING
    encoding = ENCODINGS.get(name.lower())
    if encoding is None or (marked and encoding != DEFAULT_ENCODING):
        raise ConfigurationError("declares the encoding %s, which this program does not edit" % name)
    return encoding


def _collect(element, parts):
    parts.append(element.start)
    for part in element.content:
        if isinstance(part, Element):
            _collect(part, parts)
        else:
            parts.append(part.data)
    parts.append(element.end)


class _Reader:
    """Cuts a file into elements and pieces while expat reads it."""

    def __init__(self, data, encoding):
        self._data = data
        self._document = Element("", None, {}, {"": None, "xml": XML_NAMESPACE}, None, b"")
        self._open = [self._document]
        self._position = 0
        self._declared = {}
        self._parser = parser = expat.ParserCreate(encoding=encoding, namespace_separator=SEPARATOR)
        parser.namespace_prefixes = True
        parser.StartNamespaceDeclHandler = self._on_namespace
        parser.StartElementHandler = self._on_start
        parser.EndElementHandler = self._on_end
        parser.CommentHandler = self._on_comment
        parser.ProcessingInstructionHandler = self._on_instruction
        parser.StartCdataSectionHandler = self._on_cdata
        parser.StartDoctypeDeclHandler = self._on_doctype

    def read(self):
        try:
            self._parser.Parse(self._data, True)
        except expat.ExpatError as error:
            raise ConfigurationError("is not XML: %s" % error) from None
        self._cut_text(len(self._data))
        return self._document

    def _cut_text(self, end):
        """Everything between the marks is text."""
        if end > self._position:
            self._open[-1].content.append(Piece("text", self._data[self._position:end]))
        self._position = end

    def _cut(self, kind, opening, closing):
        begin = self._parser.CurrentByteIndex
        self._cut_text(begin)
        self._position = self._data.index(closing, begin + len(opening)) + len(closing)
        self._open[-1].content.append(Piece(kind, self._data[begin:self._position]))

    def _on_comment(self, _):
        self._cut("comment", b"<!--", b"-->")

    def _on_instruction(self, *_):
        self._cut("instruction", b"<?", b"?>")

    def _on_cdata(self):
        self._cut("cdata", b"<![CDATA[", b"]]>")

    def _on_doctype(self, *_):
        # Entities could expand without bound, and an attribute could have a value that is nowhere in the file.
        raise ConfigurationError("has a DOCTYPE, which this program does not edit")

    def _on_namespace(self, prefix, namespace):
        self._declared[prefix or ""] = namespace or None

    def _on_start(self, name, attributes):
        begin = self._parser.CurrentByteIndex
        self._cut_text(begin)
        self._position = START_TAG.match(self._data, begin).end()
        parent = self._open[-1]
        scope = parent.scope
        if self._declared:
            scope = {**scope, **self._declared}
            self._declared = {}
        written, namespace = _written_name(name)
        by_name = {_written_name(each)[0]: value for each, value in attributes.items()} if attributes else {}
        element = Element(written, namespace, by_name, scope, parent, self._data[begin:self._position])
        parent.content.append(element)
        self._open.append(element)
        if len(self._open) > DEEPEST:
            raise ConfigurationError("is nested deeper than %d elements" % DEEPEST)

    def _on_end(self, _):
        element = self._open[-1]
        if not element.start.endswith(b"/>"):
            begin = self._parser.CurrentByteIndex
            self._cut_text(begin)
            self._position = self._data.index(b">", begin) + 1
            element.end = self._data[begin:self._position]
        self._open.pop()


def _written_name(name):
    """The name as the file has it, and its namespace: expat gives name, or namespace and name, or these and prefix."""
    parts = name.split(SEPARATOR)
    if len(parts) == 1:
        return name, None
    written = parts[1] if len(parts) == 2 else parts[2] + ":" + parts[1]
    return written, parts[0]


def _piece_text(piece, encoding):
    if piece.kind == "text":
        return _decoded(piece.data, encoding)
    if piece.kind == "cdata":
        return _with_plain_line_ends(piece.data[len(b"<![CDATA["):-len(b"]]>")].decode(encoding))
    return ""


def _decoded(data, encoding):
    text = _with_plain_line_ends(data.decode(encoding))
    return REFERENCE.sub(_referenced_character, text) if "&" in text else text


def _with_plain_line_ends(text):
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _referenced_character(reference):
    hexadecimal, decimal, name = reference.groups()
    if name:
        return ENTITIES[name]
    return chr(int(hexadecimal, 16) if hexadecimal else int(decimal))
