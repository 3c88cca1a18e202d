"""``{score: NAME, at_least: 70}``: one number made of several detections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from moderation.core.policy.terms import Labels, OneOrMore, PolicyModel, is_number, wrong
from moderation.core.policy.words.word import Bounds

Combine = Literal["weighted_maximum", "noisy_or"]
"""How a score is made of several detections."""


class ScoreCondition(Bounds):
    """A score within bounds, one of them at least."""

    score: str = Field(description="A name from the policy's scores.")

    @classmethod
    def check_keys(cls, value: Mapping[Any, Any]) -> None:
        """A score alone says nothing."""
        if "at_least" not in value and "below" not in value:
            raise wrong("a score is held against a threshold", hint="add at_least: 80")


def _weight(value: Any) -> Any:
    if not is_number(value) or not 0 < value <= 1:
        raise wrong("a weight is a number over 0, up to 1", hint="0.5 counts half; percent are for thresholds")
    return float(value)


Weight = Annotated[float, BeforeValidator(_weight), WithJsonSchema({"exclusiveMinimum": 0, "maximum": 1})]


class ScoreTerm(PolicyModel):
    """One of the things a score is made of: its highest confidence times its weight."""

    label: Labels = Field(description="A label, several, or {list: NAME}: it or anything under it.")
    weight: Weight = Field(1.0, description="From over 0 to 1: how much it is believed.")
    detector: OneOrMore | None = Field(None, description="Only what these detectors found.")
    exact: bool = Field(False, description="The label itself only, nothing under it.")


class Score(PolicyModel):
    """One number from several detectors: many models, one score, then a person."""

    combine: Combine = Field(
        description="weighted_maximum: the largest of weight x confidence. noisy_or: each finding adds to the others, "
        "as independent hints do: 100 x (1 - (1 - w1 c1/100) (1 - w2 c2/100) ...)."
    )
    of: list[ScoreTerm] = Field(min_length=1, max_length=50)
