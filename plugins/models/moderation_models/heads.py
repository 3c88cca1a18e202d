"""A linear head over features, as data: weights, bias and what features are standardised by. Never a pickle."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moderation_models.onnx_file import ModelBroken

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_BYTES = 64 * 1024 * 1024
ARRAYS = ("weights", "bias", "mean", "scale")


@dataclass(frozen=True)
class Head:
    """``weights @ ((features - mean) / scale) + bias``.

    Attributes:
        weights: classes x features.
        bias: of each class.
        mean, scale: of each feature.
    """

    weights: NDArray[Any]
    bias: NDArray[Any]
    mean: NDArray[Any]
    scale: NDArray[Any]

    def apply(self, features: NDArray[Any]) -> NDArray[Any]:
        """One number for each class; of several rows of features, rows. Raises `ModelBroken`."""
        if features.shape[-1] != self.weights.shape[1]:
            raise ModelBroken(
                f"the head wants {self.weights.shape[1]} features, and the net gives {features.shape[-1]}"
            )
        numbers: NDArray[Any] = ((features - self.mean) / self.scale) @ self.weights.T + self.bias
        return numbers


def read_head(path: Path) -> Head:
    """A head from ``.npz`` (no objects) or ``.json``: ``weights``, and any of ``bias``, ``mean``, ``scale``.

    Raises:
        ModelBroken: it cannot be read, or its arrays do not go together.
    """
    import numpy

    try:
        if path.stat().st_size > MAX_BYTES:
            raise ModelBroken(f"{path.name} is larger than {MAX_BYTES:,} bytes")
        found = _npz(path) if path.suffix == ".npz" else _json(path)
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, RecursionError) as error:
        raise ModelBroken(f"{path.name} cannot be read as a head (.npz or .json of numbers): {error}") from error
    if "weights" not in found:
        raise ModelBroken(f"{path.name} has no array 'weights' (classes x features)")
    weights = numpy.atleast_2d(found["weights"])
    classes, features = weights.shape[0], weights.shape[-1]
    head = Head(
        weights,
        numpy.atleast_1d(found.get("bias", numpy.zeros(classes))),
        numpy.atleast_1d(found.get("mean", numpy.zeros(features))),
        numpy.atleast_1d(found.get("scale", numpy.ones(features))),
    )
    shapes = (head.bias.shape, head.mean.shape, head.scale.shape)
    if weights.ndim != 2 or shapes != ((classes,), (features,), (features,)):
        raise ModelBroken(
            f"{path.name}: weights are classes x features, bias one for each class, mean and scale for each feature"
        )
    if not all(numpy.isfinite(a).all() for a in (weights, head.bias, head.mean, head.scale)) or not head.scale.all():
        raise ModelBroken(f"{path.name}: a number is not finite, or a scale is 0")
    return head


def _npz(path: Path) -> dict[str, NDArray[Any]]:
    import numpy

    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        if sum(member.file_size for member in archive.infolist()) > MAX_BYTES:
            raise ValueError(f"its arrays are larger than {MAX_BYTES:,} bytes")
    with numpy.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as arrays:
        return {name: arrays[name].astype(numpy.float64) for name in ARRAYS if name in arrays}


def _json(path: Path) -> dict[str, NDArray[Any]]:
    import numpy

    content = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise ValueError("an object with 'weights' is wanted")
    return {name: numpy.array(content[name], dtype=numpy.float64) for name in ARRAYS if name in content}
