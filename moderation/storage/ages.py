"""Ages: how many things wait, and since when the oldest of each kind does. For figures, which hold no content."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database
from moderation.storage.tables import IS_WAITING, deliveries, film_jobs, item_loops, items, redaction_jobs

LOOP_STATES = ("starting", "open", "stuck")
"""In which a human loop keeps an item waiting."""
JOB_STATES = ("SUBMITTED", "IN_PROGRESS", "STOP_REQUESTED", "STOPPED", "COMPLETED", "FAILED")
ALARM = timedelta(hours=1)
"""So long before a deadline is past, people are told."""
OPEN_JOBS = frozenset({"SUBMITTED", "IN_PROGRESS", "STOP_REQUESTED"})


@dataclass(frozen=True)
class Line:
    """Things that wait.

    Attributes:
        since: of the oldest; None when there is none.
    """

    count: int
    since: datetime | None

    def age_seconds(self, now: datetime) -> float:
        """Of the oldest; 0 when there is none."""
        return 0.0 if self.since is None else max((now - self.since).total_seconds(), 0.0)


@dataclass(frozen=True)
class Ages:
    """All that wait at one time.

    Attributes:
        loops: human loops that are not over, by state.
        due: deliveries whose next attempt is due; since when.
        jobs: redaction jobs, by state.
        films: jobs over stored films that are under way.
        apps: how many apps have items waiting.
        again: waiting items that were tried before.
        deadlines: by policy and queue, how many human loops that are not over have a deadline which is past, and how
            many one within `ALARM`.
    """

    loops: dict[str, Line]
    due: Line
    jobs: dict[str, Line]
    films: Line
    apps: int
    again: int
    deadlines: dict[tuple[str, str], tuple[int, int]]


def look_at_ages(database: Database, now: datetime) -> Ages:
    """What waits now."""
    is_open, is_due = item_loops.c.state.in_(LOOP_STATES), deliveries.c.state == "due"
    due_at = deliveries.c.next_attempt_at
    waiting = sa.select(sa.func.count(items.c.app.distinct())).where(IS_WAITING)
    tried = sa.select(sa.func.count()).where(IS_WAITING, items.c.attempts > 1)

    films = sa.select(sa.func.count(), sa.func.min(film_jobs.c.submitted_at)).where(film_jobs.c.state == "IN_PROGRESS")

    def work(c: Connection) -> Ages:
        due = c.execute(sa.select(sa.func.count(), sa.func.min(due_at)).where(is_due, due_at <= now)).one()
        return Ages(
            loops=_lines(c, item_loops.c.state, item_loops.c.created_at, is_open),
            due=Line(due[0], due[1]),
            films=Line(*c.execute(films).one()),
            jobs=_lines(c, redaction_jobs.c.state, redaction_jobs.c.submitted_at, sa.true()),
            apps=c.execute(waiting).scalar_one(),
            again=c.execute(tried).scalar_one(),
            deadlines=_deadlines(c, now),
        )

    return database.read(work)


def _deadlines(c: Connection, now: datetime) -> dict[tuple[str, str], tuple[int, int]]:
    t = item_loops.c
    late, soon = (sa.func.sum(sa.case((t.due_at <= until, 1), else_=0)) for until in (now, now + ALARM))
    query = sa.select(t.policy, t.queue, late, soon).where(t.state.in_(LOOP_STATES), t.due_at.is_not(None))
    rows = c.execute(query.group_by(t.policy, t.queue))
    return {(policy, queue): (past, within - past) for policy, queue, past, within in rows}


def _lines(c: Connection, state: sa.Column[Any], at: sa.Column[Any], among: sa.ColumnElement[bool]) -> dict[str, Line]:
    rows = c.execute(sa.select(state, sa.func.count(), sa.func.min(at)).where(among).group_by(state))
    return {row[0]: Line(row[1], row[2]) for row in rows}
