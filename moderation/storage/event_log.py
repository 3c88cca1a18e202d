"""Events of items beside decisions, put into the outbox in the transaction of what they tell of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.prepared import insert_many
from moderation.core.events import EventType, is_wanted
from moderation.core.items import Item
from moderation.storage.records import event_row
from moderation.storage.tables import decisions, deliveries, items


def next_event(c: Connection, item_id: str) -> int:
    """The number of an item's next event, which is taken by this.

    Called before the decision that it tells of is stored: versions before counted none but those, and only where other
    events came too is there another count.
    """
    made = sa.select(sa.func.count()).select_from(decisions).where(decisions.c.item_id == item_id)
    known = c.execute(sa.select(items.c.events).where(items.c.id == item_id).with_for_update()).scalar_one()
    number = max(int(known), int(c.execute(made).scalar_one())) + 1
    c.execute(sa.update(items).where(items.c.id == item_id).values(events=number))
    return number


def note_event(c: Connection, item: Item, kind: EventType, at: datetime, data: Mapping[str, Any]) -> None:
    """Tell the item's callback of an event, where it wants to hear of such."""
    if is_wanted(item, kind):
        insert_many(c, deliveries, [event_row(item, kind, next_event(c, item.id), at, data)])
