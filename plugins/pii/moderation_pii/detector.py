"""``pii.text``: runs the patterns, weighs what stands around each sighting, lets the surest of overlapping ones stand."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from operator import itemgetter
from types import MappingProxyType
from typing import Any, NamedTuple

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
from moderation_pii.pattern import Pattern, Sighting
from moderation_pii.prefilter import Plan, Prefilter, Search
from moderation_pii.tagger import tagger

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

_LEAST_LEAD = 0.0
"""By how much, in nats, a name or address of the model must lead over being none."""

_LONGEST_LEAD = 40
"""How far before a pattern's address the model's may begin, in characters; further off it took in what stands before."""

_BETWEEN_LINES = re.compile(r"[ \t]?,?[ \t\r]?\n?[ \t]?")
"""What parts the lines of an address: a comma, a line's end."""

_SURER = 58.0
"""From this confidence on a pattern knows better than the model what a word is."""

_AGE_BEHIND = re.compile(r"(?:, ?| ?\()(?:aged? )?([1-9][0-9]?)(?=[,)])")


_A_DIGIT = re.compile(r"[0-9]")
_UNREAD = re.compile(r"(?![0-9A-Za-z\u00c0-\u024f\u1e00-\u1eff])[^\W_]")
_NAMED = re.compile(r"(?i)\bname(?:'?s| is|:| =)? ?$")
_NAME_KINDS = frozenset("abcdfghxyz")
"""The tagger's lists of first and last names."""

_TWO_LETTERS = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]{2}")


class _Hit(NamedTuple):
    start: int
    end: int
    confidence: float
    label: str
    attributes: Mapping[str, str] = MappingProxyType({})


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
            tagged = _tagged(folded.text)
            hits = [*_joined(hits, tagged), *_ages(folded.text, tagged)] if tagged else hits
        return [
            _detection(hit, *folded.original(hit.start, hit.end))
            for hit in _connected(_without_overlaps(hits), folded.text)
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


def _tagged(text: str) -> list[_Hit]:
    """What the model sees as names and addresses."""
    return [
        _Hit(tagged.start, tagged.end, _confidence(tagged.lead), tagged.label)
        for tagged in tagger().tag(text)
        if tagged.lead >= _LEAST_LEAD
        and _is_whole(text, tagged.start, tagged.end)
        and (tagged.label != "PII/NAME" or _may_be_name(text, tagged.start, tagged.end))
    ]


def _is_whole(text: str, start: int, end: int) -> bool:
    """True when what is tagged has a word in it, none that the model cannot read, and is no piece of a longer one."""
    if _TWO_LETTERS.search(text, start, end) is None or _UNREAD.search(text, start, end) is not None:
        return False
    left, right = text[start - 1 : start], text[end : end + 1]
    return not (left.isalnum() or left in ("_", "@", "#") or right.isalnum() or right == "_")


def _may_be_name(text: str, start: int, end: int) -> bool:
    """False for what has digits, and for small words that are on no list of names."""
    value = text[start:end]
    if _A_DIGIT.search(value) is not None:
        return False
    if not value.islower() or _NAMED.search(text, max(0, start - 12), start) is not None:
        return True
    return any(not _NAME_KINDS.isdisjoint(tagger().lists.of(word)) for word in value.replace("-", " ").split())


def _confidence(lead: float) -> float:
    """Percent: 50 at the least lead that counts, and never quite sure."""
    return 50.0 + 46.0 * (1.0 - math.exp(-(lead - _LEAST_LEAD) / 5.0))


def _joined(patterned: list[_Hit], tagged: list[_Hit]) -> list[_Hit]:
    """Both; the model's addresses grow by those of patterns which they touch, and its names replace those of patterns."""
    surer = [hit for hit in patterned if hit.label != "PII/NAME" and hit.confidence >= _SURER]
    tagged = [hit for hit in tagged if not any(_is_rather(other, hit) for other in surer)]
    kept = []
    for hit in patterned:
        if hit.label in ("PII/ADDRESS", "PII/NAME"):
            same = [
                other
                for other in tagged
                if other.label == hit.label and other.start < hit.end and hit.start < other.end
            ]
            if same:
                if hit.label == "PII/ADDRESS":
                    tagged = [other for other in tagged if other not in same]
                    starts = [other.start for other in same if hit.start - other.start < _LONGEST_LEAD]
                    tagged.append(
                        _Hit(
                            min([hit.start, *starts]),
                            max(hit.end, *(other.end for other in same)),
                            max(hit.confidence, *(other.confidence for other in same)),
                            hit.label,
                        )
                    )
                continue
        kept.append(hit)
    return kept + tagged


def _is_rather(patterned: _Hit, tagged: _Hit) -> bool:
    """True when what the model tagged is a piece of what a pattern saw as something else."""
    shared = min(patterned.end, tagged.end) - max(patterned.start, tagged.start)
    if shared <= 0 or patterned.label == tagged.label:
        return False
    return tagged.label == "PII/NAME" or 2 * shared >= tagged.end - tagged.start


def _connected(hits: list[_Hit], text: str) -> list[_Hit]:
    """The hits, with addresses that only a comma or a line's end parts as one."""
    made: list[_Hit] = []
    for hit in hits:
        last = made[-1] if made else None
        if (
            last is not None
            and hit.label == last.label == "PII/ADDRESS"
            and _BETWEEN_LINES.fullmatch(text, last.end, hit.start)
        ):
            made[-1] = _Hit(last.start, hit.end, max(last.confidence, hit.confidence), hit.label)
        else:
            made.append(hit)
    return made


def _ages(text: str, tagged: list[_Hit]) -> Iterator[_Hit]:
    """The numbers that news put behind a name: Ann Lee, 34, of Leeds."""
    for hit in tagged:
        if hit.label == "PII/NAME" and (found := _AGE_BEHIND.match(text, hit.end)) is not None:
            yield _Hit(*found.span(1), 75.0, "PII/AGE")


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
