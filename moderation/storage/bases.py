"""Bases: what rulings were worked out from, and is the same for all items that are judged alike; each stored once.

It is half of what would be stored of a text: names and versions of whatever was loaded. It tells of no item, so it
stays when items go; there is another one when a plugin, a policy's file or this program changes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Dialect

from ground.encoded_json import EncodedJSON, as_json
from ground.once import Once
from ground.prepared import Ready, among, ready_insert
from moderation.storage.tables import bases, items

SHARED = frozenset(("engine", "policies", "custom_labels", "tools", "versions"))
"""What of a basis (`Findings`) does not tell of one item."""


class Bases:
    """The bases of a group of items, as rows; for one thread."""

    def __init__(self) -> None:
        self.split = Once[Mapping[str, Any], tuple[str | None, dict[str, Any]]](self._split)
        """Of a basis the id of what is shared, None where that is nothing, and what tells of one item."""
        self._known: list[tuple[dict[str, Any], str]] = []
        self._rows: dict[str, dict[str, Any]] = {}

    def _split(self, basis: Mapping[str, Any]) -> tuple[str | None, dict[str, Any]]:
        own = {name: value for name, value in basis.items() if name not in SHARED and value}
        return self._id_of(basis), own

    def _id_of(self, basis: Mapping[str, Any]) -> str | None:
        shared = {name: value for name, value in basis.items() if name in SHARED}
        if not shared:
            return None
        # In a group it is the same objects again and again, which are equal at a glance.
        for known, its_id in self._known:
            if known == shared:
                return its_id
        document = as_json({name: shared[name] for name in sorted(shared)})
        made = hashlib.sha256(document.encode()).hexdigest()[:32]
        self._known.append((shared, made))
        self._rows[made] = {"id": made, "document": EncodedJSON(document)}
        return made

    def ready(self, dialect: Dialect) -> Ready:
        """Store those that are not there yet."""
        # In one order everywhere, or two transactions could wait for each other's rows.
        rows = [self._rows[each] for each in sorted(self._rows)]
        return ready_insert(dialect, bases, rows, or_nothing=True)


WITH_ITEMS = items.outerjoin(bases, items.c.basis == bases.c.id)
"""Where queries for `shared_fact` read from."""


def shared_fact(name: str) -> Any:
    """What of the bases of items is shared, by name, as JSON, for a query that reads from `WITH_ITEMS`."""
    return sa.case((items.c.basis.is_(None), items.c.findings["basis", name]), else_=bases.c.document[(name,)])


def bases_of(c: Connection, ids: Collection[str | None]) -> dict[str | None, Mapping[str, Any]]:
    """Bases by their ids, as the column `basis` of items has them; of None nothing.

    Of an item from before they were stored once, all is with the item.
    """
    wanted = {each for each in ids if each is not None}
    found: dict[str | None, Mapping[str, Any]] = {None: {}}
    if wanted:
        found.update(tuple(row) for row in c.execute(sa.select(bases).where(among(c, bases.c.id, wanted))))
    return found
