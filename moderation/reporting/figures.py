"""Figures of a time: from the stored decisions by their shapes, notices, appeals and disputes, in bounded memory.

Counted is what is stored. Items that were withdrawn, or pruned after `MODERATION_ITEM_KEEP_DAYS`, are in no figure; how
many decisions of the time are gone is told by the roll-ups, which stay.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import NamedTuple

import sqlalchemy as sa

from ground.database import Database
from moderation.core.policy.choices import in_english
from moderation.core.statements import Statement
from moderation.policies.versions import PolicyVersions
from moderation.reporting.appeals import appeals
from moderation.reporting.automation import Automation, Stratum, automation, sampled
from moderation.reporting.notices import notices
from moderation.reporting.shapes import counted
from moderation.reporting.statements import restrictions
from moderation.storage.disputes import Disputes
from moderation.storage.tables import items, roll_ups


class Decided(NamedTuple):
    """Decisions that are counted together."""

    app: str
    policy: str
    outcome: str
    by: str


class Measure(NamedTuple):
    """Restrictions that are counted together. What the ground would say is empty where none is known.

    Attributes:
        basis: ``law``, ``terms`` or empty.
        reference: of the ground, in English.
        automation: ``fully``, ``partially`` or ``not``.
        source: ``own_initiative`` or ``notice``.
    """

    app: str
    policy: str
    ground: str
    basis: str
    reference: str
    category: str
    keyword: str
    restriction: str
    automation: str
    source: str


class Noticed(NamedTuple):
    """Notices that are counted together.

    Attributes:
        outcome: ``upheld``, ``dismissed`` or ``open``.
        is_trusted: None where that is not recorded.
    """

    app: str
    category: str
    outcome: str
    is_trusted: bool | None


class Appealed(NamedTuple):
    """Appeals that are counted together: what the decision was, and what it became; ``open`` while there is none."""

    was: str
    became: str
    is_about_notice: bool


class Act(NamedTuple):
    """A decision that upheld notices: the basis of its ground, empty where none is known; ``rules`` or ``people``."""

    basis: str
    by: str


@dataclass
class Figures:
    """What was counted of a time.

    Attributes:
        measures: restrictions newly imposed.
        imposed_on_appeal: of them, those that came of an appeal.
        acted: decisions that upheld notices, by the basis of the ground, category and trust.
        settled_by: notices that came and were settled in the time, by ``rules`` or ``people``, and by trust.
        hours: how long things took, by what and of what: decisions by who decided, from the post; notices that were
            upheld, from their coming, by trust and category; appeals by what was appealed; disputes.
        disputes: by outcome; ``open`` while there is none.
        implemented: disputes that reversed, wholly or in part, and of them those that were followed.
        withdrawn: items withdrawn in the time, of which nothing else is known.
        gone: decisions of the time that are not stored any more.
    """

    since: datetime
    until: datetime
    app: str | None = None
    decided: Counter[Decided] = field(default_factory=Counter)
    measures: Counter[Measure] = field(default_factory=Counter)
    imposed_on_appeal: int = 0
    notices: Counter[Noticed] = field(default_factory=Counter)
    acted: Counter[tuple[str, str, bool | None]] = field(default_factory=Counter)
    settled_by: Counter[tuple[str, bool | None]] = field(default_factory=Counter)
    appealed: Counter[Appealed] = field(default_factory=Counter)
    disputes: Counter[str] = field(default_factory=Counter)
    implemented: tuple[int, int] = (0, 0)
    hours: dict[tuple[str, str], array[float]] = field(default_factory=dict)
    automation: Automation | None = None
    automation_own: Automation | None = None
    withdrawn: int = 0
    gone: int = 0

    def took(self, what: str, of: str, hours: float) -> None:
        """Note how long something took, in hours."""
        self.hours.setdefault((what, of), array("d")).append(hours)

    def median_hours(self, what: str, of: str) -> float | None:
        """Half of them took at most so many hours; None where there are none."""
        found = self.hours.get((what, of))
        return median(found) if found else None

    @property
    def unfounded(self) -> int:
        """Restrictions whose ground is not known."""
        return sum(number for measure, number in self.measures.items() if not measure.basis)


def figures(
    database: Database,
    versions: PolicyVersions,
    since: datetime,
    until: datetime,
    app: str | None = None,
    each: Callable[[Statement], None] | None = None,
    progress: Callable[[int], None] = lambda number: None,
) -> Figures:
    """Count a time; `until` is left out. Memory grows with what is told apart and with eight bytes for each duration.

    Args:
        app: only of this one; None for all.
        each: is given the statement of each restriction newly imposed, in the order of their times.
        progress: is told now and then how many decisions more were counted; what it raises ends the count.
    """
    made = Figures(since, until, app)
    population: Counter[Stratum] = Counter()
    own: Counter[Stratum] = Counter()
    acts: dict[tuple[str, datetime], Act] = {}
    _count_decisions(made, database, versions, population, own, acts, progress)
    if each is not None:
        for restriction in restrictions(database, versions, since, until, app):
            each(restriction)
    _count_notices(made, database, acts)
    for appeal in appeals(database, since, until, app):
        made.imposed_on_appeal += (appeal.was, appeal.became) == ("approve", "reject")
        made.appealed[Appealed(appeal.was, appeal.became or "open", appeal.is_about_notice)] += 1
        if appeal.hours is not None:
            made.took("appeal", appeal.was, appeal.hours)
            if appeal.is_about_notice:
                made.took("appeal", "notice", appeal.hours)
    _count_disputes(made, database)
    found = sampled(database, since, until, app)
    made.automation, made.automation_own = automation(population, found), automation(own, found)
    _count_missing(made, database)
    return made


def _count_decisions(
    made: Figures,
    database: Database,
    versions: PolicyVersions,
    population: Counter[Stratum],
    own: Counter[Stratum],
    acts: dict[tuple[str, datetime], Act],
    progress: Callable[[int], None],
) -> None:
    for each in counted(database, versions, made.since, made.until, made.app, progress):
        said, number = each.stated.statement, each.number
        by = "rules" if said.automation == "fully" else "people"
        made.decided[Decided(said.app, said.policy.name, said.outcome, by)] += number
        if said.number == 1:
            made.hours.setdefault(("decision", by), array("d")).extend(each.hours)
            if each.stated.wanted is not None:
                population[each.stated.wanted] += number
                if said.source == "own_initiative":
                    own[each.stated.wanted] += number
        act = Act(said.ground.basis if said.ground is not None else "", by)
        acts.update(dict.fromkeys(each.upholding, act))
        if each.stated.is_new:
            made.measures[_measure(said)] += number


def _measure(said: Statement) -> Measure:
    ground = said.ground
    return Measure(
        said.app,
        said.policy.name,
        said.ground_name or "",
        ground.basis if ground is not None else "",
        in_english(ground.reference) if ground is not None else "",
        ground.category if ground is not None else "",
        (ground.keyword or "") if ground is not None else "",
        said.restriction or "",
        said.automation,
        said.source,
    )


def _count_notices(made: Figures, database: Database, acts: Mapping[tuple[str, datetime], Act]) -> None:
    """Notices that came in the time, and what was done about notices in it."""
    of_act: dict[tuple[str, datetime], tuple[str, bool | None]] = {}
    for notice in notices(database, made.since, made.until, made.app):
        category = notice.category or ""
        made.notices[Noticed(notice.app, category, notice.outcome or "open", notice.is_trusted)] += 1
        if notice.settled_at is None or notice.settled_at >= made.until:
            continue
        act = acts.get((notice.item_id, notice.settled_at)) if notice.outcome == "upheld" else None
        made.settled_by[act.by if act is not None else "people", notice.is_trusted] += 1
        if notice.outcome == "upheld":
            hours = (notice.settled_at - notice.received_at).total_seconds() / 3600
            for of in ("all", f"all/{category}", *(("trusted", f"trusted/{category}") if notice.is_trusted else ())):
                made.took("notice", of, hours)
            known = of_act.get((notice.item_id, notice.settled_at))
            of_act[notice.item_id, notice.settled_at] = (category, notice.is_trusted or (known[1] if known else None))
    for key, act in acts.items():
        category, is_trusted = of_act.get(key, ("", None))
        made.acted[act.basis, category, is_trusted] += 1


def _count_disputes(made: Figures, database: Database) -> None:
    reversing = followed = 0
    for dispute in Disputes(database).within(made.since, made.until, made.app):
        made.disputes[dispute.outcome or "open"] += 1
        if dispute.outcome in ("reversed", "partially_reversed"):
            reversing += 1
            followed += dispute.followed_at is not None
        if dispute.decided_at is not None and dispute.outcome != "omitted":
            made.took("dispute", "all", (dispute.decided_at - dispute.submitted_at).total_seconds() / 3600)
    made.implemented = (reversing, followed)


def _count_missing(made: Figures, database: Database) -> None:
    # With their status, which there is an index of: few are withdrawn of all there are.
    gone = (items.c.status == "withdrawn") & (items.c.withdrawn_at >= made.since) & (items.c.withdrawn_at < made.until)
    if made.app is not None:
        gone &= items.c.app == made.app
    first, after = made.since.date().isoformat(), made.until.date().isoformat()
    days = (roll_ups.c.start >= first) & (roll_ups.c.start < after)
    if made.app is not None:
        days &= roll_ups.c.app == made.app
    counted = sa.select(sa.func.sum(roll_ups.c.amount)).where(
        roll_ups.c.figure == "decided", roll_ups.c.span == "day", days
    )
    made.withdrawn, told = database.read(
        lambda c: (
            c.execute(sa.select(sa.func.count()).select_from(items).where(gone)).scalar_one(),
            c.execute(counted).scalar() or 0,
        )
    )
    made.gone = max(0, told - sum(made.decided.values()))
