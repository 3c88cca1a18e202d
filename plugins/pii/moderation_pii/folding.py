"""Folding: text as the patterns read it, with a way back to the code points of the original.

Digits and letters of other widths and scripts, odd spaces and dashes become their ASCII selves; what cannot be seen is
left out. Case, accents and everything else stay.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable


class Folded:
    """A text, folded and encoded.

    Attributes:
        text: the folded text.
        data: UTF-8 of the folded text. Lone surrogates, which no UTF-8 has, are kept in their three bytes.
    """

    def __init__(self, text: str) -> None:
        self._places: list[int] | None = None
        if not text.isascii():
            table = {ord(c): _fold(c) for c in set(text) if c > "\x7f"}
            gone = {code for code, folded in table.items() if folded is None}
            if gone:
                self._places = [place for place, c in enumerate(text) if ord(c) not in gone]
                self._places.append(len(text))
            text = text.translate(table)
        self._is_plain = text.isascii()
        self.text = text
        self.data = text.encode("utf-8", "surrogatepass")

    def code_points(self, offsets: Iterable[int]) -> list[int]:
        """Byte offsets as code-point offsets in the original.

        Args:
            offsets: ascending, each at the beginning of a character or at the end.
        """
        places: list[int] = []
        last = count = 0
        for offset in offsets:
            count += offset - last if self._is_plain else _count(self.data[last:offset])
            last = offset
            places.append(count)
        return places if self._places is None else [self._places[place] for place in places]

    def bytes_of(self, offsets: Iterable[int]) -> list[int]:
        """Offsets in the folded text as byte offsets.

        Args:
            offsets: ascending.
        """
        if self._is_plain:
            return list(offsets)
        places, last, size = [], 0, 0
        for offset in offsets:
            size += len(self.text[last:offset].encode("utf-8", "surrogatepass"))
            last = offset
            places.append(size)
        return places

    def end_code_points(self, offsets: Iterable[int]) -> list[int]:
        """The same for the ends of values: right after the last character, before what was left out behind it."""
        places = self.code_points(offsets)
        if self._places is None:
            return places
        before = {place: self._places[index - 1] + 1 for index, place in enumerate(self._places) if index}
        return [before.get(place, place) for place in places]


_INVISIBLE = "\ufe0e\ufe0f\u20e3\u034f\u115f\u1160\u3164"
"""Not of category Cf, but as little to see; a keycap's frame makes no other digit of it."""


def _count(data: bytes) -> int:
    """Characters in whole UTF-8."""
    return (
        sum(1 for byte in data if byte & 0xC0 != 0x80) if len(data) < 64 else len(data.decode("utf-8", "surrogatepass"))
    )


def _fold(char: str) -> str | None:
    """What a character is read as: one character, or None when it cannot be seen."""
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category == "Zs":
        return " "
    if category == "Pd" or char == "\u2212":
        return "-"
    if category == "Cf" or char in _INVISIBLE:
        return None
    if char in "\u2018\u2019\u02bc":
        return "'"
    if char in "\u201c\u201d":
        return '"'
    wide = unicodedata.normalize("NFKC", char)
    return wide if len(wide) == 1 and wide.isascii() else char
