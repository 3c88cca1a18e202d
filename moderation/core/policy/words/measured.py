"""``{width: {below: 100}}``, ``{media_type: [image/gif]}``, ``{hour: {at_least: 22, below: 6}}`` and their like.

Facts of parts and of the item that are measured when it comes in, without any detector.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, model_validator

from moderation.core.policy.terms import Count, PolicyModel, Range, wrong
from moderation.core.policy.words.word import Word

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = get_args(Day)


def _media_type(value: Any) -> Any:
    if not isinstance(value, str) or not re.fullmatch(r"(image|video|audio)/(\*|[a-z0-9.+-]+)", value):
        raise wrong(f"'{value}' is no type of pictures, films or sounds", hint="such as image/gif or video/*")
    return value


def _zone(value: Any) -> Any:
    try:
        return ZoneInfo(value).key
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError) as error:
        hint = "such as Europe/Zurich; a machine that knows no zones lacks the package tzdata"
        raise wrong(f"'{value}' is no time zone", hint=hint) from error


class MeasuredCondition(Word):
    """Something that was measured when the item came in."""


class PartFact(MeasuredCondition):
    """A fact of the parts: some given part has it.

    Attributes:
        fact: its name, which is the word.
    """

    fact: ClassVar[str]


class WidthCondition(PartFact):
    """Pixels."""

    fact = "width"
    width: Range = Field(description="Pixels of a picture or film, as it is shown.")


class HeightCondition(PartFact):
    """Pixels."""

    fact = "height"
    height: Range = Field(description="Pixels of a picture or film, as it is shown.")


class MegapixelsCondition(PartFact):
    """Millions of pixels."""

    fact = "megapixels"
    megapixels: Range = Field(description="Width times height of a picture or film, in millions.")


class BytesCondition(PartFact):
    """The length of a file."""

    fact = "bytes"
    bytes: Range = Field(description="Of the file of a picture, film or sound.")


class FramesCondition(PartFact):
    """How many pictures an animation shows."""

    fact = "frames"
    frames: Range = Field(description="Of an animated picture; 1 for a still one.")


class DurationCondition(PartFact):
    """How long it plays."""

    fact = "duration"
    duration: Range = Field(description="Seconds that a film or sound plays.")


class SoundCondition(PartFact):
    """How long there is sound."""

    fact = "sound"
    sound: Range = Field(description="Seconds of sound in a film or sound; a silent film has 0.")


class TextLengthCondition(PartFact):
    """The length of a text."""

    fact = "text_length"
    text_length: Range = Field(description="Characters of a text that was posted.")


class MediaTypeCondition(PartFact):
    """What a file is."""

    fact = "media_type"
    media_type: list[Annotated[str, BeforeValidator(_media_type)]] = Field(
        min_length=1, description="The file is one of these, by its bytes: image/gif, video/*."
    )


class PartsCondition(MeasuredCondition):
    """How many parts were posted."""

    parts: Count = Field(description="How many parts the item was posted with.")


class FlagsCondition(MeasuredCondition):
    """How many users have reported it."""

    flags: Range = Field(
        description="Users' reports that nobody has decided about, each counted by how often its reporter was right."
    )


class Hours(PolicyModel):
    """From an hour of the day up to another, over midnight where the second is the smaller."""

    at_least: Annotated[int, Field(ge=0, le=23)] = Field(description="From this hour on.")
    below: Annotated[int, Field(ge=0, le=24)] = Field(description="Up to this hour, exclusive.")

    @model_validator(mode="after")
    def _says_something(self) -> Hours:
        if self.at_least == self.below % 24:
            raise wrong(f"from {self.at_least} to {self.below} is the whole day, or no time at all", at="below")
        return self

    def holds(self, hour: int) -> bool:
        """True for an hour of 0 to 23 that lies inside."""
        if self.at_least < self.below:
            return self.at_least <= hour < self.below
        return hour >= self.at_least or hour < self.below


Zone = Annotated[str, BeforeValidator(_zone)]


class HourCondition(MeasuredCondition):
    """The time of day at which the item was posted."""

    hour: Hours = Field(description="The item was posted between these hours: {at_least: 22, below: 6}.")
    zone: Zone | None = Field(None, description="Beside hour or weekday: the time zone, such as Europe/Zurich; or UTC.")


class WeekdayCondition(MeasuredCondition):
    """The day of the week on which the item was posted."""

    weekday: list[Day] = Field(min_length=1, description="The item was posted on one of these: mon to sun.")
    zone: Zone | None = Field(None, description="Beside hour or weekday: the time zone, such as Europe/Zurich; or UTC.")
