"""Folding: text as the patterns read it, with a way back to the code points of the original.

Digits and letters of other widths and scripts, odd spaces and dashes become their ASCII selves; what cannot be seen is
left out. Case, accents and everything else stay.
"""

from __future__ import annotations

import unicodedata

from moderation_pii.reading.respelling import respelled


class Folded:
    """A text, folded.

    Attributes:
        text: the folded text.
        lowered: the same in lower case; same length.
    """

    __slots__ = ("_places", "lowered", "text")

    def __init__(self, text: str) -> None:
        self._places: list[int] | None = None
        if "\x0b" in text or "\x0c" in text:
            text = text.translate(_BREAKS)
        if not text.isascii():
            table = {ord(c): _fold(c) for c in set(text) if c > "\x7f"}
            gone = {code for code, folded in table.items() if folded is None}
            if gone:
                self._places = [place for place, c in enumerate(text) if ord(c) not in gone]
                self._places.append(len(text))
            text = text.translate(table)
        self.text, self.lowered = text, _lowered(text)

    def respelled(self) -> Folded:
        """The same with disguised words as they are meant; its places are those of the original too."""
        text, places = respelled(self.text)
        other = Folded("")
        other.text, other.lowered = text, _lowered(text)
        other._places = places if self._places is None else [self._places[place] for place in places]
        return other

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Where a value stands in the original: up to its last character, without what was left out behind it."""
        places = self._places
        return (start, end) if places is None else (places[start], places[end - 1] + 1)


def _lowered(text: str) -> str:
    """In lower case, of the same length."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(low if len(low := char.lower()) == 1 else char for char in text)


_BREAKS = {0x0B: "\n", 0x0C: "\n"}
"""What parts lines, as a line's end."""
_INVISIBLE = "\ufe0e\ufe0f\u20e3\u034f\u115f\u1160\u3164"
"""Not of category Cf, but as little to see; a keycap's frame makes no other digit of it."""


def _fold(char: str) -> str | None:
    """What a character is read as: one character, or None when it cannot be seen."""
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category == "Zs":
        return " "
    if category in ("Zl", "Zp") or char == "\x85":
        return "\n"
    if category == "Pd" or char == "\u2212":
        return "-"
    if category == "Cf" or char in _INVISIBLE:
        return None
    if char in "\u2018\u2019\u02bc\x91\x92":  # the last two: Windows-1252 that was read as Latin-1
        return "'"
    if char in "\u201c\u201d\x93\x94":
        return '"'
    if char in "\x96\x97":
        return "-"
    wide = unicodedata.normalize("NFKC", char)
    return wide if len(wide) == 1 and wide.isascii() else char
