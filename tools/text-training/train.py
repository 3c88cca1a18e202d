"""Train the classifier of ``text.toxicity`` and write moderation_text/toxicity/toxicity.model.

    python tools/text-training/train.py DATA [--out FILE]

DATA is a folder with the five files that README.md names. Needs numpy alone. The same data make the same file.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import time
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from moderation_text.toxicity.file import FORMAT, MODEL
from moderation_text.toxicity.hashes import PIECE_BITS, WORD_BITS
from moderation_text.toxicity.language import number_of
from moderation_text.toxicity.windows import windows
from moderation_text.toxicity.words import words_of

from fitting import SIZE, Floats, Matrix, fit_label, lowest, matrix_of, rarity
from grammar import Grammar
from sources import LABELS, OPEN, Text, read_sources

EACH = 30
"""Sentences for each template of the grammar."""

SEED = 1
FOLDS = 3
"""So many parts of the texts are kept from a model in turn, whose scores of them calibrate the last one."""

JUDGED = {
    "hate": ("davidson", "edos", "openai"),
    "harassment": ("openai",),
    "threat": ("edos", "openai"),
    "selfharm": ("openai",),
    "sexual": ("openai",),
    "spam": ("sms",),
}
"""Whose texts calibrate a label: those of sources that judge it, but hatemoji's, which are written to mislead."""

THINNED = {
    "selfharm": ("davidson", "edos", "hatemoji"),
    "spam": ("davidson", "edos", "hatemoji"),
    "hate": ("davidson",),
}
"""Labels that some sources mostly deny: of these denials one in four is learned from."""

FREQUENT, COMMON = 6_000, 8
"""English words by which the language is told: so many of a list, and those in so many posts, as people spell them."""

PROSE = Path(__file__).resolve().parents[1] / "pii-training" / "sources" / "prose.txt"
ENGLISH = PROSE.with_name("english.txt")


@dataclass(frozen=True)
class Rows:
    """Stretches of texts, ready to fit: their features, the labels of each, what it counts, and its text's number."""

    matrix: Matrix
    labels: Floats
    weights: Floats
    owners: np.ndarray


@dataclass(frozen=True)
class Fitted:
    """Weights of each label, a column each, its constant, and its calibration."""

    weights: Floats
    constants: Floats
    calibration: list[tuple[float, float]]


def generated() -> list[Text]:
    """The sentences of the grammar, and plain old prose."""
    grammar = Grammar(random.Random(SEED))
    made = []
    for number, (name, text) in enumerate(grammar.sentences(EACH)):
        section = grammar.sections[name]
        labels = tuple(OPEN if label in section.open else float(label in section.labels) for label in LABELS)
        made.append(Text(str(number), f"grammar/{name}", text, labels))
    none = tuple(OPEN if label == "hate" else 0.0 for label in LABELS)
    lines = re.sub(r"\{[^}]*\}", "Anna", PROSE.read_text(encoding="utf-8")).splitlines()
    return made + [Text(str(number), "prose", line, none, 0.5) for number, line in enumerate(lines)]


def rows_of(texts: Sequence[Text]) -> Rows:
    """The stretches of texts, as the detector would cut them."""
    cut = [(number, text.text[a:b]) for number, text in enumerate(texts) for a, b in windows(text.text)]
    owners = np.array([number for number, _ in cut])
    many = np.bincount(owners, minlength=len(texts))
    labels = np.array([text.labels for text in texts], float)
    for label, sources in THINNED.items():
        column = LABELS.index(label)
        for number, text in enumerate(texts):
            if text.source in sources and labels[number, column] == 0 and zlib.crc32(text.id.encode()) % 4:
                labels[number, column] = OPEN
    weights = np.array([text.weight for text in texts])[owners] / np.sqrt(many[owners])
    return Rows(matrix_of([piece for _, piece in cut]), labels[owners], weights, owners)


def fitted_column(rows: Rows, column: int, chosen: np.ndarray) -> tuple[Floats, float]:
    """Weights and constant of one label from some of the rows."""
    rare = rarity(rows.matrix.rows(chosen))
    return fit_label(rows.matrix, rare, rows.labels[:, column], rows.weights * chosen)


