"""What paid detectors have cost, as plugins report it, by app and over a period of whole days."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pluggy

from moderation.console.periods import Period
from moderation.core.errors import ModerationError
from moderation.hookspecs import Spent
from moderation.settings import Settings

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Cost:
    """What one app used of one operation through one detector.

    Attributes:
        dollars: US dollars, an estimate by list prices; None for an operation without a price.
    """

    app: str
    detector: str
    operation: str
    calls: int
    units: float
    unit: str
    dollars: float | None


@dataclass(frozen=True)
class Costs:
    """All of it.

    Attributes:
        since, until: the first day and the last one; costs are counted by whole days (UTC).
        rows: the dearest first.
        is_readable: False where a plugin could not read what it counted.
    """

    since: date
    until: date
    rows: Sequence[Cost]
    is_readable: bool = True

    @property
    def dollars(self) -> float:
        """The sum of what has a price."""
        return sum(row.dollars or 0.0 for row in self.rows)


def read_costs(manager: pluggy.PluginManager, settings: Settings, period: Period, app: str | None) -> Costs:
    """The costs of the days that a period touches, for an app or all of them."""
    since, until = period.first.date(), (period.after - timedelta(microseconds=1)).date()
    try:
        reported = manager.hook.report_costs(settings=settings, since=since, until=until)
    except ModerationError as error:
        logger.warning("what detectors cost cannot be read: %s", type(error).__name__)
        return Costs(since, until, (), is_readable=False)
    sums: dict[tuple[str, str, str, str], list[Spent]] = {}
    for spent in (each for of_plugin in reported for each in of_plugin):
        if app is None or spent.app == app:
            sums.setdefault((spent.app, spent.detector, spent.operation, spent.unit), []).append(spent)
    rows = [
        Cost(
            app=name,
            detector=detector,
            operation=operation,
            calls=sum(each.calls for each in all_of),
            units=sum(each.units for each in all_of),
            unit=unit,
            dollars=_sum([each.dollars for each in all_of]),
        )
        for (name, detector, operation, unit), all_of in sums.items()
    ]
    return Costs(since, until, sorted(rows, key=lambda row: (-(row.dollars or 0.0), row.app, row.detector)))


def _sum(dollars: Sequence[float | None]) -> float | None:
    known = [each for each in dollars if each is not None]
    return sum(known) if known else None
