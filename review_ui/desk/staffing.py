"""Staffing: what waits for people with a clearance that nobody who may be asked holds."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.prepared import among
from review_ui.a2i.tables import human_loops, tasks
from review_ui.clearance import held_by
from review_ui.desk.routing import flows_of
from review_ui.people.people import MAY_REVIEW
from review_ui.service import ReviewService
from review_ui.tables import loop_clearances, users


@dataclass(frozen=True)
class Unstaffed:
    """Loops of one queue that wait, and for which nobody of its team holds what they need.

    Attributes:
        needed: clearances, by name.
        loops: their names, oldest first.
    """

    flow: str
    needed: tuple[str, ...]
    loops: tuple[str, ...]
    since: datetime

    def sentence(self) -> str:
        """Why they wait, and the remedy."""
        names = ", ".join(self.needed)
        return (
            f"{len(self.loops)} in queue {self.flow} wait: nobody who reviews there holds {names}; "
            "an admin grants it (`moderation users clearance NAME --grant`)"
        )


def unstaffed(review: ReviewService) -> list[Unstaffed]:
    """What waits for nobody, by queue and clearances."""

    def work(c: Connection) -> list[Unstaffed]:
        waiting = sa.select(human_loops.c.name, human_loops.c.flow, human_loops.c.created_at)
        is_cleared = sa.select(loop_clearances.c.loop_name)
        has_task = sa.exists().where(tasks.c.loop_name == human_loops.c.name, tasks.c.state == "waiting")
        waiting = waiting.where(human_loops.c.status == "InProgress", human_loops.c.name.in_(is_cleared), has_task)
        loops = c.execute(waiting.order_by(human_loops.c.created_at, human_loops.c.name)).all()
        if not loops:
            return []
        needed: dict[str, set[str]] = defaultdict(set)
        for row in c.execute(
            sa.select(loop_clearances).where(among(c, loop_clearances.c.loop_name, [each.name for each in loops]))
        ):
            needed[row.loop_name].add(row.clearance)
        people = sa.select(users.c.id).where(users.c.role.in_(MAY_REVIEW), users.c.disabled_at.is_(None))
        able = [(set(held_by(c, each)), set(flows_of(c, each))) for each in c.execute(people).scalars()]
        together: dict[tuple[str, tuple[str, ...]], list[Any]] = defaultdict(list)
        for loop in loops:
            together[loop.flow, tuple(sorted(needed[loop.name]))].append(loop)
        return [
            Unstaffed(flow, names, tuple(each.name for each in rows), rows[0].created_at)
            for (flow, names), rows in sorted(together.items())
            if not any(set(names) <= held and flow in flows for held, flows in able)
        ]

    return review.database.read(work)
