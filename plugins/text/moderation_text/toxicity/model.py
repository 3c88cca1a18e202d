"""The classifier over many texts at once, with numpy; `plain` does the same for few."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from moderation_text.toxicity.features import Seeing
from moderation_text.toxicity.file import ModelFile


class Model:
    """A trained classifier, ready to score."""

    def __init__(self, file: ModelFile) -> None:
        width = len(file.columns)
        self._words = np.frombuffer(file.words, np.int8).reshape(-1, width)
        self._pieces = np.frombuffer(file.pieces, np.int8).reshape(-1, width)
        self._steps = np.array(file.steps, np.float64)
        self._constants = np.array(file.constants, np.float64)
        self._slopes, self._shifts = np.array(file.calibration, np.float64).T
        self._seeing = Seeing()

    def scores(self, split: Sequence[Sequence[str]]) -> list[list[float]]:
        """Calibrated percent: for each text's words a number a column."""
        scores: list[list[float]] = self.confidences(self.odds(split)).tolist()
        return scores

    def odds(self, split: Sequence[Sequence[str]]) -> NDArray[np.float64]:
        """Log-odds, a row for each text's words, a column for each label; the same alone and among others."""
        seen = self._seeing.features(split)
        sums = _sums(self._words, seen.words, seen.word_ends) + _sums(self._pieces, seen.pieces, seen.piece_ends)
        return sums * self._steps + self._constants

    def confidences(self, odds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Percent, calibrated."""
        percent: NDArray[np.float64] = 100 / (1 + np.exp(-np.clip(odds * self._slopes + self._shifts, -40, 40)))
        return percent


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
