"""``in_list``: something of the item stands on a list at run time; looked up before the rules are asked."""

from __future__ import annotations

from dataclasses import dataclass

from moderation.core.policy.words.listed import LISTS, name_of
from moderation.core.rules.scene import FALSE, NOBODY, Observation, Scene
from moderation.core.rules.signals import Sign, Wakes
from moderation.core.rules.words.contract import Holds, Test
from moderation.core.verdicts import ScoreValue

UNREAD = Observation(None, silent=frozenset({LISTS}))


@dataclass(frozen=True)
class ListedTest:
    """An item is on a list.

    Attributes:
        place: ``content`` or ``metadata.KEY``.
    """

    list_name: str
    place: str

    @property
    def labels(self) -> frozenset[str]:
        """None at all."""
        return NOBODY

    def test(self, scene: Scene) -> Observation:
        """Unknown where nobody could read the list."""
        listed = scene.subject.listed.get(name_of(self.list_name, self.place))
        if listed is None:
            return UNREAD
        is_on, version = listed
        if not is_on:
            return FALSE
        return Observation(True, scores=(ScoreValue(f"{self.list_name} {version[:12]}".strip(), 1.0, 1.0, "list"),))

    def holds(self) -> Holds:
        """See `Test.holds`."""
        name = name_of(self.list_name, self.place)

        def holds_of(scene: Scene) -> bool | None:
            listed = scene.subject.listed.get(name)
            return None if listed is None else listed[0]

        return holds_of

    def settled(self, app: str, content_types: frozenset[str]) -> Test | bool:
        """Itself: each item is on lists by itself."""
        return self

    def wakes(self) -> Wakes | None:
        """The list, with the item on it."""
        return {Sign("list", name_of(self.list_name, self.place)): 0.0}
