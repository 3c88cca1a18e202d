"""Appeals: each with what came of it, as reports count them. An appeal may take people several rounds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database
from ground.prepared import among
from moderation.storage.tables import decisions, flags, item_loops, items

PAGE = 500


@dataclass(frozen=True, slots=True)
class AppealMade:
    """One appeal.

    Attributes:
        was: outcome of the decision that is appealed.
        became: outcome of the decision that came of it; None while there is none.
        decided_at: of that decision.
        is_about_notice: True where the appealed approval dismissed somebody's report.
    """

    item_id: str
    submitted_at: datetime
    was: str
    became: str | None
    decided_at: datetime | None
    is_about_notice: bool

    @property
    def hours(self) -> float | None:
        """From the appeal to its decision; None while there is none."""
        return None if self.decided_at is None else (self.decided_at - self.submitted_at).total_seconds() / 3600


def appeals(database: Database, since: datetime, until: datetime, app: str | None = None) -> Iterator[AppealMade]:
    """Those submitted in a time, `until` left out, in the order of items; read a page at a time."""
    is_appeal = item_loops.c.purpose == "appeal"
    within = is_appeal & (item_loops.c.created_at >= since) & (item_loops.c.created_at < until)
    if app is not None:
        within &= item_loops.c.item_id.in_(sa.select(items.c.id).where(items.c.app == app))
    last = ""
    while True:
        ids = sa.select(item_loops.c.item_id).where(within, item_loops.c.item_id > last).distinct()
        query = ids.order_by(item_loops.c.item_id).limit(PAGE)
        page, found = database.read(lambda c, query=query: _page(c, query))  # type: ignore[misc]
        yield from (each for each in found if since <= each.submitted_at < until)
        if len(page) < PAGE:
            return
        last = page[-1]


def _page(c: Connection, query: Any) -> tuple[Sequence[str], list[AppealMade]]:
    page = list(c.execute(query).scalars())
    loops: dict[str, list[Any]] = {item_id: [] for item_id in page}
    made: dict[str, list[Any]] = {item_id: [] for item_id in page}
    of_these = among(c, item_loops.c.item_id, page) & (item_loops.c.purpose == "appeal")
    for row in c.execute(sa.select(item_loops).where(of_these).order_by(item_loops.c.round)):
        loops[row.item_id].append(row)
    decided = sa.select(decisions).where(among(c, decisions.c.item_id, page)).order_by(decisions.c.number)
    for row in c.execute(decided):
        made[row.item_id].append(row)
    dismissed = sa.select(flags.c.item_id, flags.c.settled_at)
    dismissed = dismissed.where(among(c, flags.c.item_id, page), flags.c.outcome == "dismissed")
    notices = {(row.item_id, row.settled_at) for row in c.execute(dismissed)}
    return page, [each for item_id in page for each in _of_item(item_id, loops[item_id], made[item_id], notices)]


def _of_item(item_id: str, loops: Sequence[Any], made: Sequence[Any], notices: set[Any]) -> Iterator[AppealMade]:
    """One for each first round: a round without an outcome goes on in the next."""
    goes_on = False
    for loop in loops:
        if not goes_on:
            before = [row for row in made if row.decided_at <= loop.created_at]
            after = next((row for row in made if row.decided_at > loop.created_at), None)
            if before:  # always so, but for a clock that was set back
                was = before[-1]
                yield AppealMade(
                    item_id,
                    loop.created_at,
                    was.document["outcome"],
                    after.document["outcome"] if after is not None else None,
                    after.decided_at if after is not None else None,
                    (item_id, was.decided_at) in notices,
                )
        goes_on = loop.outcome is None
