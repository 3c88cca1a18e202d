"""Names and postal addresses by a linear-chain model over words: which words look like one, after and before which.

A conditional random field, trained by ``tools/pii-training/train.py``. Every feature is a property of one word, at some distance
from the word to be labelled, or of two neighbours' classes. So all that a word adds to the scores around it is known
once the word is, and is kept as one integer: a text costs one look-up and one addition for each of its words. Pairs count
only where something may begin or go on.
"""

from __future__ import annotations

import mmap
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from moderation_pii.names.decoding import Decoder, WordSpan
from moderation_pii.names.features import TOKEN, properties
from moderation_pii.names.packing import CELL, ITSELF, LOWEST, ROW, STARTS
from moderation_pii.names.weights import Weights

_KEPT_LETTERS = 250_000
"""Of words whose rows are kept; then it begins anew."""

_MODEL = Path(__file__).with_name("names.model")

_MANY_DIGITS = 6
"""All that counts of a number is how many digits it has, up to so many."""

_BEHIND = ("\n", "\n")
"""A text's edges count as ends of lines."""

_ASCII_TOKEN = re.compile(r"[A-Za-z]+(?:'(?![sS]\b)[A-Za-z]+)?|[0-9]+|'[sS]\b|[!-/:-@\[-`{-~\n\0-\x08\x0e-\x1b\x7f]")
"""`TOKEN` for text that is all ASCII, in two thirds of the time."""


class Tagged(NamedTuple):
    """A found name or address.

    Attributes:
        start: offset of its first character.
        end: offset behind its last.
        label: ``PII/NAME`` or ``PII/ADDRESS``.
        lead: by how much it scores above being none, in nats.
    """

    start: int
    end: int
    label: str
    lead: float


class _Rows(dict[str, int]):
    """Words to their rows, made at a word's first sight.

    Attributes:
        numbers: of the classes of the same words.
        letters: of the same words together.
        before: what the edge of a text adds to its first words.
    """

    def __init__(self, weights: Weights) -> None:
        self.numbers: dict[str, int] = {}
        self.letters = 0
        self._kinds, self._number = weights.lists.of, weights.number_of
        self._own, self._near = weights.own, weights.near
        self._alike = {size: self._made("0" * size) for size in range(1, _MANY_DIGITS + 1)}
        edge = self["\n"]
        self.before = (((edge >> CELL) + edge) >> CELL) + edge

    def __missing__(self, word: str) -> int:
        alike = self._alike.get(len(word), self._alike[_MANY_DIGITS]) if word.isdecimal() else None
        row, self.numbers[word] = alike or self._made(word)
        self[word] = row
        self.letters += len(word)
        return row

    def _made(self, word: str) -> tuple[int, int]:
        """A word's row and the number of its class."""
        kinds = self._kinds(word.lower())
        seen = properties(word, kinds)
        row = ROW + (sum(map(self._own, seen.own)) << ITSELF * CELL) + sum(map(self._near, seen.near))
        return row, self._number(seen.name)


class Tagger:
    """The model, ready to tag.

    Args:
        model: bytes as `train.py` writes them.
    """

    def __init__(self, model: bytes | mmap.mmap) -> None:
        self._weights = Weights(model)
        self.lists = self._weights.lists
        self._decoder = Decoder(self._weights.moves, self._weights.pairs)
        self._rows = _Rows(self._weights)

    def tag(self, text: str) -> list[Tagged]:
        """The names and addresses of a text, from start to end; offsets are those of `text`."""
        words = words_of(text)
        if self._rows.letters > _KEPT_LETTERS:
            self._rows = _Rows(self._weights)
        # Held from here on: another thread may begin anew.
        rows = self._rows
        words += _BEHIND
        made = map(rows.__getitem__, words)
        around = (((rows.before >> CELL) + next(made)) >> CELL) + next(made)
        scores: list[int] = []
        starts: list[int] = []
        for row in made:
            around = (around >> CELL) + row
            if around & STARTS:
                starts.append(len(scores))
            scores.append(around)
        if not starts:
            return []
        scores.append(LOWEST)
        return _placed(self._decoder.spans(scores, starts, words, rows.numbers), words, text)


def words_of(text: str) -> list[str]:
    """The words, numbers, signs and line ends of a text."""
    return (_ASCII_TOKEN if text.isascii() else TOKEN).findall(text)


def _placed(spans: list[WordSpan], words: list[str], text: str) -> list[Tagged]:
    """The spans with offsets: between words is nothing but white space."""
    made = []
    offset, at, find = 0, 0, text.index
    for first, end, label, lead in spans:
        for word in words[at:first]:
            offset = find(word, offset) + len(word)
        start = find(words[first], offset)
        offset = start + len(words[first])
        for word in words[first + 1 : end]:
            offset = find(word, offset) + len(word)
        made.append(Tagged(start, offset, label, lead))
        at = end
    return made


@cache
def tagger() -> Tagger:
    """The shipped model, mapped at the first call: a text needs a few of its pages."""
    with _MODEL.open("rb") as file:
        return Tagger(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
