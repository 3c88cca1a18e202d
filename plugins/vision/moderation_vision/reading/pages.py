"""One picture from pixels to its lines, as they can be read; and whether one stands there that cannot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moderation.hookspecs import Unreadable
from moderation_vision.reading.contrast import with_contrast
from moderation_vision.reading.finding import Search
from moderation_vision.reading.lines import Line
from moderation_vision.reading.recognition import DOUBTFUL, HEIGHT, Words, columns_of, read
from moderation_vision.reading.scripts import Scripts, is_greek

if TYPE_CHECKING:
    from moderation_vision.reading.models import Models

LOWEST_SCORE = 0.5
"""Lines of which the reader is less sure are left out: they are mostly texture."""
MOST_COLUMNS = 200_000
"""Of all lines, 48 pixels high, that are read in one picture: some 250 lines of a letter. Beyond them, people read."""
_LONE = 0.7
_LEGIBLE = 13
"""Pixels of height, that of its letters and half as much again, without which nobody can say what a line is."""


@dataclass(frozen=True)
class Page:
    """What stands in a picture.

    Attributes:
        words: lines that were read, in no order.
        unread: lines that stand there for certain and cannot be read.
    """

    words: list[Words]
    unread: int


def read_page(models: Models, scripts: Scripts, copy: Any, size: tuple[int, int], full: Callable[[], Any]) -> Page:
    """The lines of a picture.

    Args:
        copy: the picture, or a smaller copy of it (RGB).
        size: width and height of the picture.
        full: gives the picture; asked when it is needed.

    Raises:
        Unreadable: there is more than is read in one picture.
    """
    measured = copy

    def whole() -> Any:
        return with_contrast(full(), measured)

    copy = with_contrast(copy)
    lines = Search(models, copy, size, whole).lines()
    columns = sum(map(columns_of, lines))
    if columns > MOST_COLUMNS:
        raise Unreadable(f"there is more text than is read in one picture: {len(lines)} lines or so")
    scale = copy.shape[1] / size[0]
    if all(line.height * scale >= HEIGHT for line in lines):
        shown = copy
        lines = [Line(line.corners * scale, line.sureness) for line in lines]
    else:
        shown, scale = whole(), 1.0
    words = [_in_its_script(scripts, shown, each) for each in read(models, shown, lines)]
    known = [each for each in words if not is_unread(each)]
    said = [
        Words(Line(each.line.corners / scale, each.line.sureness), each.text, each.score, each.unread)
        for each in known
        if each.score >= LOWEST_SCORE and _says_something(each)
    ]
    return Page(said, len(words) - len(known))


def is_unread(words: Words) -> bool:
    """It is a line of text for certain, and what was read is not what it says.

    Measured on photographs and on lines in ten scripts: docs/text-in-pictures.md.
    """
    line = words.line
    ratio = line.width / max(line.height, 1)
    if line.height < _LEGIBLE:
        return False
    return (
        (line.sureness >= 0.68 and ratio >= 4 and words.worth < LOWEST_SCORE)
        or (line.sureness >= 0.7 and ratio >= 2.5 and words.unread >= 0.35)
        or (line.sureness >= 0.7 and len(words.text) >= 8 and words.score < 0.8)
    )


def without_repeats(first: Sequence[Words], others: Sequence[Words]) -> list[Words]:
    """All of `first`, and those of `others` that say something else, or say it elsewhere: two looks at one picture."""

    def is_new(words: Words) -> bool:
        middle = words.line.corners.mean(axis=0)
        return not any(
            each.text == words.text and abs(each.line.corners.mean(axis=0) - middle).max() < words.line.height
            for each in first
        )

    return [*first, *filter(is_new, others)]


def _says_something(words: Words) -> bool:
    """A spot and a stripe are taken for a bullet, a one or an o; a letter that stands alone needs to be a sure one."""
    letters = sum(letter.isalnum() for letter in words.text)
    return letters > 1 or (letters == 1 and words.score * words.line.sureness >= _LONE)


def _in_its_script(scripts: Scripts, shown: Any, words: Words) -> Words:
    line = words.line
    looks_like_text = line.sureness >= 0.6 and line.width >= 1.5 * line.height >= 1.5 * _LEGIBLE
    if is_greek(words.text) or (looks_like_text and words.worth < DOUBTFUL):
        return scripts.read(shown, words)
    return words
