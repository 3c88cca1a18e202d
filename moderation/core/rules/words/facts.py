"""``app`` and ``content_type``: what is settled before anything is detected, and costs nothing for each item."""

from __future__ import annotations

from dataclasses import dataclass

from moderation.core.rules.scene import FALSE, NOBODY, TRUE, Observation, Scene
from moderation.core.rules.signals import Wakes
from moderation.core.rules.words.contract import Holds


@dataclass(frozen=True)
class AppTest:
    """The item is of one of these apps; no detector can leave it open."""

    apps: frozenset[str]

    @property
    def labels(self) -> frozenset[str]:
        """None at all."""
        return NOBODY

    def test(self, scene: Scene) -> Observation:
        """True or false."""
        return TRUE if self.settled(scene.subject.app, scene.subject.content_types) else FALSE

    def holds(self) -> Holds:
        """See `Test.holds`."""
        apps = self.apps
        return lambda scene: scene.subject.app in apps

    def settled(self, app: str, content_types: frozenset[str]) -> bool:
        """True of an item of one of these apps, else false."""
        return app in self.apps

    def wakes(self) -> Wakes | None:
        """None: it needs nothing."""
        return None


@dataclass(frozen=True)
class ContentTypeTest:
    """The item has one of these content types; no detector can leave it open."""

    types: frozenset[str]

    @property
    def labels(self) -> frozenset[str]:
        """None at all."""
        return NOBODY

    def test(self, scene: Scene) -> Observation:
        """True or false."""
        return TRUE if self.settled(scene.subject.app, scene.subject.content_types) else FALSE

    def holds(self) -> Holds:
        """See `Test.holds`."""
        types = self.types
        return lambda scene: not types.isdisjoint(scene.subject.content_types)

    def settled(self, app: str, content_types: frozenset[str]) -> bool:
        """True of an item with content of one of these types, else false."""
        return not content_types.isdisjoint(self.types)

    def wakes(self) -> Wakes | None:
        """None: it needs nothing."""
        return None
