"""The answer: held against its form, and made into detections. Whatever is wrong with it is no answer at all."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Annotated

from moderation_aws.cutting import Piece
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from moderation.core.detections import Confidence
from moderation.core.items import Span
from moderation_llm.models import NotAnswered

MAX_REASON_CHARS = 400
_THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_BLOCK = re.compile(r"\A\s*```(?:json)?\s*\n(.*?)\n\s*```\s*\Z", re.DOTALL)
_BLANKS = re.compile(r"\s+")
_QUOTED = "[..]"


class Said(BaseModel):
    """What the model says of one label."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    label: str
    confidence: Confidence
    quote: Annotated[str, Field(max_length=4000)]
    reason: Annotated[str, Field(max_length=4000)]

    @field_validator("confidence", mode="before")
    @classmethod
    def _is_percent(cls, given: object) -> object:
        if isinstance(given, float) and 0 < given < 1:
            raise ValueError("a share of 1, where percent are asked for")
        return float(given) if isinstance(given, int) and not isinstance(given, bool) else given


class Answer(BaseModel):
    """All that it says."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    answers: list[Said]


def read_answer(text: str, labels: Collection[str]) -> list[Said]:
    """What the model says of each label, in its order.

    Raises:
        NotAnswered: it is not of the form that was asked for, or not about these labels, each once. Says what is wrong
            without the model's words, which may quote the content.
    """
    text = _THOUGHT.sub("", text)
    block = _BLOCK.match(text)
    try:
        answer = Answer.model_validate_json(block.group(1) if block else text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        places = f" at {where}" if re.fullmatch(r"answers(\.\d+(\.(label|confidence|quote|reason))?)?", where) else ""
        raise NotAnswered(
            f"the model's answer is not of the form that was asked for ({first['type']}{places})"
        ) from error
    given = [said.label for said in answer.answers]
    if set(given) - set(labels):
        raise NotAnswered("the model's answer names a label that it was not asked about")
    missing = sorted(set(labels) - set(given))
    if missing or len(given) != len(set(given)):
        what = f"says nothing of {', '.join(missing[:3])}" if missing else "says something twice of a label"
        raise NotAnswered(f"the model's answer {what}")
    return answer.answers


def place_of(quote: str, piece: Piece) -> Span | None:
    """Where the quoted words stand in the text, but for capitals and blanks; None where they do not."""
    wanted = _loosely(quote)
    found = wanted.search(piece.text) if wanted is not None else None
    return None if found is None else Span(start=piece.start + found.start(), end=piece.start + found.end())


def reason_of(said: Said, text: str) -> str:
    """The reason as reviewers read it, in one line; without the words that it is about, which the place shows."""
    reason = "".join(c if c.isprintable() else " " for c in _BLANKS.sub(" ", said.reason)).strip()
    for wanted in map(_loosely, (said.quote, text)):
        if wanted is not None:
            reason = wanted.sub(_QUOTED, reason)
    return reason if len(reason) <= MAX_REASON_CHARS else f"{reason[: MAX_REASON_CHARS - 2]}.."


def _loosely(words: str) -> re.Pattern[str] | None:
    """Finds these words but for capitals and blanks; None where there are none, or hardly any."""
    each = [re.escape(word) for word in _BLANKS.split(words.strip()) if word]
    return re.compile(r"\s+".join(each), re.IGNORECASE) if sum(map(len, each)) > 1 else None
