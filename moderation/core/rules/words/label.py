"""``label``, and the bands that are made of it: labels within a range of confidence.

A test returns what it saw on the way, so that an outcome can be explained: what matched, what nearly did, and whose
silence leaves it open.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from moderation.core.detections import Detection
from moderation.core.policy.terms import Count, Range, expand
from moderation.core.policy.thresholds import only
from moderation.core.policy.words.label import LabelCondition
from moderation.core.rules.scene import FALSE, NEAR, NOBODY, NOTHING, TRUE, Observation, Scene, held
from moderation.core.rules.signals import Sign, Signal, Wakes
from moderation.core.rules.words.contract import Holds, Test
from moderation.core.rules.words.lasting import Lasting, number_at_once
from moderation.core.taxonomy import Taxonomy


def covered(labels: Collection[str], taxonomy: Taxonomy, *, exact: bool) -> frozenset[str]:
    """The labels that meet a condition on `labels`: themselves and, unless `exact`, all under them."""
    found = set(labels)
    todo = [] if exact else list(labels)
    while todo:
        below = taxonomy.children(todo.pop())
        found.update(below)
        todo += below
    return frozenset(found)


@dataclass(frozen=True)
class Size:
    """How large a place a detection must have to count.

    Attributes:
        box_area: percent of the picture; a detection without a box is about all of it.
        span_length: code points; a detection without a span is about the whole text.
    """

    box_area: Range | None = None
    span_length: Range | None = None

    def fits(self, detection: Detection) -> bool:
        """True when the place is large enough, and not too large."""
        box, span = detection.box, detection.span
        if self.box_area is not None and not self.box_area.holds(
            100.0 if box is None else 100.0 * box.width * box.height
        ):
            return False
        whole = float("inf")
        return self.span_length is None or self.span_length.holds(whole if span is None else span.end - span.start)


@dataclass(frozen=True)
class LabelTest:
    """Detections of some labels within a range of confidence, counted.

    Attributes:
        detectors: only what these found; None for all.
        size: of the place; None for any.
        lasting: for how long; None for however short.
    """

    labels: frozenset[str]
    at_least: float | None
    below: float | None = None
    count: Count | None = None
    different: Count | None = None
    detectors: frozenset[str] | None = None
    size: Size | None = None
    lasting: Lasting | None = None

    @classmethod
    def of(cls, condition: LabelCondition, taxonomy: Taxonomy, lists: Mapping[str, Sequence[Any]]) -> LabelTest:
        """The test for a condition without tables: its labels with all that stand under them, its list filled in."""
        size = Size(condition.box_area, condition.span_length)
        lasting = Lasting(condition.seconds, condition.share_of_time, condition.runs)
        return cls(
            labels=covered(expand(condition.label, lists), taxonomy, exact=bool(condition.exact)),
            at_least=only(condition.at_least),
            below=only(condition.below),
            count=condition.count,
            different=condition.different_labels,
            detectors=None if condition.detector is None else frozenset(condition.detector),
            size=size if size != Size() else None,
            lasting=lasting if lasting != Lasting() else None,
        )

    def test(self, scene: Scene) -> Observation:
        """More detections can only make it true, unless it counts "at most"."""
        if not scene.unanswered and self.labels.isdisjoint(scene.by_label):
            return self._on_nothing
        return self._look(scene)

    @cached_property
    def _on_nothing(self) -> Observation:
        return TRUE if self._holds((), NOTHING, may_grow=False) else FALSE

    def _look(self, scene: Scene) -> Observation:
        at_least, low = self.at_least, self.at_least or 0.0
        those = self._those(scene)
        matched = self._in_range(those)
        silent = scene.silent(self.labels) if scene.unanswered else NOBODY
        is_counted = self.is_counted
        truth = (
            self._holds(matched, scene, may_grow=bool(silent))
            if is_counted
            else bool(matched) or (None if silent else False)
        )
        if truth:
            return Observation(True, held(matched, at_least))
        if truth is None:
            return Observation(None, silent=silent)
        near = [d for d in those if low - NEAR <= d.confidence < low]
        if near and (not is_counted or self._holds([*matched, *near], scene, may_grow=False)):
            return Observation(False, near=held(near, low))
        return FALSE

    def matched(self, scene: Scene) -> list[Detection]:
        """The detections that count, strongest first for each label."""
        return self._in_range(self._those(scene)) if scene.by_label else []

    def _in_range(self, those: Sequence[Detection]) -> list[Detection]:
        low, below = self.at_least or 0.0, self.below
        return [d for d in those if d.confidence >= low and (below is None or d.confidence < below)]

    def _those(self, scene: Scene) -> list[Detection]:
        """The detections that it is about, of whatever confidence."""
        those = scene.matching(self.labels)
        if self.detectors is not None or self.size is not None:
            those = [d for d in those if is_by(d, self.detectors) and (self.size is None or self.size.fits(d))]
        return those

    def holds(self) -> Holds:
        """See `Test.holds`."""
        labels, low = self.labels, self.at_least or 0.0
        if self.is_plain:
            return _reaches(labels, low)
        is_counted = self.is_counted
        counts = None
        if self.count is not None and self == LabelTest(labels, self.at_least, count=self.count):
            counts = _counts(labels, low, self.count)

        def holds_of(scene: Scene) -> bool | None:
            if counts is not None and not scene.is_timed:
                return counts(scene)
            matched = self.matched(scene)
            may_grow = bool(scene.unanswered) and scene.is_open(labels)
            if is_counted:
                return self._holds(matched, scene, may_grow=may_grow)
            return True if matched else None if may_grow else False

        return holds_of

    @property
    def is_plain(self) -> bool:
        """True when each single detection from a threshold on makes it true, whatever else there is."""
        limits = (self.below, self.count, self.different, self.detectors, self.size, self.lasting)
        return self.at_least is not None and all(limit is None for limit in limits)

    @property
    def is_counted(self) -> bool:
        """True when one detection may not be enough."""
        return self.count is not None or self.different is not None or self.lasting is not None

    def lasts(self, those: Sequence[Detection], scene: Scene, *, may_grow: bool) -> bool | None:
        """Whether so many of them are there for so long."""
        assert self.lasting is not None
        return self.lasting.test(those, scene, (self.count, self.different), may_grow=may_grow)

    def _holds(self, matched: Sequence[Detection], scene: Scene, *, may_grow: bool) -> bool | None:
        if self.lasting is not None:
            return self.lasts(matched, scene, may_grow=may_grow)
        if self.count is None and self.different is None:
            return True if matched else None if may_grow else False
        numbers: list[bool | None] = []
        if self.count is not None:
            numbers.append(self.count.holds(number_at_once(matched), may_grow=may_grow))
        if self.different is not None:
            numbers.append(self.different.holds(len({d.label for d in matched}), may_grow=may_grow))
        return both(numbers)

    def settled(self, app: str, content_types: frozenset[str]) -> Test | bool:
        """Itself: what was found decides."""
        return self

    def wakes(self) -> Wakes | None:
        """Its labels, from where it could be true; where it counts, among others."""
        if self.test(NOTHING).truth:
            return None
        counts = [count.at_least or 0 for count in (self.count, self.different) if count is not None]
        signals: Iterable[Signal] = self.labels
        if max(counts, default=0) > 1:
            signals = [Sign("several", label) for label in sorted(self.labels)]
        return dict.fromkeys(signals, self.at_least or 0.0)


def _reaches(labels: frozenset[str], low: float) -> Holds:
    def holds_of(scene: Scene) -> bool | None:
        if not scene.unanswered and labels.isdisjoint(scene.by_label):
            return False
        for label, found in scene.by_label.items():
            if label in labels and found[0].confidence >= low:
                return True
        return None if scene.unanswered and scene.is_open(labels) else False

    return holds_of


def _counts(labels: frozenset[str], low: float, count: Count) -> Holds:
    def holds_of(scene: Scene) -> bool | None:
        number = 0
        for label, found in scene.by_label.items():
            if label in labels:
                for detection in found:  # strongest first
                    if detection.confidence < low:
                        break
                    number += 1
        return count.holds(number, may_grow=bool(scene.unanswered) and scene.is_open(labels))

    return holds_of


def is_by(detection: Detection, detectors: frozenset[str] | None) -> bool:
    """True of what one of these detectors found; None stands for all."""
    return detectors is None or (detection.detector is not None and detection.detector.name in detectors)


def both(truths: Iterable[bool | None]) -> bool | None:
    """Kleene's "and"."""
    known = True
    for truth in truths:
        if truth is False:
            return False
        known = known and truth is True
    return True if known else None


