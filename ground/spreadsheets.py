"""Tables as CSV that spreadsheets can open: no cell is taken for a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator


class _Line:
    """What a writer of CSV writes to; keeps the last line."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> None:
        self.text = text


def csv_lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Each row as a line of CSV (RFC 4180), as it comes."""
    line = _Line()
    writer = csv.writer(line)
    for row in rows:
        writer.writerow([plain(cell) for cell in row])
        yield line.text


def plain(value: object) -> object:
    """A cell that no spreadsheet takes for a formula: what would be one begins with an apostrophe."""
    is_formula = isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r")
    return f"'{value}" if is_formula else value
