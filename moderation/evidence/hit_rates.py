"""Hit rates: whether a rule fires as often today as it used to. What changed may be a detector, or the world."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from ground.statistics import at_least, at_most, wilson
from moderation.core.rules.caps import RuleName

PAST_DAYS = 28
LEAST_PAST_ITEMS, LEAST_ITEMS = 200, 50
"""With fewer items, nothing is said."""
CHANCE = 0.001
"""How unlikely today's count must be, even at the edge of the past range, for an alarm."""


@dataclass(frozen=True)
class HitRate:
    """How often a rule fires.

    Attributes:
        items: of its policy, today.
        fired: today.
        rejected: items it rejected today.
        past: share of items, 0-1, over the days before; None when there were too few.
        low: of the past share's 95 % interval.
        high: of it.
        alarm: ``more`` or ``less`` often than the past explains; None when all is as usual or too little is known.
        chance: of a count like today's at the nearer edge of the past range (binomial test).
    """

    items: int
    fired: int
    rejected: int
    past: float | None = None
    low: float = 0.0
    high: float = 1.0
    alarm: Literal["more", "less"] | None = None
    chance: float = 1.0


def hit_rate(items: int, fired: int, rejected: int, past_items: int, past_fired: int) -> HitRate:
    """Hold today's count against the past by a binomial test at the nearer edge of the past share's interval."""
    past = wilson(past_fired, past_items) if past_items >= LEAST_PAST_ITEMS else None
    if past is None or items < LEAST_ITEMS:
        return HitRate(items, fired, rejected, past.share if past else None)
    known = (items, fired, rejected, past.share, past.low, past.high)
    if (more := at_least(fired, items, past.high)) < CHANCE:
        return HitRate(*known, "more", more)
    if (less := at_most(fired, items, past.low)) < CHANCE:
        return HitRate(*known, "less", less)
    return HitRate(*known, None, min(more, less))


def hit_rates(days: Iterable[tuple[str, str, str, int, int]], today: str) -> Mapping[RuleName, HitRate]:
    """The hit rate of each rule that fired within the days given.

    Args:
        days: day, policy, rule, fired, rejected; a rule without a name counts the policy's items.
        today: which of the days is today.
    """
    now: dict[RuleName, tuple[int, int]] = {}
    past: dict[RuleName, int] = {}
    for day, policy, rule, fired, rejected in days:
        if day == today:
            now[policy, rule] = (fired, rejected)
        elif day < today:
            past[policy, rule] = past.get((policy, rule), 0) + fired
    found = {}
    for policy, rule in sorted({*now, *past}):
        if rule:
            items, _ = now.get((policy, ""), (0, 0))
            fired, rejected = now.get((policy, rule), (0, 0))
            before = past.get((policy, rule), 0)
            found[policy, rule] = hit_rate(items, fired, rejected, past.get((policy, ""), 0), before)
    return found
