"""``pii.text``: runs the patterns, weighs what stands around each sighting, lets the surest of overlapping ones stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from operator import itemgetter
from typing import Any

from moderation.core.detections import Detection
from moderation.core.items import Part, Span
from moderation.hookspecs import Context
from moderation_pii import (
    banking,
    cards,
    contact,
    dates,
    government,
    machines,
    national,
    people,
    places,
    respelling,
    secrets,
    spoken,
    tables,
)
from moderation_pii.folding import Folded
from moderation_pii.naming import Hit as _Hit
from moderation_pii.naming import ages, connected, joined, tagged
from moderation_pii.pattern import Pattern, Sighting
from moderation_pii.prefilter import Plan, Prefilter, Search

PATTERNS: tuple[Pattern, ...] = (
    *cards.PATTERNS,
    *banking.PATTERNS,
    *government.PATTERNS,
    *national.PATTERNS,
    *contact.PATTERNS,
    *secrets.PATTERNS,
    *machines.PATTERNS,
    *people.PATTERNS,
    *places.PATTERNS,
    *dates.PATTERNS,
)


class TextPii:
    """Personal data in text, by patterns, checksums and the words around.

    Confidence, percent: from 85 it is that; 50 to 85 a person should look; under 50 is a note. Spans are code points. A
    value is reported once, as the kind it most surely is. Time grows with the length of the text, whatever is in it.
    """

    name = "pii.text"
    version = "3.0"
    reads = ("text",)
    labels = tuple(sorted({pattern.label for pattern in PATTERNS}))
    min_confidence = 50.0
    time_limit_seconds = 10.0

    def __init__(self, *, only_patterns: bool = False) -> None:
        self._only_patterns = only_patterns
        self._prefilter: Prefilter | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Compiled patterns stay behind: they do not pickle, and are made again at the first `detect`."""
        return {"_only_patterns": self._only_patterns, "_prefilter": None}

    def detect(self, part: Part, context: Context) -> list[Detection]:
        """The findings of one text, from start to end."""
        if self._prefilter is None:
            self._prefilter = Prefilter(PATTERNS, {"disguised": respelling.triggers(), "spoken": spoken.TRIGGERS})
        folded = Folded(part.text or "")
        plan = self._prefilter.plan(folded.text)
        if "disguised" in plan.signs:
            folded = folded.respelled()
            plan = self._prefilter.plan(folded.text)
        hits = self._hits(folded, plan)
        if not self._only_patterns:
            named = tagged(folded.text)
            hits = [*joined(hits, named), *ages(folded.text, named)] if named else hits
        return [
            _detection(hit, *folded.original(hit.start, hit.end))
            for hit in connected(_without_overlaps(hits), folded.text)
        ]

    def _hits(self, folded: Folded, plan: Plan) -> list[_Hit]:
        text = folded.text
        hits = [_Hit(*cell) for cell in tables.cells(text)] if "\n" in text else []
        if "spoken" in plan.signs:
            hits += (_Hit(*run) for run in spoken.runs(text, folded.lowered))
        for pattern, search in plan.patterns:
            found = search(text)
            if found is not None:
                hits += self._hits_of(pattern, search, found, text, folded.lowered)
        return hits

    def _hits_of(
        self, pattern: Pattern, search: Search, first: re.Match[str], text: str, lowered: str
    ) -> Iterator[_Hit]:
        """The values of a pattern, from its first match on."""
        found: re.Match[str] | None = first
        while found is not None:
            start, end = found.span(found.lastindex or 0)
            if pattern.trim is not None:
                end = start + len(pattern.trim(text[start:end]))
            confidence = 0.0
            if end > start and pattern.edges(text, start, end):
                gap = found.group(1) if found.lastindex == 2 else None
                sighting = Sighting(text, lowered, start, end, gap)
                confidence = pattern.weigh(sighting)
            if confidence >= self.min_confidence:
                yield _Hit(start, end, min(confidence, 99.9), pattern.label, pattern.attributes)
                found = search(text, end) if end + 2 < len(text) else None  # no value is shorter
            else:
                # What was no value may have hidden the beginning of one.
                found = search(text, found.start() + 1)


def _detection(hit: _Hit, start: int, end: int) -> Detection:
    """What is found, unchecked: places and confidence are right by construction."""
    return Detection.trusted(
        {
            "label": hit.label,
            "parents": (),
            "confidence": hit.confidence,
            "detector": None,
            "part": "",
            "box": None,
            "span": Span.trusted({"start": start, "end": end}),
            "time_range": None,
            "attributes": dict(hit.attributes),
        }
    )


_start = itemgetter(0)


def _without_overlaps(hits: list[_Hit]) -> list[_Hit]:
    """The surest of overlapping hits, the longest of equally sure ones; from start to end."""
    hits.sort(key=_start)
    if all(hit.end <= later.start for hit, later in pairwise(hits)):
        return hits
    taken = bytearray(max(hit.end for hit in hits))
    kept = []
    for hit in sorted(hits, key=lambda hit: (-hit.confidence, hit.start - hit.end, hit.start, hit.label)):
        if taken.find(1, hit.start, hit.end) < 0:
            taken[hit.start : hit.end] = b"\1" * (hit.end - hit.start)
            kept.append(hit)
    return sorted(kept, key=_start)
