"""``comprehend.toxicity``: abuse, hate, threats and the like in English texts, by DetectToxicContent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from moderation.core.detections import Detection
from moderation.core.items import Part, Span
from moderation.hookspecs import Context
from moderation_aws.calls import TIME_LIMIT_SECONDS, Account, Caller, CallRefused, needed
from moderation_aws.cards import TOXIC_TEXT
from moderation_aws.cutting import Piece, pieces, sendable, utf8_length
from moderation_aws.languages import LanguageOptions, language_of, units
from moderation_aws.taxonomy_map import TOXICITY, toxicity_label
from moderation_aws.text_pii import percent

MOST_BYTES_OF_SEGMENT = 1000
MOST_SEGMENTS = 10
MOST_BYTES_OF_CALL = 10_000
OVERLAP = 80
"""Code points that segments share, so that an insult on a cut is whole in one of them."""


class TextToxicity:
    """Comprehend's toxicity classes of each stretch of about 1,000 bytes; the span is the stretch."""

    name = "comprehend.toxicity"
    version = "1.0"
    card = TOXIC_TEXT
    reads = ("text",)
    labels = ("Toxicity", *TOXICITY)
    time_limit_seconds = TIME_LIMIT_SECONDS
    on_demand = True

    def __init__(self, account: Account, options: LanguageOptions) -> None:
        self._account, self._options = account, options
        self.min_confidence = options.min_confidence

    def detect(self, part: Part, context: Context) -> list[Detection]:
        """Classes in the order of the text. Raises `Unavailable`."""
        text = part.text or ""
        if not text.strip():
            return []
        caller = Caller(context.app, self.name)
        language = language_of(text, ("en",), self._account, caller, self._options)
        segments = [p for p in pieces(sendable(text), MOST_BYTES_OF_SEGMENT, overlap=OVERLAP) if p.text.strip()]
        found: list[Detection] = []
        for group in _groups(segments):
            answer = self._account.call(
                caller,
                "comprehend",
                "DetectToxicContent",
                sum(units(segment.text, 1) for segment in group),
                TextSegments=[{"Text": segment.text} for segment in group],
                LanguageCode=language,
            )
            results = needed(answer, "ResultList")
            if len(results) != len(group):
                raise CallRefused("IncompleteAnswer", f"{len(results)} results for {len(group)} stretches of text")
            for segment, result in zip(group, results, strict=True):
                span = Span(start=segment.start, end=segment.start + len(segment.text))
                found += [
                    Detection(label=toxicity_label(each["Name"]), confidence=percent(each["Score"]), span=span)
                    for each in needed(result, "Labels")
                    if percent(each["Score"]) >= self.min_confidence
                ]
        return found


def _groups(segments: Sequence[Piece]) -> Iterator[list[Piece]]:
    """Segments for one call each."""
    group: list[Piece] = []
    size = 0
    for segment in segments:
        length = utf8_length(segment.text)
        if group and (len(group) == MOST_SEGMENTS or size + length > MOST_BYTES_OF_CALL):
            yield group
            group, size = [], 0
        group.append(segment)
        size += length
    if group:
        yield group
