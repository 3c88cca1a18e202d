"""Where in a long text each pattern is worth looking for: a text of any length costs as much for each character.

The automaton is asked about each stretch of a text. A pattern is then looked for in the stretches for which it was named,
and not from one end of the text to the other because something like it stands somewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from moderation_pii.prefilter import Prefilter

SHORT = 900
"""Code points of a text that is looked through as one."""
STRETCH, OVERLAP = 450, 300
"""Code points of a stretch, and how far it reaches into the next one: more than what patterns but the long ones see."""
_BOUND = re.compile(r"\{[0-9]*,([0-9]+)\}")

Region = tuple[int, int]
"""Start and end, in code points."""


def is_long(regex: str) -> bool:
    """True for a pattern that may need more than an overlap to be seen at all."""
    return any(int(bound) * 2 > OVERLAP for bound in _BOUND.findall(regex))


def regions(prefilter: Prefilter, text: str) -> Mapping[int, Sequence[Region]]:
    """The regions of a text in which each pattern may be, by its number; those that touch are one."""
    found: dict[int, list[Region]] = {}
    for start in range(0, len(text), STRETCH):
        end = min(start + STRETCH + OVERLAP, len(text))
        for number in prefilter.seen(text[start:end]):
            known = found.setdefault(number, [])
            if known and known[-1][1] >= start:
                known[-1] = (known[-1][0], end)
            else:
                known.append((start, end))
    return found


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
            found = self._pattern.search(self._text, max(at, start), end) if at < end else None
            if found is not None and found.end() == end < len(self._text):
                # The region's end is none of the text's: what reaches it may go on, or be nothing.
                found = self._pattern.search(self._text, found.start())
                if found is not None and found.start() >= end:
                    found = None
            if found is not None:
                return found
            self._region = next(self._regions, None) if self._regions is not None else None
        return None
