"""Windows: the stretches of a long text that are looked at one by one, so that nothing hides in a crowd of words."""

from __future__ import annotations

import re
from collections.abc import Iterator

MOST = 400
"""Characters of a window."""

OVERLAP = 80
"""What two windows share where no sentence ends between them."""

_END = re.compile(r"[.!?…。！？][\"')\]”’]*\s|\n")


def windows(text: str) -> Iterator[tuple[int, int]]:
    """Begin and end of each window, in code points, from start to end. Cut at a sentence's end, else between words."""
    at, size = 0, len(text)
    while size - at > MOST:
        ends = [match.end() for match in _END.finditer(text, at + MOST // 4, at + MOST)]
        if ends:
            yield at, ends[-1]
            at = ends[-1]
            continue
        space = text.rfind(" ", at + MOST // 2, at + MOST)
        end = space + 1 if space > 0 else at + MOST
        yield at, end
        back = text.find(" ", end - OVERLAP, end - 1)
        at = back + 1 if back > 0 else end - OVERLAP
    yield at, size


def sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Begin and end of each sentence of a stretch of a text, in code points."""
    at = start
    for match in _END.finditer(text, start, end):
        yield at, match.end()
        at = match.end()
    if at < end:
        yield at, end
