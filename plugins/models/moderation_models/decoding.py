"""What comes out of a net as scores of classes, or as boxes with a score and a class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moderation_models.file import Output
from moderation_models.heads import Head
from moderation_models.net import Net
from moderation_models.onnx_file import ModelBroken
from moderation_models.preparing import Prepared

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

MOST_BOXES = 300
"""Of one class in one picture: the surest."""
MOST_CLASSES = 10_000
CANDIDATES = 2_000
"""Boxes of a class, the surest, that are compared with each other."""


@dataclass(frozen=True)
class Boxes:
    """Rows of a picture.

    Attributes:
        corners: left, top, right, bottom as ratios of the picture.
        scores: raw, 0-1.
        classes: numbers.
    """

    corners: NDArray[Any]
    scores: NDArray[Any]
    classes: NDArray[Any]


def check_count(net: Net, given: int, used: int, listed: int | None) -> None:
    """Raise `ModelBroken` when the net has other classes than the YAML file says."""
    if given < used or (listed is not None and given != listed):
        wanted = f"at least {used}" if listed is None else str(listed)
        raise ModelBroken(f"{net.path.name} gives {given} classes, not {wanted}: mend classes:")


def class_scores(output: Output, net: Net, head: Head | None, answers: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
    """One score for each class. Raises `ModelBroken`."""
    import numpy

    values = answers[net.output(output.tensor)]
    values = (
        values.reshape(-1) if values.ndim == 0 or values.size == values.shape[-1] else values.reshape(len(values), -1)
    )
    if values.ndim != 1:
        if len(values) != 1:
            raise ModelBroken(f"{net.path.name}: one row of scores is wanted, not {len(values)}")
        values = values[0]
    values = values.astype(numpy.float64)
    if head is not None:
        values = head.apply(values)
    if not numpy.isfinite(values).all():
        raise ModelBroken(f"{net.path.name} gives numbers that are not finite")
    if output.scores == "softmax":
        values = numpy.exp(values - values.max())
        values = values / values.sum()
    elif output.scores == "sigmoid":
        values = 1 / (1 + numpy.exp(-numpy.clip(values, -60, 60)))
    return values


def found_boxes(
    output: Output,
    net: Net,
    answers: Mapping[str, NDArray[Any]],
    prepared: Prepared,
    least: Mapping[int, float],
    listed: int | None,
) -> Boxes:
    """Boxes whose score is worth a report. Raises `ModelBroken`.

    Args:
        least: the least raw score by class, over 0; other classes are left out.
        listed: how many classes the YAML file lists; None when it names some by their numbers.
    """
    import numpy

    corners, scores = _yolo(output, net, answers) if output.kind == "yolo" else _ssd(output, net, answers, prepared)
    if output.class_numbers is None and len(corners):
        check_count(net, scores.shape[1], max(least) + 1, listed)
    kept = [numpy.empty((0, 6))]
    for number, edge in least.items():
        of_class = scores[:, number] if number < scores.shape[1] else numpy.zeros(len(scores))
        # What is no number compares as false, and is left out.
        at = numpy.flatnonzero((of_class >= edge) & numpy.isfinite(corners).all(1))
        at = at[numpy.argsort(-of_class[at], kind="stable")][:CANDIDATES]
        ratios = prepared.in_picture(corners[at])
        solid = (ratios[:, 2] > ratios[:, 0]) & (ratios[:, 3] > ratios[:, 1])
        ratios, at = ratios[solid], at[solid]
        ours = distinct(ratios, output.overlap)[:MOST_BOXES]
        column = numpy.full((len(ours), 1), number)
        kept.append(numpy.concatenate([ratios[ours], of_class[at[ours], None], column], axis=1))
    rows = numpy.concatenate(kept)
    return Boxes(rows[:, :4], rows[:, 4], rows[:, 5].astype(int))


def distinct(corners: NDArray[Any], overlap: float) -> NDArray[Any]:
    """Which of boxes, the surest first, are left when those that overlap a surer one go."""
    import numpy

    areas = (corners[:, 2] - corners[:, 0]) * (corners[:, 3] - corners[:, 1])
    left, kept = numpy.arange(len(corners)), list[int]()
    while len(left):
        first, left = left[0], left[1:]
        kept.append(int(first))
        low = numpy.maximum(corners[first, :2], corners[left, :2])
        high = numpy.minimum(corners[first, 2:], corners[left, 2:])
        common = numpy.clip(high - low, 0, None).prod(1)
        left = left[common <= overlap * (areas[first] + areas[left] - common)]
    return numpy.array(kept, dtype=int)


def _yolo(output: Output, net: Net, answers: Mapping[str, NDArray[Any]]) -> tuple[NDArray[Any], NDArray[Any]]:
    import numpy

    name = net.output(output.tensor)
    rows = answers[name]
    rows = rows[0] if rows.ndim == 3 and len(rows) == 1 else rows
    first = 4 if output.layout == "v8" else 5
    rows = rows.T if output.layout == "v8" and rows.ndim == 2 else rows
    if rows.ndim != 2 or rows.shape[1] <= first:
        shape = " x ".join(str(side) for side in answers[name].shape)
        raise ModelBroken(f"{net.path.name}: '{name}' is {shape}, which layout: {output.layout} is not; try the other")
    rows = rows.astype(numpy.float64)
    half = rows[:, 2:4] / 2
    corners = numpy.concatenate([rows[:, :2] - half, rows[:, :2] + half], axis=1)
    return corners, rows[:, first:] * (rows[:, 4:5] if output.layout == "v5" else 1.0)


def _ssd(
    output: Output, net: Net, answers: Mapping[str, NDArray[Any]], prepared: Prepared
) -> tuple[NDArray[Any], NDArray[Any]]:
    import numpy

    corners = answers[net.output(output.boxes)].astype(numpy.float64)
    scores: NDArray[Any] = answers[net.output(output.class_scores)].astype(numpy.float64)
    corners = corners.reshape(-1, 4) if corners.size % 4 == 0 else corners
    wide = 1 if output.class_numbers is not None else max(1, scores.size // max(len(corners), 1))
    if corners.ndim != 2 or scores.size != len(corners) * wide:
        raise ModelBroken(f"{net.path.name}: {scores.size} scores do not go with {corners.size} numbers of boxes")
    scores = scores.reshape(len(corners), wide)
    if output.class_numbers is not None:
        numbers = answers[net.output(output.class_numbers)].reshape(-1)
        if len(numbers) != len(corners) or (len(numbers) and not 0 <= numbers.min() <= numbers.max() <= MOST_CLASSES):
            raise ModelBroken(f"{net.path.name}: '{output.class_numbers}' does not name a class for each box")
        apart = numpy.zeros((len(numbers), int(numbers.max(initial=0)) + 1), dtype=numpy.float32)
        apart[numpy.arange(len(numbers)), numbers.astype(int)] = scores[:, 0]
        scores = apart
    if output.corners == "yxyx":
        corners = corners[:, [1, 0, 3, 2]]
    if output.unit == "ratio":
        corners = corners * numpy.array([prepared.width, prepared.height] * 2)
    return corners, scores
