"""``people``: people who lack protective covers."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from moderation.core.detections import Detection
from moderation.core.policy.words.people import Unprotected
from moderation.core.rules.scene import FALSE, NOTHING, Observation, Scene, held
from moderation.core.rules.words.contract import Test

PERSON = frozenset({"Person"})


@dataclass(frozen=True)
class PeopleTest:
    """People who lack covers."""

    people: Unprotected
    group: Hashable
    """Conditions of one group ask about the same people; only their counts differ."""

    @classmethod
    def of(cls, people: Unprotected) -> PeopleTest:
        """The test for a condition."""
        covers = tuple(sorted(people.lacking.items()))
        return cls(people, ("people", people.at_least, covers, people.covered_at_least, people.if_part_not_visible))

    @property
    def labels(self) -> frozenset[str]:
        """What it looks at."""
        return PERSON

    def test(self, scene: Scene) -> Observation:
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
            return Observation(True, held(lacking, people.at_least))
        return Observation(None, silent=silent) if truth is None else FALSE

    def settled(self, app: str, content_types: frozenset[str]) -> Test | bool:
        """Itself: what was found decides."""
        return self

    def triggers(self) -> Mapping[str, float] | None:
        """Its labels, from where it could be true."""
        return None if self.test(NOTHING).truth else dict.fromkeys(self.labels, self.people.at_least)


def _lacks(person: Detection, people: Unprotected) -> bool:
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
