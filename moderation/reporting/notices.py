"""Notices: what others have reported of items, as reports for regulators and statements of reasons count it.

The reports of users (`moderation.storage.flags`) are read as notices. Whether they are notices in the sense of Article
16 of Regulation (EU) 2022/2065 is for counsel to say. Other sources of notices join in `_sources`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database
from moderation.storage.tables import flags

PAGE = 2000


@dataclass(frozen=True, slots=True)
class Notice:
    """One report of one item.

    Attributes:
        settled_at: when somebody decided about it; None while nobody has.
        outcome: ``upheld`` or ``dismissed``; None while nobody has decided.
        is_trusted: whether a trusted flagger sent it; None where that is not recorded.
        category: what it alleges, as `moderation.core.dsa` names categories; None where it does not say.
    """

    id: str
    item_id: str
    app: str
    received_at: datetime
    settled_at: datetime | None
    outcome: str | None
    is_trusted: bool | None = None
    category: str | None = None


def _sources() -> sa.Subquery:
    """All notices as one table: here those of other kinds join, by a union of the same columns."""
    of_flags = sa.select(
        flags.c.id,
        flags.c.item_id,
        flags.c.app,
        flags.c.created_at.label("received_at"),
        flags.c.settled_at,
        flags.c.outcome,
        sa.null().label("is_trusted"),
        sa.null().label("category"),
    )
    return of_flags.subquery("notices")


def notices(database: Database, since: datetime, until: datetime, app: str | None = None) -> Iterator[Notice]:
    """Those received in a time, `until` left out, by their ids; read a page at a time."""
    table, last = _sources(), ""
    within = (table.c.received_at >= since) & (table.c.received_at < until)
    if app is not None:
        within &= table.c.app == app
    while True:
        query = sa.select(table).where(within, table.c.id > last).order_by(table.c.id).limit(PAGE)
        page = database.read(lambda c, query=query: c.execute(query).all())  # type: ignore[misc]
        yield from (_notice(row) for row in page)
        if len(page) < PAGE:
            return
        last = page[-1].id


def settled(c: Connection, item_ids: Collection[str], outcome: str) -> set[tuple[str, datetime]]:
    """By which decisions notices of these items were ``upheld`` or ``dismissed``: items with the decisions' times."""
    table = _sources()
    query = sa.select(table.c.item_id, table.c.settled_at).where(
        table.c.item_id.in_(list(item_ids)), table.c.outcome == outcome, table.c.settled_at.is_not(None)
    )
    return {(row.item_id, row.settled_at) for row in c.execute(query)}


def is_settled(
    item_id: sa.ColumnElement[str], decided_at: sa.ColumnElement[datetime], outcome: str
) -> sa.ColumnElement[bool]:
    """Whether notices of an item were ``upheld`` or ``dismissed`` by a decision, in a query of decisions."""
    table = _sources()
    found = (table.c.item_id == item_id) & (table.c.settled_at == decided_at) & (table.c.outcome == outcome)
    return sa.exists(sa.select(sa.literal(1)).select_from(table).where(found))


def _notice(row: Any) -> Notice:
    return Notice(
        row.id, row.item_id, row.app, row.received_at, row.settled_at, row.outcome, row.is_trusted, row.category
    )
