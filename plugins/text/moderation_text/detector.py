"""``text.blocklist``: listed words and phrases, whole words only, through disguise."""

from __future__ import annotations

from pathlib import Path

from moderation.core.detections import Detection
from moderation.core.items import Part, Span
from moderation.hookspecs import Context
from moderation_text.card import CARD
from moderation_text.lists import Lists, read_lists, shipped_lists
from moderation_text.matching import Matcher


class Blocklist:
    """Finds the entries of block lists.

    Confidence is the entry's severity. A detection says which list it is from, the entry's severity and whether it was
    disguised, never the word itself. Detections of different labels may overlap.

    Args:
        lists: what to find.
    """

    name = "text.blocklist"
    version = "1.0"
    card = CARD
    reads = ("text",)
    min_confidence = 1.0
    """A list may say any number over 1."""
    time_limit_seconds = 10.0

    def __init__(self, lists: Lists) -> None:
        self._lists = lists
        self._matcher: Matcher | None = None
        self.labels = tuple(sorted({entry.label for entry in lists.entries}))

    @classmethod
    def load(cls, folder: Path | None = None) -> Blocklist:
        """The detector over the lists of a folder; None for the shipped ones. Raises `PolicyFault`."""
        return cls(read_lists(folder or shipped_lists()))

    def __getstate__(self) -> dict[str, object]:
        """The matcher stays behind and is made again at the first `detect`."""
        return {"_lists": self._lists, "_matcher": None, "labels": self.labels}

    def detect(self, part: Part, context: Context) -> list[Detection]:
        """The findings of one text, from start to end."""
        if self._matcher is None:
            self._matcher = Matcher(self._lists.entries, self._lists.allow)
        return [
            Detection(
                label=match.entry.label,
                confidence=match.entry.confidence,
                span=Span(start=match.start, end=match.end),
                attributes={
                    "list": match.entry.source,
                    "severity": match.entry.severity,
                    "disguised": match.is_disguised,
                },
            )
            for match in self._matcher.find(part.text or "")
        ]
