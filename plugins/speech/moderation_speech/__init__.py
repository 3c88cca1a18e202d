"""``speech.text``: what is said in sounds and films, written down by a machine on this machine.

It is asked only where a policy names it, and examines nothing: what it hears can be held against an item, and what it
does not hear clears none.
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
    """Offer ``speech.text``."""
    from moderation_speech.extractor import Speech

    return [Speech()]


@hookimpl
def examine(settings: Settings, services: Collection[str]) -> list[Finding]:
    """Say what is heard."""
    from moderation_speech.extractor import MAX_SECONDS

    return [Finding(f"speech.text writes down English, the first {MAX_SECONDS:.0f} s of a sound; it clears nothing")]
