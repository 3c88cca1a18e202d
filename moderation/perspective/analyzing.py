"""``comments:analyze``: scores of one comment. Nothing of it is kept, whatever ``doNotStore`` says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation.core.detections import Detection
from moderation.detection.runner import Runner
from moderation.perspective.attributes import Attributes, Card
from moderation.perspective.faults import GoogleError, refuse
from moderation.perspective.looking import highest, languages_of, look, of_card
from moderation.perspective.requests import MOST_ATTRIBUTES, AnalyzeComment, AttributeParameters, text_of

PROBABILITY = "PROBABILITY"
_SCORE_TYPES = (None, PROBABILITY, "SCORE_TYPE_UNSPECIFIED")


def analyze(runner: Runner, attributes: Attributes, app: str, request: AnalyzeComment) -> dict[str, Any]:
    """The answer to ``AnalyzeComment``.

    Raises:
        GoogleError: 400 with the documented ``errorType``, naming the attribute or field; 503 where a detector gave no
            answer.
    """
    text = text_of(request)
    wanted = request.requested_attributes or {}
    if not wanted:
        raise refuse("NO_REQUESTED_ATTRIBUTES", "Missing requested_attributes")
    cards = cards_of(attributes, wanted)
    for name, parameters in wanted.items():
        if parameters.score_type not in _SCORE_TYPES:
            message = f"Requested score type {parameters.score_type} is not supported by attribute {name}"
            raise refuse("INVALID_REQUEST", message[:300])
    requested = request.languages or []
    scores: dict[str, Any] = {}
    try:
        languages = languages_of(cards, requested)
        found = look(runner, app, text, cards, requested)
    except GoogleError as fault:
        if not (request.drop_unsupported_attributes and _is_of_language(fault)):
            raise
        # The caller would rather have no score than an error; which of the two it is, the answer shows.
        languages = list(requested) or ["und"]
    else:
        scores = _scores(text, found, cards, wanted, with_spans=bool(request.span_annotations))
    answer: dict[str, Any] = {"attributeScores": scores} if scores else {}
    answer |= {"languages": languages, "detectedLanguages": languages}
    if request.client_token is not None:
        answer["clientToken"] = request.client_token
    return answer


def cards_of(attributes: Attributes, names: Mapping[str, object]) -> dict[str, Card]:
    """The cards of some attributes.

    Raises:
        GoogleError: 400 naming the first that is not offered, and why.
    """
    if len(names) > MOST_ATTRIBUTES:
        raise refuse("INVALID_REQUEST", f"More than {MOST_ATTRIBUTES} attributes")
    for name in names:
        if name not in attributes.cards:
            message = f"Unknown requested attribute: {name[:100]} ({attributes.why_not(name)})"
            raise refuse("INVALID_REQUEST", message)
    return {name: attributes.cards[name] for name in names}


def _scores(
    text: str,
    found: Sequence[Detection],
    cards: Mapping[str, Card],
    wanted: Mapping[str, AttributeParameters],
    *,
    with_spans: bool,
) -> dict[str, Any]:
    scores = {}
    for name, card in cards.items():
        value = card.score(highest(found, card))
        threshold = wanted[name].score_threshold
        if threshold is not None and value < threshold:
            continue
        spans = [_span(0, units(text), value)]
        if with_spans:
            spans = _span_scores(text, of_card(found, card), card) or spans
        scores[name] = {"spanScores": spans, "summaryScore": _score(value)}
    return scores


def _span_scores(text: str, found: Sequence[Detection], card: Card) -> list[dict[str, Any]]:
    """Where the detections stand, in the order of the text; the surest of those at one place."""
    best: dict[tuple[int, int], float] = {}
    for each in found:
        place = (each.span.start, each.span.end) if each.span is not None else (0, len(text))
        best[place] = max(best.get(place, 0.0), each.confidence)
    return [
        _span(units(text[:start]), units(text[:end]), card.score(confidence))
        for (start, end), confidence in sorted(best.items())
    ]


def units(text: str) -> int:
    """How many UTF-16 code units a text has: Perspective counts places in these."""
    return len(text.encode("utf-16-le")) // 2


def _span(begin: int, end: int, value: float) -> dict[str, Any]:
    return {"begin": begin, "end": end, "score": _score(value)}


def _score(value: float) -> dict[str, Any]:
    return {"value": round(value, 6), "type": PROBABILITY}


def _is_of_language(fault: GoogleError) -> bool:
    return any(each.get("errorType") == "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE" for each in fault.details)
