"""A comment looked through once, by the detectors that its attributes were measured with; no item is made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from moderation.core.detections import Detection
from moderation.core.items import Part
from moderation.detection.runner import Runner
from moderation.perspective.attributes import Card
from moderation.perspective.faults import language_not_supported, without_answer

UNKNOWN = "und"
"""The code of a language that nobody here can tell (ISO 639-2)."""


def look(
    runner: Runner, app: str, text: str, cards: Mapping[str, Card], requested: Sequence[str]
) -> Sequence[Detection]:
    """What was found in a text by the detectors of `cards`.

    Args:
        cards: of the attributes that are wanted.
        requested: languages that the caller says the text is in.

    Raises:
        GoogleError: 400 where a detector cannot read the text's language, 503 where one gave no answer.
    """
    names = {name for card in cards.values() for name in card.detectors}
    part = Part(id="p0", type="text", text=text)
    (found,), answers = runner.look_each(app, [part], lambda each: each.name in names)
    for failure in answers.failures:
        if failure.kind != "unreadable":
            raise without_answer(f"{failure.detector.name} gave no answer: {failure.message}")
    for failure in answers.failures:
        name = next(name for name, card in cards.items() if failure.detector.name in card.detectors)
        raise language_not_supported(name, requested, [UNKNOWN])
    return found


def highest(found: Sequence[Detection], card: Card) -> float:
    """The highest confidence, 0-100, of the card's labels from its detectors; 0 where nothing was found."""
    return max((each.confidence for each in of_card(found, card)), default=0.0)


def of_card(found: Sequence[Detection], card: Card) -> list[Detection]:
    """The detections that count for an attribute."""
    return [
        each
        for each in found
        if each.label in card.labels and each.detector is not None and each.detector.name in card.detectors
    ]


def languages_of(cards: Mapping[str, Card], requested: Sequence[str]) -> list[str]:
    """The languages that the answer names: those that were said, else the one that all attributes were measured in.

    Raises:
        GoogleError: 400: an attribute was not measured in a language that was said.
    """
    for name, card in cards.items():
        others = [each for each in requested if each.lower().partition("-")[0] not in card.languages]
        if others:
            raise language_not_supported(name, others, [])
    if requested:
        return list(requested)
    first = next(iter(cards.values()))
    return first.languages[:1]
