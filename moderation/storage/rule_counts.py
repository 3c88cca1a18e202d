"""How often rules fire: counted in the transaction that stores a ruling, so that a daily cap holds exactly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Dialect

from ground.database import Database
from ground.prepared import Ready, ready_add
from moderation.core.errors import CapReached
from moderation.core.rules.caps import RuleName
from moderation.core.rulings import Ruling
from moderation.storage.tables import rule_days

ITEMS = ""
"""Stands for the policy itself where a rule's name would be: how many items it was asked about."""


def ready_rules(dialect: Dialect, judged: Iterable[tuple[Ruling, Mapping[RuleName, bool], int]], at: datetime) -> Ready:
    """Count items for the policies that judged them and the rules that were true of them, once this runs.

    Args:
        judged: rulings, each with what `fired` says of it, and of how many items it is.
    """
    day = day_of(at)
    times, rejects = Counter[RuleName](), Counter[RuleName]()
    for ruling, rules, number in judged:
        for each in ruling.policies:
            name = (each.policy.name, ITEMS)
            times[name] += number
            if each.outcome == "reject":
                rejects[name] += number
        for name, is_rejected in rules.items():
            times[name] += number
            if is_rejected:
                rejects[name] += number
    # In one order everywhere, or two transactions could wait for each other's rows.
    rows = [
        {"day": day, "policy": policy, "rule": rule, "fired": count, "rejected": rejects[policy, rule]}
        for (policy, rule), count in sorted(times.items())
    ]
    return ready_add(dialect, rule_days, rows)


def check_caps(c: Connection, caps: Mapping[RuleName, int], at: datetime) -> None:
    """Check the rules' daily caps, once what is rejected is counted.

    Args:
        caps: how many items the rules that reject may reject a day (UTC).

    Raises:
        CapReached: with the rules that are over theirs; the transaction is to be given up.
    """
    day, over = day_of(at), set()
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
