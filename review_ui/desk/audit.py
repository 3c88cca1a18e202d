"""Who did what: to tasks beside answering them, to items, people, keys and policies. Only added to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from review_ui.a2i.tables import tasks
from review_ui.acts import add_act
from review_ui.service import ReviewService
from review_ui.tables import task_events, users

LONGEST_DETAIL = 1000


@dataclass(frozen=True)
class TaskEvent:
    """One entry.

    Attributes:
        kind: ``skipped``, ``escalated``, ``undone``, ``unmasked``, ``released``, ``assigned``, ``prioritised``,
            ``paused``, ``resumed``, ``due``, ``batch`` or ``batch undone``; and what `review_ui.people` and the console
            note of their own.
        who: the name of who did it.
        detail: the reason or the new value, in words.
        subject: what it is about where that is no task: ``person:NAME``, ``item:ID``, ``key:ID``, ``app:NAME`` or
            ``policy:NAME``; empty for tasks and queues.
        id: rises with each.
    """

    at: datetime
    kind: str
    who: str
    task_id: str | None
    flow: str | None
    detail: str
    subject: str = ""
    id: int = 0


def note(
    c: Connection,
    at: datetime,
    kind: str,
    user_id: str,
    *,
    task: Any = None,
    flow: str | None = None,
    detail: str = "",
    subject: str = "",
    about: Sequence[str] = (),
) -> None:
    """Add an entry, in the transaction of what it tells of.

    Args:
        task: the task's row; None for what concerns a whole queue.
        about: ids of the tasks that it is about where they are several.
    """
    add_act(
        c,
        at,
        kind,
        user_id,
        task_id=task.id if task is not None else None,
        flow=task.flow if task is not None else flow,
        detail=detail[:LONGEST_DETAIL],
        subject=subject[:220],
        about=about,
    )


def unmask(review: ReviewService, task_id: str, user_id: str) -> None:
    """Note that somebody asked to see the personal data of a task, which shows it to them from now on."""
    now = review.clock()

    def work(c: Connection) -> None:
        row = c.execute(sa.select(tasks.c.id, tasks.c.flow).where(tasks.c.id == task_id)).first()
        note(c, now, "unmasked", user_id, task=row)

    review.database.write(work, step="tasks.unmask")


def is_unmasked(review: ReviewService, task_id: str, user_id: str) -> bool:
    """True when this person asked to see the task's personal data."""
    asked = (task_events.c.kind == "unmasked") & (task_events.c.user_id == user_id)
    query = sa.select(task_events.c.id).where(asked, task_events.c.task_id == task_id).limit(1)
    return review.database.read(lambda c: c.execute(query).first()) is not None


def note_act(review: ReviewService, kind: str, user_id: str, subject: str, detail: str = "") -> None:
    """Add an entry on what somebody did elsewhere, such as to a key or a policy."""
    now = review.clock()
    review.database.write(lambda c: note(c, now, kind, user_id, subject=subject, detail=detail), step="audit.note_act")


def recent_events(review: ReviewService, limit: int = 100, kind: str | None = None) -> Sequence[TaskEvent]:
    """The newest entries first."""
    query = entries().where(task_events.c.kind == kind) if kind else entries()
    query = query.order_by(task_events.c.id.desc()).limit(limit)
    return review.database.read(lambda c: [entry(row) for row in c.execute(query)])


def entries() -> sa.Select[Any]:
    """All entries, each with the name of who did it."""
    return sa.select(task_events, users.c.name.label("who")).join(users, users.c.id == task_events.c.user_id)


def entry(row: Any) -> TaskEvent:
    """A row of `entries`."""
    return TaskEvent(row.at, row.kind, row.who, row.task_id, row.flow, row.detail, row.subject, row.id)
