"""``width``, ``media_type``, ``parts``, ``hour`` and their like: what was measured when the item came in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any, assert_never
from zoneinfo import ZoneInfo

from moderation.core.measuring import Fact
from moderation.core.policy.terms import Range
from moderation.core.policy.words.measured import (
    DAYS,
    FlagsCondition,
    HourCondition,
    PartFact,
    PartsCondition,
    WeekdayCondition,
)
from moderation.core.rules.scene import FALSE, NOBODY, TRUE, Observation, Scene, Subject
from moderation.core.rules.signals import Sign, Wakes
from moderation.core.rules.words.contract import Holds, Test

UNMEASURED = Observation(None, silent=frozenset({"facts"}))
"""Stands where a detector's name would, for facts that were not measured."""


@dataclass(frozen=True)
class MeasuredTest:
    """A fact of the parts, or of the item.

    Attributes:
        truth: of a subject; None where it was not measured.
        woken_by: see `wakes`.
    """

    truth: Callable[[Subject], bool | None]
    woken_by: Wakes | None = None

    @property
    def labels(self) -> frozenset[str]:
        """None at all."""
        return NOBODY

    def test(self, scene: Scene) -> Observation:
        """Unknown where it was not measured."""
        truth = self.truth(scene.subject)
        return UNMEASURED if truth is None else TRUE if truth else FALSE

    def holds(self) -> Holds:
        """See `Test.holds`."""
        truth = self.truth
        return lambda scene: truth(scene.subject)

    def settled(self, app: str, content_types: frozenset[str]) -> Test | bool:
        """Itself: each item has facts of its own."""
        return self

    def wakes(self) -> Wakes | None:
        """The measure, from where it could be true; None of a time of day, which every item has."""
        return self.woken_by


def measured_test(
    condition: PartFact | PartsCondition | FlagsCondition | HourCondition | WeekdayCondition,
) -> MeasuredTest:
    """The test for a condition."""
    match condition:
        case PartFact():
            wanted = getattr(condition, condition.fact)
            return MeasuredTest(_of_some_part(condition.fact, wanted), _signs(condition.fact, wanted))
        case PartsCondition():
            count = condition.parts
            low = float(count.at_least or 0)
            return MeasuredTest(
                lambda subject: count.holds(len(subject.facts)) if subject.facts else None, {Sign("parts", ""): low}
            )
        case FlagsCondition():
            wanted = condition.flags
            woken: Wakes | None = None if wanted.at_least is None else {Sign("flags", ""): wanted.at_least}
            return MeasuredTest(lambda subject: wanted.holds(subject.flags), woken)
        case HourCondition():
            hours = condition.hour
            return MeasuredTest(_of_time(condition.zone, lambda at: hours.holds(at.hour)))
        case WeekdayCondition():
            days = frozenset(DAYS.index(day) for day in condition.weekday)
            return MeasuredTest(_of_time(condition.zone, lambda at: at.weekday() in days))
        case _:
            assert_never(condition)


def _of_some_part(name: str, wanted: Any) -> Callable[[Subject], bool | None]:
    def holds(fact: Fact) -> bool | None:
        if fact is None:
            return None
        if isinstance(wanted, Range):
            return wanted.holds(float(fact))
        return any(fnmatchcase(str(fact), each) for each in wanted)

    def truth(subject: Subject) -> bool | None:
        if not subject.facts:
            return None
        truths = [holds(facts[name]) for facts in subject.facts.values() if name in facts]
        return True if True in truths else None if None in truths else False

    return truth


def _signs(name: str, wanted: Range | Sequence[str]) -> Wakes:
    if not isinstance(wanted, Range):
        return {Sign("media_type", name, each): 0.0 for each in wanted}
    if wanted.at_least is not None:
        return {Sign("most", name): wanted.at_least}
    return {Sign("least", name): -(wanted.below or 0.0)}


def _of_time(zone: str | None, holds: Callable[[datetime], bool]) -> Callable[[Subject], bool | None]:
    place = UTC if zone is None else ZoneInfo(zone)
    return lambda subject: None if subject.posted_at is None else holds(subject.posted_at.astimezone(place))
