"""``pii.text``: runs the patterns, weighs what stands around each sighting, lets the surest of overlapping ones stand."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from moderation.core.detections import Detection
from moderation.core.items import Part, Span
from moderation.hookspecs import Context
from moderation_pii import banking, cards, contact, dates, government, machines, people, places, secrets, spoken
from moderation_pii.context import searcher
from moderation_pii.folding import Folded
from moderation_pii.pattern import Pattern, Sighting
from moderation_pii.tagger import tagger

PATTERNS: tuple[Pattern, ...] = (
    *cards.PATTERNS,
    *banking.PATTERNS,
    *government.PATTERNS,
    *contact.PATTERNS,
    *secrets.PATTERNS,
    *machines.PATTERNS,
    *people.PATTERNS,
    *places.PATTERNS,
    *dates.PATTERNS,
    *spoken.PATTERNS,
)

_MEMORY_BYTES = 64 << 20
"""For each automaton, which is a cache: when it is full it starts anew and goes on."""

_LEAST_LEAD = 0.0
"""By how much, in nats, a name or address of the model must lead over being none."""

_SURER = 58.0
"""From this confidence on a pattern knows better than the model what a word is."""

_AGE_BEHIND = re.compile(rb"(?:, ?| ?\()(?:aged? )?([1-9][0-9]|[1-9](?=\)))(?=[,)])")


class _Hit(NamedTuple):
    start: int
    end: int
    confidence: float
    label: str


class TextPii:
    """Personal data in text, by patterns, checksums and the words around.

    Confidence, percent: from 85 it is that; 50 to 85 a person should look; under 50 is a note. Spans are code points. A
    value is reported once, as the kind it most surely is. Time grows with the length of the text, whatever is in it.
    """

    name = "pii.text"
    version = "2.0"
    reads = ("text",)
    labels = tuple(sorted({pattern.label for pattern in PATTERNS}))
    min_confidence = 50.0
    time_limit_seconds = 10.0

    def __init__(self, *, only_patterns: bool = False) -> None:
        self._only_patterns = only_patterns
        self._which: Any = None
        self._regexes: dict[int, Any] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Compiled patterns stay behind: they do not pickle, and are made again at the first `detect`."""
        return {"_only_patterns": self._only_patterns, "_which": None, "_regexes": {}}

    def detect(self, part: Part, context: Context) -> list[Detection]:
        """The findings of one text, from start to end."""
        folded = Folded(part.text or "")
        hits = list(self._hits(folded.data))
        if not self._only_patterns:
            tagged = _tagged(folded)
            hits = [*_joined(hits, tagged), *_ages(folded.data, tagged)] if tagged else hits
        hits = _without_overlaps(hits, len(folded.data))
        starts = folded.code_points(hit.start for hit in hits)
        ends = folded.end_code_points(hit.end for hit in hits)
        return [
            Detection(label=hit.label, confidence=hit.confidence, span=Span(start=start, end=end))
            for hit, start, end in zip(hits, starts, ends, strict=True)
        ]

    def _hits(self, data: bytes) -> Iterator[_Hit]:
        if self._which is None:
            self._compile()
        lowered = data.lower()
        numbers = self._which.Match(data)
        if len(PATTERNS) not in numbers:
            # The last trigger is in every text. When it is not named, the automaton ran out of memory and named
            # nothing, which must not pass for a text without findings.
            numbers = range(len(PATTERNS))
        for number in numbers:
            if number < len(PATTERNS):
                yield from self._hits_of(number, data, lowered)

    def _hits_of(self, number: int, data: bytes, lowered: bytes) -> Iterator[_Hit]:
        pattern, search = PATTERNS[number], self._search(number)
        position, size = 0, len(data)
        while (spans := search(data, position, size))[0][0] >= 0:
            start, end = spans[-1]
            if pattern.trim is not None:
                value = data[start:end].decode("utf-8", "surrogatepass")
                end = start + len(pattern.trim(value).encode("utf-8", "surrogatepass"))
            confidence = 0.0
            if end > start and pattern.edges(data, start, end):
                gap = data[slice(*spans[1])] if len(spans) == 3 else None
                sighting = Sighting(data, lowered, start, end, gap)
                confidence = pattern.weigh(sighting)
            if confidence >= self.min_confidence:
                label = pattern.label if pattern.kind is None else pattern.kind(sighting)
                yield _Hit(start, end, min(confidence, 99.9), label)
                position = end
            else:
                # What was no value may have hidden the beginning of one.
                position = _next_character(data, spans[0][0])

    def _compile(self) -> None:
        import re2

        which = re2.Set.SearchSet(_options())
        for pattern in PATTERNS:
            which.Add(pattern.trigger or pattern.regex)
        which.Add("")
        which.Compile()
        self._which = which

    def _search(self, number: int) -> Any:
        """The search of a pattern: text, from, to; spans of the match and its groups."""
        search = self._regexes.get(number)
        if search is None:
            search = self._regexes[number] = searcher(PATTERNS[number].regex, _MEMORY_BYTES)
        return search


def _options() -> Any:
    import re2

    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY_BYTES
    return options


def _next_character(data: bytes, position: int) -> int:
    position += 1
    while position < len(data) and data[position] & 0xC0 == 0x80:
        position += 1
    return position


def _tagged(folded: Folded) -> list[_Hit]:
    """What the model sees as names and addresses."""
    text = folded.text
    found = [
        tagged
        for tagged in tagger().tag(text)
        if tagged.lead >= _LEAST_LEAD and _is_whole(text, tagged.start, tagged.end)
    ]
    if not found:
        return []
    starts = folded.bytes_of(tagged.start for tagged in found)
    ends = folded.bytes_of(tagged.end for tagged in found)
    return [
        _Hit(start, end, _confidence(tagged.lead), tagged.label)
        for tagged, start, end in zip(found, starts, ends, strict=True)
    ]


def _is_whole(text: str, start: int, end: int) -> bool:
    """True when what is tagged is no piece of a longer word or code."""
    left, right = text[start - 1 : start], text[end : end + 1]
    return not (left.isalnum() or left == "_" or right.isalnum() or right == "_")


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
                    tagged.append(
                        _Hit(
                            min(hit.start, *(other.start for other in same)),
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


def _ages(data: bytes, tagged: list[_Hit]) -> Iterator[_Hit]:
    """The numbers that news put behind a name: Ann Lee, 34, of Leeds."""
    for hit in tagged:
        if hit.label == "PII/NAME" and (found := _AGE_BEHIND.match(data, hit.end)) is not None:
            yield _Hit(*found.span(1), 75.0, "PII/AGE")


def _without_overlaps(hits: Iterable[_Hit], size: int) -> list[_Hit]:
    """The surest of overlapping hits, the longest of equally sure ones; from start to end."""
    taken = bytearray(size)
    kept = []
    for hit in sorted(hits, key=lambda hit: (-hit.confidence, hit.start - hit.end, hit.start, hit.label)):
        if taken.find(1, hit.start, hit.end) < 0:
            taken[hit.start : hit.end] = b"\1" * (hit.end - hit.start)
            kept.append(hit)
    return sorted(kept)
