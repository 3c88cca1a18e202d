"""What the dashboard shows, read from roll-ups, open human loops and samples, by app and period."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database
from ground.statistics import Interval, wilson
from moderation.console.periods import Period
from moderation.evidence.hit_rates import HitRate
from moderation.storage.roll_up_history import posted
from moderation.storage.roll_ups import Figure, Span, sums
from moderation.storage.tables import roll_ups

OUTCOMES = ("approve", "review", "reject")
MOST = 12
"""Rows of a table of what is most frequent."""
ENOUGH = 150
"""With fewer, an interval says more than the share."""


@dataclass(frozen=True)
class Detector:
    """How a detector or extractor did.

    Attributes:
        looked: items that it answered for.
        failed: items that it gave no answer for, by kind of failure.
        calls: how many calls were measured.
        middle: seconds that half of the calls took at most; None where none was measured.
        slow: seconds that 95 in 100 took at most.
    """

    name: str
    looked: int
    failed: Mapping[str, int]
    calls: int
    middle: float | None
    slow: float | None

    @property
    def share_failed(self) -> Interval | None:
        """Of the items that asked it, the share without an answer; with its 95 % interval."""
        failures = sum(self.failed.values())
        return wilson(failures, failures + self.looked)


@dataclass(frozen=True)
class Place:
    """Where items come from.

    Attributes:
        items: that were judged.
        found: rules that were true, to how many items.
    """

    name: str
    items: int
    found: Mapping[str, int]


@dataclass(frozen=True)
class Rule:
    """How often a rule was true.

    Attributes:
        fired: items that it was true of.
        rejected: items that it rejected.
        rate: against the weeks before; None where it is not known.
    """

    name: str
    fired: int
    rejected: int
    rate: HitRate | None


@dataclass(frozen=True)
class Figures:
    """All of it, for an app or all of them.

    Attributes:
        starts: the hours or days.
        posted: items by hour or day.
        posted_before: items in as long a time before.
        outcomes: what the rules wanted, by hour or day.
        decided: outcome and who decided, to how many.
        apps: app to how many were posted, most first.
        labels: label to outcomes, most first.
        rules: most frequent first, those with an alarm before all.
        asked: ``policy/queue`` to how many items people were asked about.
    """

    period: Period
    app: str | None
    posted: Mapping[str, int]
    posted_before: int
    outcomes: Mapping[str, Counter[str]]
    decided: Mapping[tuple[str, str], int]
    apps: Sequence[tuple[str, int]]
    labels: Sequence[tuple[str, Counter[str]]]
    rules: Sequence[Rule]
    asked: Sequence[tuple[str, int]]
    detectors: Sequence[Detector]

    @property
    def total(self) -> int:
        """Items posted."""
        return sum(self.posted.values())

    @property
    def judged(self) -> Counter[str]:
        """What the rules wanted, over the whole time."""
        total: Counter[str] = Counter()
        for counts in self.outcomes.values():
            total.update(counts)
        return total

    @property
    def by_rules(self) -> Interval | None:
        """Of the items that were judged, the share that no person had to decide."""
        judged = self.judged
        return wilson(judged["approve"] + judged["reject"], judged.total())


def read_figures(
    database: Database, period: Period, app: str | None, rates: Mapping[tuple[str, str], HitRate], least: int = 0
) -> Figures:
    """The figures of a time.

    Args:
        least: labels and rules of fewer items are left out.
        app: only of this one; None for all.
        rates: how often rules fire today, for all apps.
    """
    found = database.read(lambda c: _figures(c, period, app, rates))
    return replace(
        found,
        labels=[(label, counts) for label, counts in found.labels if counts.total() >= least],
        rules=[rule for rule in found.rules if rule.fired >= least],
    )


def _figures(c: Connection, period: Period, app: str | None, rates: Mapping[tuple[str, str], HitRate]) -> Figures:
    def summed(figure: Figure, *by: str) -> dict[tuple[str, ...], int]:
        return sums(c, figure, *period.key, by, app)

    by_start: Counter[str] = Counter()
    by_app: Counter[str] = Counter()
    for (start, of), number in posted(c, *period.key, app).items():
        by_start[start] += number
        by_app[of] += number
    outcomes: dict[str, Counter[str]] = {start: Counter() for start in period.starts}
    for (start, outcome), number in summed("judged", "start", "name").items():
        outcomes[start][outcome] += number
    labels: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for (label, outcome), number in summed("label", "name", "detail").items():
        labels[label][outcome] += number
    return Figures(
        period=period,
        app=app,
        posted={start: by_start[start] for start in period.starts},
        posted_before=sum(posted(c, *period.before.key, app).values()),
        outcomes=outcomes,
        decided={(name, how): number for (name, how), number in summed("decided", "name", "detail").items()},
        apps=by_app.most_common(),
        labels=sorted(labels.items(), key=lambda each: (-each[1].total(), each[0]))[:MOST],
        rules=_rules(summed("rule", "name", "detail"), rates),
        asked=sorted(((name, n) for (name,), n in summed("queue", "name").items()), key=lambda each: -each[1]),
        detectors=_detectors(c, period, summed("looked", "name"), summed("failure", "name", "detail")),
    )


def _rules(found: Mapping[tuple[str, ...], int], rates: Mapping[tuple[str, str], HitRate]) -> list[Rule]:
    fired: Counter[str] = Counter()
    rejected: Counter[str] = Counter()
    for (name, how), number in found.items():
        fired[name] += number
        rejected[name] += number if how == "reject" else 0
    named = {f"{policy}/{rule}": rate for (policy, rule), rate in rates.items()}
    alarming = {name for name, rate in named.items() if rate.alarm}
    rules = [Rule(name, fired[name], rejected[name], named.get(name)) for name in {*fired, *alarming}]
    rules.sort(key=lambda rule: (rule.name not in alarming, -rule.fired, rule.name))
    return rules[: max(MOST, len(alarming))]


def _detectors(
    c: Connection, period: Period, looked: Mapping[tuple[str, ...], int], failed: Mapping[tuple[str, ...], int]
) -> list[Detector]:
    calls: defaultdict[str, Counter[float]] = defaultdict(Counter)
    for (name, end), number in sums(c, "call", *period.key, ("name", "detail")).items():
        calls[name][float(end)] += number
    kinds: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for (name, kind), number in failed.items():
        kinds[name][kind] = number
    names = sorted({name for (name,) in looked} | set(kinds))
    return [
        Detector(
            name,
            looked.get((name,), 0),
            kinds.get(name, {}),
            calls[name].total(),
            quantile(calls[name], 0.5),
            quantile(calls[name], 0.95),
        )
        for name in names
    ]


def quantile(buckets: Mapping[float, int], share: float) -> float | None:
    """The upper end of the bucket that this share of the calls reaches, in seconds; None without calls."""
    wanted, seen = share * sum(buckets.values()), 0
    for end, number in sorted(buckets.items()):
        seen += number
        if seen and seen >= wanted:
            return end
    return None


def read_places(
    database: Database, period: Period, app: str | None, rules: Sequence[str], least: int = 0
) -> list[Place]:
    """The places of a time, with how often each of these rules was true of items from there.

    Args:
        least: smaller numbers are left out, and places with fewer items.
    """
    items: Counter[str] = Counter()
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for (place, rule), number in _at_places(database, period.key, app, rules).items():
        if rule:
            found[place][rule] = number
        else:
            items[place] = number
    return [
        Place(name, items[name], {rule: n for rule, n in found.get(name, {}).items() if n >= least})
        for name in sorted(items)
        if items[name] >= least
    ]


def place_hours(
    database: Database, period: Period, app: str | None, rules: Sequence[str], least: int = 0
) -> Mapping[str, Mapping[int, tuple[int, int]]]:
    """By place and hour of the day (0-23, UTC): items that were judged, and how often one of these rules was true.

    Args:
        least: an hour in which either is smaller, and not 0, is as one without items.
    """
    seen: defaultdict[str, Counter[int]] = defaultdict(Counter)
    true: defaultdict[str, Counter[int]] = defaultdict(Counter)
    hour = sa.func.substr(roll_ups.c.start, 12, 2)
    for (place, rule, at), number in _at_places(database, period.hours, app, rules, hour).items():
        (true if rule else seen)[place][int(at)] += number

    def cell(place: str, hour: int) -> tuple[int, int]:
        both = seen[place][hour], true[place][hour]
        return (0, 0) if any(0 < number < least for number in both) else both

    return {place: {hour: cell(place, hour) for hour in range(24)} for place in sorted(seen)}


def _at_places(
    database: Database, key: tuple[Span, str, str], app: str | None, rules: Sequence[str], *by: sa.ColumnElement[str]
) -> Mapping[tuple[str, ...], int]:
    """Counts by place, rule (empty counts the items) and what else is asked for."""
    t, (span, first, after) = roll_ups.c, key
    query = sa.select(t.name, t.detail, *by, sa.func.sum(t.amount)).group_by(t.name, t.detail, *by)
    query = query.where(t.figure == "place", t.span == span, t.start >= first, t.start < after)
    query = query.where(t.detail.in_(["", *rules]))
    query = query if app is None else query.where(t.app == app)
    return database.read(lambda c: {tuple(row[:-1]): int(row[-1]) for row in c.execute(query)})
