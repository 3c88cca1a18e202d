"""Statistics of counts: intervals for a share, and how surprising a count is."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Mapping
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


def bootstrap(groups: Mapping[tuple[float, bool], int], resamples: int = 400, seed: int = 1) -> tuple[float, float]:
    """The 95 % interval of a weighted share, by resampling (percentile bootstrap; B. Efron, 1979).

    Args:
        groups: how many observations there are of each weight and outcome; at least one.
        seed: the same seed gives the same interval.
    """
    chance = random.Random(seed)  # noqa: S311 - reproducible on purpose
    kinds = list(groups)
    # A number for each observation: to draw from these is twice as quick as to draw kinds by their counts.
    observed = [number for number, kind in enumerate(kinds) for _ in range(groups[kind])]
    shares = []
    for _ in range(resamples):
        drawn = Counter(chance.choices(observed, k=len(observed)))
        total = sum(kinds[number][0] * count for number, count in drawn.items())
        shares.append(sum(kinds[number][0] * count for number, count in drawn.items() if kinds[number][1]) / total)
    shares.sort()
    return shares[int(0.025 * resamples)], shares[min(int(0.975 * resamples), resamples - 1)]


def weighted(groups: Mapping[tuple[float, bool], int]) -> Interval | None:
    """A weighted share with Wilson's interval at its effective number of observations (L. Kish, 1965).

    Args:
        groups: how many observations there are of each weight and outcome.
    """
    total = sum(weight * count for (weight, _), count in groups.items())
    if not total:
        return None
    squares = sum(weight * weight * count for (weight, _), count in groups.items())
    share = sum(weight * count for (weight, is_true), count in groups.items() if is_true) / total
    effective = total * total / squares
    return wilson(share * effective, effective)
