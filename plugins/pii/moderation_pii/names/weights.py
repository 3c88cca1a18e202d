"""What the model was trained to: the file that ``tools/pii-training/train.py`` writes, read into what is ready to add.

The file is not packed: what is looked up stays in its bytes until somebody asks, so that a start takes milliseconds.
"""

from __future__ import annotations

import json
import mmap

from moderation_pii.names.features import DISTANCES
from moderation_pii.names.known_words import Filed, KnownWords
from moderation_pii.names.packing import CELL, LABELS, packed

CLASS_BITS = 15
"""Of a class's number, in that of a pair."""

_AROUND = tuple((str(distance), CELL * cell) for cell, distance in enumerate(DISTANCES) if distance)
"""How features of words at a distance begin, and how far what they add is shifted."""


class Weights:
    """A trained model.

    Args:
        model: bytes as `train.py` writes them: the size of the head in four bytes, the head in JSON, the lines of
            words, the names of features in lines, and of each four steps of two bytes.

    Attributes:
        lists: what is known of words.
        moves: what one label after another adds, in steps.
        pairs: classes of two neighbours, the first's number before the second's, to what they add to the first word's
            score and to the second's.

    Raises:
        ValueError: it has more classes than a pair has room for.
    """

    def __init__(self, model: bytes | mmap.mmap) -> None:
        at = 4 + int.from_bytes(model[:4], "little")
        head = json.loads(model[4:at])
        self.lists = KnownWords(Filed(head["kinds"], model, at, at := at + head["lines"]))
        self.moves: dict[tuple[str, str], int] = {(a, b): weight for a, b, weight in head["moves"]}
        names = model[at : (at := at + head["names"])].decode().split("\n")
        self._steps = memoryview(model)[at:].cast("h")
        self._places = dict(zip(names, range(0, len(self._steps), len(LABELS)), strict=True))
        self.pairs: dict[int, tuple[int, int]] = {}
        self._numbers: dict[str, int] = {}
        for name in names:
            if name[0] in "LR":
                self._add_pair(name)
        self._near: dict[str, int] = {}
        if len(self._numbers) >> CLASS_BITS:
            raise ValueError(
                f"the model has {len(self._numbers)} classes of words: train it with fewer, or widen CLASS_BITS"
            )

    def number_of(self, name: str) -> int:
        """The number of a class; 0 for all that count in no pair."""
        return self._numbers.get(name, 0)

    def own(self, feature: str) -> int:
        """What a feature of a word adds for the word itself, in the lowest cell."""
        return self._packed("0" + feature)

    def near(self, feature: str) -> int:
        """What a feature of a word adds to its row for the words around."""
        known = self._near.get(feature)
        if known is None:
            known = self._near[feature] = sum(self._packed(start + feature) << shift for start, shift in _AROUND)
        return known

    def _packed(self, name: str) -> int:
        place = self._places.get(name)
        return 0 if place is None else packed(*self._steps[place : place + len(LABELS)])

    def _add_pair(self, name: str) -> None:
        # The class of the sign "|" is that sign.
        first, second = ("|", name[3:]) if name[1] == "|" else name[1:].split("|", 1)
        key = self._numbered(first) << CLASS_BITS | self._numbered(second)
        to_first, to_second = self.pairs.get(key, (0, 0))
        weight = self._packed(name)
        self.pairs[key] = (to_first, weight) if name[0] == "L" else (weight, to_second)

    def _numbered(self, name: str) -> int:
        return self._numbers.setdefault(name, len(self._numbers) + 1)
