"""``comprehend.pii``: personal data in texts, by DetectPiiEntities, in English and Spanish."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from moderation.core.detections import Detection
from moderation.core.items import Part, Span
from moderation.hookspecs import Context
from moderation_aws.calls import TIME_LIMIT_SECONDS, Account, Caller, CallRefused, needed
from moderation_aws.cards import TEXT_PII
from moderation_aws.cutting import Piece, pieces, sendable
from moderation_aws.languages import LanguageOptions, language_of, units
from moderation_aws.taxonomy_map import COMPREHEND_PII, pii_label

MOST_BYTES = 100_000
"""AWS says 100 KB and does not say which; this is the smaller."""
OVERLAP = 300
"""Code points that pieces share: longer than any entity but an odd address."""
LANGUAGES = ("en", "es")


class TextPii:
    """Entities of Comprehend's types, each with its span. A type that is new to us is plain ``PII``."""

    name = "comprehend.pii"
    version = "1.0"
    card = TEXT_PII
    reads = ("text",)
    labels = ("PII", *COMPREHEND_PII)
    time_limit_seconds = TIME_LIMIT_SECONDS
    on_demand = True

    def __init__(self, account: Account, options: LanguageOptions) -> None:
        self._account, self._options = account, options
        self.min_confidence = options.min_confidence

    def detect(self, part: Part, context: Context) -> list[Detection]:
        """Entities in the order of the text. Raises `Unavailable`."""
        text = part.text or ""
        if not text.strip():
            return []
        caller = Caller(context.app, self.name)
        language = language_of(text, LANGUAGES, self._account, caller, self._options)
        found: list[Detection] = []
        for piece in pieces(sendable(text), MOST_BYTES, overlap=OVERLAP):
            if piece.text.strip():
                given = {"Text": piece.text, "LanguageCode": language}
                answer = self._account.call(caller, "comprehend", "DetectPiiEntities", units(piece.text), **given)
                found += [self._detection(entity, piece) for entity in needed(answer, "Entities")]
        return joined(detection for detection in found if detection.confidence >= self.min_confidence)

    def _detection(self, entity: Mapping[str, Any], piece: Piece) -> Detection:
        span = span_of(entity, piece)
        return Detection(label=pii_label(entity["Type"]), confidence=percent(entity["Score"]), span=span)


def span_of(entity: Mapping[str, Any], piece: Piece) -> Span:
    """Where an entity of a piece stands in the whole text.

    Raises:
        CallRefused: outside the piece, or empty: then no offset of the answer can be believed.
    """
    begin, end = entity["BeginOffset"], entity["EndOffset"]
    if not 0 <= begin < end <= len(piece.text):
        message = f"an entity stands at {begin}-{end} of a text of {len(piece.text)} characters"
        raise CallRefused("WrongOffsets", message)
    return Span(start=piece.start + begin, end=piece.start + end)


def percent(score: float) -> float:
    """A score of 0-1 as percent. Single precision may make a little more than one of one."""
    return min(score * 100.0, 100.0) if score <= 1.0001 else score * 100.0


def joined(found: Iterable[Detection]) -> list[Detection]:
    """Without what two pieces both saw: findings of one label that overlap become one, as long and sure as they go."""
    result: list[Detection] = []
    for detection in sorted(found, key=lambda d: (d.span.start, d.span.end) if d.span else (0, 0)):
        known = next((n for n, other in enumerate(result) if _is_same(other, detection)), None)
        if known is None:
            result.append(detection)
        else:
            result[known] = _union(result[known], detection)
    return result


def _is_same(one: Detection, other: Detection) -> bool:
    assert one.span is not None
    assert other.span is not None
    return one.label == other.label and one.span.start < other.span.end and other.span.start < one.span.end


def _union(one: Detection, other: Detection) -> Detection:
    assert one.span is not None
    assert other.span is not None
    span = Span(start=min(one.span.start, other.span.start), end=max(one.span.end, other.span.end))
    return one.model_copy(update={"span": span, "confidence": max(one.confidence, other.confidence)})
