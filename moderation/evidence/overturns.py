"""Overturns: how often people, asked about a sample, say otherwise than the rules did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from ground.database import Database
from ground.statistics import Z95, wilson
from moderation.storage.tables import item_loops, items

DAYS = 28
"""How far back samples are looked at."""
LEAST = 10
"""With fewer sampled items looked at, there is no alarm."""


@dataclass(frozen=True)
class OverturnRate:
    """How often people overturned one outcome of one policy's rules, in one of its samplings.

    Attributes:
        outcome: what the rules wanted.
        looked_at: sampled items on which people came to an outcome.
        overturned: where it was the other one.
        share: 0-1, with its 95 % interval `low` to `high` (Wilson).
        alarm: True when even `low` is above the share that is put up with.
    """

    policy: str
    sampling: str
    outcome: str
    looked_at: int
    overturned: int
    share: float
    low: float
    high: float
    alarm: bool


def overturn_rates(looks: Iterable[tuple[str, str, str, str]], most_percent: float) -> Sequence[OverturnRate]:
    """The rates, by policy, sampling and outcome. Within a sampling every item is as likely to be picked as any other.

    Args:
        looks: policy, sampling, what the rules wanted, what people came to; each sampled item once.
        most_percent: the share, in percent, that is put up with.
    """
    looked_at: Counter[tuple[str, str, str]] = Counter()
    overturned: Counter[tuple[str, str, str]] = Counter()
    for policy, sampling, wanted, came_to in looks:
        if wanted in ("approve", "reject"):
            looked_at[policy, sampling, wanted] += 1
            overturned[policy, sampling, wanted] += came_to != wanted
    found = []
    for group, number in sorted(looked_at.items()):
        interval = wilson(overturned[group], number, Z95)
        assert interval is not None
        alarm = number >= LEAST and interval.low * 100 > most_percent
        found.append(
            OverturnRate(*group, number, overturned[group], interval.share, interval.low, interval.high, alarm)
        )
    return found


def overturns(database: Database, since: datetime, most_percent: float) -> Sequence[OverturnRate]:
    """Overturn rates of the samplings whose loops began since then.

    Both kinds of sample count: those looked at after the decision, and those that waited for it (``hold``). Of an item
    that took several rounds, the last one counts.

    Args:
        most_percent: the share, in percent, above which there is an alarm.
    """
    wanted = items.c.verdict["outcome"].as_string()
    query = (
        sa.select(
            item_loops.c.item_id,
            item_loops.c.policy,
            item_loops.c.sampling,
            item_loops.c.outcome,
            wanted.label("wanted"),
        )
        .join(items, items.c.id == item_loops.c.item_id)
        .where(item_loops.c.sampling.is_not(None), item_loops.c.outcome.is_not(None))
        .where(item_loops.c.purpose != "appeal", item_loops.c.created_at >= since)
        .order_by(item_loops.c.created_at, item_loops.c.round)
    )
    rows = database.read(lambda c: c.execute(query).all())
    last = {(row.item_id, row.policy, row.sampling): (row.wanted, row.outcome) for row in rows}
    looks = [(policy, sampling, *words) for (_, policy, sampling), words in last.items()]
    return overturn_rates(looks, most_percent)
