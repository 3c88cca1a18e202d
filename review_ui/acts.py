"""Acts: who did what beside answering, to tasks, people, keys and policies. Only added to, and in the audit chain."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.audit_chain import AuditChain, canonical, note, record
from ground.database import Database
from review_ui.a2i.chain import open_chain
from review_ui.a2i.tables import audit_records, tasks
from review_ui.tables import event_clearances, loop_clearances, task_events

ACT = "act"


def add_act(
    c: Connection,
    at: datetime,
    kind: str,
    user_id: str,
    *,
    task_id: str | None = None,
    flow: str | None = None,
    detail: str = "",
    subject: str = "",
    about: Sequence[str] = (),
) -> None:
    """Add an act with its record, in the transaction of what it tells of.

    Args:
        about: further tasks that it is about; who may not see one of them does not read it.
    """
    row = {
        "at": at,
        "kind": kind,
        "user_id": user_id,
        "task_id": task_id,
        "flow": flow,
        "detail": detail,
        "subject": subject,
        "salt": secrets.token_hex(16),
    }
    made = c.execute(sa.insert(task_events).values(row)).inserted_primary_key
    assert made is not None
    these = tasks.c.id.in_([*about, *([task_id] if task_id is not None else [])])
    needed = sa.select(sa.literal(made[0]), loop_clearances.c.clearance).distinct()
    needed = needed.join(tasks, tasks.c.loop_name == loop_clearances.c.loop_name).where(these)
    c.execute(sa.insert(event_clearances).from_select(["event_id", "clearance"], needed))
    # What it was about may be a name that a person gave: the record says the kind, and vouches for the rest.
    note(c, audit_records, [record(ACT, str(made[0]), at, what=kind, by=user_id)])


def open_review_chain(database: Database) -> AuditChain:
    """The audit chain of the review database: answers and acts."""
    return open_chain(database, {ACT: _acts_of})


def unrecorded_acts(database: Database, chain: AuditChain) -> Iterator[str]:
    """Acts that no record knows of, by their numbers: somebody wrote them past the service."""
    known = chain.records(ACT)
    there = database.read(lambda c: {str(each) for each in c.execute(sa.select(task_events.c.id)).scalars()})
    yield from sorted(there - known, key=int)


def _acts_of(c: Connection, subjects: Sequence[str]) -> Mapping[str, str]:
    numbers = [int(subject) for subject in subjects if subject.isdigit()]
    rows: Sequence[Any] = c.execute(sa.select(task_events).where(task_events.c.id.in_(numbers))).all()
    return {
        str(row.id): f"{row.salt or ''}"
        + canonical([row.at.isoformat(), row.kind, row.user_id, row.task_id, row.flow, row.detail, row.subject])
        for row in rows
    }
