"""A reviewer's own answers: searched, filtered, newest first."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.errors import NotFound
from review_ui.a2i.answer_content import outcome_of
from review_ui.a2i.tables import flow_definitions, tasks
from review_ui.clearance import shown_loops
from review_ui.desk.tasks import title_of
from review_ui.service import ReviewService

PAGE = 50


@dataclass(frozen=True)
class Answered:
    """An answer of the past.

    Attributes:
        answer: the ``answerContent``.
        is_settled: False while it can still be undone.
    """

    task_id: str
    loop_name: str
    flow: str
    title: str
    submitted_at: datetime
    seconds: float
    answer: Mapping[str, Any]
    is_settled: bool
    content: Mapping[str, Any]

    @property
    def outcome(self) -> str:
        """``approve``, ``reject``, or empty when the template asked something else."""
        return outcome_of(self.answer)


def answered(
    review: ReviewService, user_id: str, *, words: str = "", outcome: str = "", flow: str | None = None, skip: int = 0
) -> Sequence[Answered]:
    """At most `PAGE` + 1 answers of this person; the one too many says that there are more.

    Args:
        words: that stand in the content, the answer's note or labels, or the loop's name, in this order, any case.
        outcome: ``approve`` or ``reject``; empty for all.
        skip: how many of the newest to leave out.
    """
    shown = shown_loops(user_id)
    query = _query(shown).where(tasks.c.user_id == user_id).order_by(tasks.c.submitted_at.desc(), tasks.c.id)
    if flow:
        query = query.where(tasks.c.flow == flow)
    if words:
        searched = (shown.c.input_content, sa.cast(tasks.c.answer, sa.Text), tasks.c.loop_name)
        query = query.where(sa.or_(*(contains(column, words) for column in searched)))
    if outcome in ("approve", "reject"):
        query = query.where(tasks.c.answer["decision"][outcome].as_boolean())
    limited = query.offset(skip).limit(PAGE + 1)
    return review.database.read(lambda c: [_read(row) for row in c.execute(limited)])


def answered_task(review: ReviewService, user_id: str, task_id: str) -> Answered:
    """One of this person's answers. Raises `NotFound`."""

    def work(c: Connection) -> Any:
        return c.execute(_query(shown_loops(user_id)).where(tasks.c.user_id == user_id, tasks.c.id == task_id)).first()

    row = review.database.read(work)
    if row is None:
        raise NotFound("no such answer of yours")
    return _read(row)


def contains(column: sa.ColumnElement[Any], words: str) -> sa.ColumnElement[bool]:
    """True where a column of JSON or text has these words, in lower or upper case or as they are given.

    In JSON, letters beyond ASCII may stand as escapes or as themselves, and databases fold the case of ASCII only.
    """
    cases = {words, words.lower(), words.upper(), words.capitalize(), words.title()}
    written = sorted(cases | {json.dumps(each)[1:-1] for each in cases})
    return sa.or_(*(column.icontains(each, autoescape=True) for each in written))


def _query(shown: sa.Subquery) -> sa.Select[Any]:
    return (
        sa.select(tasks, shown.c.input_content, flow_definitions.c.document)
        .join(shown, shown.c.name == tasks.c.loop_name)
        .join(flow_definitions, flow_definitions.c.name == tasks.c.flow)
        .where(tasks.c.state.in_(("given", "answered")))
    )


def _read(row: Any) -> Answered:
    return Answered(
        task_id=row.id,
        loop_name=row.loop_name,
        flow=row.flow,
        title=title_of(row.document),
        submitted_at=row.submitted_at,
        seconds=row.seconds or 0.0,
        answer=row.answer or {},
        is_settled=row.state == "answered",
        content=json.loads(row.input_content),
    )
