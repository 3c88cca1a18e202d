"""``people``: people who lack protective covers."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from moderation.core.detections import Detection
from moderation.core.policy.terms import Count
from moderation.core.policy.words.people import Unprotected
from moderation.core.rules.scene import FALSE, NOTHING, Observation, Scene, held
from moderation.core.rules.signals import Sign, Signal, Wakes
from moderation.core.rules.words.contract import Holds, Test
from moderation.core.rules.words.lasting import Lasting, number_at_once

PERSON = frozenset({"Person"})
_ANYBODY = Count.model_construct(at_least=1)


@dataclass(frozen=True)
class PeopleTest:
    """People who lack covers."""

    people: Unprotected
    group: Hashable
    """Conditions of one group ask about the same people; only their counts and times differ."""
    lasting: Lasting | None = None

    @classmethod
    def of(cls, people: Unprotected) -> PeopleTest:
        """The test for a condition."""
        covers = tuple(sorted(people.lacking.items()))
        bounds = (people.at_least, people.covered_at_least, people.bare_below)
        lasting = Lasting(people.seconds, people.share_of_time, people.runs)
        group = ("people", *bounds, covers, people.if_part_not_visible)
        return cls(people, group, lasting if lasting != Lasting() else None)

    @property
    def labels(self) -> frozenset[str]:
        """What it looks at."""
        return PERSON

    def test(self, scene: Scene) -> Observation:
        """A failed detector may have seen more people, never fewer; who cannot be told about may lack a cover."""
        people = self.people
        lacking, unsure = self._seen(scene)
        silent = scene.silent(PERSON)
        truth, is_doubtful = self._truth(scene, lacking, unsure, may_grow=bool(silent))
        if is_doubtful:
            doubting = {person.detector.name if person.detector else "Person" for person in unsure}
            return Observation(None, near=held(unsure, people.at_least), silent=silent | doubting)
        if truth:
            return Observation(True, held(lacking, people.at_least))
        return Observation(None, silent=silent) if truth is None else FALSE

    def holds(self) -> Holds:
        """See `Test.holds`."""

        def holds_of(scene: Scene) -> bool | None:
            lacking, unsure = self._seen(scene)
            may_grow = bool(scene.unanswered) and scene.is_open(PERSON)
            truth, is_doubtful = self._truth(scene, lacking, unsure, may_grow=may_grow)
            return None if is_doubtful else truth

        return holds_of

    def _seen(self, scene: Scene) -> tuple[list[Detection], list[Detection]]:
        """The people who lack a cover, and those of whom nobody can tell."""
        seen: tuple[list[Detection], list[Detection]] | None = scene.memo(self.group)
        if seen is None:
            persons = [p for p in scene.by_label.get("Person", ()) if p.confidence >= self.people.at_least]
            lacks = [_lacks(person, self.people) for person in persons]
            seen = (
                [person for person, truth in zip(persons, lacks, strict=True) if truth],
                [person for person, truth in zip(persons, lacks, strict=True) if truth is None],
            )
            scene.keep(self.group, seen)
        return seen

    def _truth(
        self, scene: Scene, lacking: list[Detection], unsure: list[Detection], *, may_grow: bool
    ) -> tuple[bool | None, bool]:
        """The truth by those who lack a cover, and whether those of whom nobody can tell would make another of it."""
        if self.lasting is not None:
            truth, other = (
                self.lasting.test(those, scene, (self.people.count, None), may_grow=may_grow)
                for those in (lacking, [*lacking, *unsure])
            )
            return truth, other is not truth
        if not scene.is_timed:
            sure, possible = len(lacking), len(lacking) + len(unsure)
        else:
            sure, possible = number_at_once(lacking), number_at_once([*lacking, *unsure])
        truth = self.people.count.holds(sure, may_grow=may_grow)
        return truth, self._is_doubtful(truth, sure, possible - sure, may_grow=may_grow)

    def _is_doubtful(self, truth: bool | None, lacking: int, unsure: int, *, may_grow: bool) -> bool:
        """Whether those of whom nobody can tell would make another truth of it."""
        holds = self.people.count.holds
        return any(holds(lacking + more, may_grow=may_grow) is not truth for more in range(1, unsure + 1))

    def settled(self, app: str, content_types: frozenset[str]) -> Test | bool:
        """Itself: what was found decides."""
        return self

    def wakes(self) -> Wakes | None:
        """A body part as bare as would count, or hidden where that counts; None where nobody at all makes it true."""
        people = self.people
        if self.test(NOTHING).truth:
            return None
        bare = math.nextafter(-people.covered_at_least, math.inf)
        found: dict[Signal, float] = {}
        for part, cover in people.lacking.items():
            found[Sign("bare", part, (cover, people.at_least))] = bare
            found[Sign("unsure", part, (cover, people.at_least))] = 0.0
            if people.if_part_not_visible != "ignore":
                found[Sign("hidden", part, (cover, people.at_least))] = 0.0
        return found

    @property
    def is_plain(self) -> bool:
        """True when each person with one bare part makes it true, whatever else there is."""
        people = self.people
        is_sure = people.bare_below is None or people.bare_below == people.covered_at_least
        return is_sure and len(people.lacking) == 1 and people.count == _ANYBODY and self.lasting is None


def _lacks(person: Detection, people: Unprotected) -> bool | None:
    """Whether the person lacks any of the covers; None when that cannot be told.

    A part that is not listed is not visible. One whose cover has the confidence None is visible, and the detector does
    not judge what is on it. Neither that nor a confidence between `bare_below` and `covered_at_least` is ever ignored.
    """
    parts = person.attributes.get("parts")
    seen: Mapping[str, Any] = parts if isinstance(parts, Mapping) else {}
    bare_below = people.covered_at_least if people.bare_below is None else people.bare_below
    is_unsure = False
    for part, cover in people.lacking.items():
        if part not in seen:
            if people.if_part_not_visible != "ignore":
                return True
            continue
        covers = seen[part]
        confidence = covers.get(cover, 0) if isinstance(covers, Mapping) else 0
        is_number = isinstance(confidence, int | float)
        if is_number and confidence >= people.covered_at_least:
            continue
        if confidence is None or (is_number and confidence >= bare_below):
            if people.if_part_not_visible != "ignore":
                return True
            is_unsure = True
        else:
            return True
    return None if is_unsure else False
