"""Calibration: from the highest confidence of some labels to the share of such texts that people gave an attribute."""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

Knots = Sequence[tuple[float, float]]
"""Confidence (0-100, rising) and share (0-1, never falling); between two of them the line counts."""

LEAST = 40
"""Texts that a step rests on; fewer are joined with their neighbours."""
FOLDS = 5


@dataclass(frozen=True)
class Judged:
    """A text that people judged.

    Attributes:
        confidence: the highest that a detector gave one of the labels; 0 for nothing found.
        has: whether people say it has the attribute.
        weight: how many texts it stands for.
    """

    confidence: float
    has: bool
    weight: float = 1.0


@dataclass(frozen=True)
class Quality:
    """How well a confidence tells texts that have the attribute from others. Shares are 0-1.

    Attributes:
        auroc: chance that one that has it is given more than one that has not.
        average_precision: mean precision over all thresholds.
        calibration_error: mean distance between score and share, over ten ranges of the score, of folds left out.
        precision: of those with a score of 0.5 and more; None where there are none.
        recall: of those that have it.
    """

    auroc: float
    average_precision: float
    calibration_error: float
    precision: float | None
    recall: float


def score_of(confidence: float, knots: Knots) -> float:
    """The score, 0-1, of a confidence."""
    at = bisect.bisect_right(knots, confidence, key=lambda knot: knot[0])
    if at == 0:
        return knots[0][1]
    if at == len(knots):
        return knots[-1][1]
    (low, below), (high, above) = knots[at - 1], knots[at]
    return below + (above - below) * (confidence - low) / (high - low)


def weighted_to(texts: Sequence[Judged], share: float) -> list[Judged]:
    """The same texts with weights so that `share` of them, 0-1, has the attribute."""
    total = {has: math.fsum(each.weight for each in texts if each.has is has) for has in (True, False)}
    factor = {has: (share if has else 1 - share) * len(texts) / total[has] for has in (True, False)}
    return [Judged(each.confidence, each.has, each.weight * factor[each.has]) for each in texts]


def fit(texts: Sequence[Judged]) -> list[tuple[float, float]]:
    """Knots by isotonic regression (pool adjacent violators; Ayer et al., 1955), with steps of `LEAST` texts or more.

    A text that is as likely to be as not is added to each step, so that no score is 0 or 1.
    """
    steps: list[_Step] = []
    for confidence, group in groupby(sorted(texts, key=_confidence), key=_confidence):
        same = list(group)
        weight = math.fsum(each.weight for each in same)
        with_it = math.fsum(each.weight for each in same if each.has)
        step = _Step(len(same), weight, with_it, weight * confidence)
        # Where nothing was found stays a step of its own.
        while len(steps) > 1 and (steps[-1].texts < LEAST or steps[-1].share >= step.share):
            step = steps.pop().joined(step)
        if len(steps) == 1 and steps[0].share >= step.share:
            step = steps.pop().joined(step)
        steps.append(step)
    if len(steps) > 2 and steps[-1].texts < LEAST:
        last = steps.pop()
        steps.append(steps.pop().joined(last))
    # Of steps at the same hundredth of a percent the higher one counts.
    return list({round(step.at, 2): round(step.share, 4) for step in steps}.items())


def quality_of(texts: Sequence[Judged]) -> Quality:
    """Figures of texts that are weighted already; scores are those of folds that the calibration has not seen."""
    scored = []
    for fold in range(FOLDS):
        knots = fit([each for number, each in enumerate(texts) if number % FOLDS != fold])
        scored += [(score_of(each.confidence, knots), each) for each in texts[fold::FOLDS]]
    found = [(score, each) for score, each in scored if score >= 0.5]
    found_weight = math.fsum(each.weight for _, each in found)
    hits = math.fsum(each.weight for _, each in found if each.has)
    has = math.fsum(each.weight for each in texts if each.has)
    return Quality(
        _auroc(texts),
        _average_precision(texts),
        _calibration_error(scored),
        hits / found_weight if found else None,
        hits / has,
    )


@dataclass(frozen=True)
class _Step:
    texts: int
    weight: float
    with_it: float
    sum: float

    @property
    def share(self) -> float:
        """0-1, with the text that was added; it weighs as one of the step's on average."""
        mean = self.weight / self.texts
        return (self.with_it + mean / 2) / (self.weight + mean)

    @property
    def at(self) -> float:
        return self.sum / self.weight

    def joined(self, other: _Step) -> _Step:
        return _Step(
            self.texts + other.texts,
            self.weight + other.weight,
            self.with_it + other.with_it,
            self.sum + other.sum,
        )


def _confidence(text: Judged) -> float:
    return text.confidence


def _by_confidence(texts: Sequence[Judged]) -> list[tuple[float, float]]:
    """Weights with and without the attribute, of each confidence, the highest first."""
    sums: dict[float, list[float]] = {}
    for each in texts:
        sums.setdefault(each.confidence, [0.0, 0.0])[0 if each.has else 1] += each.weight
    return [(sums[confidence][0], sums[confidence][1]) for confidence in sorted(sums, reverse=True)]


def _auroc(texts: Sequence[Judged]) -> float:
    """Area under the curve of the receiver operating characteristic; equal confidences count half."""
    above = area = 0.0
    groups = _by_confidence(texts)
    for with_it, without in groups:
        area += without * (above + with_it / 2)
        above += with_it
    return area / (above * math.fsum(without for _, without in groups))


def _average_precision(texts: Sequence[Judged]) -> float:
    hits = found = area = 0.0
    for with_it, without in _by_confidence(texts):
        hits, found = hits + with_it, found + with_it + without
        area += with_it * hits / found
    return area / hits


def _calibration_error(scored: Sequence[tuple[float, Judged]]) -> float:
    """Expected calibration error over ten ranges of equal width (Naeini et al., 2015)."""
    ranges: dict[int, list[float]] = {}
    for score, each in scored:
        sums = ranges.setdefault(min(int(score * 10), 9), [0.0, 0.0, 0.0])
        sums[0] += each.weight
        sums[1] += each.weight * score
        sums[2] += each.weight * each.has
    total = math.fsum(sums[0] for sums in ranges.values())
    return math.fsum(abs(sums[1] - sums[2]) for sums in ranges.values()) / total
