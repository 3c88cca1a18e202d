"""The audit chain of the review database: answers, and what people at it did, each sealed with the one before.

`ground.audit_chain` says how a chain holds. An answer is recorded when it counts, with a salted digest of what was
said, by whom and when; acts (`review_ui.acts`) when they are done. Where a loop is deleted, its answers go with their
salts, and a record says so.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.audit_chain import ERASED, AuditChain, Documents, canonical, note, record
from ground.database import Database
from ground.prepared import among
from review_ui.a2i.tables import audit_records, tasks

NAME = "review"
ANSWER = "answer"


def open_chain(database: Database, documents: Mapping[str, Documents]) -> AuditChain:
    """The chain of the review database.

    Args:
        documents: of other kinds than answers.
    """
    return AuditChain(database, audit_records, {ANSWER: _answers_of, **documents})


def note_change(c: Connection, kind: str, subject: str, at: datetime, **body: str | bool | None) -> None:
    """Record a change that somebody made, in its transaction; no content and no secret."""
    note(c, audit_records, [record(kind, subject, at, **body)])


def note_answers(c: Connection, task_ids: Sequence[str], at: datetime) -> None:
    """Record answers that count from now on, in the transaction that settles them."""
    answered = sa.select(tasks.c.id, tasks.c.loop_name).where(among(c, tasks.c.id, task_ids)).order_by(tasks.c.id)
    rows = c.execute(answered).all()
    for row in rows:
        c.execute(sa.update(tasks).where(tasks.c.id == row.id).values(salt=secrets.token_hex(16)))
    note(c, audit_records, [record(ANSWER, f"{row.loop_name}/{row.id}", at) for row in rows])


def note_erased(c: Connection, loops: Collection[str], why: str) -> None:
    """Record that loops go with their answers, in the transaction that deletes them; those without leave nothing."""
    of_loops = among(c, tasks.c.loop_name, loops) & (tasks.c.state == "answered")
    names = sorted(set(c.execute(sa.select(tasks.c.loop_name).where(of_loops)).scalars()))
    note(c, audit_records, [record(ERASED, name, datetime.now(UTC), why=why) for name in names])


def unrecorded_answers(database: Database, chain: AuditChain) -> Iterator[str]:
    """Answers that no record knows of, as ``LOOP/TASK``: somebody wrote them past the service."""
    known = chain.records(ANSWER)
    query = sa.select(tasks.c.loop_name, tasks.c.id).where(tasks.c.state == "answered")
    there = database.read(lambda c: {f"{row.loop_name}/{row.id}" for row in c.execute(query)})
    yield from sorted(there - known)


def _answers_of(c: Connection, subjects: Sequence[str]) -> Mapping[str, str]:
    ids = [subject.rpartition("/")[2] for subject in subjects]
    rows = c.execute(sa.select(tasks).where(among(c, tasks.c.id, ids), tasks.c.state == "answered"))
    return {
        f"{row.loop_name}/{row.id}": f"{row.salt or ''}"
        + canonical([row.answer, row.user_id, row.submitted_at.isoformat() if row.submitted_at else None])
        for row in rows
    }
