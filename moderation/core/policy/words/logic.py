"""``all``, ``any``, ``not`` and ``one_part``, which hold conditions; and `Condition`, which is any of the words.

A mapping is the word that stands in it. Whoever asks something of every word does so with ``match`` and ends in
``assert_never``, so that the type checker names each place that a new word has been forgotten in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, assert_never, get_args

from pydantic import BeforeValidator, Discriminator, Field, Tag
from typing_extensions import TypeAliasType

from moderation.core.policy.meant import NOT_THE_SAME
from moderation.core.policy.terms import Path, wrong
from moderation.core.policy.words.counter import CounterCondition
from moderation.core.policy.words.facts import AppCondition, ContentTypeCondition
from moderation.core.policy.words.label import BesideLabel, LabelCondition
from moderation.core.policy.words.listed import ContentCondition
from moderation.core.policy.words.measured import (
    BytesCondition,
    DurationCondition,
    FlagsCondition,
    FramesCondition,
    HeightCondition,
    HourCondition,
    MeasuredCondition,
    MediaTypeCondition,
    MegapixelsCondition,
    PartsCondition,
    SoundCondition,
    TextLengthCondition,
    WeekdayCondition,
    WidthCondition,
)
from moderation.core.policy.words.metadata import MetadataCondition
from moderation.core.policy.words.people import PeopleCondition
from moderation.core.policy.words.score import ScoreCondition
from moderation.core.policy.words.word import Word


class AllOf(Word):
    """Kleene's "and"."""

    all: list[Condition] = Field(min_length=1, description="Each must hold.")


class AnyOf(Word):
    """Kleene's "or"."""

    any: list[Condition] = Field(min_length=1, description="At least one must hold.")


class NotOf(Word):
    """Kleene's "not"."""

    not_: Condition = Field(alias="not", description="Must not hold.")


class OnePart(Word):
    """A condition about the parts, each by itself."""

    one_part: Condition = Field(
        description="Holds of one and the same part, with what was extracted from it; else the whole item counts."
    )


def _is_one_word(value: Any) -> Any:
    """What is wrong with the keys of a condition as a whole; what each of them says is its model's matter."""
    if not isinstance(value, Mapping):
        return value
    here = [word for word in WORDS if word in value]
    if not here:
        if set(value) <= set(MODIFIERS):
            message = f"a condition says what it is about: one of {', '.join(WORDS)}"
            raise wrong(message, hint="such as {label: Weapons, at_least: 80}")
        return BesideLabel.model_validate(value)  # raises: one key at least is not known
    if len(here) > 1:
        hint = "write {all: [{...}, {...}]} to ask for both"
        raise wrong(f"a condition has one of {', '.join(WORDS)}; here are {' and '.join(here)}", hint=hint)
    beside = BESIDE[here[0]]
    for modifier in MODIFIERS if any(key in _MODIFIERS and key not in beside for key in value) else ():
        if modifier in value and modifier not in beside:
            wanted = " or ".join(word for word, those in BESIDE.items() if modifier in those)
            known, said = NOT_THE_SAME.get(modifier, ("", ""))
            hint = said if known in beside else f"move it beside {wanted}, or remove it"
            raise wrong(f"'{modifier}' stands beside {wanted}, not beside {here[0]}", at=modifier, hint=hint)
    WORDS[here[0]].check_keys(value)
    for key in (*here, *MODIFIERS) if None in value.values() else ():
        if key in value and value[key] is None:
            raise wrong(f"'{key}' has no value", at=key, hint="write one, or remove the key")
    return value


def _tag_of(value: Any) -> str:
    """The tag of the model that reads or writes a value; what is no mapping goes to one that refuses it."""
    if isinstance(value, Word):
        return f"\0{type(value).__name__}"
    if isinstance(value, Mapping):
        for key in value:
            if key in WORDS:
                return f"\0{WORDS[key].__name__}"
    return f"\0{LabelCondition.__name__}"


