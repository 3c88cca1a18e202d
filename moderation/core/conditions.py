"""Conditions made ready to be tested: is one true of an item, false, or unknown because a detector gave no answer?

Three-valued after Kleene: ``True``, ``False`` and ``None`` for unknown. A test returns what it saw on the way, so that
an outcome can be explained: what matched, what nearly did, and whose silence leaves it open.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pydantic import JsonValue

from moderation.core.detections import Detection
from moderation.core.policies import expand
from moderation.core.policy_terms import Condition, Count, ListRef, Metadata, People, is_number
from moderation.core.taxonomy import Taxonomy

NEAR = 5.0
"""Points by which a detection may miss a threshold and still be named as a near miss."""


@dataclass(frozen=True)
class Subject:
    """What is known of an item beside its detections.

    Attributes:
        app: who posted it.
        content_types: of all its parts, given and extracted, plus ``document`` for text posted as a file.
        item_id: for sampling; empty for what is never sampled, such as a policy's own tests.
        metadata: what the app sent along.
    """

    app: str
    content_types: frozenset[str]
    item_id: str = ""
    metadata: Mapping[str, JsonValue] = field(default_factory=dict)


class Scene:
    """All that a condition may look at, arranged for quick answers.

    Args:
        detections: strongest first, with labels of the taxonomy.
        unanswered: detectors and extractors that failed, each with the labels its answer could have led to; None when
            that is not known, which is taken as every label.
    """

    def __init__(
        self, subject: Subject, detections: Sequence[Detection], unanswered: Mapping[str, frozenset[str] | None]
    ) -> None:
        self.subject = subject
        self.unanswered = unanswered
        self.by_label: dict[str, list[Detection]] = {}
        for detection in detections:
            self.by_label.setdefault(detection.label, []).append(detection)

    def without(self, names: Collection[str]) -> Scene:
        """The same without the failures of `names`."""
        scene = Scene(self.subject, (), {name: reach for name, reach in self.unanswered.items() if name not in names})
        scene.by_label = self.by_label
        return scene

    def matching(self, labels: frozenset[str]) -> list[Detection]:
        """The detections with one of `labels`."""
        return [detection for label, found in self.by_label.items() if label in labels for detection in found]

    def silent(self, labels: frozenset[str]) -> frozenset[str]:
        """Who failed and could have found one of `labels`."""
        if not self.unanswered:
            return _NOBODY
        return frozenset(
            name for name, reach in self.unanswered.items() if reach is None or not reach.isdisjoint(labels)
        )


_NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Seen:
    """The truth of a condition, and what was seen while it was tested.

    Attributes:
        truth: None for unknown.
        matched: detections that made it true, each with its lower threshold.
        near: of a false condition: detections that would make it true with at most `NEAR` points more.
        silent: of an unknown condition: whose failure leaves it open.
    """

    truth: bool | None
    matched: tuple[tuple[Detection, float | None], ...] = ()
    near: tuple[tuple[Detection, float], ...] = ()
    silent: frozenset[str] = _NOBODY


TRUE, FALSE = Seen(True), Seen(False)


class Test(Protocol):
    """A condition that is ready."""

    def test(self, scene: Scene) -> Seen:
        """Its truth in `scene`."""
        ...


@dataclass(frozen=True)
class LabelTest:
    """Detections of some labels within a range of confidence, counted."""

    labels: frozenset[str]
    at_least: float | None
    below: float | None
    count: Count | None
    different: Count | None

    def test(self, scene: Scene) -> Seen:
        """More detections can only make it true, unless it counts "at most"."""
        low = self.at_least or 0.0
        matched: list[Detection] = []
        near: list[Detection] = []
        for detection in scene.matching(self.labels):
            confidence = detection.confidence
            if confidence >= low:
                if self.below is None or confidence < self.below:
                    matched.append(detection)
            elif confidence >= low - NEAR:
                near.append(detection)
        silent = scene.silent(self.labels)
        truth = self._holds(matched, may_grow=bool(silent))
        if truth:
            return Seen(True, tuple((detection, self.at_least) for detection in matched))
        if truth is None:
            return Seen(None, silent=silent)
        if near and self._holds([*matched, *near], may_grow=False):
            return Seen(False, near=tuple((detection, low) for detection in near))
        return FALSE

    def _holds(self, matched: Sequence[Detection], *, may_grow: bool) -> bool | None:
        if self.count is None and self.different is None:
            return True if matched else None if may_grow else False
        numbers: list[bool | None] = []
        if self.count is not None:
            numbers.append(self.count.holds(len(matched), may_grow=may_grow))
        if self.different is not None:
            numbers.append(self.different.holds(len({d.label for d in matched}), may_grow=may_grow))
        return conjunction(numbers)


@dataclass(frozen=True)
class BandTest:
    """One side of a band: the highest confidence at or over the lower bound, and under the upper one."""

    labels: frozenset[str]
    at_least: float
    below: float | None

    def test(self, scene: Scene) -> Seen:
        """Known confidence counts even when a silent detector might raise it: then the other side is open too."""
        matching = scene.matching(self.labels)
        highest = max((d.confidence for d in matching), default=-1.0)
        if self.below is not None and highest >= self.below:
            return FALSE
        if highest >= self.at_least:
            return Seen(True, tuple((d, self.at_least) for d in matching if d.confidence >= self.at_least))
        if silent := scene.silent(self.labels):
            return Seen(None, silent=silent)
        if highest >= self.at_least - NEAR:
            near = tuple((d, self.at_least) for d in matching if d.confidence >= self.at_least - NEAR)
            return Seen(False, near=near)
        return FALSE


@dataclass(frozen=True)
class PeopleTest:
    """People who lack covers."""

    people: People
    labels: frozenset[str] = frozenset({"Person"})

    def test(self, scene: Scene) -> Seen:
        """A failed detector may have seen more people, never fewer."""
        people = self.people
        lacking = [
            person
            for person in scene.by_label.get("Person", ())
            if person.confidence >= people.at_least and _lacks(person, people)
        ]
        silent = scene.silent(self.labels)
        truth = people.count.holds(len(lacking), may_grow=bool(silent))
        if truth:
            return Seen(True, tuple((person, people.at_least) for person in lacking))
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
class FactTest:
    """Something about the item itself, which no detector can leave open."""

    apps: frozenset[str] | None = None
    content_types: frozenset[str] | None = None
    metadata: Metadata | None = None
    values: tuple[object, ...] = ()

    def test(self, scene: Scene) -> Seen:
        """True or false."""
        subject = scene.subject
        if self.apps is not None:
            return TRUE if subject.app in self.apps else FALSE
        if self.content_types is not None:
            return FALSE if subject.content_types.isdisjoint(self.content_types) else TRUE
        assert self.metadata is not None  # one of the three is given
        return TRUE if metadata_holds(self.metadata, self.values, subject.metadata) else FALSE


_ABSENT = object()


def metadata_holds(test: Metadata, values: Sequence[object], metadata: Mapping[str, JsonValue]) -> bool:
    """True when the value passes; one that is missing or of another type does not."""
    value = _value_at(test.key, metadata)
    if test.given is not None:
        return (value is not _ABSENT) is test.given
    if test.is_ is not None:
        return _same(value, test.is_)
    if test.in_ is not None:
        return any(_same(value, other) for other in values)
    if test.has is not None:
        return isinstance(value, list | tuple) and any(_same(entry, test.has) for entry in value)
    if not is_number(value):
        return False
    number: Any = value
    return (test.at_least is None or number >= test.at_least) and (test.below is None or number < test.below)


def _value_at(key: str, metadata: Mapping[str, JsonValue]) -> object:
    """The value of a key; dots lead into mappings where there is no such key as a whole. Null counts as missing."""
    value: object = metadata.get(key, _ABSENT)
    if value is _ABSENT:
        value = metadata
        for step in key.split("."):
            value = value.get(step, _ABSENT) if isinstance(value, Mapping) else _ABSENT
    return _ABSENT if value is None else value


def _same(value: object, wanted: object) -> bool:
    """Equal and of one type: 5 is 5.0, but neither '5' nor True."""
    if is_number(value) and is_number(wanted):
        return value == wanted
    return type(value) is type(wanted) and value == wanted


@dataclass(frozen=True)
class AllTest:
    """Each must hold."""

    parts: tuple[Test, ...]

    def test(self, scene: Scene) -> Seen:
        """False as soon as one is false, whatever is unknown; nearly true when all that is false is nearly true."""
        seen = []
        for part in self.parts:
            result = part.test(scene)
            if result.truth is False and not result.near:
                return FALSE
            seen.append(result)
        truth = conjunction(result.truth for result in seen)
        if truth is True:
            return Seen(True, tuple(m for result in seen for m in result.matched))
        if truth is None:
            return Seen(None, silent=_NOBODY.union(*(result.silent for result in seen)))
        if any(result.truth is None for result in seen):
            return FALSE
        return Seen(False, near=tuple(n for result in seen for n in result.near))


@dataclass(frozen=True)
class AnyTest:
    """At least one must hold."""

    parts: tuple[Test, ...]

    def test(self, scene: Scene) -> Seen:
        """True as soon as one is true, whatever is unknown; all that are true are named."""
        seen = [part.test(scene) for part in self.parts]
        if any(result.truth for result in seen):
            return Seen(True, tuple(m for result in seen if result.truth for m in result.matched))
        if any(result.truth is None for result in seen):
            return Seen(None, silent=_NOBODY.union(*(result.silent for result in seen)))
        return Seen(False, near=tuple(n for result in seen for n in result.near))


@dataclass(frozen=True)
class NotTest:
    """Must not hold. What the inner condition matched is no reason for anything, but what it could not see is."""

    part: Test

    def test(self, scene: Scene) -> Seen:
        """True for false, false for true, unknown for unknown."""
        seen = self.part.test(scene)
        return Seen(None, silent=seen.silent) if seen.truth is None else FALSE if seen.truth else TRUE


def conjunction(truths: Iterable[bool | None]) -> bool | None:
    """Kleene's "and"."""
    known = True
    for truth in truths:
        if truth is False:
            return False
        known = known and truth is True
    return True if known else None


