"""Fits the weights: a logistic regression for each label over hashed features, weighed by how rare they are.

Plain numpy in one thread: the optimum is the only one and is come to in a fixed order, so the same texts make the same
weights. The steps are those of L-BFGS (Nocedal and Wright, Numerical Optimization, algorithm 7.4).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from moderation_text.toxicity.features import Seeing
from moderation_text.toxicity.hashes import PIECE_BITS, WORD_BITS
from moderation_text.toxicity.words import words_of
from numpy.typing import NDArray

STEPS = 40
REMEMBERED = 8
PENALTY = 0.1
"""Of the squared weights, beside the sum of the texts' losses."""

RAREST = 5.0
"""What the logarithm of rarity is divided by, so that a feature of middling frequency counts about one."""

SIZE = (1 << WORD_BITS) + (1 << PIECE_BITS)
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Matrix:
    """Texts by features, row by row: numbers of features, their values, where each row ends; and how many there are."""

    numbers: NDArray[np.int32]
    values: NDArray[np.float32]
    ends: NDArray[np.int64]
    size: int = SIZE

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many features each row has."""
        return np.diff(self.ends, prepend=0)

    def times(self, weights: Floats) -> Floats:
        """The weighted sum of each row."""
        sums = np.zeros(len(self.ends))
        some = self.counts > 0
        if some.any():
            products = weights.astype(np.float32)[self.numbers] * self.values
            sums[some] = np.add.reduceat(products, (self.ends - self.counts)[some], dtype=np.float64)
        return sums

    def turned_times(self, by_row: Floats) -> Floats:
        """The sum over rows for each feature."""
        spread = np.repeat(by_row.astype(np.float32), self.counts)
        spread *= self.values
        return np.bincount(self.numbers, spread, self.size)

    def rows(self, chosen: NDArray[np.bool_]) -> Matrix:
        """Some of the rows."""
        kept = np.repeat(chosen, self.counts)
        return Matrix(self.numbers[kept], self.values[kept], np.cumsum(self.counts[chosen]), self.size)

    def compact(self) -> tuple[Matrix, NDArray[np.int64]]:
        """The same with features numbered anew, without those that no row has; and the old number of each."""
        used = np.flatnonzero(np.bincount(self.numbers, minlength=self.size))
        renumbered = np.zeros(self.size, np.int32)
        renumbered[used] = np.arange(len(used))
        return Matrix(renumbered[self.numbers], self.values, self.ends, len(used)), used


def matrix_of(texts: Sequence[str]) -> Matrix:
    """What is seen in the texts, as the detector sees it: words and pieces each weighed by the root of their number."""
    seeing, numbers, values, counts = Seeing(), [], [], []
    for at in range(len(texts)):
        seen = seeing.features([words_of(texts[at])])
        words, pieces = len(seen.words), len(seen.pieces)
        numbers += [seen.words.astype(np.int32), (seen.pieces + (1 << WORD_BITS)).astype(np.int32)]
        values += [np.full(n, 1 / np.sqrt(max(n, 1)), np.float32) for n in (words, pieces)]
        counts.append(words + pieces)
    return Matrix(np.concatenate(numbers), np.concatenate(values), np.cumsum(counts))


def rarity(matrix: Matrix) -> Floats:
    """What each feature counts: the logarithm of one in how many texts has it."""
    seen_in = np.bincount(matrix.numbers, minlength=SIZE)
    return np.log((1 + len(matrix.ends)) / (1 + seen_in)) / RAREST


def fit_label(matrix: Matrix, rare: Floats, wanted: Floats, importance: Floats) -> tuple[Floats, float]:
    """Weights of the features, rarity included, and the constant, that tell one label.

    Args:
        wanted: for each row 1, 0, or below 0 where it is not known.
        importance: how much each row counts.
    """
    chosen = (wanted >= 0) & (importance > 0)
    wanted, importance = wanted[chosen], importance[chosen]
    rows, used = matrix.rows(chosen).compact()
    rare = rare[used]

    def loss(point: Floats) -> tuple[float, Floats]:
        odds = rows.times(point[:-1] * rare) + point[-1]
        value = float((importance * (np.logaddexp(0, odds) - wanted * odds)).sum())
        error = importance * (1 / (1 + np.exp(-odds)) - wanted)
        slope = np.append(rows.turned_times(error) * rare, error.sum())
        slope[:-1] += PENALTY * point[:-1]
        return value + PENALTY / 2 * _product(point[:-1], point[:-1]), slope

    point = lowest(loss, np.zeros(rows.size + 1), STEPS)
    weights = np.zeros(matrix.size)
    weights[used] = point[:-1] * rare
    return weights, float(point[-1])


def lowest(loss: Callable[[Floats], tuple[float, Floats]], point: Floats, steps: int) -> Floats:
    """About where a smooth convex loss is lowest, by L-BFGS.

    Args:
        loss: of a point, and its slope there.
        point: where to begin.
    """
    value, slope = loss(point)
    moves: deque[tuple[Floats, Floats, float]] = deque(maxlen=REMEMBERED)
    for _ in range(steps):
        direction = -slope
        parts = []
        for move, turn, inverse in reversed(moves):
            part = inverse * _product(move, direction)
            direction = direction - part * turn
            parts.append(part)
        if moves:
            move, turn, inverse = moves[-1]
            direction = direction / (inverse * _product(turn, turn))
        for (move, turn, inverse), part in zip(moves, reversed(parts), strict=True):
            direction = direction + move * (part - inverse * _product(turn, direction))
        fall = _product(slope, direction)
        stride = 1.0 if moves else min(1.0, 1 / _product(slope, slope) ** 0.5)
        for _ in range(30):
            tried = point + stride * direction
            new_value, new_slope = loss(tried)
            if new_value <= value + 1e-4 * stride * fall:
                break
            stride /= 2
        else:
            return point
        move, turn = tried - point, new_slope - slope
        curve = _product(move, turn)
        if curve > 1e-12:
            moves.append((move, turn, 1 / curve))
        done = value - new_value < 1e-5 * abs(value)
        point, value, slope = tried, new_value, new_slope
        if done:
            break
    return point


def _product(one: Floats, other: Floats) -> float:
    """The sum of products, in an order that does not hang on how many threads a library takes."""
    return float((one * other).sum())
