"""``app`` and ``content_type``: what is settled before anything is detected, and costs nothing for each item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from moderation.core.rules.scene import FALSE, NOBODY, TRUE, Observation, Scene


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

    def settled(self, app: str, content_types: frozenset[str]) -> bool:
        """True of an item of one of these apps, else false."""
        return app in self.apps

    def triggers(self) -> Mapping[str, float] | None:
        """None: it may be true although nothing was detected."""
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

    def settled(self, app: str, content_types: frozenset[str]) -> bool:
        """True of an item with content of one of these types, else false."""
        return not content_types.isdisjoint(self.types)

    def triggers(self) -> Mapping[str, float] | None:
        """None: it may be true although nothing was detected."""
        return None
