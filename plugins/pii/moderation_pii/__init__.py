"""Personal data in text: a text part comes in, detections with label, confidence and span go out. All on this machine.

`detector` asks `kinds` for patterns, `reading` for the text as it is meant and `names` for the model; these three know
nothing of each other, only of `pattern`, `context` and `checksums` below them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moderation import hookimpl
from moderation_pii.detector import TextPii

if TYPE_CHECKING:
    from moderation.settings import Settings


@hookimpl
def register_detectors(settings: Settings) -> list[TextPii]:
    """Offer ``pii.text``."""
    return [TextPii(dates_alone=settings.pii_dates_alone)]
