"""Retention of texts: what decided items said is forgotten when its time is over; what was decided of it stays.

Gone are the given texts and those that were read or heard in media, their copies without personal data, what detectors
quoted of them, the words of the index, the reasons of appeals, what was delivered and what posts were answered, and
(`moderation.erasing` works that off) the human loops with all that lay before people. Kept are the decisions with the
reasons that reviewers gave, the labels with their places, the digests by which content is known again, and what the
app said of it (author, thread, its own facts): `moderation erase` and ``DELETE /v1/items/ID`` take those.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import UTCDateTime
from ground.prepared import among, insert_many
from moderation.core.decisions import FinalOutcome
from moderation.core.items import Part
from moderation.storage.audit import note_change
from moderation.storage.holds import is_held
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


@dataclass(frozen=True)
class Kept:
    """A decided item whose texts are kept.

    Attributes:
        decided_at: of its last decision.
    """

    id: str
    app: str
    outcome: FinalOutcome
    decided_at: datetime


def first_with_texts(c: Connection, since: str, before: str) -> str | None:
    """The lowest id of a decided item whose texts are kept, from one id up to another; None where there is none."""
    query = sa.select(items.c.id).where(HAS_TEXTS, items.c.id >= since, items.c.id < before)
    first: str | None = c.execute(query.order_by(items.c.id).limit(1)).scalar()
    return first


def kept_texts(c: Connection, after: str, before: str, limit: int) -> list[Kept]:
    """Decided items whose texts are kept, by their ids, between two of these."""
    last = sa.select(sa.func.max(decisions.c.decided_at)).where(decisions.c.item_id == items.c.id).scalar_subquery()
    query = sa.select(items.c.id, items.c.app, items.c.outcome, sa.type_coerce(last, UTCDateTime).label("decided_at"))
    query = query.where(HAS_TEXTS, items.c.id > after, items.c.id < before).order_by(items.c.id).limit(limit)
    return [Kept(*row) for row in c.execute(query)]


def parts_of(c: Connection, ids: Sequence[str]) -> dict[str, tuple[Part, ...]]:
    """The parts of items, given and extracted."""
    query = sa.select(items.c.id, items.c.document, items.c.findings).where(among(c, items.c.id, ids))
    return {row.id: tuple(Part.model_validate(each) for each in _parts(*row[1:])) for row in c.execute(query)}


def free_texts(c: Connection, ids: Sequence[str], now: datetime) -> set[str]:
    """Those of these items with which nothing is left to do that needs their texts.

    Kept are the texts of items that people look at, in a review, an appeal or because of a notice, that are under a
    legal hold, and whose decision is still being delivered or copied.
    """
    return set(c.execute(sa.select(items.c.id).where(among(c, items.c.id, ids), _is_free(now))).scalars())


def forget_texts(c: Connection, due: Sequence[Kept], now: datetime) -> int:
    """Forget the texts of items, but for those that were decided again meanwhile or are needed; says of how many.

    Args:
        c: of a write.
    """
    known = {each.id: each.decided_at for each in due}
    free = sa.select(items.c.id).where(among(c, items.c.id, list(known)), _is_free(now)).order_by(items.c.id)
    ids = list(c.execute(free.with_for_update(skip_locked=True)).scalars())
    last = sa.select(decisions.c.item_id, decisions.c.decided_at).where(among(c, decisions.c.item_id, ids))
    again = {row.item_id for row in c.execute(last) if row.decided_at > known[row.item_id]}
    ids = [each for each in ids if each not in again]
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
            note_change(c, FORGOTTEN, row.id, now, why="kept as long as policies and settings say")
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
    return frozenset(part["id"] for part in _parts(document, findings) if part["type"] == "text")


def _parts(document: Mapping[str, Any], findings: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    return [*document.get("parts", ()), *(findings or {}).get("parts", ())]


def _is_free(now: datetime) -> sa.ColumnElement[bool]:
    unfinished = _of_item(item_loops, item_loops.c.state != "ended")
    noticed = _of_item(public_notices, public_notices.c.state.in_(_OPEN_NOTICES))
    to_deliver = _of_item(deliveries, deliveries.c.state == "due")
    to_copy = _of_item(derivatives, derivatives.c.state == "due")
    return sa.and_(HAS_TEXTS, ~unfinished, ~noticed, ~to_deliver, ~to_copy, ~is_held(now))


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
