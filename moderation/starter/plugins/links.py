"""A detector of this site's own: texts that are hardly anything but links. Each file of this folder is a plugin."""

import re

from moderation import hookimpl
from moderation.core.cards import Card
from moderation.core.detections import Detection
from moderation.core.items import Part
from moderation.hookspecs import Context

LINK = re.compile(r"https?://\S+")


class Links:
    """Confidence is the share of a text's characters that belong to links, as percent."""

    name = "site.links"
    version = "1.0"
    card = Card(
        sees="texts that are links with few words beside them",
        does_not_see="where a link leads; links without http",
        cost="microseconds",
        languages="all",
    )
    reads = ("text",)
    labels = ("Custom/LINKS",)
    min_confidence = 30.0
    time_limit_seconds = 2.0

    def detect(self, part: Part, context: Context) -> list[Detection]:
        """One detection for the whole text, or none."""
        text = part.text or ""
        share = 100 * sum(len(link) for link in LINK.findall(text)) / max(len(text), 1)
        return [Detection(label="Custom/LINKS", confidence=share)] if share >= self.min_confidence else []


@hookimpl
def register_detectors(settings: object) -> list[Links]:
    """Offer ``site.links``."""
    return [Links()]
