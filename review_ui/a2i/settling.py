"""Settling: an answer counts once it can no longer be undone, and the last one that counts ends its loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.leases import Lease
from review_ui.a2i.chain import note_answers, note_erased
from review_ui.a2i.tables import human_loops, not_for, tasks

WAITING: Mapping[str, Any] = {
    "state": "waiting",
    "user_id": None,
    "accepted_at": None,
    "answer": None,
}
"""What a task is in nobody's hands, beside its lease."""
HANDS = Lease(tasks.c.id, tasks.c.lease_until)
"""In whose hands a task is: `user_id`, until the flow's time limit is over."""


def ended(status: str, now: datetime) -> dict[str, Any]:
    """What the end of a loop changes in its row."""
    return {"status": status, "event_pending": True, "ended_at": now}


def delete_finished(c: Connection) -> bool:
    """Delete the loops that were asked to be deleted, once their output is written and their end is told.

    Returns:
        True when there were some.
    """
    done = human_loops.c.is_deleted.is_(True) & human_loops.c.event_pending.is_(False)
    names = list(c.execute(sa.select(human_loops.c.name).where(done)).scalars())
    note_erased(c, names, "it was deleted by who started it")
    for table in (tasks, not_for):
        c.execute(sa.delete(table).where(table.c.loop_name.in_(names)))
    c.execute(sa.delete(human_loops).where(human_loops.c.name.in_(names)))
    return bool(names)


def settle(c: Connection, task_ids: Sequence[str], now: datetime) -> list[str]:
    """Make given answers final; the names of the loops that this ended.

    A loop of which tasks were withdrawn, because it was stopped, ends as ``Stopped``; others as ``Completed``.
    """
    given = tasks.c.id.in_(task_ids) & (tasks.c.state == "given")
    rows = c.execute(sa.select(tasks.c.id, tasks.c.loop_name).where(given)).all()
    loops = sorted({row.loop_name for row in rows})
    c.execute(sa.update(tasks).where(given).values(state="answered", settles_at=None))
    note_answers(c, [row.id for row in rows], now)
    finished = []
    for name in loops:
        # On Postgres, answers to one loop wait for each other here, so that the last one sees the others.
        c.execute(sa.select(human_loops.c.name).where(human_loops.c.name == name).with_for_update())
        states = set(c.execute(sa.select(tasks.c.state).where(tasks.c.loop_name == name)).scalars())
        if states & {"waiting", "claimed", "given"}:
            continue
        status = "Stopped" if "withdrawn" in states else "Completed"
        ending = human_loops.c.status.in_(("InProgress", "Stopping")) & (human_loops.c.name == name)
        c.execute(sa.update(human_loops).where(ending).values(ended(status, now)))
        finished.append(name)
    return finished


def settle_due(c: Connection, now: datetime) -> list[str]:
    """Settle the answers whose time for undoing is over; the names of the loops that this ended."""
    due = sa.select(tasks.c.id).where(tasks.c.state == "given", tasks.c.settles_at <= now).limit(1000)
    task_ids = list(c.execute(due).scalars())
    return settle(c, task_ids, now) if task_ids else []
