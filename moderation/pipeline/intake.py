"""Intake: what an app posts becomes an item, on disk before anybody is told so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from ground import tracing
from moderation.core.items import Item, Part
from moderation.pipeline.ports import Ports
from moderation.storage.idempotency import KeyedAnswer
from moderation.storage.item_ids import new_item_id


@dataclass(frozen=True)
class Submission:
    """What an app posts, checked, with its media in the store.

    Attributes:
        parts: with ids ``p0``, ``p1``, ...
        metadata: JSON values.
    """

    app: str
    parts: tuple[Part, ...]
    content_id: str | None = None
    metadata: Mapping[str, JsonValue] | None = None
    callback_url: str | None = None
    events: tuple[str, ...] = ()
    event_metadata: bool = False


def prepare(ports: Ports, submission: Submission) -> Item:
    """The item that a submission becomes; nothing is stored.

    Raises:
        PolicyMissing: there is a part that no policy covers.
    """
    ports.judge.applicable(submission.app, submission.parts)
    now = ports.clock()
    return Item(
        id=new_item_id(now),
        app=submission.app,
        content_id=submission.content_id,
        parts=submission.parts,
        metadata=dict(submission.metadata or {}),
        callback_url=submission.callback_url,
        events=submission.events,
        event_metadata=submission.event_metadata,
        created_at=now,
    )


def intake(ports: Ports, items: Sequence[Item], keyed: KeyedAnswer | None = None) -> Mapping[str, Any] | None:
    """Store prepared items in one durable commit, then say that there is work; all as in `Store.add_items`."""
    earlier = ports.store.add_items(items, keyed)
    if earlier is None:
        for item in items:
            tracing.begin_item(item.id, item.app)
        ports.ring(*{item.lane for item in items})
    return earlier
