"""Conditions made ready to be tested: from the words of a policy file to tests on a `Scene`.

A condition that depends on nothing but the app and the content types is settled when a policy is made ready, so that
it costs nothing for each item.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from pydantic import JsonValue

from moderation.core.policy.file import PolicyFile, Score
from moderation.core.policy.terms import Condition, ListRef, Metadata, expand, is_number
from moderation.core.rules.matching import BandTest, LabelTest, PeopleTest, ScoreTest, Size, Term
from moderation.core.rules.scene import FALSE, NEAR, NOBODY, TRUE, Scene, Seen, Subject
from moderation.core.taxonomy import Taxonomy
from moderation.core.verdicts import Evidence, ScoreValue


class Test(Protocol):
    """A condition that is ready."""

    def test(self, scene: Scene) -> Seen:
        """Its truth in `scene`."""
        ...


@dataclass(frozen=True)
class FactTest:
    """The item is of one of these apps, or has one of these content types; no detector can leave it open."""

    apps: frozenset[str] | None = None
    content_types: frozenset[str] | None = None

    def test(self, scene: Scene) -> Seen:
        """True or false."""
        return TRUE if self.holds(scene.subject.app, scene.subject.content_types) else FALSE

    def holds(self, app: str, content_types: frozenset[str]) -> bool:
        """True of an item of this app with parts of these types."""
        if self.apps is not None:
            return app in self.apps
        return self.content_types is not None and not content_types.isdisjoint(self.content_types)


@dataclass(frozen=True)
class MetadataTest:
    """One value of the app's metadata."""

    metadata: Metadata
    values: tuple[object, ...] = ()

    def test(self, scene: Scene) -> Seen:
        """True or false."""
        return TRUE if metadata_holds(self.metadata, self.values, scene.subject.metadata) else FALSE


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

    @cached_property
    def _wanted(self) -> tuple[frozenset[str], ...]:
        """Of each of these, one label at least must be there."""
        return tuple(frozenset(found) for part in self.parts if (found := triggers(part)) is not None)

    def test(self, scene: Scene) -> Seen:
        """False as soon as one is false, whatever is unknown; nearly true when all that is false is nearly true."""
        if not scene.unanswered:
            for labels in self._wanted:
                if labels.isdisjoint(scene.by_label):
                    return FALSE
        matched: tuple[Evidence, ...] = ()
        near: tuple[Evidence, ...] = ()
        scores: tuple[ScoreValue, ...] = ()
        silent = NOBODY
        is_open = is_false = False
        for part in self.parts:
            result = part.test(scene)
            if result.truth:
                matched += result.matched
            elif result.truth is None:
                is_open, silent = True, silent | result.silent
            elif result.near:
                is_false, near = True, near + result.near
            else:
                return FALSE
            scores += result.scores
        if is_false:
            return FALSE if is_open else Seen(False, near=near, scores=scores)
        return Seen(None, silent=silent) if is_open else Seen(True, matched, scores=scores)


@dataclass(frozen=True)
class AnyTest:
    """At least one must hold."""

    parts: tuple[Test, ...]

    def test(self, scene: Scene) -> Seen:
        """True as soon as one is true, whatever is unknown; all that are true are named."""
        return _any([part.test(scene) for part in self.parts])


def _any(seen: Sequence[Seen]) -> Seen:
    if true := [result for result in seen if result.truth]:
        return Seen(True, _matched(true), scores=_scores(true))
    if any(result.truth is None for result in seen):
        return Seen(None, silent=_silent(seen))
    return Seen(False, near=_near(seen), scores=_scores(seen))


def _matched(seen: Sequence[Seen]) -> tuple[Evidence, ...]:
    return tuple([match for result in seen for match in result.matched])


def _near(seen: Sequence[Seen]) -> tuple[Evidence, ...]:
    return tuple([match for result in seen for match in result.near])


def _scores(seen: Sequence[Seen]) -> tuple[ScoreValue, ...]:
    return tuple([score for result in seen for score in result.scores])


def _silent(seen: Sequence[Seen]) -> frozenset[str]:
    return NOBODY.union(*(result.silent for result in seen))


@dataclass(frozen=True)
class NotTest:
    """Must not hold. What the inner condition matched is no reason for anything, but what it could not see is."""

    part: Test

    def test(self, scene: Scene) -> Seen:
        """True for false, false for true, unknown for unknown."""
        seen = self.part.test(scene)
        return Seen(None, silent=seen.silent) if seen.truth is None else FALSE if seen.truth else TRUE


@dataclass(frozen=True)
class OnePartTest:
    """All of a condition holds of one and the same part, with what was extracted from it."""

    part: Test

    def test(self, scene: Scene) -> Seen:
        """True when it is true of some part."""
        return _any([self.part.test(there) for there in scene.parts()])


