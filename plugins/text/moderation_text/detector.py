"""``text.blocklist``: listed words and phrases, whole words only, through disguise."""

from __future__ import annotations

from pathlib import Path

from moderation.core.detections import Detection
from moderation.core.items import Part, Span
from moderation.hookspecs import Context
from moderation_text.card import CARD
from moderation_text.languages import is_another
from moderation_text.lists import SEVERITIES, Lists, read_lists, shipped_lists
from moderation_text.matching import Match, Matcher
from moderation_text.quoting import is_in_link, is_quoted

QUOTED = SEVERITIES["strong"]
"""The most that an entry counts, percent, where it is quoted and says that this softens it: a person looks."""

IN_A_LINK = SEVERITIES["mild"]
"""The most that any counts inside a link, whose words are often somebody else's."""


class Blocklist:
    """Finds the entries of block lists.

    Confidence is the entry's severity, or less where the words are softened: by quoting, where the entry says so, and
    inside a link. A detection says which list it is from, the entry's severity, whether it was disguised and what
    softened it, never the word itself. Detections of different labels may overlap.

    Args:
        lists: what to find.
    """

    name = "text.blocklist"
    version = "1.1"
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
        text = part.text or ""
        return [_detection(match, text) for match in self._matcher.find(text) if not _is_foreign(match, text)]


def _is_foreign(match: Match, text: str) -> bool:
    language = match.entry.language
    return bool(language) and is_another(text, match.start, match.end, language)


def _detection(match: Match, text: str) -> Detection:
    entry, softened = match.entry, ""
    confidence = entry.confidence
    if confidence > IN_A_LINK and is_in_link(text, match.start, match.end):
        confidence, softened = IN_A_LINK, "link"
    elif confidence > QUOTED and entry.softened_by == "quoting" and is_quoted(text, match.start, match.end):
        confidence, softened = QUOTED, "quoting"
    return Detection(
        label=entry.label,
        confidence=confidence,
        span=Span(start=match.start, end=match.end),
        attributes={
            "list": entry.source,
            "severity": entry.severity,
            "disguised": match.is_disguised,
            **({"softened": softened} if softened else {}),
        },
    )
