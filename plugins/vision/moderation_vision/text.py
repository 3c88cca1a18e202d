"""``vision.text``: text in a picture as a text part, so that text detectors see it. RapidOCR's models, see `reading`.

It sees lines in Latin letters, Chinese and Japanese, with the extra ``scripts`` also Cyrillic and Greek, in the first
frame. A line that it finds and cannot read is a failure beside what it reads, so that people look. What it does not
find, and what was measured: docs/text-in-pictures.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from moderation.core.items import Box, Extraction, Part, Place, Span, Tool
from moderation.hookspecs import Context, Incomplete, Unreadable
from moderation_vision.cards import TEXT

if TYPE_CHECKING:
    from moderation_vision.reading.models import Models
    from moderation_vision.reading.recognition import Words
    from moderation_vision.reading.scripts import Scripts

COPY = 3_000_000
"""Pixels of the copy that is looked at first: JPEG is decoded to one in a fraction of the time."""
SMALLEST_SIDE = 8
"""Pixels without which there are no letters."""
ONE_GAP = 0.5
"""Times the height of a line: boxes that are no further apart are one line."""


class Text:
    """Reads lines, joins them with newlines in reading order, and keeps where each stood.

    Boxes of one row stay lines of their own, as the cells of a table are, unless the gap is one between words.
    """

    name = "vision.text"
    version = "2.0"
    card = TEXT
    reads = ("image",)
    makes = ("text",)
    time_limit_seconds = 15.0
    """On a starved machine five times that; with what reads the text afterwards it stays within an item's lease."""

    def __init__(self) -> None:
        self._loaded: tuple[Models, Scripts] | None = None

    def __getstate__(self) -> dict[str, Any]:
        """The loaded models stay behind."""
        return {"_loaded": None}

    def extract(self, part: Part, context: Context) -> list[Part]:
        """One text part, or none where there is no text.

        Raises:
            Unreadable: it cannot be decoded, no line of its text can be read, or there is too much to read.
            Incomplete: a line in it cannot be read, beside others that can.
        """
        from moderation_vision.reading.pages import read_page, without_repeats

        models, scripts = self._load()
        copies = context.looks(part, _longest_of_copy(part))
        size = _size(part, copies[0].size)
        if min(size) < SMALLEST_SIDE:
            return []
        words: list[Words] = []
        unread = 0
        for number, copy in enumerate(copies):
            full = _Full(part, context, number) if copy.size != size else None
            shown = _pixels(copy)
            page = read_page(models, scripts, shown, size, full or (lambda shown=shown: shown))
            words, unread = without_repeats(words, page.words), unread + page.unread
        parts = self._part(part, words, size)
        if unread:
            message = (
                f"{unread} of {unread + len(words)} lines of text in it cannot be read here: "
                "they are in a script that is not read, or too blurred"
            )
            raise Incomplete(message, parts) if parts else Unreadable(message)
        return parts

    def _load(self) -> tuple[Models, Scripts]:
        if self._loaded is None:
            from moderation_vision.reading.models import load
            from moderation_vision.reading.scripts import Scripts

            self._loaded = load(), Scripts()
        return self._loaded

    def _part(self, part: Part, words: Sequence[Words], size: tuple[int, int]) -> list[Part]:
        from moderation_vision.reading.order import reading_order

        text, places = "", []
        for row in reading_order([each.line.corners.tolist() for each in words]):
            for number, before in zip(row, (None, *row), strict=False):
                each = words[number]
                is_same = before is not None and _gap(words[before], each) < ONE_GAP
                text += " " if is_same else "\n" if text else ""
                span = Span(start=len(text), end=len(text) + len(each.text))
                text += each.text
                sure = min(100.0, max(0.0, 100 * float(each.score)))
                places.append(Place(span=span, box=_box(each.line.corners, *size), confidence=sure))
        if not text:
            return []
        tool = Tool(name=self.name, version=self.version)
        return [Part(type="text", text=text, extraction=Extraction(part=part.id, extractor=tool, places=tuple(places)))]


class _Full:
    """A look at its full size, decoded when somebody asks for it."""

    def __init__(self, part: Part, context: Context, number: int) -> None:
        self._part, self._context, self._number = part, context, number
        self._pixels: Any = None

    def __call__(self) -> Any:
        if self._pixels is None:
            self._pixels = _pixels(self._context.looks(self._part)[self._number])
        return self._pixels


def _pixels(picture: Any) -> Any:
    import numpy

    return numpy.asarray(picture)


def _longest_of_copy(part: Part) -> int | None:
    """Pixels of the longest side; None for a picture that is looked at in full at once."""
    media = part.media
    if media is None or not media.width or not media.height or media.width * media.height <= COPY:
        return None
    return math.ceil(max(media.width, media.height) * math.sqrt(COPY / (media.width * media.height)))


def _size(part: Part, copy: tuple[int, int]) -> tuple[int, int]:
    """Width and height of the picture as it is seen, which may be turned from how it is stored."""
    if _longest_of_copy(part) is None or part.media is None or part.media.width is None or part.media.height is None:
        return copy
    stored = (part.media.width, part.media.height)
    return stored if (stored[0] > stored[1]) == (copy[0] > copy[1]) else (stored[1], stored[0])


def _gap(left: Words, right: Words) -> float:
    """Between the end of one and the beginning of the other, in heights."""
    end, begin = left.line.corners[[1, 2]].mean(axis=0), right.line.corners[[0, 3]].mean(axis=0)
    return math.dist(end.tolist(), begin.tolist()) / max(min(left.line.height, right.line.height), 1)


def _box(corners: Any, width: int, height: int) -> Box:
    """The upright box around four corners, in ratios, inside the picture."""
    xs = [min(max(float(x) / width, 0.0), 1.0) for x, _ in corners]
    ys = [min(max(float(y) / height, 0.0), 1.0) for _, y in corners]
    return Box(left=min(xs), top=min(ys), width=max(xs) - min(xs), height=max(ys) - min(ys))
