"""The two nets of ``vision.ppe``, ready: MoveNet for bodies, EfficientNet-lite0 for features of what is worn."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from moderation_models.file import Input
from moderation_models.net import Net
from moderation_models.ppe.bodies import LONGEST, STEP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PIL.Image import Image

WEIGHTS = Path(__file__).parent.parent / "weights"
BODIES = ("movenet.onnx", "02f7ad1ea726603ab550959e3495d9dc1770974263b6718f2f6e7709cabfda0d")
FEATURES = ("efficientnet_lite0.onnx", "c05b124ed953451b934dccb9414f02cf310a98a7d36481ceb47c2970773f559b")
"""File and digest."""
CROP = 128
"""Pixels of the side of what features are taken of."""


class Nets:
    """Both nets. Not for use by several threads at once. Raises `ModelBroken`."""

    def __init__(self) -> None:
        bodies = Input.model_validate(
            {"size": LONGEST, "resize": "fit", "multiple_of": STEP, "layout": "nhwc", "type": "int32"}
        )
        self._bodies = Net(WEIGHTS / BODIES[0], BODIES[1], bodies)
        crop = Input.model_validate({"size": CROP, "mean": 127, "std": 128})
        self._features = Net(WEIGHTS / FEATURES[0], FEATURES[1], crop)

    def bodies(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """See `moderation_models.ppe.bodies.Net`."""
        return self._bodies.run(pixels)[self._bodies.output(None)]

    def features(self, crops: Sequence[Image]) -> NDArray[Any]:
        """1,280 numbers for each picture of `CROP` pixels a side."""
        import numpy

        # One at a time: the memory stays as it is however many people a picture shows, and a batch is no faster.
        rows = []
        for crop in crops:
            pixels = (numpy.asarray(crop, numpy.float32) - 127) / 128
            rows.append(self._features.run(pixels.transpose(2, 0, 1)[None])["features"][0])
        return numpy.array(rows, numpy.float32).reshape(len(crops), -1)