# The four models above name it before it is there: pydantic completes them at their first use, and not here, where it
# would build it once for each of them at every start.
# It has a name, so that pydantic builds it once for all places where it may stand.
# A tag stands in pydantic's path to a fault, beside keys of the file; with a NUL in it, it can be none of them.
Condition = TypeAliasType(
    "Condition",
    Annotated[
        Annotated[LabelCondition, Tag("\0LabelCondition")]
        | Annotated[ScoreCondition, Tag("\0ScoreCondition")]
        | Annotated[AllOf, Tag("\0AllOf")]
        | Annotated[AnyOf, Tag("\0AnyOf")]
        | Annotated[NotOf, Tag("\0NotOf")]
        | Annotated[OnePart, Tag("\0OnePart")]
        | Annotated[AppCondition, Tag("\0AppCondition")]
        | Annotated[ContentTypeCondition, Tag("\0ContentTypeCondition")]
        | Annotated[MetadataCondition, Tag("\0MetadataCondition")]
        | Annotated[PeopleCondition, Tag("\0PeopleCondition")]
        | Annotated[CounterCondition, Tag("\0CounterCondition")]
        | Annotated[ContentCondition, Tag("\0ContentCondition")]
        | Annotated[WidthCondition, Tag("\0WidthCondition")]
        | Annotated[HeightCondition, Tag("\0HeightCondition")]
        | Annotated[MegapixelsCondition, Tag("\0MegapixelsCondition")]
        | Annotated[BytesCondition, Tag("\0BytesCondition")]
        | Annotated[FramesCondition, Tag("\0FramesCondition")]
        | Annotated[DurationCondition, Tag("\0DurationCondition")]
        | Annotated[SoundCondition, Tag("\0SoundCondition")]
        | Annotated[TextLengthCondition, Tag("\0TextLengthCondition")]
        | Annotated[MediaTypeCondition, Tag("\0MediaTypeCondition")]
        | Annotated[PartsCondition, Tag("\0PartsCondition")]
        | Annotated[FlagsCondition, Tag("\0FlagsCondition")]
        | Annotated[HourCondition, Tag("\0HourCondition")]
        | Annotated[WeekdayCondition, Tag("\0WeekdayCondition")],
        Discriminator(_tag_of),
        BeforeValidator(_is_one_word),
    ],
)
"""A test on an item and its detections. Exactly one kind of it in a mapping."""


def _models() -> Iterator[type[Word]]:
    for member in get_args(get_args(Condition.__value__)[0]):
        yield get_args(member)[0]


def _words() -> Iterator[tuple[str, type[Word]]]:
    """Each word, which is the one key that its model cannot do without, with the model."""
    for model in _models():
        (word,) = (field.alias or name for name, field in model.model_fields.items() if field.is_required())
        yield word, model


WORDS: Final[Mapping[str, type[Word]]] = dict(_words())
"""Each word of a condition, in the order in which they are named to people, with its model."""
BESIDE: Final[Mapping[str, tuple[str, ...]]] = {
    word: tuple(name for name, field in model.model_fields.items() if not field.is_required())
    for word, model in WORDS.items()
}
"""What may stand beside each word."""
MODIFIERS: Final[tuple[str, ...]] = tuple(dict.fromkeys(key for those in BESIDE.values() for key in those))
"""All that may stand beside one word or another."""
_MODIFIERS = frozenset(MODIFIERS)


def conditions(condition: Condition, path: Path) -> Iterator[tuple[Path, Condition]]:
    """A condition and all inside it, with paths."""
    yield path, condition
    match condition:
        case AllOf():
            for number, part in enumerate(condition.all):
                yield from conditions(part, (*path, "all", number))
        case AnyOf():
            for number, part in enumerate(condition.any):
                yield from conditions(part, (*path, "any", number))
        case NotOf():
            yield from conditions(condition.not_, (*path, "not"))
        case OnePart():
            yield from conditions(condition.one_part, (*path, "one_part"))
        case LabelCondition() | ScoreCondition() | PeopleCondition():
            pass
        case AppCondition() | ContentTypeCondition() | MetadataCondition() | CounterCondition() | ContentCondition():
            pass
        case MeasuredCondition():
            pass
        case _:
            assert_never(condition)