def ready(condition: Condition, taxonomy: Taxonomy, file: PolicyFile) -> Test:
    """Make a condition ready: its labels with all that stand under them, its lists and scores filled in."""
    if condition.label is not None:
        size = Size(condition.box_area, condition.span_length, condition.seconds)
        return LabelTest(
            labels=covered(expand(condition.label, file.lists), taxonomy, exact=bool(condition.exact)),
            at_least=condition.at_least,
            below=condition.below,
            count=condition.count,
            different=condition.different_labels,
            detectors=None if condition.detector is None else frozenset(condition.detector),
            size=size if size != Size() else None,
        )
    if condition.all is not None:
        return AllTest(tuple(ready(part, taxonomy, file) for part in condition.all))
    if condition.any is not None:
        return AnyTest(tuple(ready(part, taxonomy, file) for part in condition.any))
    if condition.not_ is not None:
        return NotTest(ready(condition.not_, taxonomy, file))
    if condition.one_part is not None:
        return OnePartTest(ready(condition.one_part, taxonomy, file))
    if condition.people is not None:
        return PeopleTest.of(condition.people)
    if condition.score is not None:
        return _ready_score(condition, file.scores[condition.score], taxonomy, file)
    if condition.app is not None:
        return FactTest(apps=frozenset(condition.app))
    if condition.content_type is not None:
        return FactTest(content_types=frozenset(condition.content_type))
    assert condition.metadata is not None  # the model allows nothing else
    wanted = condition.metadata.in_
    values = () if wanted is None else file.lists.get(wanted.name, ()) if isinstance(wanted, ListRef) else wanted
    return MetadataTest(condition.metadata, tuple(values))


def _ready_score(condition: Condition, score: Score, taxonomy: Taxonomy, file: PolicyFile) -> ScoreTest:
    assert condition.score is not None
    terms = tuple(
        Term(
            labels=covered(expand(term.label, file.lists), taxonomy, exact=term.exact),
            detectors=None if term.detector is None else frozenset(term.detector),
            weight=term.weight,
        )
        for term in score.of
    )
    return ScoreTest(condition.score, score.combine, terms, condition.at_least, condition.below)


def settle(test: Test, app: str, content_types: frozenset[str]) -> Test | bool:
    """The condition for items of this app and these content types; a truth value where nothing else decides it."""
    if isinstance(test, FactTest):
        return test.holds(app, content_types)
    if isinstance(test, NotTest):
        inner = settle(test.part, app, content_types)
        return not inner if isinstance(inner, bool) else NotTest(inner)
    if isinstance(test, AllTest | AnyTest):
        parts = [settle(part, app, content_types) for part in test.parts]
        ends = isinstance(test, AnyTest)  # what decides alone: a true one of `any`, a false one of `all`
        if ends in parts:
            return ends
        left = tuple(part for part in parts if not isinstance(part, bool))
        return left[0] if len(left) == 1 else type(test)(left) if left else not ends
    return test


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
    if isinstance(test, LabelTest | BandTest | PeopleTest | ScoreTest):
        return test.labels
    if isinstance(test, AllTest | AnyTest):
        return frozenset().union(*(mentioned(part) for part in test.parts))
    return mentioned(test.part) if isinstance(test, NotTest | OnePartTest) else frozenset()


def triggers(test: Test) -> Mapping[str, float] | None:
    """What must be detected for a condition to be true: labels, each with the confidence from which it could be.

    One of the labels is needed, not all. None when the condition may be true although nothing was detected. Of several
    conditions that must all be true, the one with the fewest labels stands for all.
    """
    if isinstance(test, AllTest):
        each = [found for part in test.parts if (found := triggers(part)) is not None]
        return min(each, key=lambda found: (len(found), -sum(found.values()), sorted(found)), default=None)
    if isinstance(test, AnyTest):
        merged: dict[str, float] = {}
        for part in test.parts:
            found = triggers(part)
            if found is None:
                return None
            for label, low in found.items():
                merged[label] = min(low, merged.get(label, low))
        return merged
    if isinstance(test, OnePartTest):
        return triggers(test.part)
    if not isinstance(test, LabelTest | BandTest | PeopleTest | ScoreTest) or test.test(_EMPTY).truth:
        return None
    if isinstance(test, ScoreTest):
        lows: dict[str, float] = {}
        for term in test.terms:
            low = 0.0  # many small findings may add up to a high noisy-or
            if test.combine == "weighted_maximum":
                # Nearly true from (at_least - NEAR) / weight; a little less, because products are rounded.
                low = max(((test.at_least or 0.0) - NEAR) / term.weight + NEAR - 0.001, 0.0)
            for label in term.labels:
                lows[label] = min(lows.get(label, low), low)
        return lows
    low = test.people.at_least if isinstance(test, PeopleTest) else test.at_least or 0.0
    return dict.fromkeys(test.labels, low)


_EMPTY = Scene(Subject("", frozenset()), (), {})
