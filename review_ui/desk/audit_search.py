"""Search over who did what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from review_ui.clearance import is_event_shown
from review_ui.desk.audit import TaskEvent, entries, entry
from review_ui.desk.history import contains
from review_ui.service import ReviewService
from review_ui.tables import task_events, users

PAGE = 100


@dataclass(frozen=True)
class EventsAsked:
    """Which entries are wanted; empty for any.

    Attributes:
        who: name of who did it.
        subject: as an entry has it.
        words: that stand in the detail, the subject, the queue or the task's id, any case.
        since: done then or later.
        until: done before.
    """

    kind: str = ""
    who: str = ""
    subject: str = ""
    words: str = ""
    since: datetime | None = None
    until: datetime | None = None


def find_events(
    review: ReviewService, asked: EventsAsked, user_id: str, before: int | None = None
) -> Sequence[TaskEvent]:
    """At most `PAGE` entries that this person is cleared for, the newest first.

    Args:
        before: the id that the last page ended with.
    """
    e = task_events.c
    query = entries().where(is_event_shown(user_id))
    for column, value in ((e.kind, asked.kind), (users.c.name, asked.who), (e.subject, asked.subject)):
        query = query.where(column == value) if value else query
    if asked.words:
        places = (e.detail, e.subject, e.flow, e.task_id)
        query = query.where(sa.or_(*(contains(column, asked.words) for column in places)))
    if asked.since is not None:
        query = query.where(e.at >= asked.since)
    if asked.until is not None:
        query = query.where(e.at < asked.until)
    if before is not None:
        query = query.where(e.id < before)
    query = query.order_by(e.id.desc()).limit(PAGE)
    return review.database.read(lambda c: [entry(row) for row in c.execute(query)])


def known_kinds(review: ReviewService) -> Sequence[str]:
    """The kinds of entries that there are, by name."""
    query = sa.select(task_events.c.kind).distinct().order_by(task_events.c.kind)
    return review.database.read(lambda c: list(c.execute(query).scalars()))
