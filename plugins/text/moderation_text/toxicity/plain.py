"""The same scores as `model` gives, without numpy: for a text or two, to load that takes longer than to do without.

What `features` works out over whole arrays is worked out number by number here, and comes to the same.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence

from moderation_text.toxicity.file import ModelFile
from moderation_text.toxicity.hashes import (
    BESIDE,
    GAPS,
    MARKS,
    MIX,
    MIXES,
    NEAR,
    PIECE_BASE,
    PIECE_BITS,
    PIECES,
    WORD_BITS,
    hash_of,
    marks_of,
)

_MASK = (1 << 64) - 1
"""Hashes have 64 bits; what is over that is dropped."""


class Plain:
    """A trained classifier, ready to score few texts."""

    def __init__(self, file: ModelFile) -> None:
        self._file = file

    def scores(self, split: Sequence[Sequence[str]]) -> list[list[float]]:
        """Calibrated percent: for each text's words a number a column."""
        return [self._confidences(self.odds(words)) for words in split]

    def odds(self, words: Sequence[str]) -> list[float]:
        """Log-odds of one text, by column."""
        seen, pieces = words_seen(words), pieces_seen(words)
        sums = zip(self._sums(self._file.words, seen), self._sums(self._file.pieces, pieces), strict=True)
        return [
            (one + other) * step + constant
            for (one, other), step, constant in zip(sums, self._file.steps, self._file.constants, strict=True)
        ]

    def _sums(self, table: memoryview, numbers: Collection[int]) -> list[float]:
        width = len(self._file.columns)
        if not numbers:
            return [0.0] * width
        rows = [table[number * width : (number + 1) * width].tolist() for number in numbers]
        root = math.sqrt(len(numbers))
        return [sum(column) / root for column in zip(*rows, strict=True)]

    def _confidences(self, odds: Sequence[float]) -> list[float]:
        bent = (each * slope + shift for each, (slope, shift) in zip(odds, self._file.calibration, strict=True))
        return [100 / (1 + math.exp(-min(max(each, -40.0), 40.0))) for each in bent]


def words_seen(words: Sequence[str]) -> set[int]:
    """Numbers in the table of words: each by itself, with its neighbours, and near to what changes what it means."""
    return {_number(each & _MASK, WORD_BITS) for each in _of_words(words)}


def _of_words(words: Sequence[str]) -> Iterator[int]:
    keys = [hash_of(word) for word in words]
    marks = [marks_of(word) for word in words]
    for key in keys:
        yield key * MIX
    for gap, (one, other) in GAPS:
        for first, second in zip(keys, keys[gap:], strict=False):
            yield first * one + second * other
    for first, second, third in zip(keys, keys[1:], keys[2:], strict=False):
        yield first * MIXES[1] + second * MIXES[2] + third * MIXES[0]
    for number in range(MARKS):
        marked = [place for place, bits in enumerate(marks) if bits >> number & 1]
        near = {at for place in marked for at in range(place - NEAR, place + NEAR + 1) if at != place}
        for at in near & set(range(len(keys))):
            yield keys[at] * BESIDE[number % len(BESIDE)] + number + 1


def pieces_seen(words: Sequence[str]) -> set[int]:
    """Numbers in the table of pieces."""
    if not words:
        return set()
    data = " ".join(("", *words, "")).encode("utf-8", "surrogatepass")
    rolled: list[int] = list(data)
    seen: set[int] = set()
    for length in range(2, max(PIECES) + 1):
        rolled = [
            (before * PIECE_BASE + byte) & _MASK for before, byte in zip(rolled, data[length - 1 :], strict=False)
        ]
        if length in PIECES:
            mix = MIXES[length]
            seen.update(_number((each * mix + length) & _MASK, PIECE_BITS) for each in rolled)
    return seen


def _number(hashed: int, bits: int) -> int:
    """As `features` makes a number of `bits` bits of a hash."""
    return (((hashed ^ (hashed >> 29)) * MIX) & _MASK) >> (64 - bits)
