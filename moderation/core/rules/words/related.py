"""``inside``, ``overlaps`` and ``without`` beside a label: detections at the right place with regard to others."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moderation.core.detections import Detection
from moderation.core.items import Box
from moderation.core.policy.terms import Count, expand
from moderation.core.policy.words.label import LabelCondition
from moderation.core.policy.words.related import Relation
from moderation.core.rules.scene import FALSE, NOTHING, Observation, Scene, held
from moderation.core.rules.signals import Wakes
from moderation.core.rules.words.contract import Holds, Test
from moderation.core.rules.words.label import LabelTest, both, covered
from moderation.core.rules.words.lasting import number_at_once
from moderation.core.taxonomy import Taxonomy

_EVERYWHERE = Box.model_construct(left=0.0, top=0.0, width=1.0, height=1.0)
_ONE = Count.model_construct(at_least=1)
_ROUNDING = 1e-9
"""Of a picture: by so much products and differences of ratios may be off in binary fractions, and more."""


@dataclass(frozen=True)
class Relating:
    """How a detection must lie with regard to others.

    Attributes:
        labels: of the others.
        at_least: how sure they must be.
        share: percent of a box that must be covered: of its own for ``inside``, of the smaller one otherwise.
    """

    kind: Relation
    labels: frozenset[str]
    at_least: float
    share: float

    def holds(self, detection: Detection, others: Collection[Detection], *, may_grow: bool) -> bool | None:
        """Its truth for one detection; None where an other that nobody looked for could change it."""
        if any(self._covers(detection, other) for other in others):
            return self.kind != "without"
        return None if may_grow else self.kind == "without"

    def _covers(self, detection: Detection, other: Detection) -> bool:
        if other is detection or other.part != detection.part or not _at_one_time(detection, other):
            return False
        box, another = detection.box or _EVERYWHERE, other.box or _EVERYWHERE
        own = box.width * box.height
        whole = own if self.kind == "inside" else min(own, another.width * another.height)
        shared = _overlap(box, another)
        return shared > 0 and 100.0 * shared + _ROUNDING >= self.share * whole


def _at_one_time(one: Detection, other: Detection) -> bool:
    """What has no time range is there all the time."""
    if one.time_range is None or other.time_range is None:
        return True
    return one.time_range.start <= other.time_range.end and other.time_range.start <= one.time_range.end


def _overlap(one: Box, other: Box) -> float:
    """The area that two boxes share, as a ratio of the picture's."""
    width = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    height = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    return max(width, 0.0) * max(height, 0.0)


def _agreed(count: Count, low: int, high: int, *, may_grow: bool) -> bool | None:
    """What all numbers from `low` to `high` say; None where they do not say the same."""
    truths = {count.holds(number, may_grow=may_grow) for number in range(low, high + 1)}
    return truths.pop() if len(truths) == 1 else None


@dataclass(frozen=True)
class RelatedTest:
    """Detections of a label that lie as they must with regard to those of others, counted.

    Attributes:
        found: the label, without the relations.
        relations: all of which must hold of a detection.
    """

    found: LabelTest
    relations: tuple[Relating, ...]

    @classmethod
    def of(cls, condition: LabelCondition, taxonomy: Taxonomy, lists: Mapping[str, Sequence[Any]]) -> RelatedTest:
        """The test for a condition without tables that has relations."""
        relations = tuple(
            Relating(kind, covered(expand(other.label, lists), taxonomy, exact=False), other.at_least, other.share)
            for kind, other in condition.relations.items()
        )
        return cls(LabelTest.of(condition, taxonomy, lists), relations)

    @property
    def labels(self) -> frozenset[str]:
        """Those of the label and of the others."""
        return self.found.labels.union(*(relation.labels for relation in self.relations))

    def test(self, scene: Scene) -> Observation:
        """Unknown where what somebody who failed could have found would make another truth of it."""
        sure, truth = self._look(scene)
        if truth is None:
            return Observation(None, silent=scene.silent(self.labels))
        return Observation(True, held(sure, self.found.at_least)) if truth else FALSE

    def holds(self) -> Holds:
        """See `Test.holds`."""
        return lambda scene: self._look(scene)[1]

    def _look(self, scene: Scene) -> tuple[list[Detection], bool | None]:
        """The detections that lie so for sure, and the truth of the condition."""
        sure: list[Detection] = []
        unsure: list[Detection] = []
        known = [
            ([d for d in scene.matching(r.labels) if d.confidence >= r.at_least], scene.is_open(r.labels))
            for r in self.relations
        ]
        for detection in self.found.matched(scene):
            truths = [
                relation.holds(detection, others, may_grow=is_open)
                for relation, (others, is_open) in zip(self.relations, known, strict=True)
            ]
            if False not in truths:
                (unsure if None in truths else sure).append(detection)
        may_grow = scene.is_open(self.found.labels)
        if self.found.lasting is not None:
            low, high = (self.found.lasts(those, scene, may_grow=may_grow) for those in (sure, [*sure, *unsure]))
            return sure, low if low is high else None
        return sure, self._counted(sure, [*sure, *unsure], may_grow=may_grow)

    def _counted(self, least: Sequence[Detection], most: Sequence[Detection], *, may_grow: bool) -> bool | None:
        """Its truth where at least these and at most those lie as they must."""
        count, different = self.found.count, self.found.different
        truths: list[bool | None] = []
        if count is not None or different is None:
            low, high = number_at_once(least), number_at_once(most)
            truths.append(_agreed(count or _ONE, low, high, may_grow=may_grow))
        if different is not None:
            low, high = (len({d.label for d in those}) for those in (least, most))
            truths.append(_agreed(different, low, high, may_grow=may_grow))
        return both(truths)

    def settled(self, app: str, content_types: frozenset[str]) -> Test | bool:
        """Itself: what was found decides."""
        return self

    def wakes(self) -> Wakes | None:
        """What its label alone wakes by: the others are looked for when one is there."""
        return None if self.test(NOTHING).truth else dict.fromkeys(self.found.labels, self.found.at_least or 0.0)
