"""OpenDocument texts, tables and slides (ISO/IEC 26300): what people see in their XML, and what attributes say of it.

A cell with a number has it twice, as it is shown and in an attribute: it is looked for in both, and a cell whose number
is taken out becomes one with a text.
"""

from __future__ import annotations

import re

from moderation.containers.codings import in_markup
from moderation.containers.layers import Block, Escape, Layer, Read, Reading, Section
from moderation.containers.markup import Token, text_layer, tokens

MIMETYPE = "mimetype"
TYPES = b"application/vnd.oasis.opendocument."
_NAMED = frozenset({"creator", "initial-creator", "printed-by", "sender-initials", "creator-initials"})
_UNSEEN = frozenset({"config-item", "binary-data", "style", "number-style", "generator"})
_CELL, _ROW = "table-cell", "table-row"
_ENDS = {
    **dict.fromkeys(("table-row", "p", "h", "title", "subject", "description", "keyword", "user-defined"), "\n"),
    **dict.fromkeys(("annotation", *_NAMED), "\n"),
}
_EMPTY = {"tab": "\t", "line-break": "\n", "s": " "}
_ATTRIBUTE = re.compile(
    r'\s((?:[\w\-]+:)?(href|name|string-value|desc|title|author|display-name|formula|date-value))="([^"]*)"'
)
_VALUE = re.compile(r'\s[\w\-]+:value="([^"]*)"')
_VALUE_ATTRIBUTES = re.compile(r'\s[\w\-]+:(?:value|currency|date-value|time-value|boolean-value)="[^"]*"')
_VALUE_TYPE = re.compile(r'(\s[\w\-]+:value-type=")[^"]*"')
_SAYS_SOMETHING = re.compile(r"[@ %\[]|[0-9]{5}")


def read_member(reading: Reading, root: Layer, inner: Read) -> None:
    """Show a member's text, paragraph by paragraph, and the attributes that hold words and numbers of people."""
    _Member(reading, root, inner).read()


class _Member:
    """One member as it is read: where it is among its elements, and in which row and cell of a table."""

    def __init__(self, reading: Reading, root: Layer, inner: Read) -> None:
        self._reading, self._root, self._inner = reading, root, inner
        self._section, self._apart, self._records = reading.aside(), reading.aside(), reading.aside()
        self._opened: list[str] = []
        self._between = ""
        self._heads: list[str] | None = None
        self._row: list[str] = []

    def read(self) -> None:
        for token in tokens(self._root.text, is_xml=True):
            if token.kind == "text":
                self._show(token.start, token.end)
            elif token.kind == "cdata":
                self._show(token.start + 9, token.end - 3)
            elif token.kind == "tag":
                (self._close if token.is_close else self._open)(token)

    def _show(self, start: int, end: int) -> None:
        text = self._root.text[start:end]
        if (self._opened and self._opened[-1] in _UNSEEN) or (text.isspace() and "\n" in text):
            return  # of no meaning to people, or between elements
        layer = text_layer(self._root, start, end, is_xml=True)
        self._section.frame(self._between)
        self._inner(self._reading, self._section, layer)
        if _CELL in self._opened:
            self._records.frame(self._between)
            self._row[-1] += self._between + layer.text
            self._inner(self._reading, self._records, layer)
        self._between = ""

    def _open(self, token: Token) -> None:
        local = token.name.rpartition(":")[2]
        is_empty = self._root.text[token.end - 2] == "/"
        self._section.frame(_EMPTY.get(local, ""))
        if local == _CELL:
            self._section.frame("\t" if self._row else "")
            head = self._heads[len(self._row)] if self._heads and len(self._row) < len(self._heads) else ""
            self._row.append("")
            self._show_number(token, f"\n{head}: " if head else "\n")
            self._records.frame(f"\n{head}: " if head and not is_empty else "\n")
        elif local == _ROW:
            self._row = []
        if not is_empty:
            self._opened.append(local)
            self._section.frame("\nname: " if local in _NAMED else "")
        _show_attributes(self._reading, self._apart, self._root, token, self._inner)

    def _show_number(self, token: Token, head: str) -> None:
        text = self._root.text
        number = _VALUE.search(text, token.start, token.end)
        if number is not None and _SAYS_SOMETHING.search(number[1]):
            encode = _as_text_cell(text[token.start : token.end])
            self._records.frame(head)
            self._records.show(Block(self._root, token.start, token.end, number[1], encode))

    def _close(self, token: Token) -> None:
        local = token.name.rpartition(":")[2]
        if local in self._opened:
            while self._opened.pop() != local:
                pass
        if local == _CELL:
            self._between = ""
        elif _CELL in self._opened:
            self._between = " " if local in ("p", "h") else self._between  # a paragraph's end is no line's there
        else:
            self._section.frame(_ENDS.get(local, ""))
        if local == _ROW and self._heads is None:
            self._heads = self._row
        elif local == "table":
            self._heads = None


def _show_attributes(reading: Reading, apart: Section, root: Layer, token: Token, inner: Read) -> None:
    for match in _ATTRIBUTE.finditer(root.text, token.start, token.end):
        if _SAYS_SOMETHING.search(match[3]):
            apart.frame("\nname: " if match[2] in ("author", "display-name") else "\n")
            inner(reading, apart, text_layer(root, *match.span(3), is_xml=True))


def _as_text_cell(tag: str) -> Escape:
    """The tag of a cell whose number is taken out: that of one with what stands for it as its text."""
    bare = _VALUE_TYPE.sub(r'\1string"', _VALUE_ATTRIBUTES.sub("", tag))
    end = len(bare) - (2 if bare.endswith("/>") else 1)
    return lambda text: f'{bare[:end]} office:string-value="{in_markup(text)}"{bare[end:]}'
