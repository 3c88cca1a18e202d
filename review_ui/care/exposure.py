"""Exposure: how long people looked at what, and what they are therefore not given now.

A task's harms are its severity and the labels found in it that have one (`review_ui.care.severity`). A look begins
when somebody is given a task and ends when it is answered or left, or with its lease. Days are UTC.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database, insert_or_nothing
from review_ui.a2i.tables import human_loops, tasks
from review_ui.care.severity import LEVELS, SEVERITY, harms_of
from review_ui.tables import look_harms, looks, loop_harms, preferences, users

SEVERE = LEVELS[-1]
LONGEST_STRETCH = timedelta(hours=12)
"""How far back breaks are looked for."""
_PAGE = 200


@dataclass(frozen=True)
class Care:
    """How people are looked after. Minutes, and confidence in percent; see the settings of the same names."""

    severity: Mapping[str, str]
    severity_from: float = 50.0
    severe_by_choice: bool = True
    daily_minutes: Mapping[str, float] | None = None
    daily_items: Mapping[str, float] | None = None
    break_after_minutes: float = 30.0
    break_enforced_minutes: float = 45.0
    break_minutes: float = 10.0

    def harms(self, content: Mapping[str, Any]) -> frozenset[str]:
        """What an InputContent exposes people to."""
        return harms_of(content, self.severity, self.severity_from)

    @property
    def pause(self) -> timedelta:
        """The length of a break."""
        return timedelta(minutes=self.break_minutes)


DEFAULT_CARE = Care(SEVERITY, daily_minutes={SEVERE: 120.0})


@dataclass(frozen=True)
class Exposure:
    """What somebody saw of one harm on one day: different items, and seconds."""

    items: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Limit:
    """Why somebody is not given some tasks now.

    Attributes:
        kind: ``choice`` (they did not opt in), ``minutes`` or ``items`` (a day's budget), ``break`` (enforced), or
            ``pause`` (a break they take themselves).
        harm: tasks with this one are kept away; empty for all tasks.
        most: of the budget.
        until: when it ends; None for what ends when they say so.
    """

    kind: str
    harm: str = ""
    most: float = 0.0
    until: datetime | None = None


@dataclass(frozen=True)
class Allowance:
    """What somebody may be given now.

    Attributes:
        severe_seconds: of severe content since their last break.
        wants_break: that is long enough to propose one.
    """

    limits: tuple[Limit, ...]
    severe_seconds: float = 0.0
    wants_break: bool = False

    @property
    def is_resting(self) -> bool:
        """True during a break."""
        return any(limit.kind in ("break", "pause") for limit in self.limits)

    def admits(self) -> sa.ColumnElement[bool]:
        """True of the tasks that no limit keeps away."""
        if any(not limit.harm for limit in self.limits):
            return sa.false()
        harms = sorted({limit.harm for limit in self.limits})
        kept = sa.exists().where(loop_harms.c.loop_name == tasks.c.loop_name, loop_harms.c.harm.in_(harms))
        return ~kept.correlate(tasks) if harms else sa.true()


def allowance(c: Connection, care: Care, user_id: str, now: datetime) -> Allowance:
    """What this person may be given at this moment."""
    own = c.execute(sa.select(preferences).where(preferences.c.user_id == user_id)).first()
    limits = []
    if care.severe_by_choice and not (own is not None and own.takes_severe):
        limits.append(Limit("choice", SEVERE))
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    minutes, items = care.daily_minutes or {}, care.daily_items or {}
    seen = seen_since(c, user_id, today, now) if minutes or items else {}
    for harm in sorted({*minutes, *items}):
        had, tomorrow = seen.get(harm, Exposure()), today + timedelta(days=1)
        if harm in minutes and had.seconds >= minutes[harm] * 60:
            limits.append(Limit("minutes", harm, minutes[harm], tomorrow))
        elif harm in items and had.items >= items[harm]:
            limits.append(Limit("items", harm, items[harm], tomorrow))
    severe, ended_at = _since_break(_severe_looks(c, user_id, now), care.pause, now)
    if severe >= care.break_enforced_minutes * 60:
        limits.append(Limit("break", until=ended_at + care.pause))
    elif own is not None and own.break_until is not None and own.break_until > now:
        limits.append(Limit("pause", until=own.break_until))
    return Allowance(tuple(limits), severe, severe >= care.break_after_minutes * 60)


def seen_since(c: Connection, user_id: str, since: datetime, now: datetime) -> Mapping[str, Exposure]:
    """What this person saw in looks that began since then, by harm; what is before their eyes now counts."""
    seconds = sa.func.coalesce(sa.func.sum(looks.c.seconds), 0.0)
    query = (
        sa.select(look_harms.c.harm, sa.func.count(looks.c.task_id.distinct()).label("items"), seconds.label("seconds"))
        .join(looks, looks.c.id == look_harms.c.look_id)
        .where(looks.c.user_id == user_id, looks.c.began_at >= since)
        .group_by(look_harms.c.harm)
    )
    found = {row.harm: Exposure(row.items, row.seconds) for row in c.execute(query)}
    is_open = (looks.c.user_id == user_id) & (looks.c.began_at >= since) & looks.c.seconds.is_(None)
    query = sa.select(looks, look_harms.c.harm).join(look_harms, look_harms.c.look_id == looks.c.id).where(is_open)
    for row in c.execute(query):
        # One that began between the two queries is counted here.
        had = found.get(row.harm, Exposure(1))
        found[row.harm] = Exposure(had.items, had.seconds + _length(row, now))
    return found


def seen_of_all(c: Connection, harm: str, since: datetime, now: datetime) -> Mapping[str, float]:
    """By person, seconds of looks at one harm that began since then; what is before their eyes now counts."""
    these = sa.select(looks.c.user_id).join(look_harms, look_harms.c.look_id == looks.c.id)
    these = these.where(look_harms.c.harm == harm, looks.c.began_at >= since)
    ended = (
        these.where(looks.c.seconds.is_not(None)).add_columns(sa.func.sum(looks.c.seconds)).group_by(looks.c.user_id)
    )
    found = {row[0]: float(row[1]) for row in c.execute(ended)}
    under_way = these.where(looks.c.seconds.is_(None)).add_columns(looks.c.began_at, looks.c.until, looks.c.seconds)
    for row in c.execute(under_way):
        found[row.user_id] = found.get(row.user_id, 0.0) + _length(row, now)
    return found


def note_harms(c: Connection, care: Care, loop_name: str, content: Mapping[str, Any]) -> None:
    """Keep what a new loop exposes people to; a deleted loop may have had its name."""
    c.execute(sa.delete(loop_harms).where(loop_harms.c.loop_name == loop_name))
    for harm in sorted(care.harms(content)):
        c.execute(insert_or_nothing(c, loop_harms).values(loop_name=loop_name, harm=harm))


def note_missing_harms(database: Database, care: Care) -> None:
    """Do the same for open loops of a time when it was not kept."""
    unknown = ~sa.exists().where(loop_harms.c.loop_name == human_loops.c.name)
    query = sa.select(human_loops.c.name, human_loops.c.input_content)
    query = query.where(human_loops.c.status == "InProgress", unknown).limit(_PAGE)

    def work(c: Connection) -> int:
        rows = c.execute(query).all()
        for row in rows:
            note_harms(c, care, row.name, json.loads(row.input_content))
        return len(rows)

    while database.read(lambda c: c.execute(query).first()) is not None and database.write(
        work, step="exposure.note_missing_harms"
    ):
        pass


def claim_alone(c: Connection, user_id: str) -> None:
    """Let claims of one person at the same time wait for each other, so that none slips past a budget.

    That is for Postgres; SQLite has one writer anyway.
    """
    c.execute(sa.select(users.c.id).where(users.c.id == user_id).with_for_update())


def begin_look(c: Connection, task_id: str, user_id: str, began_at: datetime, until: datetime) -> None:
    """Somebody has a task before their eyes from now on; at most until its lease ends."""
    row = {"user_id": user_id, "task_id": task_id, "began_at": began_at, "until": until}
    made = c.execute(sa.insert(looks).values(row)).inserted_primary_key
    assert made is not None
    of_loop = sa.select(tasks.c.loop_name).where(tasks.c.id == task_id).scalar_subquery()
    harms = sa.select(sa.literal(made[0]), loop_harms.c.harm).where(loop_harms.c.loop_name == of_loop)
    c.execute(sa.insert(look_harms).from_select(["look_id", "harm"], harms))


def extend_look(c: Connection, task_id: str, until: datetime) -> None:
    """The task stays before the eyes of whoever has it, at most until then."""
    c.execute(sa.update(looks).where(looks.c.task_id == task_id, looks.c.seconds.is_(None)).values(until=until))


def end_look(c: Connection, task_id: str, now: datetime) -> None:
    """The task is out of everybody's sight: answered, or left."""
    for row in c.execute(sa.select(looks).where(looks.c.task_id == task_id, looks.c.seconds.is_(None))).all():
        c.execute(sa.update(looks).where(looks.c.id == row.id).values(seconds=_length(row, now)))


def history_of(
    c: Connection, user_id: str, now: datetime, days: int
) -> Sequence[tuple[datetime, Mapping[str, Exposure]]]:
    """What this person saw on each of the last days, today first."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    starts = [today - timedelta(days=back) for back in range(days)]
    query = (
        sa.select(looks, look_harms.c.harm)
        .join(look_harms, look_harms.c.look_id == looks.c.id)
        .where(looks.c.user_id == user_id, looks.c.began_at >= starts[-1])
    )
    found: dict[datetime, dict[str, tuple[set[str], float]]] = {start: {} for start in starts}
    for row in c.execute(query):
        of_day = found[row.began_at.replace(hour=0, minute=0, second=0, microsecond=0)]
        items, seconds = of_day.get(row.harm, (set(), 0.0))
        of_day[row.harm] = (items | {row.task_id}, seconds + _length(row, now))
    return [
        (start, {harm: Exposure(len(items), seconds) for harm, (items, seconds) in of_day.items()})
        for start, of_day in found.items()
    ]


def _severe_looks(c: Connection, user_id: str, now: datetime) -> list[tuple[datetime, datetime]]:
    query = (
        sa.select(looks)
        .join(look_harms, look_harms.c.look_id == looks.c.id)
        .where(looks.c.user_id == user_id, looks.c.began_at >= now - LONGEST_STRETCH, look_harms.c.harm == SEVERE)
        .order_by(looks.c.began_at, looks.c.id)
    )
    return [(row.began_at, row.began_at + timedelta(seconds=_length(row, now))) for row in c.execute(query)]


def _since_break(
    severe: Iterable[tuple[datetime, datetime]], pause: timedelta, now: datetime
) -> tuple[float, datetime]:
    """Seconds of severe looks since the last pause between them that was long enough, and when the last one ended."""
    seconds, last = 0.0, now - LONGEST_STRETCH
    for began_at, ended_at in severe:
        if began_at - last >= pause:
            seconds = 0.0
        # Two tasks in hand at the same time tire no more than one.
        seconds += max(0.0, (ended_at - max(began_at, last)).total_seconds())
        last = max(last, ended_at)
    return (0.0, last) if now - last >= pause else (seconds, last)


def _length(row: Any, now: datetime) -> float:
    """Seconds of a look."""
    ended: float = row.seconds if row.seconds is not None else (min(now, row.until) - row.began_at).total_seconds()
    return max(ended, 0.0)
