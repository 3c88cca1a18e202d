"""Words and phrases that policy owners list, found through disguise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moderation import hookimpl
from moderation_text.detector import Blocklist

if TYPE_CHECKING:
    from moderation.settings import Settings


@hookimpl
def register_detectors(settings: Settings) -> list[Blocklist]:
    """Offer ``text.blocklist`` over the lists in force; a faulty list stops the start."""
    return [Blocklist.load(settings.lists)]
