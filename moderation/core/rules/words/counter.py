"""``counter``: how many items came before this one; worked out before the rules are asked, and handed to them."""

from __future__ import annotations

from dataclasses import dataclass

from moderation.core.policy.words.counter import COUNTERS, CounterCondition
from moderation.core.rules.scene import FALSE, NOBODY, Observation, Scene
from moderation.core.rules.signals import Sign, Wakes
from moderation.core.rules.words.contract import Holds, Test
from moderation.core.verdicts import ScoreValue

UNCOUNTED = Observation(None, silent=frozenset({COUNTERS}))


@dataclass(frozen=True)
class CounterTest:
    """A number of the item's subject, within a range.

    Attributes:
        counter: as ``policy/counter``.
    """

    counter: str
    condition: CounterCondition

    @classmethod
    def of(cls, condition: CounterCondition, policy: str) -> CounterTest:
        """The test for a condition of a policy."""
        return cls(f"{policy}/{condition.counter}", condition)

    @property
    def labels(self) -> frozenset[str]:
        """None at all."""
        return NOBODY

    def test(self, scene: Scene) -> Observation:
        """Unknown where nobody could count: that is not the same as nothing."""
        number = scene.subject.counts.get(self.counter)
        if number is None:
            return UNCOUNTED
        if not self.condition.holds(number):
            return FALSE
        low = float(self.condition.at_least or 0)
        return Observation(True, scores=(ScoreValue(self.condition.counter, float(number), low, "counter"),))

    def holds(self) -> Holds:
        """See `Test.holds`."""
        name, holds = self.counter, self.condition.holds

        def holds_of(scene: Scene) -> bool | None:
            number = scene.subject.counts.get(name)
            return None if number is None else holds(number)

        return holds_of

    def settled(self, app: str, content_types: frozenset[str]) -> Test | bool:
        """Itself: the numbers are of each item."""
        return self

    def wakes(self) -> Wakes | None:
        """The counter, from where it could be true."""
        return {Sign("counter", self.counter): float(self.condition.at_least or 0)}
