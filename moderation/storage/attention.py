"""Attention: undecided items that nothing moves on, and why, so that none waits unseen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database
from ground.prepared import among
from moderation.core.errors import NotFound
from moderation.storage.records import NO_LOOP
from moderation.storage.tables import item_loops, items


@dataclass(frozen=True)
class Attention:
    """An undecided item that does not get on by itself.

    Attributes:
        since: when it was posted.
        reason: as `ItemRecord.needs_attention` says it.
        has_loop: False when it is in review and nobody is asked.
    """

    item_id: str
    app: str
    since: datetime
    reason: str
    has_loop: bool


def let_go(database: Database, item_id: str) -> None:
    """End the loops of an item that are stuck, so that it is asked about anew.

    Raises:
        NotFound: no loop of such an item is stuck.
    """
    stuck = (item_loops.c.item_id == item_id) & (item_loops.c.state == "stuck")
    if not database.write(
        lambda c: c.execute(sa.update(item_loops).where(stuck).values(state="ended")).rowcount, step="loops.let_go"
    ):
        raise NotFound(f"no human loop of item {item_id} is stuck; `moderation attention` lists what needs a look")


def items_of_loops(database: Database, why: Mapping[str, str]) -> list[Attention]:
    """Undecided items that wait in these human loops, each with why; oldest first.

    Args:
        why: by the loop's name.
    """
    columns = (items.c.id, items.c.app, items.c.created_at, item_loops.c.name)
    query = (
        sa.select(*columns).join(item_loops, item_loops.c.item_id == items.c.id).where(items.c.status == "in_review")
    )

    def work(c: Connection) -> list[Attention]:
        found = {row.id: row for row in c.execute(query.where(among(c, item_loops.c.name, list(why))))}
        return [Attention(row.id, row.app, row.created_at, why[row.name], True) for _, row in sorted(found.items())]

    return database.read(work) if why else []


def need_attention(database: Database, limit: int = 100) -> list[Attention]:
    """Those that do, oldest first."""
    loops = item_loops.alias()
    alive = (loops.c.item_id == items.c.id) & loops.c.state.in_(("starting", "open")) & (loops.c.purpose != "sample")
    has_loop = sa.exists().where(alive)
    ended = (loops.c.item_id == items.c.id) & (loops.c.purpose != "sample")
    problem = sa.select(loops.c.problem).where(ended).order_by(loops.c.created_at.desc(), loops.c.round.desc()).limit(1)
    troubled = sa.exists().where(alive & loops.c.problem.is_not(None))
    in_review = (items.c.status == "in_review") & (troubled | ~has_loop)
    # Nothing but an item that waits has a problem; said too, its status would have an index read of all that wait.
    waiting = items.c.problem.is_not(None)
    columns = (items.c.id, items.c.app, items.c.created_at)
    reviewed = sa.select(*columns, problem.scalar_subquery().label("problem"), has_loop.label("has_loop"))
    # Two questions, because each has its index: together they would read all that wait.
    queries = (
        reviewed.where(in_review),
        sa.select(*columns, items.c.problem, sa.true().label("has_loop")).where(waiting),
    )

    def work(c: Connection) -> list[Attention]:
        rows = [row for query in queries for row in c.execute(query.order_by(items.c.id).limit(limit))]
        rows.sort(key=lambda row: row.id)
        return [
            Attention(row.id, row.app, row.created_at, row.problem or NO_LOOP, bool(row.has_loop))
            for row in rows[:limit]
        ]

    return database.read(work)
