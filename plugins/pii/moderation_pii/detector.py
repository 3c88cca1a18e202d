"""``pii.text``: runs the patterns, weighs what stands around each sighting, lets the surest of overlapping ones stand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from moderation.core.detections import Detection
from moderation.core.items import Part, Span
from moderation_pii import joining, regions
from moderation_pii.card import CARD
from moderation_pii.kinds import PATTERNS, dates_alone, keys, national_named
from moderation_pii.names import brands, form_words, not_people
from moderation_pii.names.naming import ages, joined, tagged
from moderation_pii.names.tagger import tagger
from moderation_pii.pattern import Hit, Sighting
from moderation_pii.prefilter import Prefilter
from moderation_pii.reading import records, respelling, spoken, tables, wrapped
from moderation_pii.reading.folding import Folded
from moderation_pii.regions import Finder, Region

if TYPE_CHECKING:
    from moderation.hookspecs import Context

_LEAST = 50.0
"""Confidence under which nothing is reported."""

_SURE = 85.0
"""From this confidence on no other pattern of the same kind is asked."""


class TextPii:
    """Personal data in text, by patterns, checksums and the words around.

    Confidence, percent: from 85 it is that; 50 to 85 a person should look; under 50 is a note. Spans are code points. A
    value is reported once, as the kind it most surely is. Time grows with the length of the text, whatever is in it.

    Args:
        only_patterns: without the model of names and addresses.
        dates_alone: a year or a weekday that stands alone is a date too, as it is for Comprehend.
    """

    name = "pii.text"
    version = "6.3"
    card = CARD
    reads = ("text",)
    labels = tuple(sorted({pattern.label for pattern in PATTERNS}))
    min_confidence = _LEAST
    time_limit_seconds = 10.0
    reads_encoded = True

    def __init__(self, *, only_patterns: bool = False, dates_alone: bool = False) -> None:
        self._only_patterns, self._dates_alone = only_patterns, dates_alone
        self._prefilter: Prefilter | None = None

    def __getstate__(self) -> dict[str, Any]:
        """The automaton stays behind: it does not pickle, and is there again at the first `detect`."""
        return {"_only_patterns": self._only_patterns, "_dates_alone": self._dates_alone, "_prefilter": None}

    def detect(self, part: Part, context: Context) -> list[Detection]:
        """The findings of one text, from start to end."""
        prefilter = self._prefilter
        if prefilter is None:
            prefilter = self._prefilter = Prefilter(EXPRESSIONS, SIGNS)
        folded = Folded(part.text or "")
        seen = prefilter.seen(folded.text)
        if _DISGUISED in seen:
            folded = folded.respelled()
            seen = prefilter.seen(folded.text)
        hits, others = _hits(folded, seen, prefilter.widths)
        hits += wrapped.unwrapped(folded.text, lambda line: _of_line(line, prefilter))
        if self._dates_alone:
            hits += dates_alone.found(folded.lowered)
        if not self._only_patterns:
            named = tagged(folded.text)
            hits = [*joined(hits, named, folded.text), *ages(folded.text, named)] if named else hits
        return [
            _detection(hit, *folded.original(hit.start, hit.end))
            for hit in joining.as_one(
                joining.blocks(joining.connected(_without_overlaps(hits), folded.text), folded.text), folded.text
            )
            if hit.label != "PII/NAME" or (_is_person(folded, hit) and not _is_in(others, hit))
        ]


def _of_line(line: str, prefilter: Prefilter) -> list[Hit]:
    """What the patterns alone find in a line that is put together."""
    folded = Folded(line)
    return _without_overlaps(_hits(folded, prefilter.seen(folded.text), prefilter.widths)[0])


_COUNT = len(PATTERNS)
_BESIDE = tuple(dict.fromkeys(pattern.beside for pattern in PATTERNS if pattern.beside))
EXPRESSIONS = (*(pattern.regex for pattern in PATTERNS), *_BESIDE, records.SIGN, respelling.signs(), spoken.signs())
"""What the prefilter looks for: the patterns, the words without which some count for nothing, signs of disguise."""

_NEEDS = [_COUNT + _BESIDE.index(pattern.beside) if pattern.beside else None for pattern in PATTERNS]
_NATIONAL = PATTERNS.index(national_named.PATTERNS[0])
_RECORD, _DISGUISED, _SPOKEN = range(len(EXPRESSIONS) - 3, len(EXPRESSIONS))


SIGNS = frozenset(range(_COUNT, len(EXPRESSIONS) - 1))
"""Of these, all that count by being there: no place is asked of them."""


@cache
def _compiled(number: int) -> re.Pattern[str]:
    """A pattern, compiled at its first use: a start does not wait for patterns of rare kinds."""
    return re.compile(PATTERNS[number].regex, re.ASCII)


def _hits(folded: Folded, seen: Mapping[int, list[int]], widths: Sequence[int]) -> tuple[list[Hit], list[Hit]]:
    """What the patterns find that may be in a text; and the places of which a record says that they name no person."""
    text, lowered = folded.text, folded.lowered
    hits = list(tables.cells(text)) if "\n" in text else []
    if "values" in lowered:
        hits += tables.inserted(text)
    if _RECORD in seen:
        hits += records.values(text)
    hits += keys.private_keys(text, lowered)
    others = [hit for hit in hits if hit.label == tables.NOBODY]
    if others:
        hits = [hit for hit in hits if hit.label != tables.NOBODY]
    taken: dict[str, bytearray] = {}
    is_long = len(text) > regions.SHORT
    for number in sorted(seen):
        if number < _COUNT:
            needed = _NEEDS[number]
            if needed is None or needed in seen:
                where = regions.before(seen[number], widths[number], len(text)) if is_long else None
                _look(number, where, text, lowered, hits, taken)
        elif number == _SPOKEN:
            for start, end in regions.before(seen[number], widths[number], len(text)) if is_long else [(0, len(text))]:
                hits += spoken.runs(text, lowered, start, end)
    if _NATIONAL in seen:
        hits = national_named.no_telephones(hits)
    return joining.alone(joining.whole_addresses(hits), text), others


def _is_in(places: list[Hit], hit: Hit) -> bool:
    """True when a place takes in some of a hit."""
    return any(place.start < hit.end and hit.start < place.end for place in places)


def _look(
    number: int, where: Sequence[Region] | None, text: str, lowered: str, hits: list[Hit], taken: dict[str, bytearray]
) -> None:
    """Add the values of a pattern to the hits.

    Args:
        number: the pattern's.
        where: regions of the text in which it may be; None for all of it.
        text: as it is folded.
        lowered: the same in lower case.
        hits: what is found.
        taken: label to the characters of which patterns are sure already: no other of the same kind is asked about them.
    """
    pattern, search = PATTERNS[number], Finder(_compiled(number), text, where).search
    label, weigh, edges, trim, last = pattern.label, pattern.weigh, pattern.edges, pattern.trim, len(text) - 2
    known = None if pattern.attributes else taken.get(label)
    found = search()
    while found is not None:
        group = found.lastindex
        start, end = found.span(group or 0)
        if trim is not None:
            end = start + len(trim(text[start:end]))
        if end > start and edges(text, start, end):
            if known is not None and known.find(0, start, end) < 0:
                found = search(end)
                continue
            confidence = weigh(Sighting(text, lowered, start, end, found[1] if group == 2 else None))
            if confidence >= _LEAST:
                hits.append(Hit(start, end, min(confidence, 99.9), label, pattern.attributes))
                if confidence >= _SURE:
                    if label not in taken:
                        taken[label] = bytearray(len(text))
                    taken[label][start:end] = b"\1" * (end - start)
                found = search(end) if end < last else None  # no value is shorter
                continue
        # What was no value may have hidden the beginning of one.
        found = search(found.start() + 1)


def _is_person(folded: Folded, hit: Hit) -> bool:
    """False for brands and for the words of forms, which look like names."""
    lowered, place = folded.lowered, (hit.start, hit.end)
    if brands.is_brand(lowered, *place) or form_words.is_label(folded.text, lowered, *place):
        return False
    return not not_people.is_nobody(folded.text, lowered, *place, tagger().lists.of)


def _detection(hit: Hit, start: int, end: int) -> Detection:
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


def _without_overlaps(hits: list[Hit]) -> list[Hit]:
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