@dataclass(frozen=True)
class BandTest:
    """One side of a band: the highest confidence at or over the lower bound, and under the upper one."""

    labels: frozenset[str]
    at_least: float
    below: float | None

    @property
    def is_plain(self) -> bool:
        """As `LabelTest.is_plain`."""
        return self.below is None

    def test(self, scene: Scene) -> Observation:
        """Known confidence counts even when a silent detector might raise it: then the other side is open too."""
        if not scene.unanswered and self.labels.isdisjoint(scene.by_label):
            return FALSE
        matching = scene.matching(self.labels)
        at_least = self.at_least
        highest = max([d.confidence for d in matching], default=-1.0)
        if self.below is not None and highest >= self.below:
            return FALSE
        if highest >= at_least:
            return Observation(True, held([d for d in matching if d.confidence >= at_least], at_least))
        if scene.unanswered and (silent := scene.silent(self.labels)):
            return Observation(None, silent=silent)
        if highest >= at_least - NEAR:
            return Observation(False, near=held([d for d in matching if d.confidence >= at_least - NEAR], at_least))
        return FALSE

    def settled(self, app: str, content_types: frozenset[str]) -> Test | bool:
        """Itself: what was found decides."""
        return self

    def holds(self) -> Holds:
        """See `Test.holds`."""
        labels, low, high = self.labels, self.at_least, self.below
        if high is None:
            return _reaches(labels, low)

        def holds_of(scene: Scene) -> bool | None:
            highest = max(
                [found[0].confidence for label, found in scene.by_label.items() if label in labels], default=-1.0
            )
            if highest >= high:
                return False
            return True if highest >= low else None if scene.unanswered and scene.is_open(labels) else False

        return holds_of

    def wakes(self) -> Wakes | None:
        """Its labels, from where it could be true."""
        return None if self.test(NOTHING).truth else dict.fromkeys(self.labels, self.at_least)
