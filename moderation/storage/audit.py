"""The audit chain of the service's database: decisions, policies in force, keys, lists, and what was erased.

`ground.audit_chain` says how a chain holds. Records carry ids, names, outcomes and times, and never content.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.audit_chain import ERASED, AuditChain, canonical, note, record
from ground.database import Database
from ground.prepared import among
from moderation.core.decisions import Decision
from moderation.storage.tables import audit_records, decisions

NAME = "moderation"
DECISION = "decision"


def open_chain(database: Database) -> AuditChain:
    """The chain of the service's database."""
    return AuditChain(database, audit_records, {DECISION: _decisions_of})


def decision_record(item_id: str, number: int, decision: Decision) -> dict[str, Any]:
    """The record of a decision, for the transaction that stores it.

    Args:
        number: of the item's decisions.
    """
    said = {"kind": DECISION, "subject": f"{item_id}/{number}", "at": decision.decided_at}
    return {**said, "body": _body_of(decision.outcome)}


@lru_cache
def _body_of(outcome: str) -> str:
    return canonical({"outcome": outcome})


def note_erased(c: Connection, item_ids: Collection[str], at: datetime, why: str) -> None:
    """Record that all that was known of items is gone, in the transaction that removes it."""
    note(c, audit_records, [record(ERASED, item_id, at, why=why) for item_id in item_ids])


def note_change(c: Connection, kind: str, subject: str, at: datetime, **body: Any) -> None:
    """Record a change that somebody made, in its transaction.

    Args:
        kind: such as ``key added``.
        subject: what was changed: an id or a name.
        body: what it became and by whom; no content and no secret.
    """
    note(c, audit_records, [record(kind, subject, at, **body)])


def records_of_item(database: Database, item_id: str) -> list[dict[str, Any]]:
    """The sealed records about an item: of its decisions, and of what was done with it; in order."""
    about = (audit_records.c.subject == item_id) | audit_records.c.subject.startswith(f"{item_id}/")
    query = sa.select(audit_records).where(about, audit_records.c.position.is_not(None))
    query = query.order_by(audit_records.c.position)
    return database.read(
        lambda c: [
            {
                "position": row.position,
                "kind": row.kind,
                "subject": row.subject,
                "at": row.at.isoformat(),
                "body": row.body,
                "hash": row.hash,
            }
            for row in c.execute(query)
        ]
    )


def unrecorded_decisions(database: Database, chain: AuditChain) -> Iterator[str]:
    """Decisions that no record knows of, as ``ITEM/NUMBER``: somebody wrote them past the service."""
    known = chain.records(DECISION)
    query = sa.select(decisions.c.item_id, decisions.c.number)
    there = database.read(lambda c: {f"{row.item_id}/{row.number}" for row in c.execute(query)})
    yield from sorted(there - known)


def _decisions_of(c: Connection, subjects: Sequence[str]) -> Mapping[str, str]:
    ids = {subject.rpartition("/")[0] for subject in subjects}
    rows = c.execute(sa.select(decisions).where(among(c, decisions.c.item_id, ids)))
    return {
        f"{row.item_id}/{row.number}": f"{row.salt or ''}{canonical([row.document, row.decided_at.isoformat()])}"
        for row in rows
    }
