"""How often rules fire: counted in the transaction that stores a ruling, so that a daily cap holds exactly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database, insert_unless
from moderation.core.errors import CapReached
from moderation.core.rules.caps import RuleName, fired
from moderation.core.rulings import Ruling
from moderation.storage.tables import rule_days

ITEMS = ""
"""Stands for the policy itself where a rule's name would be: how many items it was asked about."""


def count_rules(c: Connection, rulings: Iterable[Ruling], at: datetime, caps: Mapping[RuleName, int]) -> None:
    """Count items for the policies that judged them and the rules that were true of them.

    Args:
        caps: how many items the rules that reject them may reject a day (UTC).

    Raises:
        CapReached: with the rules whose cap they would be over; the transaction is to be given up.
    """
    day = day_of(at)
    times, rejects = Counter[RuleName](), Counter[RuleName]()
    for ruling in rulings:
        for each in ruling.policies:
            times[each.policy.name, ITEMS] += 1
            rejects[each.policy.name, ITEMS] += each.outcome == "reject"
        for name, is_rejected in fired(ruling).items():
            times[name] += 1
            rejects[name] += is_rejected
    rows = [
        {"day": day, "policy": policy, "rule": rule, "fired": count, "rejected": rejects[policy, rule]}
        for (policy, rule), count in times.items()
    ]
    insert = insert_unless(c, rule_days)
    add = insert.on_conflict_do_update(
        index_elements=["day", "policy", "rule"],
        set_={
            "fired": rule_days.c.fired + insert.excluded.fired,
            "rejected": rule_days.c.rejected + insert.excluded.rejected,
        },
    )
    # In one order everywhere, or two transactions could wait for each other's rows.
    rows.sort(key=lambda row: (row["policy"], row["rule"]))
    c.execute(add, rows)
    over = set()
    for (policy, rule), cap in caps.items():
        where = (rule_days.c.day == day) & (rule_days.c.policy == policy) & (rule_days.c.rule == rule)
        if c.execute(sa.select(rule_days.c.rejected).where(where)).scalar_one() > cap:
            over.add(f"{policy}/{rule}")
    if over:
        raise CapReached(frozenset(over))


def day_of(at: datetime) -> str:
    """The day of a time, as it is counted: UTC, ``2027-01-31``."""
    return at.astimezone(UTC).date().isoformat()


class RuleCounts:
    """The counts, for figures and alarms."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def days(self, since: str) -> list[tuple[str, str, str, int, int]]:
        """Day, policy, rule, fired and rejected, from a day on; in that order."""
        query = sa.select(rule_days).where(rule_days.c.day >= since)
        query = query.order_by(rule_days.c.day, rule_days.c.policy, rule_days.c.rule)
        return self._db.read(lambda c: [tuple(row) for row in c.execute(query)])
