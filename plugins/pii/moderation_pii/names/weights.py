"""What the model was trained to: the file that ``tools/pii-training/train.py`` writes, read into what is ready to add."""

from __future__ import annotations

import json
import zlib

from moderation_pii.names.features import DISTANCES
from moderation_pii.names.known_words import KnownWords
from moderation_pii.names.packing import CELL, ITSELF, LABELS, packed

CLASS_BITS = 15
"""Of a class's number, in that of a pair."""


class Weights:
    """A trained model.

    Args:
        model: bytes as `train.py` writes them.

    Attributes:
        lists: what is known of words.
        moves: what one label after another adds, in steps.
        own: feature of a word to what it adds to that word's row for the word itself.
        near: feature of a word to what it adds to that word's row for the words around.
        pairs: classes of two neighbours, the first's number before the second's, to what they add to the first word's
            score and to the second's.

    Raises:
        ValueError: it has more classes than a pair has room for.
    """

    def __init__(self, model: bytes) -> None:
        raw = zlib.decompress(model)
        size = int.from_bytes(raw[:4], "little")
        head = json.loads(raw[4 : 4 + size])
        end = 4 + size + head["names"]
        self.lists = KnownWords(head["lists"])
        self.moves: dict[tuple[str, str], int] = {(a, b): weight for a, b, weight in head["moves"]}
        self.own: dict[str, int] = {}
        self.near: dict[str, int] = {}
        self.pairs: dict[int, tuple[int, int]] = {}
        self._numbers: dict[str, int] = {}
        steps = memoryview(raw)[end:].cast("h")
        names = raw[4 + size : end].decode().split("\n")
        columns = (steps[field :: len(LABELS)].tolist() for field in range(len(LABELS)))
        for name, weight in zip(names, map(packed, *columns), strict=True):
            self._add(name, weight)
        if len(self._numbers) >> CLASS_BITS:
            raise ValueError(
                f"the model has {len(self._numbers)} classes of words: train it with fewer, or widen CLASS_BITS"
            )

    def number_of(self, name: str) -> int:
        """The number of a class; 0 for all that count in no pair."""
        return self._numbers.get(name, 0)

    def _add(self, name: str, weight: int) -> None:
        if name[0] == "0":
            self.own[name[1:]] = weight << ITSELF * CELL
        elif name[0] in "LR":
            # The class of the sign "|" is that sign.
            first, second = ("|", name[3:]) if name[1] == "|" else name[1:].split("|", 1)
            key = self._numbered(first) << CLASS_BITS | self._numbered(second)
            to_first, to_second = self.pairs.get(key, (0, 0))
            self.pairs[key] = (to_first, weight) if name[0] == "L" else (weight, to_second)
        else:
            size = 2 if name[0] == "-" else 1
            cell = int(name[:size]) - DISTANCES[0]
            self.near[name[size:]] = self.near.get(name[size:], 0) + (weight << cell * CELL)

    def _numbered(self, name: str) -> int:
        return self._numbers.setdefault(name, len(self._numbers) + 1)
