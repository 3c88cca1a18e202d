"""Conditions: is one true of an item, false, or unknown because a detector gave no answer?

Three-valued after Kleene: ``True``, ``False`` and ``None`` for unknown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from moderation.core.detections import Detection
from moderation.core.policies import Condition, People, expand
from moderation.core.taxonomy import Taxonomy

NEAR = 5.0
"""Points by which a detection may miss a threshold and still be named as a near miss."""


@dataclass(frozen=True)
class Subject:
    """What is known of an item beside its detections.

    Attributes:
        app: who posted it.
        content_types: of all its parts, given and extracted, plus ``document`` for text posted as a file.
    """

    app: str
    content_types: frozenset[str]


@dataclass(frozen=True)
class Scene:
    """All that a condition may look at.

    Attributes:
        detections: confidence in percent.
        unanswered: detectors and extractors that failed, each with the labels its answer could have led to; None when
            that is not known, which is taken as every label.
        lists: the policy's named lists of labels.
    """

    subject: Subject
    detections: Sequence[Detection]
    unanswered: Mapping[str, frozenset[str] | None]
    taxonomy: Taxonomy
    lists: Mapping[str, Sequence[str]]

    def matching(self, labels: Collection[str], *, exact: bool) -> Iterator[Detection]:
        """The detections under any of `labels`."""
        for detection in self.detections:
            if any(self.taxonomy.covers(label, detection.label, exact=exact) for label in labels):
                yield detection

    def silent(self, labels: Collection[str]) -> tuple[str, ...]:
        """Who failed and could have found one of `labels`."""
        return tuple(
            sorted(
                name
                for name, reach in self.unanswered.items()
                if reach is None or any(self.taxonomy.overlap(label, other) for label in labels for other in reach)
            )
        )


@dataclass
class Finding:
    """What was seen while a condition was tested; filled as it goes.

    Attributes:
        matched: detections that met a label condition, each with its lower threshold.
        near: detections that fell short of one by at most `NEAR` points.
        silent: detectors whose failure left something unknown.
    """

    matched: list[tuple[Detection, float | None]] = field(default_factory=list)
    near: list[tuple[Detection, float]] = field(default_factory=list)
    silent: set[str] = field(default_factory=set)


def test(condition: Condition, scene: Scene, finding: Finding) -> bool | None:
    """The truth of `condition`; what it saw goes into `finding`."""
    if condition.label is not None:
        return _test_label(condition, scene, finding)
    if condition.all is not None:
        return _conjunction([test(inner, scene, finding) for inner in condition.all])
    if condition.any is not None:
        inverse = _conjunction([_inverse(test(inner, scene, finding)) for inner in condition.any])
        return _inverse(inverse)
    if condition.not_ is not None:
        # What a negated condition matched is no reason for anything, but what it could not see is.
        inner = Finding()
        truth = _inverse(test(condition.not_, scene, inner))
        finding.silent |= inner.silent
        return truth
    if condition.app is not None:
        return scene.subject.app in condition.app
    if condition.content_type is not None:
        return not scene.subject.content_types.isdisjoint(condition.content_type)
    assert condition.people is not None  # the model allows nothing else
    return _test_people(condition.people, scene, finding)


def _test_label(condition: Condition, scene: Scene, finding: Finding) -> bool | None:
    assert condition.label is not None
    labels = expand(condition.label, scene.lists)
    low = condition.at_least or 0.0
    matched: list[Detection] = []
    for detection in scene.matching(labels, exact=bool(condition.exact)):
        if detection.confidence >= low and (condition.below is None or detection.confidence < condition.below):
            matched.append(detection)
        elif low - NEAR <= detection.confidence < low:
            finding.near.append((detection, low))
    if condition.count is None and condition.different_labels is None:
        holds = bool(matched)
        monotone = True
    else:
        count, different = condition.count, condition.different_labels
        holds = (count is None or count.holds(len(matched))) and (
            different is None or different.holds(len({d.label for d in matched}))
        )
        monotone = all(c is None or c.at_most is None for c in (count, different))
    if holds:
        finding.matched += [(detection, condition.at_least) for detection in matched]
    # More detections can only make a condition true, unless it counts "at most".
    if (not holds or not monotone) and (silent := scene.silent(labels)):
        finding.silent |= set(silent)
        return None
    return holds


def _test_people(people: People, scene: Scene, finding: Finding) -> bool | None:
    lacking = []
    for person in scene.matching(["Person"], exact=True):
        if person.confidence >= people.at_least and _lacks(person, people):
            lacking.append(person)
    holds = people.count.holds(len(lacking))
    if holds:
        finding.matched += [(person, people.at_least) for person in lacking]
    if (not holds or people.count.at_most is not None) and (silent := scene.silent(["Person"])):
        finding.silent |= set(silent)
        return None
    return holds


def _lacks(person: Detection, people: People) -> bool:
    """True when the person lacks any of the covers; a part that is not listed is not visible."""
    parts = person.attributes.get("parts")
    seen: Mapping[str, object] = parts if isinstance(parts, Mapping) else {}
    for part, cover in people.lacking.items():
        if part not in seen:
            if people.if_part_not_visible != "ignore":
                return True
            continue
        covers = seen[part]
        confidence = covers.get(cover) if isinstance(covers, Mapping) else None
        if not isinstance(confidence, int | float) or confidence < people.covered_at_least:
            return True
    return False


def _conjunction(truths: Sequence[bool | None]) -> bool | None:
    if any(truth is False for truth in truths):
        return False
    return None if any(truth is None for truth in truths) else True


def _inverse(truth: bool | None) -> bool | None:
    return None if truth is None else not truth
