"""The time that figures are of: named, such as the last 24 hours, or from one day to another (UTC)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from moderation.core.errors import InputError
from moderation.storage.roll_ups import Span, start_of

HOURS = 24
DAYS = {"7d": 7, "28d": 28, "90d": 90}
NAMES = ("24h", *DAYS)
LONGEST_DAYS = 400


@dataclass(frozen=True)
class Period:
    """A time, in whole hours or days.

    Attributes:
        name: one of `NAMES`, or empty where it was given by its days.
        first: when it begins.
        after: when it ends, itself left out.
    """

    name: str
    span: Span
    first: datetime
    after: datetime

    @property
    def starts(self) -> tuple[str, ...]:
        """Every hour or day in it, as roll-ups have them."""
        step = timedelta(hours=1) if self.span == "hour" else timedelta(days=1)
        number = (self.after - self.first) // step
        return tuple(start_of(self.span, self.first + step * each) for each in range(number))

    @property
    def key(self) -> tuple[Span, str, str]:
        """The span, where it starts and where it ends, as roll-ups are asked."""
        return self.span, start_of(self.span, self.first), start_of(self.span, self.after)

    @property
    def before(self) -> Period:
        """The same length of time just before."""
        return Period("", self.span, self.first - (self.after - self.first), self.first)

    @property
    def hours(self) -> tuple[Span, str, str]:
        """The same, by the hour."""
        return "hour", start_of("hour", self.first), start_of("hour", self.after)

    @property
    def query(self) -> Mapping[str, str]:
        """What an address says of it."""
        if self.name:
            return {"period": self.name}
        return {"from": self.first.date().isoformat(), "to": (self.after - timedelta(days=1)).date().isoformat()}


def period_of(given: Mapping[str, str], now: datetime) -> Period:
    """The period that an address asks for; the last 24 hours where it says nothing.

    Raises:
        InputError: days that are none, or too many.
    """
    now = now.astimezone(UTC)
    if given.get("from") or given.get("to"):
        first, last = _day(given.get("from") or given.get("to", "")), _day(given.get("to") or given.get("from", ""))
        if not 0 <= (last - first).days < LONGEST_DAYS:
            raise InputError(f"from one day to a later one, {LONGEST_DAYS} days at most")
        begin = datetime(first.year, first.month, first.day, tzinfo=UTC)
        return Period("", "day", begin, begin + timedelta(days=(last - first).days + 1))
    name = given.get("period", "")
    if name in DAYS:
        after = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        return Period(name, "day", after - timedelta(days=DAYS[name]), after)
    after = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return Period("24h", "hour", after - timedelta(hours=HOURS), after)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InputError("a day is written 2027-01-31") from error
