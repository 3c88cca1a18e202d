"""Events of items beside decisions, put into the outbox in the transaction of what they tell of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.prepared import insert_many
from moderation.core.detections import Failure
from moderation.core.egress import stays_here
from moderation.core.events import EventType, Listener, is_wanted
from moderation.core.items import Item
from moderation.storage.records import event_rows
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


def may_hear(listeners: Sequence[Listener], findings: Mapping[str, Any] | None) -> Sequence[Listener]:
    """Those who may be told of an item, by what is stored of it: nobody, where not even its digest may leave here."""
    failures = (Failure.model_validate(each) for each in (findings or {}).get("failures", ()))
    return () if stays_here(failures) else listeners


def note_event(
    c: Connection,
    item: Item,
    kind: EventType,
    at: datetime,
    data: Mapping[str, Any],
    listeners: Sequence[Listener] = (),
) -> None:
    """Tell the item's callback and listeners of an event, those that want to hear of such."""
    told = [each for each in listeners if each.wants(item.app, kind)]
    if told or is_wanted(item, kind):
        insert_many(c, deliveries, event_rows(item, kind, next_event(c, item.id), at, data, told))
