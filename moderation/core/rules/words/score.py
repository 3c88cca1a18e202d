"""``score``: one number made of several detections.

A score that lies so near a bound that binary fractions could put it on the other side is worked out once more as people
do, with the decimal numbers of the file and of the detections: 0.6 times 75 is 45.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from moderation.core.detections import Detection
from moderation.core.policy.terms import expand
from moderation.core.policy.thresholds import only
from moderation.core.policy.words.score import Combine, Score, ScoreCondition
from moderation.core.rules.scene import FALSE, NEAR, NOTHING, Observation, Scene, held
from moderation.core.rules.signals import Signal, Wakes
from moderation.core.rules.words.contract import Holds, Test
from moderation.core.rules.words.label import covered, is_by
from moderation.core.taxonomy import Taxonomy
from moderation.core.verdicts import ScoreValue

ROUNDING = 1e-9
"""Percent by which a score of at most 50 terms can be off in binary fractions, and many times more."""


@dataclass(frozen=True)
class Term:
    """One of the things that a score is made of: labels, who may find them, and its weight, 0-1."""

    labels: frozenset[str]
    detectors: frozenset[str] | None
    weight: float


@dataclass(frozen=True)
class ScoreTest:
    """A number made of several detections, within a range.

    Attributes:
        combine: ``weighted_maximum``, the largest of weight times highest confidence; ``noisy_or``, the chance that at
            least one of independent findings is right, each with its weight as a factor: 100 (1 - prod(1 - w c / 100)).
    """

    name: str
    combine: Combine
    terms: tuple[Term, ...]
    at_least: float | None
    below: float | None

    @classmethod
    def of(
        cls, condition: ScoreCondition, score: Score, taxonomy: Taxonomy, lists: Mapping[str, Sequence[Any]]
    ) -> ScoreTest:
        """The test for a condition without tables, and the score that it names."""
        terms = tuple(
            Term(
                labels=covered(expand(term.label, lists), taxonomy, exact=term.exact),
                detectors=None if term.detector is None else frozenset(term.detector),
                weight=term.weight,
            )
            for term in score.of
        )
        return cls(condition.score, score.combine, terms, only(condition.at_least), only(condition.below))

    @property
    def labels(self) -> frozenset[str]:
        """What it looks at."""
        return frozenset().union(*(term.labels for term in self.terms))

    def test(self, scene: Scene) -> Observation:
        """An answer that is missing can only raise it: it is unknown when that could matter."""
        strongest, value, highest = self._bounds(scene)
        low = self.at_least or 0.0
        found = held([d for d in strongest if d is not None], None)
        seen = (ScoreValue(self.name, value, low),)
        if (self.below is not None and value >= self.below) or highest < low:
            if value < low and value >= low - NEAR and found:
                return Observation(False, near=found, scores=seen)
            return FALSE
        if value >= low and (self.below is None or highest < self.below):
            return Observation(True, found, scores=seen)
        return Observation(None, silent=scene.silent(self.labels))

    def holds(self) -> Holds:
        """See `Test.holds`."""
        low, below = self.at_least or 0.0, self.below

        def holds_of(scene: Scene) -> bool | None:
            _, value, highest = self._bounds(scene)
            if (below is not None and value >= below) or highest < low:
                return False
            return True if value >= low and (below is None or highest < below) else None

        return holds_of

    def _bounds(self, scene: Scene) -> tuple[list[Detection | None], float, float]:
        """The strongest detection for each term, the score, and what it could be if all who failed found everything."""
        strongest = [self._strongest(term, scene) for term in self.terms]
        value = self._value([0.0 if d is None else d.confidence for d in strongest])
        if not scene.unanswered or not scene.is_open(self.labels):
            return strongest, value, value
        known = [
            100.0 if scene.is_open(term.labels) else 0.0 if d is None else d.confidence
            for term, d in zip(self.terms, strongest, strict=True)
        ]
        return strongest, value, self._value(known)

    def settled(self, app: str, content_types: frozenset[str]) -> Test | bool:
        """Itself: what was found decides."""
        return self

    def wakes(self) -> Wakes | None:
        """The labels of its terms, each from where its term alone could come near the threshold."""
        if self.test(NOTHING).truth:
            return None
        lows: dict[Signal, float] = {}
        for term in self.terms:
            low = 0.0  # many small findings may add up to a high noisy-or
            if self.combine == "weighted_maximum":
                # Nearly true from (at_least - NEAR) / weight; a little less, because products are rounded.
                low = max(((self.at_least or 0.0) - NEAR) / term.weight + NEAR - 0.001, 0.0)
            for label in term.labels:
                lows[label] = min(lows.get(label, low), low)
        return lows

    def _strongest(self, term: Term, scene: Scene) -> Detection | None:
        found = [d for d in scene.matching(term.labels) if is_by(d, term.detectors)]
        return max(found, key=lambda d: (d.confidence, d.label, d.part), default=None)

    def _value(self, confidences: Sequence[float]) -> float:
        weighted = [term.weight * c for term, c in zip(self.terms, confidences, strict=True)]
        if self.combine == "weighted_maximum":
            value = max(weighted)
        else:
            left = 1.0
            for each in weighted:
                left *= 1.0 - each / 100.0
            value = 100.0 * (1.0 - left)
        for bound in (self.at_least, self.below):
            if bound is not None and abs(value - bound) < ROUNDING:
                return self._beside(bound, value, confidences)
        return value

    def _beside(self, bound: float, value: float, confidences: Sequence[float]) -> float:
        """The score, on the side of `bound` where its decimal numbers have it; `value` itself when it lies there."""
        weighted = [_decimal(t.weight) * _decimal(c) for t, c in zip(self.terms, confidences, strict=True)]
        if self.combine == "weighted_maximum":
            exact = max(weighted)
        else:
            exact = 100 * (1 - math.prod((1 - each / 100 for each in weighted), start=Fraction(1)))
        is_below = exact < _decimal(bound)
        if is_below is (value < bound):
            return value  # as it has always been said: stored verdicts are worked out again byte by byte
        return min(float(exact), math.nextafter(bound, -math.inf)) if is_below else float(exact)


def _decimal(number: float) -> Fraction:
    """The shortest decimal number that is written so: 0.6 is six tenths."""
    return Fraction(repr(number))
