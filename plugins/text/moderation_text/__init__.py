"""Words and phrases that policy owners list, found through disguise; and what reads like abuse without them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moderation import hookimpl
from moderation_text.detector import Blocklist
from moderation_text.toxicity.detector import Toxicity

if TYPE_CHECKING:
    from moderation.settings import Settings


@hookimpl
def register_detectors(settings: Settings) -> list[Blocklist | Toxicity]:
    """Offer ``text.blocklist`` over the lists in force, and ``text.toxicity``; a faulty list stops the start."""
    return [Blocklist.load(settings.lists), Toxicity()]
