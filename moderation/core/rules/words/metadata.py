"""``metadata``: one value of what the app sent along."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from moderation.core.policy.terms import ListRef, is_number
from moderation.core.policy.words.metadata import MetadataCondition, MetadataValue
from moderation.core.rules.scene import FALSE, MISSING, NOBODY, TRUE, Observation, Scene, value_at
from moderation.core.rules.signals import Sign, Wakes
from moderation.core.rules.words.contract import Holds, Test


@dataclass(frozen=True)
class MetadataTest:
    """One value of the app's metadata."""

    metadata: MetadataValue
    values: tuple[object, ...] = ()

    @classmethod
    def of(cls, condition: MetadataCondition, lists: Mapping[str, Sequence[object]]) -> MetadataTest:
        """The test for a condition, its list filled in."""
        wanted = condition.metadata.in_
        values = () if wanted is None else lists.get(wanted.name, ()) if isinstance(wanted, ListRef) else wanted
        return cls(condition.metadata, tuple(values))

    @property
    def labels(self) -> frozenset[str]:
        """None at all."""
        return NOBODY

    def test(self, scene: Scene) -> Observation:
        """True or false."""
        return TRUE if metadata_holds(self.metadata, self.values, scene.subject.metadata) else FALSE

    def holds(self) -> Holds:
        """See `Test.holds`."""
        test, values = self.metadata, self.values
        return lambda scene: metadata_holds(test, values, scene.subject.metadata)

    def settled(self, app: str, content_types: frozenset[str]) -> Test | bool:
        """Itself: each item's metadata is its own."""
        return self

    def wakes(self) -> Wakes | None:
        """The value of its key; None where it asks that there is none."""
        test, key = self.metadata, self.metadata.key
        if test.given is not None:
            return {Sign("given", key): 0.0} if test.given else None
        wanted = [each for each in (test.is_, test.has) if each is not None]
        if wanted or test.in_ is not None:
            return {Sign("value", key, value): 0.0 for value in wanted or self.values}
        return {Sign("number", key): -math.inf if test.at_least is None else test.at_least}


def metadata_holds(test: MetadataValue, values: Sequence[object], metadata: Mapping[str, JsonValue]) -> bool:
    """True when the value passes; one that is missing or of another type does not."""
    value = value_at(test.key, metadata)
    if test.given is not None:
        return (value is not MISSING) is test.given
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


def _same(value: object, wanted: object) -> bool:
    """Equal and of one type: 5 is 5.0, but neither '5' nor True."""
    if is_number(value) and is_number(wanted):
        return value == wanted
    return type(value) is type(wanted) and value == wanted
