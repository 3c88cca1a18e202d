"""What reviewers have of human loops that somebody else names: their tasks, and who answered them."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.prepared import among
from review_ui.a2i.tables import human_loops, tasks
from review_ui.a2i.worker_ids import worker_id
from review_ui.clearance import is_cleared, shown_loops
from review_ui.desk.routing import flows_of
from review_ui.service import ReviewService
from review_ui.tables import loop_authors, loop_harms, loop_likenesses, users

MOST_LOOPS = 2000
"""Newest loops that somebody answered; older ones are not looked for."""


@dataclass(frozen=True)
class LoopTask:
    """A task of a loop.

    Attributes:
        state: ``waiting``, ``claimed``, ``given``, ``answered`` or ``withdrawn``.
        who: name of who has it, gave the answer, or whom it is assigned to; empty for nobody.
    """

    id: str
    loop: str
    flow: str
    state: str
    who: str
    created_at: datetime
    submitted_at: datetime | None


def forget_loops(c: Connection) -> None:
    """Drop what is kept of loops that were deleted."""
    for table in (loop_harms, loop_likenesses, loop_authors):
        c.execute(sa.delete(table).where(table.c.loop_name.not_in(sa.select(human_loops.c.name))))


def tasks_of(review: ReviewService, user_id: str, loops: Collection[str]) -> Mapping[str, list[LoopTask]]:
    """The tasks of loops, by loop, oldest first; only of queues that are this lead's work teams', if cleared."""
    holder = users.alias("holder")
    query = (
        sa.select(tasks, holder.c.name.label("holder"))
        .join(holder, holder.c.id == sa.func.coalesce(tasks.c.user_id, tasks.c.assigned_to), isouter=True)
        .where(is_cleared(user_id))
        .order_by(tasks.c.created_at, tasks.c.id)
    )

    def work(c: Connection) -> dict[str, list[LoopTask]]:
        found: dict[str, list[LoopTask]] = {}
        mine = set(flows_of(c, user_id))
        for r in c.execute(query.where(among(c, tasks.c.loop_name, list(loops)))):
            if r.flow in mine:
                task = LoopTask(r.id, r.loop_name, r.flow, r.state, r.holder or "", r.created_at, r.submitted_at)
                found.setdefault(r.loop_name, []).append(task)
        return found

    return review.database.read(work) if loops else {}


def contents_of(review: ReviewService, user_id: str, task_ids: Collection[str]) -> Sequence[Mapping[str, Any]]:
    """What tasks show, of those in queues that are this lead's work teams', oldest first."""
    shown = shown_loops(user_id)
    query = sa.select(tasks.c.flow, shown.c.input_content)
    query = query.join(shown, shown.c.name == tasks.c.loop_name).order_by(tasks.c.created_at, tasks.c.id)

    def work(c: Connection) -> list[Mapping[str, Any]]:
        mine = set(flows_of(c, user_id))
        rows = c.execute(query.where(among(c, tasks.c.id, task_ids)))
        return [json.loads(row.input_content) for row in rows if row.flow in mine]

    return review.database.read(work) if task_ids else []


def loops_answered_by(review: ReviewService, name: str) -> frozenset[str]:
    """The newest loops that somebody with this name answered, `MOST_LOOPS` at most."""
    query = (
        sa.select(tasks.c.loop_name)
        .join(users, users.c.id == tasks.c.user_id)
        .where(users.c.name == name, tasks.c.submitted_at.is_not(None))
        .order_by(tasks.c.submitted_at.desc())
        .limit(MOST_LOOPS)
    )
    return review.database.read(lambda c: frozenset(c.execute(query).scalars()))


def names_by_worker(review: ReviewService) -> Mapping[str, str]:
    """The names of people by the opaque ids that A2I's outputs have for them."""
    query = sa.select(users.c.id, users.c.name)
    return review.database.read(lambda c: {worker_id(row.id): row.name for row in c.execute(query)})
