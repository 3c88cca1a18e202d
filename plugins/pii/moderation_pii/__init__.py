"""Personal data in text, found on this machine with patterns, checksums and the words around them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moderation import hookimpl
from moderation_pii.detector import TextPii

if TYPE_CHECKING:
    from moderation.settings import Settings


@hookimpl
def register_detectors(settings: Settings) -> list[TextPii]:
    """Offer ``pii.text``."""
    return [TextPii()]
