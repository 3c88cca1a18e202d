"""Where in a long text a pattern is worth looking for: a text of any length costs as much for each character.

The automaton says where a pattern may end. It is then looked for before these places, and not from one end of the text
to the other because something like it stands somewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

SHORT = 300
"""Code points of a text that is looked through as one."""
_AHEAD = 40
"""Code points behind the end of a value that a pattern may look at."""

Region = tuple[int, int]
"""Start and end, in code points."""


def before(ends: list[int], width: int, length: int) -> Sequence[Region]:
    """The regions of a text that hold all matches which end at some places, from start to end; none touches another.

    Args:
        ends: where matches may end, in any order.
        width: how many code points a match has at most.
        length: of the text.
    """
    ends.sort()
    start, end = ends[0] - width, ends[0]
    made: list[Region] = []
    for place in ends:
        if place - width > end + _AHEAD:
            made.append((max(0, start), end + _AHEAD))
            start = place - width
        end = place
    made.append((max(0, start), min(length, end + _AHEAD)))
    return made


class Finder:
    """Looks for a pattern in some regions of a text, one after the other.

    Args:
        pattern: compiled.
        text: all of it; what stands around a region counts for what is in it.
        regions: from start to end, none touching another; None for all of the text.
    """

    def __init__(self, pattern: re.Pattern[str], text: str, regions: Sequence[Region] | None) -> None:
        self._pattern, self._text = pattern, text
        self._regions: Iterator[Region] | None = None if regions is None else iter(regions)
        self._region: Region | None = (0, len(text)) if regions is None else next(self._regions or iter(()), None)

    def search(self, at: int = 0) -> re.Match[str] | None:
        """The first match from `at` on; `at` never goes back."""
        while self._region is not None:
            start, end = self._region
            found = self._pattern.search(self._text, at if at > start else start, end) if at < end else None
            if found is not None and found.end() == end < len(self._text):
                # The region's end is none of the text's: what reaches it may go on, or be nothing.
                found = self._pattern.search(self._text, found.start())
                if found is not None and found.start() >= end:
                    found = None
            if found is not None:
                return found
            self._region = next(self._regions, None) if self._regions is not None else None
        return None
