"""Measuring an attribute: texts that people judged, looked through by detectors, become a card."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from moderation.core.errors import InputError
from moderation.core.items import Part
from moderation.core.policy.shape import fit as fit_model
from moderation.detection.runner import Runner
from moderation.perspective.attributes import Card
from moderation.perspective.calibration import Judged, fit, quality_of, weighted_to
from moderation.perspective.requests import MOST_BYTES

MOST_TEXTS = 200_000
AT_ONCE = 100
"""Texts of one call of a detector."""
FEWEST = 100
FEWEST_WITH = 20
"""Texts in all, and of those that have the attribute, below which figures say nothing."""
_SAYS = {"1": True, "0": False, "true": True, "false": False, "yes": True, "no": False}


@dataclass(frozen=True)
class Text:
    """A row of the file.

    Attributes:
        has: whether people say it has the attribute.
        weight: how many texts it stands for.
    """

    text: str
    has: bool
    weight: float = 1.0


@dataclass(frozen=True)
class Measured:
    """What came of it.

    Attributes:
        left_out: texts that a detector cannot read; they have no score, and no part in the figures.
        card: as the file of cards has it, with `means` and `texts` as they were given.
    """

    left_out: int
    card: Mapping[str, Any]


def read_texts(path: Path) -> list[Text]:
    """A CSV file with a header: ``text``, ``label`` (1 or 0) and, where some stand for more than one, ``weight``.

    They come in an order of their own (by digest), so that neighbours of the file fall into different folds.

    Raises:
        InputError: with the line that is wrong.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            texts = list(_rows(csv.DictReader(file), path))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read as CSV in UTF-8 ({type(error).__name__})") from error
    with_it = sum(each.has for each in texts)
    if len(texts) < FEWEST or not FEWEST_WITH <= with_it <= len(texts) - FEWEST_WITH:
        wanted = f"{FEWEST} and more are wanted, {FEWEST_WITH} of them with the label and {FEWEST_WITH} without"
        raise InputError(f"{path}: {len(texts)} texts, {with_it} with label 1; {wanted}")
    return sorted(texts, key=lambda each: hashlib.sha256(each.text.encode()).digest())


def _rows(reader: csv.DictReader[str], path: Path) -> Iterator[Text]:
    missing = {"text", "label"} - set(reader.fieldnames or ())
    if missing:
        raise InputError(f"{path}:1: column {' and '.join(sorted(missing))} is missing; text,label are wanted")
    for number, row in enumerate(reader):
        if number >= MOST_TEXTS:
            raise InputError(f"{path}: more than {MOST_TEXTS:,} texts")
        has = _SAYS.get((row["label"] or "").strip().lower())
        if has is None:
            raise InputError(f"{path}:{reader.line_num}: label is {row['label']!r:.40}; 1 or 0 is wanted")
        try:
            weight = float(row.get("weight") or 1)
        except ValueError:
            weight = 0.0
        if not 0 < weight <= 1e6:
            raise InputError(
                f"{path}:{reader.line_num}: weight is {row.get('weight')!r:.40}; a number over 0 is wanted"
            )
        if (row["text"] or "").strip():
            yield Text(row["text"], has, weight)


def measure(
    runner: Runner,
    texts: Iterable[Text],
    labels: Sequence[str],
    detectors: Mapping[str, str],
    *,
    means: str,
    source: str,
    languages: Sequence[str],
    share: float,
) -> Measured:
    """Look through all texts and make the card.

    Args:
        detectors: name to version.
        source: which texts they are, and who judged them.
        share: percent of texts that have the attribute where the scores are to hold.

    Raises:
        InputError: a detector gave no answer on a text for another reason than its language, or too few were read.
    """
    judged, left_out = [], 0
    rest = iter(texts)
    while batch := list(islice(rest, AT_ONCE)):
        for each, confidence in zip(batch, _highest(runner, batch, labels, detectors), strict=True):
            if confidence is None:
                left_out += 1
            else:
                judged.append(Judged(confidence, each.has, each.weight))
    with_it = sum(each.has for each in judged)
    if with_it < FEWEST_WITH or len(judged) - with_it < FEWEST_WITH:
        raise InputError(
            f"{left_out} of {left_out + len(judged)} texts could not be read, which leaves too few to measure on"
        )
    weighted = weighted_to(judged, share / 100)
    knots = fit(weighted)
    if len(knots) < 2:
        raise InputError("what the detectors find does not tell texts with the attribute from others: there is no card")
    quality = quality_of(weighted)
    figures = {
        "auroc": round(quality.auroc, 3),
        "average_precision": round(quality.average_precision, 3),
        "calibration_error": round(quality.calibration_error, 3),
        "precision": None if quality.precision is None else round(quality.precision, 3),
        "recall": round(quality.recall, 3),
    }
    card = {
        "means": means,
        "labels": list(labels),
        "detectors": dict(detectors),
        "languages": list(languages),
        "texts": source,
        "count": len(judged),
        "positives": with_it,
        "share": float(share),
        "figures": {name: value for name, value in figures.items() if value is not None},
        "calibration": [list(knot) for knot in knots],
    }
    made, slips = fit_model(Card, card)
    if made is None:
        raise InputError("; ".join(slip.message for slip in slips))
    return Measured(left_out, card)


def _highest(
    runner: Runner, batch: Sequence[Text], labels: Sequence[str], detectors: Mapping[str, str]
) -> list[float | None]:
    """The highest confidence of a label in each text; None for one that a detector cannot read."""
    parts = [Part(id="p0", type="text", text=each.text.encode()[:MOST_BYTES].decode(errors="ignore")) for each in batch]
    found, answers = runner.look_each("perspective", parts, lambda each: each.name in detectors)
    for failure in answers.failures:
        if failure.kind != "unreadable":
            raise InputError(f"{failure.detector.name} gave no answer: {failure.message}")
    if answers.failures and len(batch) == 1:
        return [None]
    if answers.failures:  # of one text or more; which, only asking for each tells
        return [_highest(runner, [each], labels, detectors)[0] for each in batch]
    return [max((one.confidence for one in each if one.label in labels), default=0.0) for each in found]