def calibration_of(column: int, texts: Sequence[Text], rows: Rows) -> tuple[float, float]:
    """Slope and shift that make a label's odds what they should be for texts that its model has not seen (Platt scaling).

    A label that one small source judges is calibrated by all of that source, others by one part in three of theirs.
    """
    sources = JUDGED[LABELS[column]]
    folds = np.array([zlib.crc32(f"{text.source}/{text.id}".encode()) % FOLDS for text in texts])
    folds[[text.source not in sources or text.labels[column] < 0 for text in texts]] = FOLDS
    scores, wanted = [], []
    for fold in range(FOLDS if sources == ("openai",) else 1):
        mine = (folds == fold)[rows.owners]
        weights, constant = fitted_column(rows, column, ~mine)
        odds = np.full(len(texts), -np.inf)
        np.maximum.at(odds, rows.owners[mine], rows.matrix.rows(mine).times(weights) + constant)
        scores.append(odds[folds == fold])
        wanted += [text.labels[column] for text, its in zip(texts, folds, strict=True) if its == fold]
    score, truth = np.maximum(np.concatenate(scores), -30.0), np.array(wanted)

    def loss(point: Floats) -> tuple[float, Floats]:
        tried = score * point[0] + point[1]
        error = 1 / (1 + np.exp(-tried)) - truth
        pull = point - np.array([1.0, 0.0])
        value = float((np.logaddexp(0, tried) - truth * tried).sum() + (pull * pull).sum())
        return value, np.array([float((error * score).sum()), float(error.sum())]) + 2 * pull

    slope, shift = lowest(loss, np.array([1.0, 0.0]), 100)
    return float(slope), float(shift)


def is_real(text: Text) -> bool:
    """True for what people wrote, in our time."""
    return "/" not in text.source and text.source != "prose"


def fitted_to(texts: Sequence[Text], rows: Rows) -> Fitted:
    """Everything a model holds, from texts and their rows."""
    every = np.ones(len(rows.owners), bool)
    fitted = [fitted_column(rows, column, every) for column in range(len(LABELS))]
    return Fitted(
        np.stack([weights for weights, _ in fitted], 1),
        np.array([constant for _, constant in fitted]),
        [calibration_of(column, texts, rows) for column in range(len(LABELS))],
    )


def frequent_words(texts: Sequence[Text]) -> set[str]:
    """English words: of a list, and of the sources that are in English throughout."""
    seen_in = Counter(
        word
        for text in texts
        if is_real(text) and text.source != "openai"
        for word in set(words_of(text.text))
        if word.isascii() and word.isalpha() and len(word) > 1
    )
    listed = ENGLISH.read_text(encoding="utf-8").split()[:FREQUENT]
    return {*listed, *(word for word, count in seen_in.items() if count >= COMMON)}


def packed(fitted: Fitted, frequent_words: Iterable[str]) -> bytes:
    """The model file."""
    steps = np.quantile(np.abs(fitted.weights), 1 - 1e-4, axis=0) / 127
    tables = np.clip(np.rint(fitted.weights / steps), -127, 127).astype(np.int8)
    frequent = np.array(sorted({number_of(word) for word in frequent_words}), "<u4")
    head = {
        "format": FORMAT,
        "bits": [WORD_BITS, PIECE_BITS],
        "columns": list(LABELS),
        "steps": [float(f"{step:.6g}") for step in steps],
        "constants": [float(f"{constant:.4f}") for constant in fitted.constants],
        "calibration": [[float(f"{value:.4f}") for value in pair] for pair in fitted.calibration],
    }
    assert len(tables) == SIZE
    return json.dumps(head).encode() + b"\n" + tables.tobytes() + frequent.tobytes()


def main() -> int:
    """Train and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=MODEL)
    args = parser.parse_args()
    begin = time.perf_counter()
    texts = [*read_sources(args.data), *generated()]
    data = packed(fitted_to(texts, rows_of(texts)), frequent_words(texts))
    args.out.write_bytes(data)
    print(f"{len(texts):,} texts, {len(data):,} bytes, {time.perf_counter() - begin:.0f} s")
    print(f"sha256 {hashlib.sha256(data).hexdigest()}  {args.out}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
