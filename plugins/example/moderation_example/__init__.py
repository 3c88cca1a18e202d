"""The tutorial's plugin: finds text that shouts. This file and `pyproject.toml` are all there is to it."""

from moderation import hookimpl
from moderation.core.cards import Card
from moderation.core.detections import Detection
from moderation.core.items import Part
from moderation.hookspecs import Context


class Shouting:
    """Text mostly in capitals. Confidence is the share of capitals among its letters, as percent."""

    name = "example.shouting"
    version = "1.0"
    card = Card(
        sees="texts mostly in capitals",
        does_not_see="shouting in small letters, and in scripts that have no capitals",
        cost="microseconds",
        languages="those that have capitals",
    )
    reads = ("text",)
    labels = ("Custom/SHOUTING",)
    min_confidence = 70.0
    time_limit_seconds = 2.0

    def detect(self, part: Part, context: Context) -> list[Detection]:
        """One detection for the whole text, or none; short texts do not shout."""
        letters = [c for c in part.text or "" if c.isalpha()]
        share = 100 * sum(c.isupper() for c in letters) / max(len(letters), 1)
        if len(letters) < 12 or share < self.min_confidence:
            return []
        return [Detection(label="Custom/SHOUTING", confidence=share)]


@hookimpl
def register_detectors(settings: object) -> list[Shouting]:
    """Offer ``example.shouting``."""
    return [Shouting()]
