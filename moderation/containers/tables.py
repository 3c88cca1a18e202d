"""CSV (RFC 4180) and its kin: cells with their quotes, the head of a table with each stretch of its rows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from moderation.containers.layers import Layer, Mapped, Read, Reading, Section

SEPARATORS = ",;\t|"
_ROWS = 12_000
"""Code points of rows that are shown under one head: all of a section is looked at at once."""
_DOUBLED = re.compile('""')
_NO_HEAD = re.compile(r"@|\d{3}|^\s*[\d.]+\s*$")
_NO_CELL = re.compile(r'[\r\n"\t|,;]')

Cell = tuple[int, int, bool]
"""Where the value of a cell begins and ends, without its quotes, and whether it has some."""


def rows(text: str) -> Iterator[tuple[int, int, list[Cell]]]:
    """The rows of a table: where each begins and ends (with its line end), and its cells."""
    separator = _separator(text)
    cell = re.compile(rf'"((?:[^"]|"")*+)"(?=[{separator}\r\n]|\Z)|([^{separator}\r\n]*+)')
    at = begin = 0
    cells: list[Cell] = []
    while at < len(text):
        match = cell.match(text, at)
        assert match is not None
        group = 1 if match[1] is not None else 2
        cells.append((*match.span(group), group == 1))
        at = match.end()
        if text[at : at + 1] in separator and at < len(text):
            at += 1
            if at < len(text):
                continue
            cells.append((at, at, False))
        at += 2 if text.startswith("\r\n", at) else 1 if at < len(text) else 0
        yield begin, at, cells
        begin, cells = at, []


def _separator(text: str) -> str:
    """The separator that the first line has most of."""
    line = re.sub(r'"[^"]*"', "", text[: text.find("\n") if "\n" in text else len(text)][:10_000])
    best = max(SEPARATORS, key=line.count)
    return "\\t" if best == "\t" else "|" if best == "|" else best


def read_table(reading: Reading, section: Section, layer: Layer, inner: Read) -> None:
    """Show a table as it stands, its head over each stretch of rows, and then each row with the heads of its cells."""
    text = layer.text
    heads: list[str] = []
    head = ""
    records = reading.aside()
    for begin, end, cells in rows(text):
        if begin == 0 and not any(_NO_HEAD.search(text[a:b]) for a, b, _ in cells):
            heads = [_plain(text[a:b]) for a, b, _ in cells]
            head = text[begin:end]
        elif section.size > _ROWS:
            section, records = reading.aside(), reading.aside()
            section.frame(head)
        at = begin
        for number, (start, stop, is_quoted) in enumerate(cells):
            value = Mapped(layer, start, stop, _DOUBLED if is_quoted else None, lambda _: '"', _escape(is_quoted))
            section.frame(text[at:start])
            at = stop
            name = heads[number] if number < len(heads) else ""
            is_plain = not _NO_CELL.search(value.text)
            if begin == 0 and heads:
                section.show(value)
                continue
            if is_plain or (is_quoted and '"' not in value.text and "\n" not in value.text):
                section.show(value)
            if value.text and not value.text.isspace():
                records.frame(f"{name}: " if name else "")
                inner(reading, records, value)
                records.frame("\n")
        section.frame(text[at:end])
        records.frame("\n")


def _plain(head: str) -> str:
    return _NO_CELL.sub(" ", head).strip()


def _escape(is_quoted: bool):  # type: ignore[no-untyped-def]
    return lambda text: text.replace('"', '""') if is_quoted else text
