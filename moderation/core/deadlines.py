"""Deadlines: until when people are to decide an item, by the policies' ``decide_within``, and why then.

The clock runs from the post of an item, of an appeal from the appeal. It stands only where a policy says so by
``clock_stops``: not while a queue is paused, nobody works, or the item waits for a detector or another round.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from moderation.core.detections import Detection
from moderation.core.policy.policies import Policy
from moderation.core.policy.within import ClockStop, Within, WithinTable, seconds_of
from moderation.core.policy.words.counter import FOUND_AT_LEAST
from moderation.core.policy.words.measured import DAYS


@dataclass(frozen=True)
class Deadline:
    """Until when an item is to be decided.

    Attributes:
        because: what says so, and for how long the clock stands meanwhile and why, in a sentence.
    """

    due_at: datetime
    because: str


def deadline(
    policies: Iterable[Policy], asked: Policy, queue: str, detections: Sequence[Detection], began_at: datetime
) -> Deadline | None:
    """The earliest of all deadlines that an item has; None where no policy sets one.

    Args:
        policies: those for the item; a label counts as found from `FOUND_AT_LEAST` percent on.
        asked: whose queue it goes to, by its name.
        began_at: when the clock began.
    """
    found = {name for d in detections if d.confidence >= FOUND_AT_LEAST for name in (d.label, *d.parents)}
    named = {policy.name: policy for policy in (*policies, asked)}
    made = [
        _deadline(policy, within, what, began_at)
        for _, policy in sorted(named.items())
        for within, what in _said(policy, queue if policy is asked else None, found)
    ]
    return min(made, key=lambda each: each.due_at, default=None)


def _said(policy: Policy, queue: str | None, found: set[str]) -> Iterator[tuple[str, str]]:
    """Each time that a policy gives for the item, with what it gives it for."""
    yield from _times(policy.file.decide_within, f"policy '{policy.name}'", found)
    if queue is not None:
        yield from _times(policy.queue(queue).decide_within, f"queue '{queue}' of policy '{policy.name}'", found)


def _times(within: Within | None, what: str, found: set[str]) -> Iterator[tuple[str, str]]:
    if isinstance(within, WithinTable):
        rows = [(time, label) for label, time in within.rows.items() if label in found]
        yield from ((time, f"{what} for {label}") for time, label in rows)
        if not rows and within.default is not None:
            yield within.default, what
    elif within is not None:
        yield within, what


def _deadline(policy: Policy, within: str, what: str, began_at: datetime) -> Deadline:
    due_at, stood = due_after(began_at, timedelta(seconds=seconds_of(within)), policy.file.clock_stops)
    because = f"{what} says {within}"
    for why, time in stood:
        because += f"; the clock stands {time.total_seconds() / 3600:g} h: {why}"
    return Deadline(due_at, because)


def due_after(
    began_at: datetime, time: timedelta, stops: Sequence[ClockStop]
) -> tuple[datetime, list[tuple[str, timedelta]]]:
    """When so much time has run, and for how long the clock stood meanwhile, by its reason in the order of the stops.

    Days begin at midnight in a stop's own zone, so one with a change of the clocks has 23 or 25 hours. Time for which
    several stops hold counts for the first of them.
    """
    at, left = began_at.astimezone(UTC), time
    stood = [timedelta()] * len(stops)
    while True:
        standing = next((n for n, stop in enumerate(stops) if _stands(stop, at)), None)
        until = min((_midnight_after(stop, at) for stop in stops), default=None)
        if standing is not None and until is not None:
            stood[standing] += until - at
        elif until is None or at + left <= until:
            return at + left, [(stop.why, time) for stop, time in zip(stops, stood, strict=True) if time]
        else:
            left -= until - at
        at = until


def _stands(stop: ClockStop, at: datetime) -> bool:
    day = at.astimezone(_zone(stop)).date()
    return DAYS[day.weekday()] in stop.weekday or day in stop.days


def _midnight_after(stop: ClockStop, at: datetime) -> datetime:
    local = at.astimezone(_zone(stop))
    # Midnight as the wall clock has it; where it is skipped, the first moment of the day that there is.
    return datetime.combine(local.date() + timedelta(days=1), datetime.min.time(), _zone(stop)).astimezone(UTC)


def _zone(stop: ClockStop) -> ZoneInfo:
    return ZoneInfo(stop.zone or "UTC")
