"""Which language a text is in, by DetectDominantLanguage, for services that read only some."""

from __future__ import annotations

from collections.abc import Collection
from math import ceil
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from moderation.hookspecs import Unavailable
from moderation_aws.calls import Account, Caller, needed
from moderation_aws.cutting import sendable

SAMPLE = 2000
"""Code points of the text that are looked at."""
SHORTEST = 20
"""AWS asks for at least this many; shorter texts are taken as English."""
LEAST_UNITS = 3
"""A request is billed as at least 300 characters."""


class LanguageOptions(BaseModel):
    """``comprehend:`` in the configuration.

    Attributes:
        language: of all texts; ``detect`` asks Comprehend for each, which costs a call more.
        other_languages: what to do with a text in a language that a detector does not read: ``refuse`` is a failure,
            so that the policy decides who looks; ``as_english`` reads it as if it were English.
        min_confidence: percent; what Comprehend is less sure of is left out.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    language: Literal["detect", "en", "es"] = "detect"
    other_languages: Literal["refuse", "as_english"] = "refuse"
    min_confidence: Annotated[float, Field(ge=0, le=100)] = 50.0


def units(text: str, least: int = LEAST_UNITS) -> int:
    """Begun hundreds of characters, as Comprehend bills them."""
    return max(ceil(len(text) / 100), least)


def language_of(
    text: str, supported: Collection[str], account: Account, caller: Caller, options: LanguageOptions
) -> str:
    """The language to read a text in, one of `supported`.

    Raises:
        Unavailable: it is in another, or Comprehend did not answer.
    """
    found: str = options.language
    if found == "detect":
        sample = sendable(text[:SAMPLE])
        if len(sample.strip()) < SHORTEST:
            return "en"
        answer = account.call(caller, "comprehend", "DetectDominantLanguage", units(sample), Text=sample)
        languages = needed(answer, "Languages")
        best = max(languages, key=lambda each: each.get("Score", 0.0), default={"LanguageCode": "en"})
        found = best["LanguageCode"]
    if found in supported:
        return found
    if options.other_languages == "as_english":
        return "en"
    raise Unavailable(f"the text is in language '{found}'; {caller.detector} reads {', '.join(sorted(supported))}")
