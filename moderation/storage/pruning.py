"""Pruning: decided items that were kept long enough go, with everything that was known of them."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.prepared import among
from moderation.storage.audit import note_erased
from moderation.storage.holds import is_held
from moderation.storage.item_ids import first_item_id
from moderation.storage.public_notices import close_notices
from moderation.storage.tables import (
    decisions,
    deliveries,
    delivery_attempts,
    derivatives,
    disputes,
    fetches,
    fingerprints,
    flags,
    item_clearances,
    item_facets,
    item_labels,
    item_loops,
    item_media,
    item_texts,
    items,
    s3_objects,
)
from moderation.storage.words import forget_words

_OF_ITEMS = (
    deliveries,
    derivatives,
    disputes,
    fetches,
    fingerprints,
    flags,
    item_clearances,
    item_facets,
    item_labels,
    item_loops,
    item_media,
    item_texts,
    decisions,
    s3_objects,
)


def prune(c: Connection, before: datetime, limit: int, now: datetime) -> int:
    """Delete up to `limit` items whose last decision is older; says how many went.

    Kept are items that people look at, that are under appeal or a legal hold, whose decision is still being delivered,
    and whose media is not deleted yet: `moderation.media.retention` does that first.

    Args:
        c: of a write.
    """
    # Ids begin with the time, so the oldest are found without reading the others.
    old = items.c.id < first_item_id(before)
    lately = _of_item(decisions, decisions.c.decided_at >= before)
    unfinished = _of_item(item_loops, item_loops.c.state != "ended")
    due = _of_item(deliveries, deliveries.c.state == "due")
    has_work = _of_item(derivatives, derivatives.c.state == "due")
    has_media = _of_item(item_media, sa.true()) & items.c.media_deleted_at.is_(None)
    held = is_held(now)
    chosen = sa.select(items.c.id).where(
        old, items.c.status == "decided", ~lately, ~unfinished, ~due, ~has_work, ~has_media, ~held
    )
    ids = list(c.execute(chosen.order_by(items.c.id).limit(limit).with_for_update(skip_locked=True)).scalars())
    if not ids:
        return 0
    note_erased(c, ids, now, "kept as long as the settings say")
    theirs = sa.select(deliveries.c.id).where(among(c, deliveries.c.item_id, ids))
    c.execute(sa.delete(delivery_attempts).where(delivery_attempts.c.delivery_id.in_(theirs)))
    forget_words(c, ids)
    close_notices(c, ids, now)
    for table in _OF_ITEMS:
        c.execute(sa.delete(table).where(among(c, table.c.item_id, ids)))
    return c.execute(sa.delete(items).where(among(c, items.c.id, ids))).rowcount


def _of_item(table: sa.Table, condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return sa.exists().where(table.c.item_id == items.c.id, condition)