def ready(condition: Condition, taxonomy: Taxonomy, lists: Mapping[str, Sequence[Any]]) -> Test:
    """Make a condition ready: its labels with all that stand under them, its lists filled in."""
    if condition.label is not None:
        return LabelTest(
            labels=covered(expand(condition.label, lists), taxonomy, exact=bool(condition.exact)),
            at_least=condition.at_least,
            below=condition.below,
            count=condition.count,
            different=condition.different_labels,
        )
    if condition.all is not None:
        return AllTest(tuple(ready(part, taxonomy, lists) for part in condition.all))
    if condition.any is not None:
        return AnyTest(tuple(ready(part, taxonomy, lists) for part in condition.any))
    if condition.not_ is not None:
        return NotTest(ready(condition.not_, taxonomy, lists))
    if condition.people is not None:
        return PeopleTest(condition.people)
    if condition.app is not None:
        return FactTest(apps=frozenset(condition.app))
    if condition.content_type is not None:
        return FactTest(content_types=frozenset(condition.content_type))
    assert condition.metadata is not None  # the model allows nothing else
    wanted = condition.metadata.in_
    values = () if wanted is None else lists.get(wanted.name, ()) if isinstance(wanted, ListRef) else wanted
    return FactTest(metadata=condition.metadata, values=tuple(values))


