"""Statistics of counts: intervals for a share, and how surprising a count is."""

from __future__ import annotations

import math
from dataclasses import dataclass

Z95 = 1.959963984540054
"""Half-width of a 95 % interval in standard deviations."""


@dataclass(frozen=True)
class Interval:
    """An estimate of a share, 0-1, with its 95 % interval."""

    share: float
    low: float
    high: float


def wilson(successes: float, trials: float, z: float = Z95) -> Interval | None:
    """The share of successes with Wilson's score interval; None without trials.

    E. B. Wilson, Probable inference, the law of succession, and statistical inference, 1927. Holds its level for small
    counts and for shares near 0 and 1, where the textbook interval does not.

    Args:
        successes: from 0 to `trials`; an effective number where items are weighted.
    """
    if trials <= 0:
        return None
    share = successes / trials
    squared = z * z
    middle = (share + squared / (2 * trials)) / (1 + squared / trials)
    half = z * math.sqrt(share * (1 - share) / trials + squared / (4 * trials * trials)) / (1 + squared / trials)
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half))


def at_least(count: int, trials: int, share: float) -> float:
    """The exact chance of `count` successes or more in `trials` that each succeed with chance `share`."""
    if count <= 0:
        return 1.0
    if count > trials or share <= 0.0:
        return 0.0
    if share >= 1.0:
        return 1.0
    if count <= trials * share:  # the shorter tail loses no digits
        return max(0.0, 1.0 - _sum(count - 1, trials, share, step=-1))
    return min(1.0, _sum(count, trials, share, step=1))


def at_most(count: int, trials: int, share: float) -> float:
    """The chance of `count` successes or fewer."""
    return at_least(trials - count, trials, 1.0 - share)


def _sum(start: int, trials: int, share: float, *, step: int) -> float:
    """The binomial probabilities from `start` on, away from the middle, until they no longer count."""
    term = math.exp(
        math.lgamma(trials + 1)
        - math.lgamma(start + 1)
        - math.lgamma(trials - start + 1)
        + start * math.log(share)
        + (trials - start) * math.log1p(-share)
    )
    odds, total, at = share / (1 - share), 0.0, start
    while 0 <= at <= trials and term > 0.0:
        total += term
        if term < total * 1e-17:
            break
        term *= (trials - at) / (at + 1) * odds if step > 0 else at / (trials - at + 1) / odds
        at += step
    return total
