"""Withdrawal: all that was known of items goes, and what remains says only that there were such items, and when.

What stays is a row with id, app, times and last outcome, and the audit chain's records, whose salted digests say
nothing once the documents are gone. Everything in this database goes in one transaction; what lies elsewhere (media,
human loops and their outputs) is put on a list in the same transaction, and `moderation.erasing` works that off.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database
from ground.prepared import among, insert_many
from moderation.core.errors import NotFound
from moderation.core.events import Listener, is_wanted
from moderation.core.items import Item
from moderation.storage.audit import note_erased
from moderation.storage.derivatives import take_back_all
from moderation.storage.event_log import may_hear, next_event
from moderation.storage.facets import facet
from moderation.storage.holds import need_no_hold
from moderation.storage.public_notices import close_notices
from moderation.storage.records import event_rows
from moderation.storage.remnants import forget_remnants
from moderation.storage.tables import (
    decisions,
    deliveries,
    delivery_attempts,
    disputes,
    erasures,
    fetches,
    fingerprints,
    flags,
    idempotency_keys,
    item_facets,
    item_labels,
    item_loops,
    item_media,
    item_texts,
    items,
)
from moderation.storage.words import forget_words

ErasureKind = Literal["media", "loop", "output", "words"]
SETTLING = timedelta(minutes=1)
"""So long a post of the same bytes may take from storing them to naming them; media is left alone meanwhile."""
_KEYED = timedelta(minutes=5)
"""So long before an item's time the first item of its batch may have been made."""
_OF_ITEMS = (
    deliveries, disputes, fetches, fingerprints, flags, item_facets, item_labels, item_loops, item_media, item_texts,
    decisions,
)  # fmt: skip


@dataclass(frozen=True)
class Erasure:
    """Something of a withdrawn item that lies outside of the database.

    Attributes:
        name: ``s3://`` name of media or of an output; name of a human loop.
        place: ARN of a human loop, which says at which endpoint it is; time of the item for media.
    """

    id: int
    item_id: str
    kind: ErasureKind
    name: str
    place: str | None


def withdraw(
    c: Connection, item_ids: Collection[str], now: datetime, why: str, listeners: Sequence[Listener] = ()
) -> list[str]:
    """Withdraw items; says which were not withdrawn before. Whoever works on one of them finds it gone.

    Args:
        c: of a write.
        why: for the audit chain; no content.
        listeners: who is told, beside the items' own callbacks.

    Raises:
        ItemHeld: one of them is under a legal hold; nothing was done.
    """
    need_no_hold(c, item_ids, now)
    chosen = sa.select(items.c.id, items.c.app, items.c.document, items.c.created_at, items.c.findings)
    chosen = chosen.order_by(items.c.id)
    rows = c.execute(
        chosen.where(among(c, items.c.id, item_ids), items.c.status != "withdrawn").with_for_update()
    ).all()
    ids = [row.id for row in rows]
    if not ids:
        return []
    insert_many(c, erasures, _elsewhere(c, ids, {row.id: row.created_at for row in rows}, now))
    told: list[tuple[Item, int, Sequence[Listener]]] = []
    withdrawn = [Item.model_validate(row.document) for row in rows]
    for row, item in zip(rows, withdrawn, strict=True):
        wanting = [each for each in listeners if each.wants(item.app, "item.withdrawn")]
        hearing = may_hear(wanting, row.findings) if wanting else ()
        if hearing or is_wanted(item, "item.withdrawn"):
            told.append((item, next_event(c, item.id), hearing))  # while its decisions are still there
    note_erased(c, ids, now, why)
    theirs = sa.select(deliveries.c.id).where(among(c, deliveries.c.item_id, ids))
    c.execute(sa.delete(delivery_attempts).where(delivery_attempts.c.delivery_id.in_(theirs)))
    forget_words(c, ids)
    take_back_all(c, ids, now)
    forget_remnants(c, withdrawn)
    close_notices(c, ids, now)
    for table in _OF_ITEMS:
        c.execute(sa.delete(table).where(among(c, table.c.item_id, ids)))
    for row in rows:
        forget_answers(c, row.app, row.id, row.created_at, lambda body, item_id=row.id: _without(body, item_id))  # type: ignore[misc]
        empty = Item(id=row.id, app=row.app, parts=(), created_at=row.created_at)
        c.execute(sa.update(items).where(items.c.id == row.id).values(**_EMPTIED, document=empty, withdrawn_at=now))
    for item, number, hearing in told:
        insert_many(c, deliveries, event_rows(item, "item.withdrawn", number, now, {}, hearing))
    return ids


_EMPTIED: Mapping[str, Any] = {
    "status": "withdrawn",
    "content_id": None,
    "findings": sa.null(),  # None would be JSON's
    "basis": None,
    "verdict": sa.null(),
    "redacted": sa.null(),
    "problem": None,
    "lease_until": None,
    "media_until": None,
}


