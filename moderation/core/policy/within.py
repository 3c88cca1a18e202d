"""``decide_within``: how soon people are to decide; and ``clock_stops``: when that clock stands, and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, Tag, WithJsonSchema, model_validator

from moderation.core.policy.terms import PolicyModel, Prose, no_entries, wrong
from moderation.core.policy.words.counter import Duration
from moderation.core.policy.words.measured import DAYS, Day, Zone

_SECONDS: Mapping[str, int] = {"m": 60, "h": 3600, "d": 86_400}
_BY = "label"
MOST_STOPS = 50


def seconds_of(duration: str) -> int:
    """``48h`` in seconds."""
    return int(duration[:-1]) * _SECONDS[duration[-1]]


class WithinTable(PolicyModel):
    """A time for each label that is found, and one for all other items: ``{by: label, Violence: 4h, default: 48h}``."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Duration]

    by: Literal["label"] = Field(description="Tables of times go by the label that is found.")
    default: Duration | None = Field(None, description="For items in which none of them is found; left out: any time.")

    @model_validator(mode="before")
    @classmethod
    def _has_rows(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        if value.get("by") != _BY:
            raise wrong("a table of times goes by the label that is found", at="by", hint="write by: label")
        if not [key for key in value if key not in ("by", "default")]:
            raise wrong("a table has a row for one label at least", hint="such as {by: label, Violence: 4h}")
        return value

    @property
    def rows(self) -> Mapping[str, str]:
        """Each label that has a row, with its time; it stands for all under it."""
        return self.__pydantic_extra__


def _shape(value: Any) -> str:
    return "table" if isinstance(value, Mapping | WithinTable) else "one"


_DURATION_SCHEMA = {"type": "string", "pattern": "^[1-9][0-9]{0,5}[mhd]$"}
Within = Annotated[
    Annotated[Duration, Tag("one")] | Annotated[WithinTable, Tag("table")],
    Discriminator(_shape),
    WithJsonSchema(
        {
            "description": "30m, 48h, 7d; or {by: label, LABEL: 4h, default: 48h}.",
            "anyOf": [
                _DURATION_SCHEMA,
                {
                    "type": "object",
                    "properties": {"by": {"const": _BY}},
                    "required": ["by"],
                    "additionalProperties": _DURATION_SCHEMA,
                },
            ],
        }
    ),
]
"""A time, or one for each label."""


def _day(value: Any) -> Any:
    if type(value) is date:
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise wrong("a day is written year-month-day", hint="such as 2027-01-31") from error


_DATE_SCHEMA = {"type": "string", "format": "date"}


class ClockStop(PolicyModel):
    """Whole days on which the clock of ``decide_within`` stands: ``{weekday: [sat, sun], why: ..}``."""

    weekday: list[Day] = Field(default_factory=no_entries, description="Days of the week: mon to sun.")
    days: list[Annotated[date, BeforeValidator(_day), WithJsonSchema(_DATE_SCHEMA)]] = Field(
        default_factory=no_entries, max_length=400, description="Single days: 2026-12-25."
    )
    zone: Zone | None = Field(None, description="The time zone in which days begin, such as Europe/Zurich; or UTC.")
    why: Prose = Field(description="The rule that lets the clock stand; it is told with the time that is due.")

    @model_validator(mode="after")
    def _says_when(self) -> ClockStop:
        if bool(self.weekday) is bool(self.days):
            raise wrong("a clock stops on weekday or on days", hint="such as weekday: [sat, sun]")
        return self


def never_runs(stops: list[ClockStop]) -> bool:
    """True where the clock would stand on every day of the week."""
    return {day for stop in stops for day in stop.weekday} >= set(DAYS)
