"""``film.frames``: films as still pictures with their seconds, so that every detector of pictures looks at films.

An extra, because PyAV's wheels carry FFmpeg with parts under the GPL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moderation import hookimpl
from moderation.hookspecs import Finding

if TYPE_CHECKING:
    from collections.abc import Collection

    from moderation.settings import Settings


@hookimpl
def register_extractors(settings: Settings) -> list[Any]:
    """Offer ``film.frames``."""
    from moderation_film.frames import Frames

    return [Frames(settings.film_frames)]


@hookimpl
def register_redactors(settings: Settings) -> list[Any]:
    """Offer ``film.blank``, ``film.patch`` and ``film.mute``."""
    from moderation_film.covering import Cover, CoverWithPatch
    from moderation_film.muting import Mute

    return [Cover(), CoverWithPatch(), Mute()]


@hookimpl
def examine(settings: Settings, services: Collection[str]) -> list[Finding]:
    """Say how much of a film is looked at."""
    text = f"film.frames takes up to {settings.film_frames} pictures out of a film, one in 2 s unless a policy says"
    return [Finding(text)]
