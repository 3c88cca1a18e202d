"""Deadlines: which waiting task comes first, which are late, and which will be.

A task is due when its loop's input says so (``decide_by``); else, in a queue for which leads set how long a task may
wait, when that is over; else never. The earliest deadline comes first, which is late with none as long as any order is
(Dertouzos, 1974, for what can be put aside; for tasks of nearly one length nearly so).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from review_ui.a2i.tables import tasks
from review_ui.tables import queue_controls

ALARM = timedelta(hours=1)
"""So long before a task is late, people are told."""
MOST = 50_000
"""Open tasks of all queues, earliest deadline first, that a look ahead goes by."""


@dataclass(frozen=True)
class Clock:
    """An open task's times.

    Attributes:
        due_at: None for one that is never due.
    """

    id: str
    created_at: datetime
    due_at: datetime | None


@dataclass(frozen=True)
class Lateness:
    """How the open tasks of a queue stand with their deadlines.

    Attributes:
        late: whose time is over.
        soon: whose time is over within `ALARM`, late ones aside.
        will_be_late: of those not late yet, how many will be, at this pace and in the order of their deadlines; None
            where none of the tasks is ever due.
        first_due_at: the earliest deadline that is still to come.
    """

    late: int = 0
    soon: int = 0
    will_be_late: int | None = None
    first_due_at: datetime | None = None


ON_TIME = Lateness()
"""Where nothing is ever due."""


def urgency(clock: Clock) -> tuple[bool, datetime, datetime, str]:
    """What open tasks are sorted by: the earliest deadline first, what is never due last, and then by age."""
    return clock.due_at is None, clock.due_at or clock.created_at, clock.created_at, clock.id


def earliest_first() -> tuple[sa.ColumnElement[Any], ...]:
    """`urgency` as the database sorts by it, in whole seconds."""
    of_queue = sa.select(queue_controls.c.due_minutes).where(queue_controls.c.flow == tasks.c.flow)
    minutes = of_queue.correlate(tasks).scalar_subquery()
    given, allowed = (sa.cast(sa.extract("epoch", at), sa.BigInteger) for at in (tasks.c.due_at, tasks.c.created_at))
    due = sa.func.coalesce(given, allowed + minutes * 60)
    return sa.case((due.is_(None), 1), else_=0), due, tasks.c.created_at, tasks.c.id


def look_ahead(clocks: Iterable[Clock], answers_per_hour: float, now: datetime) -> Lateness:
    """How the tasks of a queue stand, when so many are answered in an hour."""
    dues = [clock.due_at for clock in sorted(clocks, key=urgency) if clock.due_at is not None]
    if not dues:
        return ON_TIME
    ahead = [due for due in dues if due > now]
    late = len(dues) - len(ahead)
    pause = timedelta(hours=1) / answers_per_hour if answers_per_hour else None
    to_be = sum(pause is None or now + pause * place > due for place, due in enumerate(ahead, start=late + 1))
    return Lateness(late, sum(due <= now + ALARM for due in ahead), to_be, ahead[0] if ahead else None)


def open_clocks(c: Connection, flows: Collection[str]) -> Mapping[str, Sequence[Clock]]:
    """By queue, the tasks that wait or are in hand and are due at some time."""
    controls = sa.select(queue_controls.c.flow, queue_controls.c.due_minutes)
    minutes = {row.flow: row.due_minutes for row in c.execute(controls) if row.due_minutes is not None}
    query = (
        sa.select(tasks.c.id, tasks.c.flow, tasks.c.created_at, tasks.c.due_at)
        .where(tasks.c.state.in_(("waiting", "claimed")), tasks.c.flow.in_(sorted(flows)))
        .where(tasks.c.due_at.is_not(None) | tasks.c.flow.in_(sorted(minutes)))
        .order_by(*earliest_first())
        .limit(MOST)
    )
    found: dict[str, list[Clock]] = {}
    for row in c.execute(query):
        due_at = due_of(row.due_at, row.created_at, minutes.get(row.flow))
        found.setdefault(row.flow, []).append(Clock(row.id, row.created_at, due_at))
    return found


def due_of(due_at: datetime | None, created_at: datetime, due_minutes: int | None) -> datetime | None:
    """When a task is due: as its input says, else after so many minutes; None for never."""
    if due_at is not None or due_minutes is None:
        return due_at
    return created_at + timedelta(minutes=due_minutes)
