"""YuNet, the net that `vision.faces` looks with: a batch of pictures in; boxes, scores and landmarks out.

The net: Wu, Peng, Yu, "YuNet: A Tiny Millisecond-level Face Detector", Machine Intelligence Research 20 (2023). Where
the weights come from is in ``weights/README.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

WEIGHTS = Path(__file__).parent / "weights" / "yunet.onnx"
STRIDES = (8, 16, 32)
"""Pixels between neighbouring places of each of its three grids; sides are multiples of the last."""
COLUMNS = 15
"""Of a row: centre x and y, width, height, score, then x and y of the eyes (left in the picture first), nose, mouth."""


class YuNet:
    """The net, ready. One thread; not for use by several at once."""

    def __init__(self) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        # Each shape of picture would keep the memory of its own for good.
        options.enable_cpu_mem_arena = False
        self._session = onnxruntime.InferenceSession(WEIGHTS, options, providers=["CPUExecutionProvider"])
        self._names = [output.name for output in self._session.get_outputs()]

    def find(self, pictures: Sequence[NDArray[Any]], at_least: float) -> list[NDArray[Any]]:
        """Where faces may be; one face gives several rows.

        Args:
            pictures: height x width x 3, red first, 0-255, all of one size.
            at_least: the least score, 0-1: the root of how much a place looks like a face times how sure it is that one
                is centred there.

        Returns:
            For each picture rows of `COLUMNS` numbers, in pixels.
        """
        import cv2
        import numpy

        last = STRIDES[-1]
        height, width = pictures[0].shape[:2]
        bottom, right = -height % last, -width % last
        padded = [cv2.copyMakeBorder(each, 0, bottom, 0, right, cv2.BORDER_CONSTANT) for each in pictures]
        blue_first = cv2.dnn.blobFromImages(padded, swapRB=True)
        answers = dict(zip(self._names, self._session.run(None, {"input": blue_first}), strict=True))
        found: list[list[NDArray[Any]]] = [[] for _ in pictures]
        for stride in STRIDES:
            scores = numpy.sqrt(answers[f"cls_{stride}"] * answers[f"obj_{stride}"])[..., 0]
            for number in range(len(pictures)):
                places = numpy.flatnonzero(scores[number] >= at_least)
                at = numpy.stack([places % ((width + right) // stride), places // ((width + right) // stride)], axis=1)
                box, points = answers[f"bbox_{stride}"][number, places], answers[f"kps_{stride}"][number, places]
                landmarks = (points.reshape(-1, 5, 2) + at[:, None]).reshape(-1, 10) * stride
                columns = [(box[:, :2] + at) * stride, numpy.exp(box[:, 2:]) * stride, scores[number, places, None]]
                found[number].append(numpy.concatenate([*columns, landmarks], axis=1))
        return [numpy.concatenate(rows) for rows in found]