def _elsewhere(c: Connection, ids: Sequence[str], made: Mapping[str, datetime], now: datetime) -> list[dict[str, Any]]:
    """What lies outside of the database, as rows."""
    found = []
    loops = sa.select(item_loops.c.name, item_loops.c.item_id, item_loops.c.arn)
    for row in c.execute(loops.where(among(c, item_loops.c.item_id, ids))):
        found.append(_row(row.item_id, "loop", row.name, row.arn, now))
    for row in c.execute(sa.select(item_media).where(among(c, item_media.c.item_id, ids))):
        at = made[row.item_id]
        found.append(_row(row.item_id, "media", row.uri, at.isoformat(), max(now, at + SETTLING)))
    for item_id in c.execute(sa.select(item_texts.c.item_id).where(among(c, item_texts.c.item_id, ids))).scalars():
        found.append(_row(item_id, "words", "", None, now))
    return found


def _row(item_id: str, kind: ErasureKind, name: str, place: str | None, due_at: datetime) -> dict[str, Any]:
    return {"item_id": item_id, "kind": kind, "name": name, "place": place, "due_at": due_at}


def forget_answers(c: Connection, app: str, item_id: str, created_at: datetime, without: Callable[[Any], Any]) -> None:
    """Take what a post was answered out of the answers kept for its idempotency key; the post can still be repeated.

    Args:
        created_at: of the item.
        without: gives the body of an answer without what is forgotten.
    """
    keys = idempotency_keys.c
    lately = keys.created_at.between(created_at - _KEYED, created_at)
    named = sa.cast(keys.response, sa.Text).contains(item_id)
    for row in c.execute(sa.select(keys.key, keys.response).where(keys.app == app, lately, named)).all():
        mine = (keys.app == app) & (keys.key == row.key)
        response = {**row.response, "body": without(row.response["body"])}
        c.execute(sa.update(idempotency_keys).where(mine).values(response=response))


def _without(body: Any, item_id: str) -> Any:
    """The same answer, in which the item of this id says no more than when it came."""
    if isinstance(body, list):
        return [_without(each, item_id) for each in body]
    if not isinstance(body, dict):
        return body
    if body.get("id") == item_id and "created_at" in body:
        emptied: dict[str, Any] = {name: [] if isinstance(value, list) else None for name, value in body.items()}
        if "metadata" in body:
            emptied["metadata"] = {}
        return emptied | {name: body[name] for name in _SAID if name in body} | {"status": "withdrawn"}
    return {name: _without(value, item_id) for name, value in body.items()}


_SAID = ("id", "app", "created_at")


class Erasures:
    """What is still to be erased of withdrawn items, and of those whose texts are forgotten, in `database`.

    Args:
        listeners: who is told of withdrawals, beside the items' own callbacks.
    """

    def __init__(self, database: Database, listeners: Sequence[Listener] = ()) -> None:
        self._db, self._listeners = database, tuple(listeners)

    def withdraw(self, item_ids: Collection[str], now: datetime, why: str) -> list[str]:
        """See `withdraw`; in a transaction."""
        return self._db.write(lambda c: withdraw(c, item_ids, now, why, self._listeners), step="items.withdraw")

    def matching(self, item_ids: Collection[str], *, author: str | None, app: str | None) -> list[str]:
        """Ids of items that are not withdrawn, oldest first: these, or those of an author, an app, or both.

        Raises:
            NotFound: one of `item_ids` is no item.
        """
        query = sa.select(items.c.id, items.c.status)
        if author is not None:
            query = query.join(item_facets, item_facets.c.item_id == items.c.id)
            query = query.where(item_facets.c.facet == facet("author", author))
        query = query.where(items.c.app == app) if app is not None else query

        def work(c: Connection) -> list[str]:
            asked = query.where(among(c, items.c.id, item_ids)) if item_ids else query
            rows = c.execute(asked.order_by(items.c.id)).all()
            if missing := sorted(set(item_ids) - {row.id for row in rows}):
                raise NotFound(f"no item {missing[0][:60]}")
            return [row.id for row in rows if row.status != "withdrawn"]

        return self._db.read(work)

    def due(self, now: datetime, limit: int) -> list[Erasure]:
        """What can be erased now, longest waiting first."""
        query = sa.select(erasures).where(erasures.c.due_at <= now).order_by(erasures.c.due_at).limit(limit)
        return self._db.read(
            lambda c: [Erasure(row.id, row.item_id, row.kind, row.name, row.place) for row in c.execute(query)]
        )

    def add(self, item_id: str, kind: ErasureKind, name: str, place: str | None, due_at: datetime) -> None:
        """Something more of a withdrawn item turned up."""
        row = _row(item_id, kind, name, place, due_at)
        self._db.write(lambda c: c.execute(sa.insert(erasures).values(row)), step="erasures.add")

    def done(self, ids: Collection[int]) -> None:
        """These are erased."""
        gone = sa.delete(erasures).where(erasures.c.id.in_(list(ids)))
        self._db.write(lambda c: c.execute(gone), step="erasures.done")

    def put_off(self, erasure_id: int, until: datetime) -> None:
        """Try again later."""
        later = sa.update(erasures).where(erasures.c.id == erasure_id).values(due_at=until)
        self._db.write(lambda c: c.execute(later), step="erasures.put_off")

    def left(self) -> int:
        """How much is still to be erased."""
        return self._db.read(lambda c: int(c.execute(sa.select(sa.func.count()).select_from(erasures)).scalar_one()))

    def is_needed(self, uri: str) -> bool:
        """True for an object that an item has which was not withdrawn."""
        query = sa.select(item_media.c.item_id).where(item_media.c.uri == uri).limit(1)
        return self._db.read(lambda c: c.execute(query).first()) is not None
