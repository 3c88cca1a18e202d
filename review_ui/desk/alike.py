"""Waiting tasks over nearly the same content: found as one is looked at, and answered together with it.

Two are alike when they are of one queue and app, and what was posted is the same but for capitals, spaces, punctuation
and characters that nobody sees; pictures, films and sounds byte for byte. Samples for quality, appeals and known
answers are judged one by one.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import insert_or_nothing
from review_ui.a2i.settling import WAITING
from review_ui.a2i.tables import tasks
from review_ui.care.exposure import allowance
from review_ui.clearance import shown_loops
from review_ui.desk.routing import is_free_for
from review_ui.service import ReviewService
from review_ui.tables import loop_likenesses

MOST = 50
"""Most tasks that are answered together with one."""


def note_likeness(c: Connection, loop_name: str, content: Mapping[str, Any]) -> None:
    """Keep what a new loop is recognised by; a deleted loop may have had its name."""
    c.execute(sa.delete(loop_likenesses).where(loop_likenesses.c.loop_name == loop_name))
    if (likeness := likeness_of(content)) is not None:
        c.execute(insert_or_nothing(c, loop_likenesses).values(loop_name=loop_name, likeness=likeness))


def likeness_of(content: Mapping[str, Any]) -> str | None:
    """SHA-256 in hex of what was posted, as the module says; None where it is to be judged alone, or is nothing."""
    parts, item = content.get("parts"), content.get("item")
    if content.get("alone") or content.get("not_for") or not isinstance(parts, list) or not isinstance(item, Mapping):
        return None
    posted = [part for part in parts if isinstance(part, Mapping) and not part.get("extracted_from")]
    told = [(part.get("type"), part.get("uri") or _plain(part.get("text"))) for part in posted]
    if not told or not all(isinstance(words, str) and words for _, words in told):
        return None
    policy = content.get("policy")
    named = policy.get("name") if isinstance(policy, Mapping) else None
    digest = json.dumps([item.get("app"), named, told], ensure_ascii=True, default=str)
    return hashlib.sha256(digest.encode()).hexdigest()


def _plain(text: Any) -> str:
    if not isinstance(text, str):
        return ""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in folded if letter.isalnum()) or text.strip()


def alike(review: ReviewService, task_id: str, user_id: str) -> Sequence[tuple[str, Mapping[str, Any]]]:
    """Ids and inputs of waiting tasks like the one in hand that this reviewer may be given too; at most `MOST`."""

    def work(c: Connection) -> list[tuple[str, Mapping[str, Any]]]:
        # Most tasks are like none, and who may be given what takes its time to find out.
        if not c.execute(sa.select(sa.exists(_same(task_id)))).scalar_one():
            return []
        query = _alike(c, review, task_id, user_id)
        # Nobody answers two tasks of one loop.
        rows = {row.loop_name: row for row in c.execute(query)}.values()
        return [(row.id, json.loads(row.input_content)) for row in rows]

    return review.database.read(work)


def answer_alike(
    c: Connection, review: ReviewService, task_id: str, user_id: str, answer: Mapping[str, Any], settles_at: datetime
) -> list[str]:
    """Give the tasks like one in hand the same answer, in the transaction that answers that one; their ids.

    They are one batch with it, by its id, so that undoing takes all of them back.
    """
    rows = c.execute(_alike(c, review, task_id, user_id)).all()
    chosen = list({row.loop_name: row.id for row in rows}.values())
    now = review.clock()
    values = {
        "state": "given",
        "user_id": user_id,
        "accepted_at": now,
        "submitted_at": now,
        "settles_at": settles_at,
        "seconds": 0.0,
        "answer": dict(answer),
        "batch": task_id,
    }
    waiting = tasks.c.id.in_(chosen) & (tasks.c.state == "waiting")
    return list(c.execute(sa.update(tasks).where(waiting).values(values).returning(tasks.c.id)).scalars())


def take_back_alike(c: Connection, task_id: str) -> None:
    """Undo what `answer_alike` did, in the transaction that undoes the answer itself."""
    given = (tasks.c.batch == task_id) & (tasks.c.state == "given")
    values = {**WAITING, "submitted_at": None, "settles_at": None, "seconds": None, "batch": None}
    c.execute(sa.update(tasks).where(given).values(values))


def _same(task_id: str) -> sa.Select[Any]:
    """The waiting tasks of the queue over the same content, whoever may be given them."""
    mine, other, held = loop_likenesses.alias("mine"), loop_likenesses.alias("other"), tasks.alias("held")
    return (
        sa.select(tasks.c.id, tasks.c.loop_name)
        .join(other, other.c.loop_name == tasks.c.loop_name)
        .join(mine, (mine.c.likeness == other.c.likeness) & (mine.c.loop_name != other.c.loop_name))
        .join(held, (held.c.loop_name == mine.c.loop_name) & (held.c.flow == tasks.c.flow))
        .where(held.c.id == task_id, tasks.c.state == "waiting")
    )


def _alike(c: Connection, review: ReviewService, task_id: str, user_id: str) -> sa.Select[Any]:
    free = is_free_for(c, user_id) & allowance(c, review.care, user_id, review.clock()).admits()
    shown = shown_loops(user_id)
    query = _same(task_id).join(shown, shown.c.name == tasks.c.loop_name).where(free)
    return query.add_columns(shown.c.input_content).order_by(tasks.c.created_at, tasks.c.id).limit(MOST)
