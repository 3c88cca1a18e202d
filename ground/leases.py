"""Leases: a row is in one holder's hands until a time; when that is over, whoever comes next may take it.

For work that must be done once and never lost: whoever takes a row writes down until when, so that a process that dies
holds nobody up for longer than that. One mechanism over the columns that a table has for it, on SQLite and Postgres.

A lease has no owner's name: the time until which it runs says whose it is. Nobody else can hold a row until that very
instant, since it is given to others only once that instant is past. So whoever extends or gives back a row names the
time it was given (``held_until``), and learns when it went to somebody else meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection


@dataclass(frozen=True)
class Lease:
    """Says of a table which of its columns make the lease.

    Attributes:
        key: the primary key.
        until: when the row is free again, an aware time; null while nobody has it.
    """

    key: sa.Column[Any]
    until: sa.Column[Any]

    def is_free(self, now: datetime | sa.BindParameter[Any]) -> sa.ColumnElement[bool]:
        """The rows that nobody holds, as a condition; a lease is over at the very instant until which it runs."""
        return self.until.is_(None) | (self.until <= now)

    def claim(
        self,
        c: Connection,
        chosen: sa.Select[Any],
        now: datetime,
        until: datetime,
        returning: Sequence[sa.ColumnElement[Any]] = (),
        **values: Any,
    ) -> Sequence[sa.Row[Any]]:
        """Take those of the rows `chosen` that are free; rows that another process is just taking are passed over.

        Args:
            c: of a write.
            chosen: a select of the key, with its own conditions, order and limit; it may join other tables.
            until: the end of the lease.
            returning: columns that are wanted; none for all.
            values: what else is written into the rows, such as a count of attempts or the name of the holder.

        Returns:
            The rows as they are now, in no promised order.
        """
        table = self.key.table
        # Locked in a statement of its own (Postgres never folds a CTE that locks into the rest), because a subquery
        # with LIMIT may be run more than once by an update, and would then take more rows than were asked for.
        free = chosen.where(self.is_free(now)).with_for_update(skip_locked=True, of=table).cte("free")
        update = (
            sa.update(table)
            .where(self.key.in_(sa.select(free.c[self.key.name])))
            .values({self.until.name: until, **values})
            .returning(*(returning or table.c))
        )
        return c.execute(update).all()

    def extend(self, c: Connection, key: object, held_until: datetime, until: datetime, **values: Any) -> bool:
        """Move the end of a lease; False when the row was taken by another meanwhile, and nothing was written.

        A lease whose time is over can be extended as long as nobody else took the row.
        """
        return self._move(c, (key,), held_until, until, values) == 1

    def move(self, c: Connection, keys: Collection[object], held_until: datetime, until: datetime) -> int:
        """Move the ends of several leases; says of how many, because those that others took meanwhile stay theirs."""
        return self._move(c, keys, held_until, until, {})

    def release(
        self, c: Connection, keys: Collection[object], held_until: datetime | None = None, **values: Any
    ) -> int:
        """Give rows back at once; says how many.

        Args:
            held_until: only those that are still held until then; None to give them back whoever holds them.
            values: what else is written into the rows.
        """
        return self._move(c, keys, held_until, None, values)

    def expire(self, c: Connection, among: sa.ColumnElement[bool], now: datetime, **values: Any) -> int:
        """Give back rows whose time is over; says how many.

        Only where rows say more of their holder than the time: otherwise `is_free` sees by itself that it is over.

        Args:
            among: only of these rows, such as those in a state in which somebody holds them.
        """
        update = sa.update(self.key.table).where(self.until <= now, among).values({self.until.name: None, **values})
        return c.execute(update).rowcount

    def _move(
        self,
        c: Connection,
        keys: Collection[object],
        held_until: datetime | None,
        until: datetime | None,
        values: dict[str, Any],
    ) -> int:
        update = sa.update(self.key.table).where(self.key.in_(keys)).values({self.until.name: until, **values})
        if held_until is not None:
            update = update.where(self.until == held_until)
        return c.execute(update).rowcount
