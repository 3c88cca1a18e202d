"""An audit chain: records that are only added to, each sealed with a hash over itself and the one before.

Whoever changes, removes, inserts or reorders a record breaks the chain there, and `problems` says where. Whoever writes
all of it anew, or cuts off its end, is found by signed heads (`ground.chain_heads`) that lie elsewhere.

A record is written in the transaction of what it tells of (`note`), unsealed, so that nothing happens without one and
nobody waits for anybody. A moment later `AuditChain.seal` gives it its position and hash. A record that vouches for a
document, such as a decision, has the document's SHA-256 sealed in, salted: when document and salt are erased, nothing
that is left says anything of them, and the chain still holds. The hash is SHA-256 over the canonical JSON (keys sorted,
no blanks, UTF-8) of position, previous hash, kind, subject, time and body.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database, UTCDateTime
from ground.prepared import insert_many, update_many

FIRST = "0" * 64
"""The hash before the first record's."""
SEALED_AT_ONCE = 500
"""Records in one transaction of sealing: some milliseconds, for which others who write wait."""
READ_AT_ONCE = 5_000
ERASED = "erased"
"""The kind of a record that says that the documents of a subject are gone, and why."""
_LOCK = 7_204_116_531
"""Any number, the same in all processes: Postgres's advisory lock for sealing."""

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode

Documents = Callable[[Connection, Sequence[str]], Mapping[str, str]]
"""The documents of these subjects with their salts, as text; what is not there is left out."""


