"""The ledger of intake: which state of which S3 object has become an item, and what could not become one.

Events of S3 come at least once and in any order. A state of an object and its item are stored in one transaction, so
that duplicates, late events and killed processes never make a second item of it.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database, insert_or_nothing
from moderation.core.errors import NotFound
from moderation.core.items import Item
from moderation.intake.s3_events import ObjectEvent
from moderation.storage.rows import item_row, save_media
from moderation.storage.tables import dead_letters, items, s3_objects

MAX_BODY = 262_144
"""Characters of a message that are kept, more than SQS allowed for most of its life."""


@dataclass(frozen=True)
class DeadLetter:
    """A message that cannot become items, or not all of it, and why.

    Attributes:
        body: the message as it came.
        uri: the object it is about; None when the message cannot be read.
    """

    id: str
    app: str
    body: str
    uri: str | None
    reason: str
    created_at: datetime


@dataclass(frozen=True)
class State:
    """The newest state of an object that has been dealt with."""

    sequencer: str
    etag: str

    def covers(self, event: ObjectEvent) -> bool:
        """True when nothing is left to do for `event`: it came before, is late, or tells of content that was taken."""
        if event.sequencer and event.sequencer <= self.sequencer:
            return True
        return bool(event.etag) and event.etag == self.etag


@dataclass(frozen=True)
class Found:
    """An object as it was read for an event.

    Attributes:
        etag: of what was read, which may be later than the event.
        item: what it is to become.
    """

    event: ObjectEvent
    etag: str
    item: Item


class Ledger:
    """What intake has seen, in `database`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def states(self, app: str, uris: Collection[str]) -> dict[str, State]:
        """The newest known states of objects, by ``s3://`` name; without those never seen."""
        names = {_name(uri): uri for uri in uris}
        query = sa.select(s3_objects).where(s3_objects.c.app == app, s3_objects.c.name.in_(names))
        return self._db.read(lambda c: {names[row.name]: State(row.sequencer, row.etag) for row in c.execute(query)})

    def take(self, app: str, found: Sequence[Found]) -> list[Item]:
        """Store the items of objects whose state is new, with those states, in one durable commit.

        Returns:
            The items that were stored: fewer than given when another process was faster, or content was the same.
        """

        def work(c: Connection) -> list[Item]:
            # In one order, so that processes that take the same objects never wait for each other in a ring.
            return [each.item for each in sorted(found, key=_order) if _take(c, app, each)]

        return self._db.write(work, step="ledger.take")

    def bury(self, app: str, body: str, uri: str | None, reason: str, now: datetime) -> None:
        """Keep a message that cannot become an item. The same one again changes nothing."""
        digest = hashlib.sha256(f"{app}\n{uri}\n{body}".encode("utf-8", "surrogatepass"))
        values = {
            "id": str(uuid.UUID(bytes=digest.digest()[:16])),
            "app": app,
            "body": body[:MAX_BODY].encode("utf-8", "replace").decode().replace("\0", ""),
            "uri": uri.replace("\0", "") if uri else None,
            "reason": reason[:1000],
            "created_at": now,
        }
        self._db.write(lambda c: c.execute(insert_or_nothing(c, dead_letters).values(values)), step="ledger.bury")

    def dead(self, ids: Collection[str] = (), limit: int = 1000) -> list[DeadLetter]:
        """Messages that are kept, oldest first; of `ids`, or all.

        Raises:
            NotFound: there is none of one of `ids`.
        """
        query = sa.select(dead_letters).order_by(dead_letters.c.created_at, dead_letters.c.id).limit(limit)
        query = query.where(dead_letters.c.id.in_(ids)) if ids else query
        rows = self._db.read(lambda c: c.execute(query).all())
        if missing := sorted(set(ids) - {row.id for row in rows}):
            raise NotFound(f"no dead letter {missing[0]}; `moderation intake dead` lists them")
        return [DeadLetter(r.id, r.app, r.body, r.uri, r.reason, r.created_at) for r in rows]

    def dead_count(self) -> int:
        """How many messages are kept."""
        return self._db.read(lambda c: c.execute(sa.select(sa.func.count()).select_from(dead_letters)).scalar_one())

    def forget(self, letter_id: str) -> None:
        """Drop a message that has become items after all, or never will."""
        self._db.write(
            lambda c: c.execute(sa.delete(dead_letters).where(dead_letters.c.id == letter_id)), step="ledger.forget"
        )


def _take(c: Connection, app: str, found: Found) -> bool:
    """Put an object's state forward, and its item beside it when its content is new; says whether it was."""
    event, name = found.event, _name(found.event.uri)
    mine = (s3_objects.c.app == app) & (s3_objects.c.name == name)
    values = {"app": app, "name": name, "sequencer": event.sequencer, "etag": found.etag, "item_id": found.item.id}
    known = c.execute(sa.select(s3_objects).where(mine).with_for_update()).first()
    if known is None:
        # The state points at the item, so the item comes first; a savepoint undoes it when another was faster.
        with c.begin_nested() as savepoint:
            _add(c, found.item)
            if c.execute(insert_or_nothing(c, s3_objects).values(values)).rowcount:
                return True
            savepoint.rollback()
        known = c.execute(sa.select(s3_objects).where(mine).with_for_update()).one()
    if event.sequencer and event.sequencer <= known.sequencer:
        return False
    if known.etag == found.etag:
        c.execute(sa.update(s3_objects).where(mine).values(sequencer=max(event.sequencer, known.sequencer)))
        return False
    _add(c, found.item)
    c.execute(sa.update(s3_objects).where(mine).values({**values, "sequencer": max(event.sequencer, known.sequencer)}))
    return True


def _add(c: Connection, item: Item) -> None:
    c.execute(sa.insert(items), [item_row(item)])
    save_media(c, item.id, item.parts)


def _order(found: Found) -> tuple[str, str]:
    return found.event.uri, found.event.sequencer


def _name(uri: str) -> str:
    return hashlib.sha256(uri.encode("utf-8", "surrogatepass")).hexdigest()
