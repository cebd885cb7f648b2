"""Where new parts of an XML tree go and what layout they get: that of their neighbours."""

import re

from carbon_configuration_xml_tree import Element, Piece

TAG_NAME = re.compile(rb"<[^\s/>]+")
ATTRIBUTE = re.compile(rb"(\s+)([^\s=]+)(\s*=\s*)(\"[^\"]*\"|'[^']*')")
EMPTY_TAG_END = re.compile(rb"\s*/>\Z")
LAST_LINE_START = re.compile(rb"\r?\n[ \t]*\Z")
BLANK_LINE_REST = re.compile(rb"[ \t]*(?=\r?\n)")
DEFAULT_INDENT = b"    "


def open_tag(element):
    """Makes <a/> an <a></a>, so that it can have content."""
    if element.end:
        return
    element.start = EMPTY_TAG_END.sub(b">", element.start)
    element.end = b"</" + TAG_NAME.match(element.start).group()[1:] + b">"


def append_text(element, data):
    """Layout is read from the text directly before a part, so text is never in two pieces in a row."""
    last = element.content[-1] if element.content else None
    if _is_text(last):
        last.data += data
    elif data:
        element.content.append(Piece("text", data))


def with_text(content, new):
    """The new text in the place of the first that is not blank; comments stay, all other text goes."""
    result, placed = [], False
    for part in content:
        if part.kind in ("comment", "instruction"):
            result.append(part)
        elif not placed and part.data.strip():
            result.append(new)
            placed = True
    return result if placed else result + [new]


def attribute_matches(start):
    return list(ATTRIBUTE.finditer(start, TAG_NAME.match(start).end()))


def attribute_gap(present):
    """What goes before an added attribute: a line of its own where the others have one, the first perhaps excepted."""
    gaps = [each.group(1) for each in present]
    following = gaps[1:] or gaps
    if following and all(b"\n" in gap for gap in following):
        # Without the blanks that the line before may end with.
        return LAST_LINE_START.search(gaps[-1]).group()
    return b" "


def _is_element(part):
    return isinstance(part, Element)


def _is_comment(part):
    return isinstance(part, Piece) and part.kind == "comment"


def _is_text(part):
    return isinstance(part, Piece) and part.kind == "text"


def _line_indent(content, index):
    """The indent of a part that is the first on its line, else None."""
    previous = content[index - 1] if index else None
    if not _is_text(previous):
        return None
    found = LAST_LINE_START.search(previous.data)
    return found.group().lstrip(b"\r\n") if found else None


def own_indent(element):
    if element.parent is None:
        return None
    indent = _line_indent(element.parent.content, element.parent.content.index(element))
    # A root element that follows its declaration directly begins no line, but its children are indented all the same.
    return b"" if indent is None and element.parent.parent is None else indent


def child_indent(parent):
    """The indent for a new child: that of its nearest neighbour, None where elements are not on lines of their own."""
    for is_neighbour in (_is_element, _is_comment):
        for index in range(len(parent.content) - 1, -1, -1):
            indent = _line_indent(parent.content, index) if is_neighbour(parent.content[index]) else None
            if indent is not None:
                return indent
    own = own_indent(parent)
    if own is None or parent.elements():
        return None
    return own + indent_unit(parent, None)


def indent_unit(element, child):
    """How much deeper a child is indented: as far as this element's own children are, or as itself in its parent.

    `child` is the indent of a child, if known.
    """
    own = own_indent(element)
    if own is not None and child is not None and child.startswith(own) and child != own:
        return child[len(own):]
    outer = own_indent(element.parent) if element.parent is not None else None
    if own is not None and outer is not None and own.startswith(outer) and own != outer:
        return own[len(outer):]
    return DEFAULT_INDENT


def take_last_line_start(element):
    """Cuts the line end and indent before the end tag off the content, to be put back behind what is added."""
    last = element.content[-1] if element.content else None
    if not _is_text(last):
        return b""
    found = LAST_LINE_START.search(last.data)
    if not found:
        return b""
    last.data = last.data[:found.start()]
    return found.group()


def take_out(element):
    """Removes an element, and its line where it has lines of its own."""
    content = element.parent.content
    index = content.index(element)
    before = content[index - 1] if index else None
    after = content[index + 1] if index + 1 < len(content) else None
    del content[index]
    if not _is_text(before) or not _is_text(after):
        return
    line_start = LAST_LINE_START.search(before.data)
    line_rest = BLANK_LINE_REST.match(after.data)
    if line_start and line_rest:
        before.data = before.data[:line_start.start()]
        after.data = after.data[line_rest.end():]
    before.data += after.data
    content.remove(after)
