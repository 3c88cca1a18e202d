"""What a model finds in labelled pictures against what they show: precision, recall, calibration, confusion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ground.statistics import Interval, wilson
from moderation.core.detections import Detection
from moderation.core.looks import overlap
from moderation.core.taxonomy import Taxonomy
from moderation_models.labelled import NOTHING, Sample

SAME_PLACE = 0.5
"""What two boxes have in common, as a share of what they cover together, from which they are about one thing."""
BANDS = tuple(range(0, 100, 10))
"""Lower edges, percent, of the bands in which confidence is held against what was right."""


@dataclass
class Counted:
    """Counts of one label.

    Attributes:
        right: found and there. wrong: found and not there. missed: there and not found. clear: neither.
        bands: by lower edge of confidence: how many were found, how many of them rightly, and the sum of confidence.
        mistakes: names of pictures, with the confidence of what was wrongly found and None for what was missed.
    """

    right: int = 0
    wrong: int = 0
    missed: int = 0
    clear: int = 0
    bands: dict[int, list[float]] = field(default_factory=lambda: {edge: [0, 0, 0.0] for edge in BANDS})
    mistakes: list[tuple[str, float | None]] = field(default_factory=list)

    @property
    def is_anything(self) -> bool:
        """True when it was there or found at all."""
        return self.right + self.wrong + self.missed > 0

    @property
    def precision(self) -> Interval | None:
        """The share of what was found that is there; with a 95 % interval (Wilson)."""
        return wilson(self.right, self.right + self.wrong)

    @property
    def recall(self) -> Interval | None:
        """The share of what is there that was found; likewise."""
        return wilson(self.right, self.right + self.missed)

    @property
    def off_by(self) -> float | None:
        """Percentage points between confidence and what was right, as a mean over what was found; None for nothing."""
        found = sum(count for count, _, _ in self.bands.values())
        apart = sum(abs(total - 100 * right) for _, right, total in self.bands.values())
        return apart / found if found else None


@dataclass
class Evaluation:
    """Of one model.

    Attributes:
        at: percent from which something counts as found.
        pictures: by label, in whole pictures.
        places: by label, boxes; empty where nobody said where.
        confusion: what a picture shows, and what is found in it, to the number of pictures.
        looked_at: pictures.
        unreadable: pictures that could not be looked at, with the reason: in no other number.
    """

    model: str
    at: float
    looked_at: int = 0
    pictures: dict[str, Counted] = field(default_factory=dict)
    places: dict[str, Counted] = field(default_factory=dict)
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)
    unreadable: list[tuple[str, str]] = field(default_factory=list)


def evaluate(
    model: str, labels: Sequence[str], at: float, taxonomy: Taxonomy,
    looked: Iterable[tuple[Sample, Sequence[Detection] | str]],
) -> Evaluation:  # fmt: skip
    """Hold answers against samples; a parent in the taxonomy stands for its children, on both sides.

    Of a picture that is known to show some child of ``Alcohol``, nobody said whether it shows ``Alcoholic Beverages``:
    it counts for the first and not for the second.

    Args:
        labels: what to count: what the model can find, and what is shown.
        looked: samples with what was found in them, or with why there is no answer.
    """
    result = Evaluation(model, at, pictures={label: Counted() for label in labels})
    for sample, answer in looked:
        if isinstance(answer, str):
            result.unreadable.append((sample.name, answer))
            continue
        result.looked_at += 1
        there = _with_parents(sample.labels, taxonomy) & set(labels)
        unknown = {label for label in set(labels) - there if sample.labels.intersection(taxonomy.parents(label))}
        sure: dict[str, float] = {}
        for detection in answer:
            for label in _with_parents([detection.label], taxonomy) & set(labels):
                sure[label] = max(sure.get(label, 0.0), detection.confidence)
        for label in labels:
            if label in unknown:
                continue
            _count(result.pictures[label], sample.name, label in there, sure.get(label), at)
        found = sorted(label for label, confidence in sure.items() if confidence >= at)
        for shown in sorted(sample.labels) or [NOTHING]:
            for each in found or [NOTHING]:
                result.confusion[shown, each] += 1
        if sample.boxes is not None:
            for label in labels:
                _count_places(result.places.setdefault(label, Counted()), sample, label, answer, at)
    return result


def as_json(result: Evaluation) -> dict[str, Any]:
    """The result as plain data."""
    return {
        "model": result.model,
        "at": result.at,
        "pictures": result.looked_at,
        "labels": {label: _plain(counted) for label, counted in result.pictures.items()},
        "places": {label: _plain(counted) for label, counted in result.places.items()},
        "confusion": [{"shows": s, "found": f, "pictures": n} for (s, f), n in sorted(result.confusion.items())],
        "unreadable": [{"picture": name, "why": why} for name, why in result.unreadable],
    }


def _with_parents(labels: Iterable[str], taxonomy: Taxonomy) -> set[str]:
    return {each for label in labels for each in (label, *taxonomy.parents(label))}


def _count(counted: Counted, name: str, is_there: bool, confidence: float | None, at: float) -> None:
    is_found = confidence is not None and confidence >= at
    if is_found and is_there:
        counted.right += 1
    elif is_found:
        counted.wrong += 1
        counted.mistakes.append((name, confidence))
    elif is_there:
        counted.missed += 1
        counted.mistakes.append((name, None))
    else:
        counted.clear += 1
    if confidence is not None:
        _add_to_band(counted, confidence, is_there)


def _add_to_band(counted: Counted, confidence: float, is_right: bool) -> None:
    band = counted.bands[min(int(confidence // 10) * 10, BANDS[-1])]
    band[0] += 1
    band[1] += is_right
    band[2] += confidence


def _count_places(counted: Counted, sample: Sample, label: str, found: Sequence[Detection], at: float) -> None:
    """Each box that is there is found once at most, by the surest."""
    left = [box for shown, box in sample.boxes or () if shown == label]
    ours = [each for each in found if each.label == label and each.box is not None]
    for detection in sorted(ours, key=lambda each: -each.confidence):
        assert detection.box is not None
        best = max(left, key=lambda box, of=detection.box: overlap(box, of), default=None)  # type: ignore[misc]
        is_right = best is not None and overlap(best, detection.box) >= SAME_PLACE
        _add_to_band(counted, detection.confidence, is_right)
        if detection.confidence < at:
            continue
        if is_right and best is not None:
            left.remove(best)
            counted.right += 1
        else:
            counted.wrong += 1
            counted.mistakes.append((sample.name, detection.confidence))
    counted.missed += len(left)
    counted.mistakes += [(sample.name, None)] * len(left)


def _plain(counted: Counted) -> dict[str, Any]:
    def interval(of: Interval | None) -> dict[str, float] | None:
        return {"share": of.share, "low": of.low, "high": of.high} if of is not None else None

    return {
        "right": counted.right,
        "wrong": counted.wrong,
        "missed": counted.missed,
        "precision": interval(counted.precision),
        "recall": interval(counted.recall),
        "off_by": counted.off_by,
        "calibration": list(bands_of(counted)),
    }


def bands_of(counted: Counted) -> Iterator[Mapping[str, float]]:
    """Bands with something in them: lower edge, how many, mean confidence, and percent right with its interval."""
    for edge, (count, right, total) in counted.bands.items():
        share = wilson(right, count)
        if share is not None:
            yield {
                "from": edge, "found": count, "confidence": total / count,
                "right": 100 * share.share, "low": 100 * share.low, "high": 100 * share.high,
            }  # fmt: skip
