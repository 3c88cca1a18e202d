"""``{counter: NAME, at_least: 2}``: how many items came before this one, of the same author, app or content."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from moderation.core.policy.terms import Percent, PolicyModel, wrong
from moderation.core.policy.words.word import Word

MOST = 10_000
"""The largest number that a rule may ask for."""
COUNTERS: Final = "counters"
"""Stands where a detector's name would, for counters that could not be read."""
METADATA = "metadata."
"""Begins what `by` and `distinct` say of a value of the app's metadata."""
MOST_DAYS = 366
FOUND_AT_LEAST = 50.0
"""Percent: a label's confidence from which an item counts, where a counter does not say."""

Happening = Literal["posted", "approve", "reject", "review", "known_days"]
HAPPENINGS: Final[tuple[str, ...]] = get_args(Happening)
KNOWN_DAYS: Final = "known_days"
"""Counts days, not items: since the first one."""

_SECONDS: Mapping[str, int] = {"m": 60, "h": 3600, "d": 86_400}


def _of(value: Any) -> Any:
    if isinstance(value, str) and value in ("approved", "rejected", "reviewed", "post", "posts"):
        meant = {"approved": "approve", "rejected": "reject", "reviewed": "review"}.get(value, "posted")
        raise wrong(f"'{value}' is nothing that is counted", hint=f"write {meant}")
    return value


def _duration(value: Any) -> Any:
    found = re.fullmatch(r"([1-9]\d{0,5})([mhd])", value) if isinstance(value, str) else None
    if found is None:
        raise wrong("a time is a whole number of minutes, hours or days", hint="such as 30m, 24h or 7d")
    if int(found[1]) * _SECONDS[found[2]] > MOST_DAYS * 86_400:
        raise wrong(f"what is longer ago than {MOST_DAYS} days is not kept")
    return value


def _whose(value: Any, *others: str) -> Any:
    if not isinstance(value, str) or not (value in others or value.removeprefix(METADATA) not in ("", value)):
        hint = f"did you mean metadata.{value}?" if isinstance(value, str) and re.fullmatch(r"[\w.]+", value) else ""
        raise wrong(f"write {', '.join(others)} or metadata.KEY", hint=hint)
    if len(value) > 200:
        raise wrong("a name of a value has at most 200 characters")
    return value


def _by(value: Any) -> Any:
    return _whose(value, "app", "content")


def _distinct(value: Any) -> Any:
    return _whose(value, "content")


_COUNTED = WithJsonSchema(
    {"anyOf": [{"enum": list(get_args(Happening))}, {"type": "string", "title": "Label"}]}  # as `LabelName` has it
)
_TEXT = WithJsonSchema({"type": "string"})
Duration = Annotated[
    str, BeforeValidator(_duration), WithJsonSchema({"type": "string", "pattern": "^[1-9][0-9]{0,5}[mhd]$"})
]


class Counter(PolicyModel):
    """What is counted: items of the same app that were judged before this one, which never counts itself."""

    of: Annotated[str, Field(min_length=1, max_length=200), BeforeValidator(_of), _COUNTED] = Field(
        description="posted, approve, reject, review (people were asked), a label that was found, or known_days: whole "
        "days since the first item."
    )
    by: Annotated[str, BeforeValidator(_by), _TEXT] | None = Field(
        None, description="Whose: app, content (a part is equal), or metadata.KEY: the same value of the app's facts."
    )
    same: Literal["picture", "text"] | None = Field(
        None, description="Only items that share a picture, or a text, nearly."
    )
    within: Duration | None = Field(None, description="How long ago at most they were posted: 30m, 24h, 7d.")
    distinct: Annotated[str, BeforeValidator(_distinct), _TEXT] | None = Field(
        None, description="Counts different values of metadata.KEY, or different content, instead of items."
    )
    at_least: Percent | None = Field(None, description="Of a label: found with so much or more; left out: 50.")

    @model_validator(mode="after")
    def _can_be_counted(self) -> Counter:
        if self.by is None and self.same is None:
            raise wrong("a counter says by: metadata.KEY, app or content, or same: picture or text")
        if self.of == KNOWN_DAYS:
            for key in ("within", "distinct"):
                if getattr(self, key) is not None:
                    raise wrong(f"known_days counts from the first item, without {key}", at=key)
        elif self.within is None:
            raise wrong("a counter says how far back it looks", hint="add within: 24h")
        if self.at_least is not None and self.is_of_happening:
            raise wrong("at_least stands beside a label that is counted", at="at_least")
        if self.distinct is not None and self.distinct == self.by:
            raise wrong(f"there is one {self.by} only, by which it counts", at="distinct")
        return self

    @property
    def is_of_happening(self) -> bool:
        """True when it counts what became of items; False when it counts a label."""
        return self.of in HAPPENINGS

    @property
    def within_seconds(self) -> int:
        """How far back it looks; 0 where it looks back to the first item."""
        return 0 if self.within is None else int(self.within[:-1]) * _SECONDS[self.within[-1]]


Number = Annotated[int, Field(ge=0, le=MOST)]


class CounterCondition(Word):
    """A counter within bounds, one of them at least."""

    counter: str = Field(description="A name from the policy's counters.")
    at_least: Number | None = Field(None, description="So many or more.")
    at_most: Number | None = Field(None, description="So many or fewer.")
    below: Number | None = Field(None, description="Fewer than so many.")

    @classmethod
    def check_keys(cls, value: Mapping[Any, Any]) -> None:
        """A counter alone says nothing."""
        if not {"at_least", "at_most", "below"} & set(value):
            raise wrong("a counter is held against a number", hint="add at_least: 2")

    @model_validator(mode="after")
    def _holds_something(self) -> CounterCondition:
        if self.at_most is not None and self.below is not None:
            raise wrong("write at_most or below, not both", at="below")
        ends = self.end
        if ends is not None and ends <= (self.at_least or 0):
            at = "at_most" if self.at_most is not None else "below"
            raise wrong("no number is so few" if ends == 0 else f"no number from {self.at_least} on is so few", at=at)
        if ends is None and self.at_least == 0:
            raise wrong("at_least 0 is always true", at="at_least")
        return self

    @property
    def end(self) -> int | None:
        """The first number that is too many; None where none is."""
        return self.at_most + 1 if self.at_most is not None else self.below

    @property
    def edges(self) -> tuple[int, ...]:
        """The numbers from which on its truth is another one."""
        return tuple(edge for edge in (self.at_least, self.end) if edge is not None)

    def holds(self, number: int) -> bool:
        """True when `number` lies inside."""
        return number >= (self.at_least or 0) and (self.end is None or number < self.end)
