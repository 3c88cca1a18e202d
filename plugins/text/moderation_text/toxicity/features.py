"""Numbers of what the classifier sees in texts: words, their neighbours, who is spoken of, and pieces of words.

Everything is hashed into two tables, one for words and one for pieces of two to five bytes, so that the model has no
list of words. Many texts are worked out at once: the steps are few and over whole arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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

_MIX = np.uint64(MIX)
_MIXES = tuple(map(np.uint64, MIXES))
_GAPS = tuple((gap, (np.uint64(one), np.uint64(other))) for gap, (one, other) in GAPS)
_BESIDE = tuple(map(np.uint64, BESIDE))
_PIECE_BASE = np.uint64(PIECE_BASE)
_MOST_KNOWN = 50_000
_CUT = "\n"


@dataclass(frozen=True, slots=True)
class Features:
    """What is seen in several texts, each with each number at most once.

    Attributes:
        words: numbers in the table of words, text after text.
        word_ends: where each text's numbers end in `words`.
        pieces: numbers in the table of pieces.
        piece_ends: where each text's numbers end in `pieces`.
    """

    words: NDArray[np.int64]
    word_ends: NDArray[np.int64]
    pieces: NDArray[np.int64]
    piece_ends: NDArray[np.int64]


class Seeing:
    """Works out features; remembers the words it has met, up to a bound. One thread at a time."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, int]] = {}

    def features(self, split: Sequence[Sequence[str]]) -> Features:
        """What is seen in each text, of its words. Pure but for the memory of words, which changes no answer."""
        words, word_ends = self._of_words(split)
        pieces, piece_ends = _of_pieces(split)
        return Features(words, word_ends, pieces, piece_ends)

    def _of_words(self, split: Sequence[Sequence[str]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        known, hashes, marks = self._known, [], []
        if len(known) > _MOST_KNOWN:
            known.clear()
        for words in split:
            for word in words:
                pair = known.get(word)
                if pair is None:
                    pair = known[word] = hash_of(word), marks_of(word)
                hashes.append(pair[0])
                marks.append(pair[1])
        counts = np.fromiter(map(len, split), np.int64, len(split))
        if not hashes:
            return np.zeros(0, np.int64), np.zeros(len(split), np.int64)
        ends = np.cumsum(counts)
        text = np.repeat(np.arange(len(split)), counts)
        key = np.array(hashes, np.uint64)
        bits = np.array(marks, np.int64)
        found, owners = [key * _MIX], [text]
        for gap, (one, other) in _GAPS:
            if len(key) > gap:
                inside = text[:-gap] == text[gap:]
                found.append((key[:-gap] * one + key[gap:] * other)[inside])
                owners.append(text[:-gap][inside])
        if len(key) > 2:
            inside = text[:-2] == text[2:]
            found.append((key[:-2] * _MIXES[1] + key[1:-1] * _MIXES[2] + key[2:] * _MIXES[0])[inside])
            owners.append(text[:-2][inside])
        first, last = (ends - counts)[text], ends[text]
        place = np.arange(len(key))
        begin, end = np.maximum(place - NEAR, first), np.minimum(place + NEAR + 1, last)
        for number in range(MARKS):
            marked = (bits >> number) & 1
            if not marked.any():
                continue
            total = np.concatenate(([0], np.cumsum(marked)))
            near = (total[end] - total[begin] - marked) > 0
            found.append(key[near] * _BESIDE[number % len(_BESIDE)] + np.uint64(number + 1))
            owners.append(text[near])
        return _once(np.concatenate(found), np.concatenate(owners), len(split), WORD_BITS)


def _of_pieces(split: Sequence[Sequence[str]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    lines = [" ".join(("", *words, "")).encode("utf-8", "surrogatepass") if words else b"" for words in split]
    data = np.frombuffer(_CUT.encode().join(lines), np.uint8).astype(np.uint64)
    sizes = np.fromiter(map(len, lines), np.int64, len(lines))
    text = np.repeat(np.arange(len(lines)), sizes + 1)[: len(data)]
    if not len(data):
        return np.zeros(0, np.int64), np.zeros(len(split), np.int64)
    is_cut = np.zeros(len(data), bool)
    is_cut[np.cumsum(sizes + 1)[:-1] - 1] = True
    found, owners = [], []
    rolled, clean = data, ~is_cut
    for length in range(2, max(PIECES) + 1):
        if len(data) < length:
            break
        rolled = rolled[:-1] * _PIECE_BASE + data[length - 1 :]
        clean = clean[:-1] & ~is_cut[length - 1 :]
        if length in PIECES:
            found.append(rolled[clean] * _MIXES[length] + np.uint64(length))
            owners.append(text[: len(rolled)][clean])
    if not found:
        return np.zeros(0, np.int64), np.zeros(len(split), np.int64)
    return _once(np.concatenate(found), np.concatenate(owners), len(split), PIECE_BITS)


def _once(
    hashes: NDArray[np.uint64], owners: NDArray[np.int64], texts: int, bits: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Numbers of `bits` bits, each once for each text, by text; and where each text's end."""
    hashes = hashes ^ (hashes >> np.uint64(29))
    numbers = ((hashes * _MIX) >> np.uint64(64 - bits)).astype(np.int64)
    both = (owners << bits) | numbers
    both.sort()
    keep = np.ones(len(both), bool)
    keep[1:] = both[1:] != both[:-1]
    both = both[keep]
    ends = np.searchsorted(both, np.arange(1, texts + 1) << bits)
    return both & ((1 << bits) - 1), ends
