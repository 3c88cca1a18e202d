"""A linear head learnt from rows of features: logistic regression with a ridge, and what makes a percentage of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from moderation_models.heads import Head

RIDGE = 500.0
"""What a weight costs, over standardised features: 1,280 of them from some hundred pictures."""
STEPS, INNER_STEPS = 12, 40
FOLDS = 5
LEAST_TO_CALIBRATE = 100
"""Judged parts under which the percentages stay as the regression has them."""


@dataclass(frozen=True)
class Rows:
    """Body parts as features.

    Attributes:
        plain: parts x views x features: what the detector would look at.
        varied: parts x variants x features: the same parts moved, lit and coloured differently.
        is_worn: of each part.
        picture: number of the picture that each is of; parts of one are never on both sides of a split.
        is_found: True for a part where the detector found it, False for one where people drew its box.
    """

    plain: NDArray[Any]
    varied: NDArray[Any]
    is_worn: NDArray[Any]
    picture: NDArray[Any]
    is_found: NDArray[Any]

    def __len__(self) -> int:
        return len(self.is_worn)

    def where(self, chosen: NDArray[Any]) -> Rows:
        """Those rows alone."""
        arrays = (self.plain, self.varied, self.is_worn, self.picture, self.is_found)
        return Rows(*(array[chosen] for array in arrays))


def learn(rows: Rows, before: Head | None = None) -> Head:
    """A head whose log-odds are those of the cover being worn, both classes taken as equally common.

    Args:
        before: the head to begin with and to stay close to, for a few parts of one's own; None begins with nothing.
    """
    import numpy

    from moderation_models.heads import Head

    fitted = _fitted(rows, before)
    judged, truth = [], []
    numbers = numpy.unique(rows.picture)
    for fold in range(FOLDS):
        is_out = numpy.isin(rows.picture, numbers[fold::FOLDS])
        inside, outside = rows.where(~is_out), rows.where(is_out & rows.is_found)
        if len(outside) and 0 < inside.is_worn.sum() < len(inside):
            judged.append(odds(_fitted(inside, before), outside.plain))
            truth.append(outside.is_worn)
    if sum(len(each) for each in judged) < LEAST_TO_CALIBRATE:
        return fitted
    stretch, shift = _platt(numpy.concatenate(judged), numpy.concatenate(truth))
    return Head(fitted.weights * stretch, fitted.bias * stretch + shift, fitted.mean, fitted.scale)


def odds(head: Head, plain: NDArray[Any]) -> NDArray[Any]:
    """Log-odds of parts x views x features: the mean over the views."""
    numbers: NDArray[Any] = head.apply(plain)[..., 0].mean(1)
    return numbers


def _fitted(rows: Rows, before: Head | None) -> Head:
    import numpy

    from moderation_models.heads import Head

    sets: Sequence[NDArray[Any]] = [each for each in (rows.plain, rows.varied) if each.shape[1]]
    features = numpy.concatenate([each.reshape(-1, each.shape[-1]) for each in sets]).astype(numpy.float32)
    worn = numpy.concatenate([numpy.repeat(rows.is_worn, each.shape[1]) for each in sets]).astype(numpy.float32)
    weight = numpy.concatenate([numpy.full(len(rows) * each.shape[1], 1 / each.shape[1]) for each in sets])
    weight = (weight / len(sets)).astype(numpy.float32)
    weight *= numpy.where(worn > 0.5, 1 / (weight * worn).sum(), 1 / (weight * (1 - worn)).sum()) * len(rows) / 2
    if before is None:
        mean, scale = features.mean(0), features.std(0) + 1e-6
        start = numpy.zeros(features.shape[1] + 1, numpy.float32)
    else:
        mean, scale = before.mean, before.scale
        start = numpy.append(before.weights[0], before.bias[0]).astype(numpy.float32)
    standard = numpy.hstack([(features - mean) / scale, numpy.ones((len(features), 1))]).astype(numpy.float32)
    found = _logistic(standard, worn, weight, start)
    return Head(found[None, :-1].astype(float), found[-1:].astype(float), mean, scale)


def _logistic(rows: NDArray[Any], worn: NDArray[Any], weight: NDArray[Any], start: NDArray[Any]) -> NDArray[Any]:
    """Newton's method, each step by conjugate gradients; the ridge pulls towards `start`, the bias goes free."""
    import numpy

    at = start.copy()
    ridge = numpy.full(len(start), RIDGE, numpy.float32)
    ridge[-1] = 0
    for _ in range(STEPS):
        likely = 1 / (1 + numpy.exp(-numpy.clip(rows @ at, -30, 30)))
        curve = weight * likely * (1 - likely)
        left = rows.T @ (weight * (likely - worn)) + ridge * (at - start)
        way, step = left.copy(), numpy.zeros_like(left)
        size = first = float(left @ left)
        for _ in range(INNER_STEPS):
            bent = rows.T @ (curve * (rows @ way)) + ridge * way
            along = size / (float(way @ bent) + 1e-20)
            step += along * way
            left -= along * bent
            after = float(left @ left)
            if after < 1e-5 * first:
                break
            way, size = left + after / size * way, after
        at -= step
        if float(numpy.abs(step).max()) < 1e-3:
            break
    return at


def _platt(judged: NDArray[Any], worn: NDArray[Any]) -> tuple[float, float]:
    """What log-odds are to be stretched and shifted by, so that they are those that were seen (Platt, 1999)."""
    import numpy

    worn = worn.astype(float)
    weight = numpy.where(worn > 0.5, 0.5 / max(worn.mean(), 1e-9), 0.5 / max(1 - worn.mean(), 1e-9))
    at = numpy.array([1.0, 0.0])
    columns = numpy.stack([judged, numpy.ones_like(judged)], axis=1)
    for _ in range(100):
        likely = 1 / (1 + numpy.exp(-numpy.clip(columns @ at, -30, 30)))
        slope = columns.T @ (weight * (likely - worn)) + 0.1 * (at - (1, 0))
        bent = (columns.T * (weight * likely * (1 - likely))) @ columns + 0.1 * numpy.eye(2)
        at = at - numpy.linalg.solve(bent, slope)
    # A slope under some of one would say that the surest are the most often wrong.
    return float(max(at[0], 0.05)), float(at[1])
