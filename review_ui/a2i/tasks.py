"""Tasks: one reviewer's share of a loop; claimed under the flow's time limit, answered once, given back when left."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from moderation.core.errors import ModerationError, StoreUnavailable
from review_ui.a2i.loops import DEFAULT_TASK_SECONDS
from review_ui.a2i.outputs import finish
from review_ui.a2i.service import ReviewService
from review_ui.a2i.worker_ids import worker_id
from review_ui.tables import flow_definitions, human_loops, not_for, tasks

logger = logging.getLogger(__name__)


class TaskGone(ModerationError):
    """The task is not this reviewer's any more: answered, expired, withdrawn or taken by somebody else."""


@dataclass(frozen=True)
class Task:
    """A task in a reviewer's hands.

    Attributes:
        content: the loop's InputContent.
        title: the flow's TaskTitle.
        lease_until: when it goes back to the pool.
    """

    id: str
    loop_name: str
    flow: str
    title: str
    content: Mapping[str, Any]
    accepted_at: datetime
    lease_until: datetime


@dataclass(frozen=True)
class QueueCount:
    """How much waits in one flow, as one reviewer sees it."""

    flow: str
    title: str
    waiting: int
    mine: int
    oldest_at: datetime | None


def waiting(review: ReviewService, user_id: str) -> Sequence[QueueCount]:
    """Flows with what waits for this reviewer, by title."""
    mine = sa.select(tasks.c.loop_name).where(tasks.c.user_id == user_id)
    free = (tasks.c.state == "waiting") & tasks.c.loop_name.not_in(mine) & _allowed(user_id)
    held = (tasks.c.state == "claimed") & (tasks.c.user_id == user_id)

    def work(c: Connection) -> list[QueueCount]:
        counted: dict[str, tuple[int, datetime | None]] = {}
        per_loop = sa.select(tasks.c.flow, sa.func.count(tasks.c.loop_name.distinct()), sa.func.min(tasks.c.created_at))
        for flow, count, oldest in c.execute(per_loop.where(free).group_by(tasks.c.flow)):
            counted[flow] = (count, oldest)
        per_flow = sa.select(tasks.c.flow, sa.func.count()).where(held).group_by(tasks.c.flow)
        held_in: dict[str, int] = {row[0]: row[1] for row in c.execute(per_flow)}
        rows = c.execute(sa.select(flow_definitions).order_by(flow_definitions.c.name))
        return [
            QueueCount(
                flow=row.name,
                title=_title(row),
                waiting=counted.get(row.name, (0, None))[0],
                mine=held_in.get(row.name, 0),
                oldest_at=counted.get(row.name, (0, None))[1],
            )
            for row in rows
        ]

    return review.database.read(work)


def next_task(review: ReviewService, user_id: str, flow: str | None = None) -> Task | None:
    """The reviewer's next task: one already in hand first, else the oldest that waits. None when there is none.

    A reviewer never gets two tasks of one loop.

    Args:
        flow: of this flow only.
    """
    now = review.clock()

    def work(c: Connection) -> str | None:
        in_flow = sa.true() if flow is None else tasks.c.flow == flow
        held = (tasks.c.state == "claimed") & (tasks.c.user_id == user_id) & (tasks.c.lease_until > now)
        row = c.execute(sa.select(tasks.c.id).where(held, in_flow).order_by(tasks.c.accepted_at).limit(1)).first()
        if row is not None:
            task_id: str = row.id
            return task_id
        query = _oldest_free(user_id).where(in_flow)
        row = c.execute(query.with_for_update(skip_locked=True)).first()
        if row is None:
            return None
        config = c.execute(
            sa.select(flow_definitions.c.document).where(flow_definitions.c.name == row.flow)
        ).scalar_one()
        limit = config["HumanLoopConfig"].get("TaskTimeLimitInSeconds", DEFAULT_TASK_SECONDS)
        values = {
            "state": "claimed",
            "user_id": user_id,
            "accepted_at": now,
            "lease_until": now + timedelta(seconds=limit),
        }
        c.execute(sa.update(tasks).where(tasks.c.id == row.id, tasks.c.state == "waiting").values(values))
        claimed: str = row.id
        return claimed

    task_id = review.database.write(work)
    return get_task(review, task_id, user_id) if task_id is not None else None


def upcoming_task(review: ReviewService, user_id: str, flow: str | None = None) -> tuple[str, Mapping[str, Any]] | None:
    """Id and InputContent of the task that `next_task` would claim, so that its media can be loaded ahead.

    It is not claimed: another reviewer may be faster.
    """
    in_flow = sa.true() if flow is None else tasks.c.flow == flow
    query = _oldest_free(user_id).where(in_flow).join(human_loops, human_loops.c.name == tasks.c.loop_name)
    row = review.database.read(lambda c: c.execute(query.add_columns(human_loops.c.input_content)).first())
    return (row.id, json.loads(row.input_content)) if row is not None else None


