"""Cutting a text into pieces that a service takes, at the ends of sentences where possible.

Pieces are counted in bytes of UTF-8 or in code points, as the service counts them; their places are code points.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_ENDS = (
    re.compile(r"[.!?\u3002\uff01\uff1f]+[\"'\u201d\u2019)\]]*\s|\n"),  # of a sentence or a line
    re.compile(r"\s"),  # of a word
)


@dataclass(frozen=True)
class Piece:
    """A stretch of a text.

    Attributes:
        start: where it begins in the text, in code points.
    """

    text: str
    start: int


def utf8_length(text: str) -> int:
    """Bytes of UTF-8. Half of a surrogate pair, which has none, counts as what is sent for it (`sendable`)."""
    return len(sendable(text).encode())


def sendable(text: str) -> str:
    """The text with halves of surrogate pairs replaced: they have no UTF-8. Code points stay in place."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def pieces(text: str, most: int, size: Callable[[str], int] = utf8_length, overlap: int = 0) -> Iterator[Piece]:
    """The text in pieces of at most `most` by `size`, each beginning before the end of the one before.

    Args:
        most: at least the size of one character.
        size: of a text; grows with it.
        overlap: code points that a piece repeats of the one before, so that what is cut in one is whole in the other.
            It is less where pieces are short.
    """
    start = 0
    while start < len(text):
        end = start + _longest(text, start, most, size)
        if end < len(text):
            end = _good_end(text, start, end)
        yield Piece(text[start:end], start)
        if end >= len(text):
            return
        # At least a half of each piece is new, or there would be no end.
        start = max(end - overlap, start + max((end - start) // 2, 1))


def _longest(text: str, start: int, most: int, size: Callable[[str], int]) -> int:
    """How many code points from `start` on fit."""
    low, high = 1, min(most, len(text) - start)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if size(text[start : start + middle]) <= most else (low, middle - 1)
    return low


def _good_end(text: str, start: int, end: int) -> int:
    """The last end of a sentence in the second half of the stretch, else of a word, else `end`."""
    middle = (start + end) // 2
    for ends in _ENDS:
        found = [match.end() for match in ends.finditer(text, middle, end)]
        if found:
            return found[-1]
    return end
