"""``all``, ``any``, ``not`` and ``one_part``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from moderation.core.rules.scene import FALSE, NOBODY, TRUE, Observation, Scene
from moderation.core.rules.signals import Sign, Signal, Wakes
from moderation.core.rules.words.contract import Holds, Test
from moderation.core.rules.words.label import LabelTest
from moderation.core.verdicts import Evidence, ScoreValue


@dataclass(frozen=True)
class AllTest:
    """Each must hold."""

    parts: tuple[Test, ...]

    @property
    def labels(self) -> frozenset[str]:
        """Those of all inside it."""
        return NOBODY.union(*(part.labels for part in self.parts))

    @cached_property
    def _wanted(self) -> tuple[frozenset[str], ...]:
        """Of each of these, one label at least must be there."""
        woken = [found for part in self.parts if (found := part.wakes()) is not None and _rank(found) == 0]
        return tuple(frozenset(str(label) for label in found) for found in woken)

    def test(self, scene: Scene) -> Observation:
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
            return FALSE if is_open else Observation(False, near=near, scores=scores)
        return Observation(None, silent=silent) if is_open else Observation(True, matched, scores=scores)

    def settled(self, app: str, content_types: frozenset[str]) -> Test | bool:
        """False when one is; what is true is left out."""
        return _settled(self.parts, app, content_types, AllTest, ends=False)

    def holds(self) -> Holds:
        """See `Test.holds`."""
        # The one that wakes it goes last: it mostly holds when all are asked.
        waking = self._waking
        parts = tuple(part.holds() for part in sorted(self.parts, key=lambda part: part is waking))

        def holds_of(scene: Scene) -> bool | None:
            truth: bool | None = True
            for part in parts:
                each = part(scene)
                if each is False:
                    return False
                if each is None:
                    truth = None
            return truth

        return holds_of

    @cached_property
    def _waking(self) -> Test | None:
        """The part whose signals stand for all."""
        woken = [(part, found) for part in self.parts if (found := part.wakes()) is not None]
        return min(woken, key=lambda each: _rarity(each[1]), default=(None, None))[0]

    @cached_property
    def without(self) -> tuple[frozenset[str], bool] | None:
        """Labels without which its truth is known where what wakes it is there and all answered; None for no such.

        Most items show one thing or two, so that of two things that are asked for, or of one and an exception, the
        other one is mostly not there.
        """
        waking = self._waking
        others = [part for part in self.parts if part is not waking]
        for part in others:
            wakes = part.wakes()
            if wakes is not None and _rank(wakes) == 0:
                return frozenset(map(str, wakes)), False
        if len(others) == 1 and isinstance(waking, LabelTest) and waking.is_plain and isinstance(others[0], NotTest):
            wakes = others[0].part.wakes()
            if wakes is not None and _rank(wakes) == 0:
                return frozenset(map(str, wakes)), True
        return None

    def wakes(self) -> Wakes | None:
        """Of those that need something, the rarest stands for all: the one with the fewest labels."""
        return None if self._waking is None else self._waking.wakes()


def _rank(wakes: Wakes) -> int:
    """0 for labels, 1 for several of them and what is seen of people, 2 for facts, which many items share."""
    signs = [signal.kind for signal in wakes if isinstance(signal, Sign)]
    return 2 if any(kind not in ("several", "bare", "unsure", "hidden") for kind in signs) else 1 if signs else 0


def _rarity(wakes: Wakes) -> tuple[int, int, float, list[str]]:
    return _rank(wakes), len(wakes), -sum(wakes.values()), sorted(map(repr, wakes))


@dataclass(frozen=True)
class AnyTest:
    """At least one must hold."""

    parts: tuple[Test, ...]

    @property
    def labels(self) -> frozenset[str]:
        """Those of all inside it."""
        return NOBODY.union(*(part.labels for part in self.parts))

    def test(self, scene: Scene) -> Observation:
        """True as soon as one is true, whatever is unknown; all that are true are named."""
        return _any([part.test(scene) for part in self.parts])

    def settled(self, app: str, content_types: frozenset[str]) -> Test | bool:
        """True when one is; what is false is left out."""
        return _settled(self.parts, app, content_types, AnyTest, ends=True)

    def holds(self) -> Holds:
        """See `Test.holds`."""
        return _one_holds(tuple(part.holds() for part in self.parts))

    def wakes(self) -> Wakes | None:
        """What any of them needs; None when one needs nothing."""
        merged: dict[Signal, float] = {}
        for part in self.parts:
            found = part.wakes()
            if found is None:
                return None
            for signal, low in found.items():
                merged[signal] = min(low, merged.get(signal, low))
        return merged


def _one_holds(parts: Sequence[Holds]) -> Holds:
    def holds_of(scene: Scene) -> bool | None:
        truth: bool | None = False
        for part in parts:
            each = part(scene)
            if each:
                return True
            if each is None:
                truth = None
        return truth

    return holds_of


def _any(seen: Sequence[Observation]) -> Observation:
    if true := [result for result in seen if result.truth]:
        return Observation(True, _matched(true), scores=_scores(true))
    if any(result.truth is None for result in seen):
        return Observation(None, silent=_silent(seen))
    return Observation(False, near=_near(seen), scores=_scores(seen))


def _matched(seen: Sequence[Observation]) -> tuple[Evidence, ...]:
    return tuple([match for result in seen for match in result.matched])


def _near(seen: Sequence[Observation]) -> tuple[Evidence, ...]:
    return tuple([match for result in seen for match in result.near])


def _scores(seen: Sequence[Observation]) -> tuple[ScoreValue, ...]:
    return tuple([score for result in seen for score in result.scores])


def _silent(seen: Sequence[Observation]) -> frozenset[str]:
    return NOBODY.union(*(result.silent for result in seen))


@dataclass(frozen=True)
class NotTest:
    """Must not hold. What the inner condition matched is no reason for anything, but what it could not see is."""

    part: Test

    @property
    def labels(self) -> frozenset[str]:
        """Those of what is inside it."""
        return self.part.labels

    def test(self, scene: Scene) -> Observation:
        """True for false, false for true, unknown for unknown."""
        seen = self.part.test(scene)
        return Observation(None, silent=seen.silent) if seen.truth is None else FALSE if seen.truth else TRUE

    def settled(self, app: str, content_types: frozenset[str]) -> Test | bool:
        """The contrary of what is settled."""
        inner = self.part.settled(app, content_types)
        return not inner if isinstance(inner, bool) else NotTest(inner)

    def holds(self) -> Holds:
        """See `Test.holds`."""
        part = self.part.holds()

        def holds_of(scene: Scene) -> bool | None:
            truth = part(scene)
            return None if truth is None else not truth

        return holds_of

    def wakes(self) -> Wakes | None:
        """None: it may be true of an item that shows nothing."""
        return None


@dataclass(frozen=True)
class OnePartTest:
    """All of a condition holds of one and the same part, with what was extracted from it."""

    part: Test

    @property
    def labels(self) -> frozenset[str]:
        """Those of what is inside it."""
        return self.part.labels

    def test(self, scene: Scene) -> Observation:
        """True when it is true of some part."""
        return _any([self.part.test(there) for there in scene.parts()])

    def settled(self, app: str, content_types: frozenset[str]) -> Test | bool:
        """Itself: each part has content types of its own."""
        return self

    def holds(self) -> Holds:
        """See `Test.holds`."""
        part = self.part.holds()

        def holds_of(scene: Scene) -> bool | None:
            truths = {part(there) for there in scene.parts()}
            return True if True in truths else None if None in truths else False

        return holds_of

    def wakes(self) -> Wakes | None:
        """What the condition needs, in whichever part; None where it goes by facts, which one part may not have."""
        found = self.part.wakes()
        return None if found is not None and _rank(found) == 2 else found


def _settled(
    parts: Sequence[Test], app: str, content_types: frozenset[str], kind: type[AllTest | AnyTest], *, ends: bool
) -> Test | bool:
    """What is left of several conditions; one that is settled as `ends` decides alone."""
    each = [part.settled(app, content_types) for part in parts]
    if ends in each:
        return ends
    left = tuple(part for part in each if not isinstance(part, bool))
    return left[0] if len(left) == 1 else kind(left) if left else not ends
