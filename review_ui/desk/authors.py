"""What became of an author's items in people's hands, where the app names the author in an item's metadata.

Loops are found by a digest of app and author, kept when a loop starts; what is told of them are settled answers. Rules'
own decisions are not among them: the endpoint knows nothing of those.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import insert_or_nothing
from ground.named_by_apps import author_digest
from ground.named_by_apps import author_of as author_named
from review_ui.a2i.answer_content import outcome_of
from review_ui.a2i.tables import flow_definitions, tasks
from review_ui.clearance import is_cleared, shown_loops
from review_ui.desk.tasks import Task, title_of
from review_ui.service import ReviewService
from review_ui.tables import loop_authors

MOST, LAST = 500, 3


@dataclass(frozen=True)
class PastAnswer:
    """One answer to an item of the author."""

    outcome: str
    at: datetime
    title: str
    content: Mapping[str, Any]


@dataclass(frozen=True)
class AuthorHistory:
    """What people answered to the newest items of an author in this app, at most `MOST`.

    Attributes:
        outcomes: how often each, ``approve`` and ``reject``.
        waiting: items of the author that wait for people, this one aside.
        last: the newest answers.
    """

    author: str
    outcomes: Mapping[str, int]
    waiting: int
    last: Sequence[PastAnswer]


def author_of(content: Mapping[str, Any]) -> str:
    """Whom an input of ours names as the item's author; empty for nobody."""
    item = content.get("item")
    metadata = item.get("metadata") if isinstance(item, Mapping) else None
    if not isinstance(metadata, Mapping):
        return ""
    return author_named(metadata)


def note_author(c: Connection, loop_name: str, content: Mapping[str, Any]) -> None:
    """Keep whose a new loop's item is; a deleted loop may have had its name."""
    c.execute(sa.delete(loop_authors).where(loop_authors.c.loop_name == loop_name))
    if (digest := _digest(content)) is not None:
        c.execute(insert_or_nothing(c, loop_authors).values(loop_name=loop_name, author_sha256=digest))


def author_history(review: ReviewService, task: Task, user_id: str) -> AuthorHistory | None:
    """The history of a task's author, as far as this reviewer may see it.

    None where none is named, and of tasks that are to be judged by themselves.
    """
    digest = _digest(task.content)
    if digest is None or task.content.get("alone") or task.content.get("not_for"):
        return None
    of_author = sa.select(loop_authors.c.loop_name).where(loop_authors.c.author_sha256 == digest)
    others = tasks.c.loop_name.in_(of_author) & (tasks.c.loop_name != task.loop_name) & is_cleared(user_id)
    shown = shown_loops(user_id)
    query = (
        sa.select(tasks.c.answer, tasks.c.submitted_at, shown.c.input_content, flow_definitions.c.document)
        .join(shown, shown.c.name == tasks.c.loop_name)
        .join(flow_definitions, flow_definitions.c.name == tasks.c.flow)
        .where(others, tasks.c.state == "answered")
        .order_by(tasks.c.submitted_at.desc(), tasks.c.id)
    )
    answers = sa.select(tasks.c.answer).where(others, tasks.c.state == "answered")
    counted = answers.order_by(tasks.c.submitted_at.desc()).limit(MOST)
    open_loops = sa.select(sa.func.count(tasks.c.loop_name.distinct())).where(others, tasks.c.state == "waiting")

    def work(c: Connection) -> AuthorHistory:
        outcomes = Counter(filter(None, (outcome_of(answer or {}) for answer in c.execute(counted).scalars())))
        last = [
            PastAnswer(
                outcome_of(row.answer or {}), row.submitted_at, title_of(row.document), json.loads(row.input_content)
            )
            for row in c.execute(query.limit(LAST))
        ]
        return AuthorHistory(author_of(task.content), dict(outcomes), c.execute(open_loops).scalar_one(), last)

    return review.database.read(work)


def _digest(content: Mapping[str, Any]) -> str | None:
    author, item = author_of(content), content.get("item")
    if not author or not isinstance(item, Mapping):
        return None
    return author_digest(item.get("app"), author)
