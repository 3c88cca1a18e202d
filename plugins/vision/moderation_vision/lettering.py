"""``vision.lettering``: whether a picture shows text at all, so that rules can ask for it and have all of it taken out.

It sees what an extractor read in the picture, whatever it says, and no letters that none could read.
"""

from __future__ import annotations

from moderation.core.detections import Detection
from moderation.core.items import Part
from moderation.hookspecs import Context
from moderation_vision.cards import LETTERING


class Lettering:
    """Says ``Text`` of each text that was read in a picture; where it stood is what the extractor says."""

    name = "vision.lettering"
    version = "1.0"
    card = LETTERING
    reads = ("text",)
    labels = ("Text",)
    min_confidence = 100.0
    time_limit_seconds = 2.0
    on_demand = True
    """Most policies have no use for it, and each text that is posted would be sent to it."""

    def detect(self, part: Part, context: Context) -> list[Detection]:
        """One, about all of the text, when it stood in boxes of a picture."""
        stood = part.extraction is not None and any(place.box is not None for place in part.extraction.places)
        return [Detection(label="Text", confidence=100)] if stood else []
