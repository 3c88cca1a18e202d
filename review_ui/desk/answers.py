"""Answers: taken from a reviewer, undone while there is time, then settled."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.errors import StoreUnavailable
from review_ui.a2i.answer_content import outcome_of
from review_ui.a2i.outputs import finish
from review_ui.a2i.settling import settle
from review_ui.a2i.tables import flow_definitions, tasks
from review_ui.care.exposure import begin_look, end_look
from review_ui.clearance import is_cleared
from review_ui.desk.alike import answer_alike, take_back_alike
from review_ui.desk.audit import note
from review_ui.desk.tasks import TaskGone, time_limit
from review_ui.service import ReviewService

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Undoable:
    """A reviewer's last answer, while it can be undone.

    Attributes:
        outcome: ``approve`` or ``reject``; empty when its template asks something else.
        settles_at: until when.
    """

    task_id: str
    outcome: str
    settles_at: datetime


def submit_answer(
    review: ReviewService,
    task_id: str,
    user_id: str,
    answer: Mapping[str, Any],
    seconds: float,
    *,
    with_alike: bool = False,
) -> None:
    """Take a reviewer's answer; the last one that a loop needs completes it, once it can no longer be undone.

    Only the last answer can be undone, so this settles the reviewer's earlier ones.

    Args:
        answer: the ``answerContent``.
        seconds: time spent on it; at most the time since the task was accepted counts.
        with_alike: the same answer to the waiting tasks over nearly the same content; undone together with it.

    Raises:
        TaskGone: it was answered already, or is not this reviewer's any more.
    """
    now = review.clock()

    def work(c: Connection) -> tuple[str, list[str]]:
        held = (tasks.c.id == task_id) & (tasks.c.user_id == user_id) & (tasks.c.state == "claimed")
        row = c.execute(sa.select(tasks).where(held, tasks.c.lease_until > now).with_for_update()).first()
        if row is None:
            raise TaskGone("this task is not yours any more; your answer was not taken")
        settles_at = now + timedelta(seconds=review.undo_seconds)
        values = {
            "state": "given",
            "submitted_at": now,
            "settles_at": settles_at,
            "seconds": min(max(seconds, 0.0), (now - row.accepted_at).total_seconds()),
            "answer": dict(answer),
            "lease_until": None,
        }
        c.execute(sa.update(tasks).where(tasks.c.id == task_id).values(values))
        end_look(c, task_id, now)
        together = answer_alike(c, review, task_id, user_id, answer, settles_at) if with_alike else []
        if together:
            note(c, now, "alike", user_id, task=row, detail=f"{len(together)} tasks over nearly the same content")
        final = list(c.execute(sa.select(tasks.c.id).where(_last_given(user_id), tasks.c.id != task_id)).scalars())
        return row.loop_name, settle(c, final if review.undo_seconds > 0 else [*final, task_id, *together], now)

    loop_name, ended = review.database.write(work, step="tasks.submit_answer")
    logger.info("task=%s loop=%s is answered", task_id, loop_name)
    if not ended or review.nudge():
        return
    for name in ended:
        try:
            finish(review, name)
        except StoreUnavailable as error:
            logger.warning("loop=%s its output waits: %s", name, error)


def undoable(review: ReviewService, user_id: str) -> Undoable | None:
    """The reviewer's last answer, if there is still time to undo it."""
    query = sa.select(tasks).where(_last_given(user_id), tasks.c.settles_at > review.clock())
    query = query.order_by(tasks.c.submitted_at.desc()).limit(1)
    row = review.database.read(lambda c: c.execute(query).first())
    if row is None:
        return None
    return Undoable(row.id, outcome_of(row.answer), row.settles_at)


def undo(review: ReviewService, task_id: str, user_id: str) -> None:
    """Take an answer back: the task is in the reviewer's hands again, with the answer as a draft.

    Raises:
        TaskGone: it is too late.
    """
    now = review.clock()

    def work(c: Connection) -> None:
        given = _last_given(user_id) & (tasks.c.id == task_id) & (tasks.c.settles_at > now) & is_cleared(user_id)
        row = c.execute(sa.select(tasks).where(given).with_for_update()).first()
        if row is None:
            raise TaskGone("it is too late to undo this answer")
        flow = c.execute(sa.select(flow_definitions.c.document).where(flow_definitions.c.name == row.flow)).scalar_one()
        until = now + time_limit(flow)
        values = {
            "state": "claimed",
            "lease_until": until,
            "submitted_at": None,
            "settles_at": None,
        }
        c.execute(sa.update(tasks).where(tasks.c.id == task_id).values(values))
        take_back_alike(c, task_id)
        begin_look(c, task_id, user_id, now, until)
        note(c, now, "undone", user_id, task=row)

    review.database.write(work, step="tasks.undo")


def _last_given(user_id: str) -> sa.ColumnElement[bool]:
    """True of this person's answers that are not settled, batches aside."""
    return (tasks.c.user_id == user_id) & (tasks.c.state == "given") & tasks.c.batch.is_(None)
