"""Flags: users' reports of items, each counted by how often its reporter was right.

A flag is open until somebody decides about the item after it: people, or rules that reject it. A rejection upholds it,
an approval by people dismisses it. Only open flags count, so that what people have approved is not asked about again
for the same reports. A reporter's weight is (right + 2) / (right + wrong + 2): a new one counts in full, one who was
wrong four times of four a third. It never falls to nothing, and nobody counts for more than one.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database, insert_or_nothing
from ground.prepared import among
from moderation.core.errors import NotFound
from moderation.storage.tables import flags, items

BELIEVED = 2
"""Reports that a new reporter is believed to have been right about."""


@dataclass(frozen=True)
class Flag:
    """One user's report of one item.

    Attributes:
        item: its id.
        reporter: who reports it, by the app's own id.
        outcome: ``upheld`` or ``dismissed``; None while nobody has decided since.
    """

    id: str
    item: str
    app: str
    reporter: str
    reason: str
    outcome: str | None
    created_at: datetime
    settled_at: datetime | None


def weight(right: int, wrong: int) -> float:
    """How much a reporter's flag counts, over 0 up to 1."""
    return (right + BELIEVED) / (right + wrong + BELIEVED)


def settle_flags(c: Connection, item_id: str, outcome: str, at: datetime) -> None:
    """Close the open flags of an item that was decided after them, in the transaction of the decision."""
    became = "upheld" if outcome == "reject" else "dismissed"
    open_ones = (flags.c.item_id == item_id) & flags.c.outcome.is_(None)
    c.execute(sa.update(flags).where(open_ones).values(outcome=became, settled_at=at, is_new=False))


class Flags:
    """Users' reports in `database`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def item_of(self, app: str, content_id: str) -> str:
        """The app's newest item of this content. Raises `NotFound`."""
        query = sa.select(items.c.id).where(items.c.app == app, items.c.content_id == content_id)
        found: str | None = self._db.read(lambda c: c.execute(query.order_by(items.c.id.desc()).limit(1)).scalar())
        if found is None:
            raise NotFound("no item has this content_id")
        return found

    def add(self, app: str, item_id: str, reporter: str, reason: str, now: datetime) -> tuple[Flag, bool]:
        """Keep a report; of a second one by the same reporter of the same item nothing is kept.

        Returns:
            The flag, and False when it was there before.

        Raises:
            NotFound: the app has no such item, or it was withdrawn.
        """
        made = {"id": str(uuid.uuid4()), "item_id": item_id, "app": app, "reporter": reporter, "reason": reason}
        known = sa.select(items.c.id).where(items.c.id == item_id, items.c.app == app, items.c.status != "withdrawn")
        mine = sa.select(flags).where(flags.c.item_id == item_id, flags.c.reporter == reporter)

        def work(c: Connection) -> tuple[Flag, bool]:
            if c.execute(known.with_for_update()).first() is None:
                raise NotFound(f"no item {item_id}")
            inserted = c.execute(insert_or_nothing(c, flags).values(**made, is_new=True, created_at=now)).rowcount
            return _flag(c.execute(mine).one()), bool(inserted)

        return self._db.write(work, step="flags.add")

    def get(self, flag_id: str, app: str) -> Flag:
        """A flag. Raises `NotFound`, also when it is another app's."""
        query = sa.select(flags).where(flags.c.id == flag_id, flags.c.app == app)
        row = self._db.read(lambda c: c.execute(query).first())
        if row is None:
            raise NotFound(f"no flag {flag_id}")
        return _flag(row)

    def find(self, app: str, *, reporter: str | None, item: str | None, limit: int) -> Sequence[Flag]:
        """Flags of an app's items, newest first."""
        query = sa.select(flags).where(flags.c.app == app)
        query = query.where(flags.c.reporter == reporter) if reporter is not None else query
        query = query.where(flags.c.item_id == item) if item is not None else query
        query = query.order_by(flags.c.created_at.desc(), flags.c.id).limit(limit)
        return self._db.read(lambda c: [_flag(row) for row in c.execute(query)])

    def weighed(self, item_id: str) -> float:
        """The open flags of an item, each by its reporter's weight; to a thousandth."""
        open_ones = sa.select(flags.c.app, flags.c.reporter).where(
            flags.c.item_id == item_id, flags.c.outcome.is_(None)
        )

        def work(c: Connection) -> float:
            reporters = c.execute(open_ones).all()
            if not reporters:
                return 0.0
            names = [row.reporter for row in reporters]
            counted = sa.select(flags.c.reporter, flags.c.outcome, sa.func.count()).where(
                flags.c.app == reporters[0].app, among(c, flags.c.reporter, names), flags.c.outcome.is_not(None)
            )
            were = {(row[0], row[1]): row[2] for row in c.execute(counted.group_by(flags.c.reporter, flags.c.outcome))}
            return sum(weight(were.get((name, "upheld"), 0), were.get((name, "dismissed"), 0)) for name in names)

        return round(self._db.read(work), 3)

    def news(self, limit: int, but: Collection[str] = ()) -> dict[str, list[str]]:
        """Decided items with flags that nobody has looked at yet, oldest first, each with the flags' ids.

        Args:
            but: items to leave out.
        """
        decided = sa.select(flags.c.item_id, flags.c.id).join(items, items.c.id == flags.c.item_id)
        decided = decided.where(flags.c.is_new.is_(True), items.c.status == "decided").order_by(flags.c.item_id)
        if but:
            decided = decided.where(flags.c.item_id.not_in(list(but)))
        found: dict[str, list[str]] = {}
        for row in self._db.read(lambda c: c.execute(decided.limit(limit)).all()):
            found.setdefault(row.item_id, []).append(row.id)
        return found

    def looked_at(self, flag_ids: Collection[str]) -> None:
        """The rules were asked about these."""
        update = sa.update(flags).where(flags.c.id.in_(list(flag_ids))).values(is_new=False)
        self._db.write(lambda c: c.execute(update), step="flags.looked_at")


def _flag(row: sa.Row[tuple[object, ...]]) -> Flag:
    values = row._mapping
    return Flag(
        id=values["id"],
        item=values["item_id"],
        app=values["app"],
        reporter=values["reporter"],
        reason=values["reason"],
        outcome=values["outcome"],
        created_at=values["created_at"],
        settled_at=values["settled_at"],
    )
