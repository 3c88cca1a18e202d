"""Measures: average precision, recall at a threshold, calibration, and the functional tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

FUNCTIONAL = Path(__file__).with_name("functional.txt")
UNSEEN = FUNCTIONAL.with_name("unseen.txt")


@dataclass(frozen=True)
class Case:
    """One sentence of the functional tests, what it tests, and whether it is toxic."""

    name: str
    text: str
    is_toxic: bool


def average_precision(wanted: ArrayLike, scores: ArrayLike) -> float:
    """The mean of the precisions at each true one, from the highest score down; of equal scores the mean order counts.

    It is the area under the curve of precision and recall, as scikit-learn's ``average_precision_score`` has it.
    """
    truth, score = np.asarray(wanted, float), np.asarray(scores, float)
    order = np.argsort(-score, kind="stable")
    truth, score = truth[order], score[order]
    last = np.append(score[1:] != score[:-1], True)
    found = np.cumsum(truth)[last]
    shown = np.flatnonzero(last) + 1
    return float(np.sum(np.diff(found, prepend=0) * found / shown) / max(1, truth.sum()))


def cases(path: Path) -> Iterator[Case]:
    """The functional tests of a file, filled with each group."""
    fillings: dict[str, list[str]] = {}
    name, is_toxic = "", False
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            name, _, kind = (part.strip() for part in line[3:].partition("|"))
            is_toxic = kind == "toxic"
        elif line and not line.startswith("#"):
            if name:
                many = max((len(values) for key, values in fillings.items() if f"{{{key}}}" in line), default=1)
                for place in range(many):
                    text = line
                    for key, values in fillings.items():
                        text = text.replace(f"{{{key}}}", values[place % len(values)])
                    yield Case(name, text[:1].upper() + text[1:], is_toxic)
            else:
                key, _, values = line.partition(":")
                fillings[key] = [value.strip() for value in values.split("|")]
