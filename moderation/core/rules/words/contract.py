"""What every condition that is ready can be asked. A word that cannot answer one of these is no `Test` to mypy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from moderation.core.rules.scene import Observation, Scene


class Test(Protocol):
    """A condition that is ready.

    ``AppTest(apps=frozenset({"shop"})).test(scene).truth`` is True of an item of the shop.
    """

    @property
    def labels(self) -> frozenset[str]:
        """Every label that it looks at."""
        ...

    def test(self, scene: Scene) -> Observation:
        """Its truth in `scene`."""
        ...

    def settled(self, app: str, content_types: frozenset[str]) -> Test | bool:
        """The test for items of this app and these content types; a truth value where nothing else decides it."""
        ...

    def triggers(self) -> Mapping[str, float] | None:
        """What must be detected for it to be true: labels, each with the confidence from which it could be.

        One of the labels is needed, not all. None when it may be true although nothing was detected.
        """
        ...
