"""Attributes: what each of Perspective's names stands for here, and the card with what was measured of it.

Only what was measured is offered: an attribute without a card, or whose card was measured with other detectors than
are loaded, has no score. ``attributes.yml`` beside this module has the shipped cards; `MODERATION_PERSPECTIVE_CARDS`
names a file of your own, whose cards stand beside the shipped ones or take their place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field, model_validator

from moderation.core.policy.terms import PolicyModel, wrong
from moderation.core.taxonomy import Taxonomy
from moderation.hookspecs import Detector
from moderation.perspective.calibration import score_of
from moderation.yaml_reader import read_model

SHIPPED = Path(__file__).with_name("attributes.yml")
NAMES = ("TOXICITY", "SEVERE_TOXICITY", "IDENTITY_ATTACK", "INSULT", "PROFANITY", "THREAT")
"""Those that Perspective has for production; others may have cards of their own."""


class Figures(PolicyModel):
    """What `moderation.perspective.calibration.Quality` says; shares are 0-1."""

    auroc: float = Field(ge=0, le=1)
    average_precision: float = Field(ge=0, le=1)
    calibration_error: float = Field(ge=0, le=1)
    precision: float | None = Field(None, ge=0, le=1)
    recall: float = Field(ge=0, le=1)


class Card(PolicyModel):
    """An attribute, as it was measured.

    Attributes:
        means: for people, as a sentence.
        labels: of the taxonomy; the surest of them counts.
        detectors: name to version: with these it was measured, and of these alone it has its scores.
        languages: codes of ISO 639-1, of the texts it was measured on.
        texts: which texts, and who judged them.
        count: how many, and how many of them have the attribute.
        share: percent of texts that have it, for which the scores hold; 10 means that one comment in ten has it.
        figures: measured on folds that the calibration had not seen.
        notes: what else people should know, a line each.
        calibration: confidence (0-100) and score (0-1), rising; between two the line counts.
    """

    means: str = Field(min_length=1)
    labels: list[str] = Field(min_length=1)
    detectors: dict[str, str] = Field(min_length=1)
    languages: list[str] = Field(min_length=1)
    texts: str = Field(min_length=1)
    count: int = Field(ge=100)
    positives: int = Field(ge=20)
    share: float = Field(gt=0, lt=100)
    figures: Figures
    notes: list[str] = Field(default_factory=list)
    calibration: list[list[float]] = Field(min_length=2)

    @model_validator(mode="after")
    def _rises(self) -> Card:
        if any(len(knot) != 2 for knot in self.calibration):
            raise wrong("each step is [confidence, score]", at="calibration", hint="such as [60, 0.41]")
        confidences, scores = ([knot[at] for knot in self.calibration] for at in (0, 1))
        if not all(0 <= each <= 100 for each in confidences) or not all(0 <= each <= 1 for each in scores):
            raise wrong("confidences are 0-100 and scores 0-1", at="calibration")
        if confidences != sorted(set(confidences)) or scores != sorted(scores):
            raise wrong("confidences rise from step to step, and scores never fall", at="calibration")
        taxonomy = Taxonomy()
        for label in self.labels:
            if label not in taxonomy and not label.startswith("Custom/"):
                close = taxonomy.suggest(label)
                raise wrong(f"unknown label '{label}'", at="labels", hint=f"did you mean '{close}'?" if close else "")
        return self

    def score(self, confidence: float) -> float:
        """The score, 0-1, of the highest confidence that its detectors gave one of its labels; 0 for nothing found."""
        return score_of(confidence, [(knot[0], knot[1]) for knot in self.calibration])


class Cards(PolicyModel):
    """A file of cards."""

    attributes: dict[str, Card]


@dataclass(frozen=True)
class Attributes:
    """What is offered.

    Attributes:
        cards: by name, of those that can be asked for.
        missing: why there is no score, by name, of others that there are cards of.
    """

    cards: Mapping[str, Card]
    missing: Mapping[str, str]

    @classmethod
    def load(cls, own: Path | None, detectors: Sequence[Detector]) -> Attributes:
        """The shipped cards and those of a file, held against the detectors that are loaded.

        Raises:
            PolicyFault: with every fault of the file.
        """
        loaded = {each.name: each.version for each in detectors if "text" in each.reads}
        cards = {**read_cards(SHIPPED), **(read_cards(own) if own is not None else {})}
        missing = {name: reason for name, card in cards.items() if (reason := _missing(card, loaded))}
        return cls({name: card for name, card in cards.items() if name not in missing}, missing)

    def why_not(self, name: str) -> str:
        """Why an attribute has no score here, as a sentence."""
        if name in self.missing:
            return self.missing[name]
        offered = ", ".join(sorted(self.cards)) or "none"
        return f"nothing was measured for it here, so there is no score; those offered: {offered}"


def read_cards(path: Path) -> Mapping[str, Card]:
    """The cards of a file, by name.

    Raises:
        PolicyFault: with every fault of it, at its line.
    """
    return read_model(path, Cards, "mend MODERATION_PERSPECTIVE_CARDS").attributes


def _missing(card: Card, loaded: Mapping[str, str]) -> str:
    """What the card was measured with and is not here; empty when all of it is."""
    for name, version in card.detectors.items():
        if name not in loaded:
            return f"it was measured with detector {name}, which is not loaded"
        if loaded[name] != version:
            return f"it was measured with {name} {version}, and {loaded[name]} is loaded; it is to be measured again"
    return ""
