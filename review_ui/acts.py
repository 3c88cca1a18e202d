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
from review_ui.a2i.tables import audit_records
from review_ui.tables import task_events

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
) -> None:
    """Add an act with its record, in the transaction of what it tells of."""
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
