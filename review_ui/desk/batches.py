"""Decisions by the batch: a lead answers many waiting tasks at once, and can take the whole batch back for a while."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.errors import InputError, NotFound
from ground.prepared import among
from review_ui.a2i.settling import WAITING
from review_ui.a2i.tables import tasks
from review_ui.clearance import is_batch_shown, shown_loops
from review_ui.desk.audit import note
from review_ui.desk.routing import flows_of, is_free_for
from review_ui.service import ReviewService
from review_ui.tables import batches, users

MOST_TASKS = 200
UNDO_TIME = timedelta(minutes=2)
"""How long a batch can be taken back; its answers count after that."""


@dataclass(frozen=True)
class Batch:
    """A batch as it was decided.

    Attributes:
        size: tasks that were answered.
        undone_at: when it was taken back.
    """

    id: str
    who: str
    flow: str
    outcome: str
    note: str
    size: int
    created_at: datetime
    settles_at: datetime
    undone_at: datetime | None


@dataclass(frozen=True)
class Chosen:
    """A task that is to be decided together with others.

    Attributes:
        is_free: it waits, and this lead may answer it; others are left alone.
    """

    id: str
    content: Mapping[str, Any]
    is_free: bool


def look_at(review: ReviewService, user_id: str, flow: str, task_ids: Sequence[str]) -> Sequence[Chosen]:
    """Tasks of a queue as a batch would take them, in the order in which they are named; what is none is left out."""
    shown = shown_loops(user_id)
    query = sa.select(tasks.c.id, tasks.c.loop_name, shown.c.input_content)
    query = query.join(shown, shown.c.name == tasks.c.loop_name)

    def work(c: Connection) -> tuple[dict[str, Any], set[str]]:
        asked = among(c, tasks.c.id, task_ids) & (tasks.c.flow == flow)
        free = c.execute(sa.select(tasks.c.id, tasks.c.loop_name).where(asked, is_free_for(c, user_id))).all()
        return {row.id: row for row in c.execute(query.where(asked))}, _one_a_loop(free)

    rows, free = review.database.read(work)
    return [Chosen(each, json.loads(rows[each].input_content), each in free) for each in task_ids if each in rows]


def decide_batch(
    review: ReviewService,
    user_id: str,
    flow: str,
    task_ids: Sequence[str],
    outcome: str,
    words: str,
    labels: Sequence[str] = (),
    reasons: Sequence[str] = (),
) -> str:
    """Answer waiting tasks of one queue with the same decision, as this lead; the batch's id.

    Tasks that somebody took in the meantime, that this lead had a part in, or that leave them out, are left alone.

    Args:
        words: why, for the record of each.
        labels: what is there in all of them.
        reasons: of those that the policies have, which hold for all of them.

    Raises:
        InputError: the outcome is none, no words say why, or there are too many tasks.
        NotFound: none of the tasks can be answered any more.
    """
    if outcome not in ("approve", "reject"):
        raise InputError("choose approve or reject")
    if not words:
        raise InputError("say why, in words that every one of these answers will carry")
    if len(task_ids) > MOST_TASKS:
        raise InputError(f"a batch has at most {MOST_TASKS} tasks; this has {len(task_ids)}")
    now, batch_id = review.clock(), str(uuid.uuid4())
    answer: Mapping[str, Any] = {
        "decision": {name: name == outcome for name in ("approve", "reject")},
        "labels": dict.fromkeys(labels, True),
        **({"reasons": dict.fromkeys(reasons, True)} if reasons else {}),
        "note": words,
    }

    def work(c: Connection) -> None:
        asked = among(c, tasks.c.id, task_ids) & (tasks.c.flow == flow)
        rows = c.execute(sa.select(tasks.c.id, tasks.c.loop_name).where(asked, is_free_for(c, user_id))).all()
        free = sorted(_one_a_loop(rows))
        values = {
            "state": "given",
            "user_id": user_id,
            "accepted_at": now,
            "submitted_at": now,
            "settles_at": now + UNDO_TIME,
            "seconds": 0.0,
            "answer": answer,
            "batch": batch_id,
        }
        done = c.execute(sa.update(tasks).where(tasks.c.id.in_(free), tasks.c.state == "waiting").values(values))
        if not done.rowcount:
            raise NotFound("none of these tasks waits for you any more")
        row = {
            "id": batch_id,
            "user_id": user_id,
            "flow": flow,
            "outcome": outcome,
            "note": words,
            "size": done.rowcount,
            "created_at": now,
            "settles_at": now + UNDO_TIME,
        }
        c.execute(sa.insert(batches).values(row))
        said = f"{outcome} {done.rowcount} tasks: {words}"
        note(c, now, "batch", user_id, flow=flow, detail=said, about=free)

    review.database.write(work, step="tasks.decide_batch")
    return batch_id


def undo_batch(review: ReviewService, batch_id: str, user_id: str) -> int:
    """Take a batch back: its tasks wait again. Says how many. Raises `NotFound` when it is too late."""
    now = review.clock()

    def work(c: Connection) -> int:
        there = (batches.c.id == batch_id) & batches.c.undone_at.is_(None) & (batches.c.settles_at > now)
        row = c.execute(sa.select(batches).where(there).with_for_update()).first()
        if row is None or row.flow not in flows_of(c, user_id):
            raise NotFound("this batch cannot be taken back any more")
        c.execute(sa.update(batches).where(batches.c.id == batch_id).values(undone_at=now))
        values = {
            **WAITING,
            "lease_until": None,
            "submitted_at": None,
            "settles_at": None,
            "seconds": None,
            "batch": None,
        }
        given = (tasks.c.batch == batch_id) & (tasks.c.state == "given")
        count: int = c.execute(sa.update(tasks).where(given).values(values)).rowcount
        note(c, now, "batch undone", user_id, flow=row.flow, detail=f"{count} tasks")
        return count

    return review.database.write(work, step="tasks.undo_batch")


def recent_batches(review: ReviewService, user_id: str, limit: int = 20) -> Sequence[Batch]:
    """The newest batches first, of the queues of this lead's work teams."""
    query = sa.select(batches, users.c.name.label("who")).join(users, users.c.id == batches.c.user_id)
    query = query.order_by(batches.c.created_at.desc()).limit(limit)
    names = ("id", "who", "flow", "outcome", "note", "size", "created_at", "settles_at", "undone_at")

    def work(c: Connection) -> list[Batch]:
        rows = c.execute(query.where(batches.c.flow.in_(flows_of(c, user_id)), is_batch_shown(user_id)))
        return [Batch(**{name: getattr(row, name) for name in names}) for row in rows]

    return review.database.read(work)


def _one_a_loop(rows: Sequence[Any]) -> set[str]:
    """The tasks that one person may answer: nobody answers two of one loop."""
    return set({row.loop_name: row.id for row in sorted(rows, key=lambda row: row.id)}.values())
