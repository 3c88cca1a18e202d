"""What people came to on sampled items, read from the store, to be held against what the rules wanted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from ground.database import Database
from moderation.evidence.overturn_rates import OverturnRate, overturn_rates
from moderation.storage.tables import human_loops, items

DAYS = 28


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
            human_loops.c.item_id,
            human_loops.c.policy,
            human_loops.c.sampling,
            human_loops.c.outcome,
            wanted.label("wanted"),
        )
        .join(items, items.c.id == human_loops.c.item_id)
        .where(human_loops.c.sampling.is_not(None), human_loops.c.outcome.is_not(None))
        .where(human_loops.c.purpose != "appeal", human_loops.c.created_at >= since)
        .order_by(human_loops.c.created_at, human_loops.c.round)
    )
    rows = database.read(lambda c: c.execute(query).all())
    last = {(row.item_id, row.policy, row.sampling): (row.wanted, row.outcome) for row in rows}
    looks = [(policy, sampling, *words) for (_, policy, sampling), words in last.items()]
    return overturn_rates(looks, most_percent)