def may_see(review: ReviewService, task_id: str, user_id: str) -> bool:
    """True while the task is in this reviewer's hands, or in nobody's."""
    query = sa.select(tasks.c.state, tasks.c.user_id, tasks.c.lease_until).where(tasks.c.id == task_id)
    row = review.database.read(lambda c: c.execute(query).first())
    if row is None:
        return False
    held: bool = row.state == "claimed" and row.user_id == user_id and row.lease_until > review.clock()
    return held or row.state == "waiting"


def get_task(review: ReviewService, task_id: str, user_id: str) -> Task:
    """A task that this reviewer holds. Raises `TaskGone`."""
    query = (
        sa.select(tasks, human_loops.c.input_content, flow_definitions.c.document)
        .join(human_loops, human_loops.c.name == tasks.c.loop_name)
        .join(flow_definitions, flow_definitions.c.name == tasks.c.flow)
        .where(tasks.c.id == task_id, tasks.c.user_id == user_id, tasks.c.state == "claimed")
    )
    row = review.database.read(lambda c: c.execute(query).first())
    if row is None or row.lease_until <= review.clock():
        raise TaskGone("this task is not yours any more")
    content = json.loads(row.input_content)
    return Task(row.id, row.loop_name, row.flow, _title(row), content, row.accepted_at, row.lease_until)


def release_task(review: ReviewService, task_id: str, user_id: str) -> None:
    """Give a task back unanswered; nothing happens when it is not in hand."""
    held = (tasks.c.id == task_id) & (tasks.c.user_id == user_id) & (tasks.c.state == "claimed")
    # It goes to the end of the line, or the reviewer would get it back at once.
    values = {
        "state": "waiting",
        "user_id": None,
        "accepted_at": None,
        "lease_until": None,
        "created_at": review.clock(),
    }
    review.database.write(lambda c: c.execute(sa.update(tasks).where(held).values(values)))


def submit_answer(review: ReviewService, task_id: str, user_id: str, answer: Mapping[str, Any], seconds: float) -> None:
    """Take a reviewer's answer; the last one that a loop needs completes it.

    Args:
        answer: the ``answerContent``.
        seconds: time spent on it; at most the time since the task was accepted counts.

    Raises:
        TaskGone: it was answered already, or is not this reviewer's any more.
    """
    now = review.clock()

    def work(c: Connection) -> tuple[str, bool]:
        held = (tasks.c.id == task_id) & (tasks.c.user_id == user_id) & (tasks.c.state == "claimed")
        row = c.execute(sa.select(tasks).where(held, tasks.c.lease_until > now).with_for_update()).first()
        if row is None:
            raise TaskGone("this task is not yours any more; your answer was not taken")
        spent = min(max(seconds, 0.0), (now - row.accepted_at).total_seconds())
        values = {
            "state": "answered",
            "submitted_at": now,
            "seconds": spent,
            "answer": dict(answer),
            "lease_until": None,
        }
        c.execute(sa.update(tasks).where(tasks.c.id == task_id).values(values))
        of_loop = tasks.c.loop_name == row.loop_name
        c.execute(sa.select(human_loops.c.name).where(human_loops.c.name == row.loop_name).with_for_update())
        left = c.execute(
            sa.select(tasks.c.id).where(of_loop, tasks.c.state.in_(("waiting", "claimed"))).limit(1)
        ).first()
        if left is None:
            withdrawn = c.execute(sa.select(tasks.c.id).where(of_loop, tasks.c.state == "withdrawn").limit(1)).first()
            status = "Completed" if withdrawn is None else "Stopped"
            ending = human_loops.c.status.in_(("InProgress", "Stopping")) & (human_loops.c.name == row.loop_name)
            c.execute(sa.update(human_loops).where(ending).values(status=status, event_pending=True))
        return row.loop_name, left is None

    loop_name, is_complete = review.database.write(work)
    logger.info("task=%s loop=%s is answered", task_id, loop_name)
    if is_complete:
        try:
            finish(review, loop_name)
        except StoreUnavailable as error:
            logger.warning("loop=%s its output waits: %s", loop_name, error)


def _oldest_free(user_id: str) -> sa.Select[tuple[str, str]]:
    """The oldest waiting task of a loop of which this reviewer has had none."""
    mine = sa.select(tasks.c.loop_name).where(tasks.c.user_id == user_id)
    free = (tasks.c.state == "waiting") & tasks.c.loop_name.not_in(mine) & _allowed(user_id)
    return sa.select(tasks.c.id, tasks.c.flow).where(free).order_by(tasks.c.created_at, tasks.c.id).limit(1)


def _allowed(user_id: str) -> sa.ColumnElement[bool]:
    """True of tasks whose loop does not leave this reviewer out."""
    excluded = sa.select(not_for.c.loop_name).where(not_for.c.worker_id == worker_id(user_id))
    return tasks.c.loop_name.not_in(excluded)


def _title(row: Any) -> str:
    title: str = row.document["HumanLoopConfig"]["TaskTitle"]
    return title
