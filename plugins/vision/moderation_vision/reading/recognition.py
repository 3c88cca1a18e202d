"""What lines say: each is cut out, turned upright, shrunk to 48 pixels of height and read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy

from moderation_vision.reading.bands import ink_in, tightened
from moderation_vision.reading.contrast import with_contrast
from moderation_vision.reading.lines import Line

if TYPE_CHECKING:
    from moderation_vision.reading.models import Models

HEIGHT = 48
_NARROWED = 0.88
"""Of its width, for its height: the reader's time goes with the columns, and it reads letters narrowed by an eighth as
well as others (of 60 lines in four fonts 59, as with 1). With 0.8 it begins to lose gaps between words."""
NARROWEST = 160
"""Columns: the reader was trained on wide pictures, so narrow ones are filled up with grey."""
WIDEST = 2400
"""Columns read at once; longer lines are cut where there is a gap."""
DOUBTFUL = 0.9
"""A line that the reader is less sure of may be upside down."""
_LETTER = 38
"""Columns from the middle of a letter that are its own, at most; a wide one has 42."""
_SQUARE = 1.5
"""A box less wide than this, by its height, may hold letters that stand or lie: what it says is tried both ways."""


@dataclass(frozen=True)
class Words:
    """A line, read.

    Attributes:
        line: with its corners from where the words begin, so turned round when they stood upside down.
        text: may be empty.
        score: 0-1, how sure the reader is of the letters it gives.
        unread: 0-1, the share of the line with ink where it gives none. It is trained to leave out what it does not
            know, and is sure of it.
    """

    line: Line
    text: str
    score: float
    unread: float

    @property
    def worth(self) -> float:
        """By which readings of one line are compared."""
        return self.score * (1 - self.unread)


def columns_of(line: Line) -> int:
    """How wide it will be for the reader, which is what it costs."""
    return max(_width_of(line), NARROWEST)


def _width_of(line: Line) -> int:
    return max(round(_NARROWED * line.width * HEIGHT / max(line.height, 1)), 8)


def read(models: Models, picture: Any, lines: Sequence[Line]) -> list[Words]:
    """Each line, in order; of a box that holds several, each.

    Args:
        picture: RGB, in whose pixels the corners are.
    """
    read = models.threads.map(lambda line: _lines_of(models, picture, line), lines)
    return [words for each in read for words in each]


def _lines_of(models: Models, picture: Any, line: Line) -> list[Words]:
    return [_best(models, picture, each) for each in tightened(line, cut_out(picture, line))]


def _best(models: Models, picture: Any, line: Line) -> Words:
    """As it stands, or turned by 180 degrees (a square one also by 90) when that can be read better."""
    best = _read(models, picture, line)
    for quarters in (2, 1, 3) if line.width < _SQUARE * line.height else (2,):
        if best.worth >= DOUBTFUL:
            break
        turned = _read(models, picture, replace(line, corners=numpy.roll(line.corners, -quarters, axis=0)))
        best = max(best, turned, key=lambda words: words.worth)
    return best


def _read(models: Models, picture: Any, line: Line) -> Words:
    pieces = [_decode(models, piece) for piece in _pieces(with_contrast(cut_out(picture, line)))]
    letters = sum(len(text) for text, _, _, _ in pieces)
    score = sum(len(text) * score for text, score, _, _ in pieces) / letters if letters else 0.0
    inked, unread = (sum(piece[number] for piece in pieces) for number in (2, 3))
    text = " ".join(word for text, _, _, _ in pieces for word in text.split())
    return Words(line, text, score, unread / inked if inked else 0.0)


def cut_out(picture: Any, line: Line) -> Any:
    """The line as RGB, upright, `HEIGHT` pixels high, narrowed."""
    import cv2

    width = _width_of(line)
    # Straight from the picture, so that letters are sampled once; from a smaller one where they are larger than that,
    # because bicubic sampling looks at 4 x 4 pixels only.
    shrink = max(1, int(line.height / HEIGHT))
    corners = line.corners
    if shrink > 1:
        left, top = numpy.maximum(numpy.floor(corners.min(axis=0)).astype(int), 0)
        right, bottom = numpy.ceil(corners.max(axis=0)).astype(int) + 1
        part = picture[top:bottom, left:right]
        size = (max(part.shape[1] // shrink, 1), max(part.shape[0] // shrink, 1))
        factor = (size[0] / part.shape[1], size[1] / part.shape[0])
        picture, corners = cv2.resize(part, size, interpolation=cv2.INTER_AREA), (corners - (left, top)) * factor
    target = numpy.array([[0, 0], [width, 0], [width, HEIGHT]], numpy.float32)
    matrix = cv2.getAffineTransform(corners[:3].astype(numpy.float32), target)
    return cv2.warpAffine(picture, matrix, (width, HEIGHT), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def _pieces(cut: Any) -> list[Any]:
    """Of a long line, pieces of about `WIDEST` columns, cut where the columns differ least."""
    pieces = []
    while cut.shape[1] > WIDEST:
        spread = cut[:, WIDEST // 2 : WIDEST].astype(numpy.int16).std(axis=(0, 2))
        smooth = numpy.convolve(spread, numpy.ones(9) / 9, "same")
        at = WIDEST // 2 + int(len(smooth) - 1 - smooth[::-1].argmin())
        pieces.append(cut[:, :at])
        cut = cut[:, at:]
    return [*pieces, cut]


def _decode(models: Models, cut: Any) -> tuple[str, float, int, int]:
    """The best of each step, repeats and gaps left out (CTC, Graves 2006).

    Returns:
        Text; mean sureness of its letters; columns with ink; those of them that are far from any letter.
    """
    width = cut.shape[1]
    blob = numpy.zeros((1, 3, HEIGHT, max(width, NARROWEST)), numpy.float32)
    blob[0, :, :, :width] = (cut[:, :, ::-1].astype(numpy.float32) / 127.5 - 1).transpose(2, 0, 1)
    steps = models.reader.run(None, {models.reader.get_inputs()[0].name: blob})[0][0]
    best = steps.argmax(axis=1)
    letters = numpy.flatnonzero((best != 0) & (best != numpy.concatenate([[0], best[:-1]])))
    text = "".join(models.characters[number] for number in best[letters])
    score = float(steps[letters, best[letters]].mean()) if letters.size else 0.0
    columns = numpy.flatnonzero(ink_in(cut).any(axis=0))
    read = letters[[models.characters[number] != " " for number in best[letters]]]
    centers = (read + 0.5) * blob.shape[3] / len(steps)
    near = numpy.abs(columns[:, None] - centers[None, :]).min(axis=1, initial=math.inf) <= _LETTER
    return text, score, columns.size, int((~near).sum())