def audit_table(metadata: sa.MetaData, name: str = "audit_records") -> sa.Table:
    """The table of a chain's records."""
    return sa.Table(
        name,
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("at", UTCDateTime, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("position", sa.Integer),
        sa.Column("hash", sa.String(64)),
        sa.Index(None, "position", unique=True),
    )


@dataclass(frozen=True)
class Head:
    """The newest sealed record of a chain."""

    position: int
    hash: str
    at: datetime


@dataclass(frozen=True)
class Problem:
    """Where a chain, or what it vouches for, is not as it was written.

    Attributes:
        position: of the record; of what is missing, the first.
        subject: what the record is about.
    """

    position: int
    kind: str
    subject: str
    what: str


def canonical(value: Any) -> str:
    """JSON in the one form that is hashed."""
    return _encode(value)


def record(kind: str, subject: str, at: datetime, **body: Any) -> dict[str, Any]:
    """A row of the chain's table, unsealed. What it says must be neither content nor a secret: it is kept for ever."""
    return {"kind": kind, "subject": subject, "at": at, "body": canonical(body)}


def note(c: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add records (`record`), in the transaction of what they tell of."""
    insert_many(c, table, rows)


class AuditChain:
    """The chain of one database.

    Args:
        documents: of each kind of record that vouches for a document, where that is found.
    """

    def __init__(self, database: Database, table: sa.Table, documents: Mapping[str, Documents]) -> None:
        self._db, self._table, self._documents = database, table, documents

    def seal(self) -> int:
        """Seal records that are not sealed yet, the oldest first; says how many, at most `SEALED_AT_ONCE`."""
        while True:
            last, sealed = self._db.read(self._sealed)
            if not sealed:
                return 0
            if self._db.write(partial(self._store, last=last, sealed=sealed), step="audit.seal", rows=len(sealed)):
                return len(sealed)

    def _sealed(self, c: Connection) -> tuple[Head | None, list[dict[str, Any]]]:
        """The newest sealed record, and those to come as they will be: nobody who writes waits for the hashes."""
        table = self._table
        last = self._last(c)
        waiting = sa.select(table).where(table.c.position.is_(None)).order_by(table.c.id).limit(SEALED_AT_ONCE)
        rows = c.execute(waiting).all()
        position, previous = (last.position, last.hash) if last is not None else (0, FIRST)
        digests = self._digests(c, rows)
        sealed = []
        for row in rows:
            digest = digests.get((row.kind, row.subject))
            body = row.body if digest is None else canonical({**json.loads(row.body), "sha256": digest})
            position += 1
            previous = _hash(position, previous, row.kind, row.subject, row.at, body)
            sealed.append({"id": row.id, "body": body, "position": position, "hash": previous})
        return last, sealed

    def _store(self, c: Connection, last: Head | None, sealed: Sequence[Mapping[str, Any]]) -> bool:
        """Write them behind the record that they follow; False where another process was faster."""
        if c.dialect.name == "postgresql":
            c.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        if self._last(c) != last:
            return False
        update_many(c, self._table, "id", sealed, ())
        return True

    def head(self) -> Head | None:
        """The newest sealed record; None when there is none."""
        return self._db.read(self._last)

    def hash_at(self, position: int) -> str | None:
        """The hash of the record at a position; None when there is none."""
        query = sa.select(self._table.c.hash).where(self._table.c.position == position)
        return self._db.read(lambda c: c.execute(query).scalar())

    def problems(self) -> Iterator[Problem]:
        """Look at every record and every document; the first place of each break."""
        erased = self.records(ERASED)
        position, previous = 0, FIRST
        while rows := self._db.read(lambda c, after=position: self._batch(c, after)):  # type: ignore[misc]
            documents = self._db.read(lambda c, rows=rows: self._digests(c, rows))  # type: ignore[misc]
            for row in rows:
                if row.position != position + 1:
                    number = row.position - position - 1
                    yield Problem(
                        position + 1, row.kind, "", f"{number} records are missing before record {row.position}"
                    )
                elif row.hash != _hash(row.position, previous, row.kind, row.subject, row.at, row.body):
                    yield Problem(row.position, row.kind, row.subject, "the record is not as it was sealed")
                position, previous = row.position, row.hash
                what = self._wrong_with(row, documents, erased)
                if what:
                    yield Problem(row.position, row.kind, row.subject, what)

    def records(self, kind: str) -> set[str]:
        """The subjects of all records of a kind."""
        query = sa.select(self._table.c.subject).where(self._table.c.kind == kind)
        return self._db.read(lambda c: set(c.execute(query).scalars()))

    def _wrong_with(self, row: sa.Row[Any], documents: Mapping[tuple[str, str], str], erased: set[str]) -> str:
        """What is wrong with the document that a record vouches for; empty for nothing."""
        if row.kind not in self._documents:
            return ""
        digest = documents.get((row.kind, row.subject))
        if digest is None:
            is_known = row.subject.partition("/")[0] in erased
            return "" if is_known else f"the {row.kind} is gone, and no record says that it was erased"
        return "" if _sealed_in(row.body) == digest else f"the {row.kind} is not as it was when its record was sealed"

    def _batch(self, c: Connection, after: int) -> Sequence[sa.Row[Any]]:
        query = sa.select(self._table).where(self._table.c.position > after)
        return c.execute(query.order_by(self._table.c.position).limit(READ_AT_ONCE)).all()

    def _last(self, c: Connection) -> Head | None:
        sealed = sa.select(self._table).where(self._table.c.position.is_not(None))
        row = c.execute(sealed.order_by(self._table.c.position.desc()).limit(1)).first()
        return None if row is None else Head(row.position, row.hash, row.at)

    def _digests(self, c: Connection, rows: Sequence[sa.Row[Any]]) -> dict[tuple[str, str], str]:
        """Of each record that vouches for a document that is there: its digest."""
        found = {}
        for kind, documents in self._documents.items():
            subjects = [row.subject for row in rows if row.kind == kind]
            if subjects:
                for subject, text in documents(c, subjects).items():
                    found[kind, subject] = hashlib.sha256(text.encode()).hexdigest()
        return found


def _sealed_in(body: str) -> str | None:
    """The digest in a record's body; None where somebody put something else there."""
    try:
        digest: str | None = json.loads(body)["sha256"]
    except (ValueError, KeyError, TypeError):
        return None
    return digest


def _hash(position: int, previous: str, kind: str, subject: str, at: datetime, body: str) -> str:
    said = {"position": position, "previous": previous, "kind": kind, "subject": subject, "body": body}
    text = canonical({**said, "at": at.astimezone(UTC).isoformat(timespec="microseconds")})
    return hashlib.sha256(text.encode()).hexdigest()
