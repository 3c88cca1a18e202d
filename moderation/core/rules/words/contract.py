"""What every condition that is ready can be asked. A word that cannot answer one of these is no `Test` to mypy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from moderation.core.rules.scene import Observation, Scene
from moderation.core.rules.signals import Wakes

Holds = Callable[[Scene], bool | None]
"""A truth in a scene, three-valued, and nothing of what led to it."""


class Test(Protocol):
    """A condition that is ready.

    ``AppTest(apps=frozenset({"shop"})).test(scene).truth`` is True of an item of the shop.
    """

    @property
    def labels(self) -> frozenset[str]:
        """Every label that it looks at."""
        ...

    def test(self, scene: Scene) -> Observation:
        """Its truth in `scene`, and what led to it."""
        ...

    def holds(self) -> Holds:
        """The truth that `test` finds, made to be asked often: a closure over what it needs."""
        ...

    def settled(self, app: str, content_types: frozenset[str]) -> Test | bool:
        """The test for items of this app and these content types; a truth value where nothing else decides it."""
        ...

    def wakes(self) -> Wakes | None:
        """What an item must show for it to be true, or left open where all answered; None for nothing at all."""
        ...
