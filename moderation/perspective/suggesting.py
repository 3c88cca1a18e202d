"""``comments:suggestscore``: a moderator's verdict on a comment, kept with what was found in it, without its text."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from moderation.core.counting import KeyedHash
from moderation.detection.runner import Runner
from moderation.perspective.analyzing import PROBABILITY, cards_of
from moderation.perspective.attributes import Attributes
from moderation.perspective.faults import refuse
from moderation.perspective.looking import languages_of, look
from moderation.perspective.requests import AttributeScores, Score, SuggestCommentScore, text_of
from moderation.storage.suggestions import Said, SuggestedScore, SuggestedScores


def suggest(
    runner: Runner,
    attributes: Attributes,
    kept: SuggestedScores,
    keyed: KeyedHash,
    app: str,
    request: SuggestCommentScore,
    now: datetime,
) -> dict[str, Any]:
    """Keep what people say of a comment; a later verdict of the app on the same text takes its place.

    Raises:
        GoogleError: 400 with what is wrong, 503 where a detector gave no answer; nothing is kept then.
        StoreUnavailable: nothing is kept.
    """
    text = text_of(request)
    scores = request.attribute_scores or {}
    if not scores:
        raise refuse("INVALID_REQUEST", "attribute_scores must not be empty")
    cards = cards_of(attributes, scores)
    said = tuple(Said(name, tuple(cards[name].labels), _value(name, each)) for name, each in scores.items())
    requested = request.languages or []
    languages = languages_of(cards, requested)
    best: dict[str, float] = {}
    for each in look(runner, app, text, cards, requested):
        best[each.label] = max(best.get(each.label, 0.0), each.confidence)
    kept.keep(SuggestedScore(keyed(f"suggested:{app}:{text}"), app, best, said, now))
    answer: dict[str, Any] = {"requestedLanguages": requested, "detectedLanguages": languages}
    if request.client_token is not None:
        answer["clientToken"] = request.client_token
    return answer


def _value(name: str, scores: AttributeScores) -> float:
    """What was said of the whole comment, 0-1; else the highest of what was said of its stretches."""
    given: list[Score] = [scores.summary_score] if scores.summary_score is not None else []
    given = given or [each.score for each in scores.span_scores or () if each.score is not None]
    if not given or any(each.value is None for each in given):
        raise refuse("INVALID_REQUEST", f"attribute_scores.{name} has no value: say 0 or 1, or what is between")
    if any(each.type not in (None, PROBABILITY, "SCORE_TYPE_UNSPECIFIED") for each in given):
        raise refuse("INVALID_REQUEST", f"attribute_scores.{name} is of another type than PROBABILITY")
    values = [each.value for each in given if each.value is not None]
    if not all(0 <= value <= 1 for value in values):
        raise refuse("INVALID_REQUEST", f"attribute_scores.{name} has a value that is not 0 to 1")
    return max(values)
