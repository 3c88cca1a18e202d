"""Agreement: whether people who look at the same say the same, beyond what chance would bring about."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

RESAMPLES = 400


@dataclass(frozen=True)
class Agreement:
    """Krippendorff's alpha with its 95 % interval.

    Attributes:
        alpha: 1 is perfect, 0 is what chance brings about, below 0 is worse than chance. None when it is not defined:
            fewer than two answers to anything, or all answers are the same, so that nobody could have disagreed.
        low, high: of the interval; None with `alpha`.
        units: things that at least two people answered.
        answers: to these.
    """

    alpha: float | None
    low: float | None
    high: float | None
    units: int
    answers: int


def agreement(units: Iterable[Sequence[Hashable]], *, resamples: int = RESAMPLES, seed: int = 1) -> Agreement:
    """Alpha for nominal answers, with a percentile bootstrap over the units (B. Efron, 1979).

    The order of answers within a unit does not matter, nor who gave them; a missing answer is just not there.

    Args:
        units: the answers to each thing that was judged.
        seed: the same seed gives the same interval.
    """
    patterns: Counter[tuple[tuple[Hashable, int], ...]] = Counter()
    for answers in units:
        if len(answers) > 1:
            counted = Counter(answers)
            patterns[tuple(sorted(counted.items(), key=lambda pair: repr(pair[0])))] += 1
    total = patterns.total()
    answered = sum(number * sum(count for _, count in pattern) for pattern, number in patterns.items())
    alpha = krippendorff_alpha(patterns)
    if alpha is None:
        return Agreement(None, None, None, total, answered)
    chance = random.Random(seed)  # noqa: S311 - reproducible on purpose
    kinds, weights = list(patterns), list(patterns.values())
    drawn = (krippendorff_alpha(Counter(chance.choices(kinds, weights, k=total))) for _ in range(resamples))
    # A draw without any variation has no alpha. It shows agreement as it is: everybody said the same of everything.
    alphas = sorted(1.0 if each is None else each for each in drawn)
    low, high = alphas[int(0.025 * resamples)], alphas[min(int(0.975 * resamples), resamples - 1)]
    return Agreement(alpha, low, high, total, answered)


def krippendorff_alpha(patterns: Mapping[tuple[tuple[Hashable, int], ...], int]) -> float | None:
    """Krippendorff's alpha for nominal data, from how often each pattern of answers occurs.

    K. Krippendorff, Computing Krippendorff's Alpha-Reliability, 2011, section C: alpha = 1 - D_o / D_e, where within a
    unit of m answers each pair counts 1 / (m - 1). A unit with one answer says nothing and is left out.

    Args:
        patterns: (value, number of answers with it) pairs of a unit, to the number of such units.

    Returns:
        None when there is nothing to compare, or no variation.
    """
    totals: Counter[Hashable] = Counter()
    disagreeing = 0.0
    for pattern, number in patterns.items():
        m = sum(count for _, count in pattern)
        if m < 2:
            continue
        same = sum(count * (count - 1) for _, count in pattern)
        disagreeing += number * (m * (m - 1) - same) / (m - 1)
        for value, count in pattern:
            totals[value] += number * count
    n = totals.total()
    expected = n * n - sum(count * count for count in totals.values())
    if not expected:
        return None
    return 1.0 - (n - 1) * disagreeing / expected
