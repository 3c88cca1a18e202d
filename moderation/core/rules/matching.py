"""Conditions on detections, made ready: labels within a range of confidence, bands, people without covers, scores.

A test returns what it saw on the way, so that an outcome can be explained: what matched, what nearly did, and whose
silence leaves it open.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from moderation.core.detections import Detection
from moderation.core.policy.terms import Combine, Count, People, Range
from moderation.core.rules.scene import FALSE, NEAR, NOBODY, TRUE, Scene, Seen, held
from moderation.core.verdicts import ScoreValue


@dataclass(frozen=True)
class Size:
    """How large a place a detection must have to count.

    Attributes:
        box_area: percent of the picture; a detection without a box is about all of it.
        span_length: code points; a detection without a span is about the whole text.
        seconds: length of the time range; a detection without one is about the whole film or sound.
    """

    box_area: Range | None = None
    span_length: Range | None = None
    seconds: Range | None = None

    def fits(self, detection: Detection) -> bool:
        """True when the place is large enough, and not too large."""
        box, span, time = detection.box, detection.span, detection.time_range
        if self.box_area is not None and not self.box_area.holds(
            100.0 if box is None else 100.0 * box.width * box.height
        ):
            return False
        whole = float("inf")
        if self.span_length is not None and not self.span_length.holds(
            whole if span is None else span.end - span.start
        ):
            return False
        return self.seconds is None or self.seconds.holds(whole if time is None else time.end - time.start)


@dataclass(frozen=True)
class LabelTest:
    """Detections of some labels within a range of confidence, counted.

    Attributes:
        detectors: only what these found; None for all.
        size: of the place; None for any.
    """

    labels: frozenset[str]
    at_least: float | None
    below: float | None = None
    count: Count | None = None
    different: Count | None = None
    detectors: frozenset[str] | None = None
    size: Size | None = None

    def test(self, scene: Scene) -> Seen:
        """More detections can only make it true, unless it counts "at most"."""
        if not scene.unanswered and self.labels.isdisjoint(scene.by_label):
            return self._on_nothing
        return self._look(scene)

    @cached_property
    def _on_nothing(self) -> Seen:
        return TRUE if self._holds((), may_grow=False) else FALSE

    def _look(self, scene: Scene) -> Seen:
        at_least, below = self.at_least, self.below
        low = at_least or 0.0
        those = scene.matching(self.labels)
        if self.detectors is not None or self.size is not None:
            those = [d for d in those if _is_by(d, self.detectors) and (self.size is None or self.size.fits(d))]
        matched = [d for d in those if d.confidence >= low and (below is None or d.confidence < below)]
        silent = scene.silent(self.labels) if scene.unanswered else NOBODY
        is_counted = self.count is not None or self.different is not None
        truth = (
            self._holds(matched, may_grow=bool(silent)) if is_counted else bool(matched) or (None if silent else False)
        )
        if truth:
            return Seen(True, held(matched, at_least))
        if truth is None:
            return Seen(None, silent=silent)
        near = [d for d in those if low - NEAR <= d.confidence < low]
        if near and (not is_counted or self._holds([*matched, *near], may_grow=False)):
            return Seen(False, near=held(near, low))
        return FALSE

    @property
    def is_plain(self) -> bool:
        """True when each single detection from a threshold on makes it true, whatever else there is."""
        limits = (self.below, self.count, self.different, self.detectors, self.size)
        return self.at_least is not None and all(limit is None for limit in limits)

    def _holds(self, matched: Sequence[Detection], *, may_grow: bool) -> bool | None:
        if self.count is None and self.different is None:
            return True if matched else None if may_grow else False
        numbers: list[bool | None] = []
        if self.count is not None:
            numbers.append(self.count.holds(len(matched), may_grow=may_grow))
        if self.different is not None:
            numbers.append(self.different.holds(len({d.label for d in matched}), may_grow=may_grow))
        return conjunction(numbers)


def _is_by(detection: Detection, detectors: frozenset[str] | None) -> bool:
    return detectors is None or (detection.detector is not None and detection.detector.name in detectors)


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

    def test(self, scene: Scene) -> Seen:
        """Known confidence counts even when a silent detector might raise it: then the other side is open too."""
        if not scene.unanswered and self.labels.isdisjoint(scene.by_label):
            return FALSE
        matching = scene.matching(self.labels)
        at_least = self.at_least
        highest = max([d.confidence for d in matching], default=-1.0)
        if self.below is not None and highest >= self.below:
            return FALSE
        if highest >= at_least:
            return Seen(True, held([d for d in matching if d.confidence >= at_least], at_least))
        if scene.unanswered and (silent := scene.silent(self.labels)):
            return Seen(None, silent=silent)
        if highest >= at_least - NEAR:
            return Seen(False, near=held([d for d in matching if d.confidence >= at_least - NEAR], at_least))
        return FALSE


PERSON = frozenset({"Person"})


@dataclass(frozen=True)
class PeopleTest:
    """People who lack covers."""

    people: People
    group: Hashable
    """Conditions of one group ask about the same people; only their counts differ."""

    @classmethod
    def of(cls, people: People) -> PeopleTest:
        """The test for a condition."""
        covers = tuple(sorted(people.lacking.items()))
        return cls(people, ("people", people.at_least, covers, people.covered_at_least, people.if_part_not_visible))

    @property
    def labels(self) -> frozenset[str]:
        """What it looks at."""
        return PERSON

    def test(self, scene: Scene) -> Seen:
        """A failed detector may have seen more people, never fewer."""
        people = self.people
        lacking: list[Detection] | None = scene.memo(self.group)
        if lacking is None:
            persons = (p for p in scene.by_label.get("Person", ()) if p.confidence >= people.at_least)
            lacking = [person for person in persons if _lacks(person, people)]
            scene.keep(self.group, lacking)
        silent = scene.silent(PERSON)
        truth = people.count.holds(len(lacking), may_grow=bool(silent))
        if truth:
            return Seen(True, held(lacking, people.at_least))
        return Seen(None, silent=silent) if truth is None else FALSE


def _lacks(person: Detection, people: People) -> bool:
    """True when the person lacks any of the covers; a part that is not listed is not visible."""
    parts = person.attributes.get("parts")
    seen: Mapping[str, Any] = parts if isinstance(parts, Mapping) else {}
    for part, cover in people.lacking.items():
        if part not in seen:
            if people.if_part_not_visible != "ignore":
                return True
            continue
        covers = seen[part]
        confidence = covers.get(cover) if isinstance(covers, Mapping) else None
        if not isinstance(confidence, int | float) or not confidence >= people.covered_at_least:
            return True
    return False


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

    @property
    def labels(self) -> frozenset[str]:
        """What it looks at."""
        return frozenset().union(*(term.labels for term in self.terms))

    def test(self, scene: Scene) -> Seen:
        """An answer that is missing can only raise it: it is unknown when that could matter."""
        strongest = [self._strongest(term, scene) for term in self.terms]
        value = self._value([0.0 if d is None else d.confidence for d in strongest])
        highest, silent = value, scene.silent(self.labels) if scene.unanswered else frozenset()
        if silent:
            known = [
                100.0 if scene.silent(term.labels) else 0.0 if d is None else d.confidence
                for term, d in zip(self.terms, strongest, strict=True)
            ]
            highest = self._value(known)
        low = self.at_least or 0.0
        found = held([d for d in strongest if d is not None], None)
        seen = (ScoreValue(self.name, value, low),)
        if (self.below is not None and value >= self.below) or highest < low:
            if value < low and value >= low - NEAR and found:
                return Seen(False, near=found, scores=seen)
            return FALSE
        if value >= low and (self.below is None or highest < self.below):
            return Seen(True, found, scores=seen)
        return Seen(None, silent=silent)

    def _strongest(self, term: Term, scene: Scene) -> Detection | None:
        found = [d for d in scene.matching(term.labels) if _is_by(d, term.detectors)]
        return max(found, key=lambda d: (d.confidence, d.label, d.part), default=None)

    def _value(self, confidences: Sequence[float]) -> float:
        weighted = [term.weight * c for term, c in zip(self.terms, confidences, strict=True)]
        if self.combine == "weighted_maximum":
            return max(weighted)
        left = 1.0
        for each in weighted:
            left *= 1.0 - each / 100.0
        return 100.0 * (1.0 - left)


def conjunction(truths: Iterable[bool | None]) -> bool | None:
    """Kleene's "and"."""
    known = True
    for truth in truths:
        if truth is False:
            return False
        known = known and truth is True
    return True if known else None