def covered(labels: Collection[str], taxonomy: Taxonomy, *, exact: bool) -> frozenset[str]:
    """The labels that meet a condition on `labels`: themselves and, unless `exact`, all under them."""
    found = set(labels)
    todo = [] if exact else list(labels)
    while todo:
        below = taxonomy.children(todo.pop())
        found.update(below)
        todo += below
    return frozenset(found)


def mentioned(test: Test) -> frozenset[str]:
    """Every label that a condition looks at."""
    if isinstance(test, LabelTest | BandTest | PeopleTest):
        return test.labels
    if isinstance(test, AllTest | AnyTest):
        return frozenset().union(*(mentioned(part) for part in test.parts))
    return mentioned(test.part) if isinstance(test, NotTest) else frozenset()


def may_hold_without(test: Test) -> bool | None:
    """The truth where nothing was detected, for any app, content type and metadata: None when it depends on these."""
    if isinstance(test, FactTest):
        return None
    if isinstance(test, AllTest):
        return conjunction(may_hold_without(part) for part in test.parts)
    if isinstance(test, AnyTest):
        return _inverse(conjunction(_inverse(may_hold_without(part)) for part in test.parts))
    if isinstance(test, NotTest):
        return _inverse(may_hold_without(test.part))
    return test.test(_EMPTY).truth


def _inverse(truth: bool | None) -> bool | None:
    return None if truth is None else not truth


_EMPTY = Scene(Subject("", frozenset()), (), {})
