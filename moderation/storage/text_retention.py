"""Retention of texts: what decided items said is forgotten when its time is over; what was decided of it stays.

Gone are the given texts and those that were read or heard in media, their copies without personal data, what detectors
quoted of them, the words of the index, the reasons of appeals, what was delivered and what posts were answered, and
(`moderation.erasing` works that off) the human loops with all that lay before people. Kept are the decisions with the
reasons that reviewers gave, the labels with their places, the digests by which content is known again, and what the
app said of it (author, thread, its own facts): `moderation erase` and ``DELETE /v1/items/ID`` take those.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.prepared import among, insert_many
from moderation.storage.audit import note_change
from moderation.storage.holds import is_held
from moderation.storage.item_ids import first_item_id
from moderation.storage.remnants import forget_backtests
from moderation.storage.tables import (
    HAS_TEXTS,
    decisions,
    deliveries,
    delivery_attempts,
    derivatives,
    erasures,
    item_loops,
    item_texts,
    items,
    public_notices,
)
from moderation.storage.withdrawing import forget_answers
from moderation.storage.words import forget_words

FORGOTTEN = "text forgotten"
"""The record of the audit chain."""
_WITH_TEXTS = ("document", "findings", "verdict", "redacted")
_OPEN_NOTICES = ("unmatched", "received", "asked", "appealed")


def due_texts(before: datetime, now: datetime) -> sa.Select[tuple[str]]:
    """Ids of the items whose texts may go: their last decision is older, and nothing is left to do with them.

    Kept are the texts of items that people look at, in a review, an appeal or because of a notice, that are under a
    legal hold, and whose decision is still being delivered or copied.
    """
    lately = _of_item(decisions, decisions.c.decided_at >= before)
    unfinished = _of_item(item_loops, item_loops.c.state != "ended")
    noticed = _of_item(public_notices, public_notices.c.state.in_(_OPEN_NOTICES))
    to_deliver = _of_item(deliveries, deliveries.c.state == "due")
    to_copy = _of_item(derivatives, derivatives.c.state == "due")
    # Ids begin with the time, so the oldest are found without reading the others.
    return sa.select(items.c.id).where(
        HAS_TEXTS,
        items.c.id < first_item_id(before),
        ~lately,
        ~unfinished,
        ~noticed,
        ~to_deliver,
        ~to_copy,
        ~is_held(now),
    )


def forget_texts(c: Connection, before: datetime, limit: int, now: datetime) -> int:
    """Forget the texts of up to `limit` items whose last decision is older; says of how many.

    Args:
        c: of a write.
    """
    due = due_texts(before, now).order_by(items.c.id).limit(limit).with_for_update(skip_locked=True)
    ids = list(c.execute(due).scalars())
    if not ids:
        return 0
    chosen = sa.select(items.c.id, items.c.app, items.c.created_at, *(items.c[name] for name in _WITH_TEXTS))
    with_text: list[str] = []
    for row in c.execute(chosen.where(among(c, items.c.id, ids))).all():
        values: dict[str, Any] = {"text_erased_at": now}
        texts = _texts_of(row.document, row.findings)
        if texts:
            with_text.append(row.id)
            for name in _WITH_TEXTS:
                stored = getattr(row, name)
                values[name] = without_texts(stored, texts) if stored is not None else sa.null()
            forget_answers(c, row.app, row.id, row.created_at, lambda body, texts=texts: without_texts(body, texts))  # type: ignore[misc]
            note_change(c, FORGOTTEN, row.id, now, why="kept as long as the settings say")
        c.execute(sa.update(items).where(items.c.id == row.id).values(values))
    if with_text:
        _forget_beside(c, with_text, now)
    return len(ids)


def without_texts(stored: Any, parts: Collection[str]) -> Any:
    """The same JSON with empty texts, and with nothing that was quoted of these parts. Pure.

    Args:
        stored: a document of an item, of what was found in it or of what was said about it.
        parts: ids of the parts that are texts.
    """
    if isinstance(stored, list | tuple):
        return [without_texts(each, parts) for each in stored]
    if not isinstance(stored, Mapping):
        return stored
    # What the app says of an item is its own.
    made = {name: value if name == "metadata" else without_texts(value, parts) for name, value in stored.items()}
    if made.get("type") == "text" and made.get("text") is not None:
        made["text"] = ""
    if "attributes" in made and made.get("part") in parts:
        made["attributes"] = {}
    if "message" in made and made.get("part") in parts:
        made["message"] = "the text is not kept any longer"
    return made


def _texts_of(document: Mapping[str, Any], findings: Mapping[str, Any] | None) -> frozenset[str]:
    parts = [*document.get("parts", ()), *(findings or {}).get("parts", ())]
    return frozenset(part["id"] for part in parts if part["type"] == "text")


def _forget_beside(c: Connection, ids: Sequence[str], now: datetime) -> None:
    forget_words(c, ids)
    forget_backtests(c, set(ids))
    gone = [{"item_id": item_id, "kind": "words", "name": "", "place": None, "due_at": now} for item_id in ids]
    numbers: dict[str, list[str]] = {}
    loops = sa.select(item_loops).where(among(c, item_loops.c.item_id, ids))
    for row in c.execute(loops.order_by(item_loops.c.created_at, item_loops.c.name)).all():
        gone.append({"item_id": row.item_id, "kind": "loop", "name": row.name, "place": row.arn, "due_at": now})
        if row.appeal is not None:
            # Loops of one appeal say the same: that stays, and so does how many there were.
            said = numbers.setdefault(row.item_id, [])
            if row.appeal not in said:
                said.append(row.appeal)
            words = f"appeal {said.index(row.appeal) + 1}, whose words are not kept any longer"
            c.execute(sa.update(item_loops).where(item_loops.c.name == row.name).values(appeal=words))
    insert_many(c, erasures, gone)
    theirs = sa.select(deliveries.c.id).where(among(c, deliveries.c.item_id, ids))
    c.execute(sa.delete(delivery_attempts).where(delivery_attempts.c.delivery_id.in_(theirs)))
    c.execute(sa.delete(deliveries).where(among(c, deliveries.c.item_id, ids)))
    c.execute(sa.update(item_texts).where(among(c, item_texts.c.item_id, ids)).values(has_found=True))


def _of_item(table: sa.Table, condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return sa.exists().where(table.c.item_id == items.c.id, condition)
