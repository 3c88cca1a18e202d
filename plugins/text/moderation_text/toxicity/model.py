"""What the classifier was trained to: the file that ``tools/text-training/train.py`` writes, and the scores it gives.

The file is a line of JSON, then two tables of one signed byte for each hashed feature and label, then the numbers of
frequent English words, compressed together by zlib.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moderation_text.toxicity.features import PIECE_BITS, WORD_BITS, Seeing

MODEL = Path(__file__).with_name("toxicity.model")
FORMAT = 1
_MOST_BYTES = 64_000_000
"""Of an unpacked file."""


class Model:
    """A trained classifier, ready to score.

    Args:
        data: the bytes of a model file.

    Attributes:
        columns: what each column of scores is about.
        frequent: numbers of frequent English words.

    Raises:
        ValueError: it is no model of this version's form.
    """

    def __init__(self, data: bytes) -> None:
        unpacker = zlib.decompressobj()
        raw = unpacker.decompress(data, _MOST_BYTES)
        first, _, tables = raw.partition(b"\n")
        head = json.loads(first)
        if head.get("format") != FORMAT or head["bits"] != [WORD_BITS, PIECE_BITS]:
            raise ValueError("the model is of another version: train it anew with tools/text-training/train.py")
        self.columns: tuple[str, ...] = tuple(head["columns"])
        width = len(self.columns)
        words_end = width << WORD_BITS
        pieces_end = words_end + (width << PIECE_BITS)
        self._words = np.frombuffer(tables, np.int8, words_end).reshape(-1, width)
        self._pieces = np.frombuffer(tables[words_end:], np.int8, pieces_end - words_end).reshape(-1, width)
        self.frequent = frozenset(np.frombuffer(tables[pieces_end:], "<u4").tolist())
        self._steps = np.array(head["steps"], np.float64)
        self._constants = np.array(head["constants"], np.float64)
        self._slopes = np.array([each[0] for each in head["calibration"]], np.float64)
        self._shifts = np.array([each[1] for each in head["calibration"]], np.float64)
        self._seeing = Seeing()

    @classmethod
    def load(cls, path: Path = MODEL) -> Model:
        """The model of a file."""
        return cls(path.read_bytes())

    def odds(self, split: Sequence[Sequence[str]]) -> NDArray[np.float64]:
        """Log-odds, a row for each text's words, a column for each label; the same alone and among others."""
        seen = self._seeing.features(split)
        sums = _sums(self._words, seen.words, seen.word_ends) + _sums(self._pieces, seen.pieces, seen.piece_ends)
        return sums * self._steps + self._constants

    def confidences(self, odds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Percent, calibrated."""
        return 100 / (1 + np.exp(-np.clip(odds * self._slopes + self._shifts, -40, 40)))


def _sums(table: NDArray[np.int8], numbers: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.float64]:
    """For each text the sum of its features' rows over the root of their number."""
    counts = ends.copy()
    counts[1:] -= ends[:-1]
    sums = np.zeros((len(ends), table.shape[1]))
    some = counts > 0
    if some.any():
        sums[some] = np.add.reduceat(table[numbers], (ends - counts)[some], axis=0, dtype=np.int32)
        sums[some] /= np.sqrt(counts[some])[:, None]
    return sums
