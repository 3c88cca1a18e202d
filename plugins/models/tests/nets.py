"""Nets whose answers can be worked out by hand, and folders of models: colours are the classes.

`colours` says how red, green and blue a picture is on the whole; `cells` says it for each cell of 32 pixels, as boxes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy
import onnx
from moderation_models.detector import ModelDetector
from moderation_models.folder import read_models
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

CELL = 32
NAMES = ["red", "green", "blue"]


def colours(size: int | None = 64, dtype: int = TensorProto.FLOAT) -> onnx.ModelProto:
    """``scores``: the mean of each channel. Sides are free where `size` is None."""
    sides: Sequence[Any] = ["height", "width"] if size is None else [size, size]
    nodes = [
        helper.make_node("Cast", ["picture"], ["wide"], to=TensorProto.FLOAT),
        helper.make_node("GlobalAveragePool", ["wide"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["scores"]),
    ]
    return _model(nodes, dtype, [1, 3, *sides], {"scores": [1, 3]})


def cells(layout: str = "v8", size: int = 128, objectness: float = 1.0) -> onnx.ModelProto:
    """YOLO's boxes, or (``ssd``) boxes in ratios, upper edge first, with scores and numbers of classes."""
    across = size // CELL
    at = numpy.array([(x, y) for y in range(across) for x in range(across)], dtype=numpy.float32) * CELL
    boxes = numpy.concatenate([at + CELL / 2, numpy.full_like(at, CELL)], axis=1)
    edges = numpy.concatenate([at[:, ::-1], at[:, ::-1] + CELL], axis=1) / size
    nodes = [
        helper.make_node("AveragePool", ["picture"], ["pooled"], kernel_shape=[CELL, CELL], strides=[CELL, CELL]),
        helper.make_node("Reshape", ["pooled", "flat"], ["colours"]),
    ]
    constants = {"flat": numpy.array([1, 3, -1], dtype=numpy.int64)}
    count = len(boxes)
    if layout == "v8":
        constants["boxes"] = boxes.T[None]
        nodes.append(helper.make_node("Concat", ["boxes", "colours"], ["found"], axis=1))
        outputs = {"found": [1, 7, count]}
    elif layout == "v5":
        constants["boxes"] = numpy.concatenate([boxes, numpy.full((count, 1), objectness, "f")], axis=1)[None]
        nodes.append(helper.make_node("Transpose", ["colours"], ["rows"], perm=[0, 2, 1]))
        nodes.append(helper.make_node("Concat", ["boxes", "rows"], ["found"], axis=2))
        outputs = {"found": [1, count, 8]}
    else:
        constants["edges"] = edges[None]
        nodes.append(helper.make_node("Identity", ["edges"], ["boxes"]))
        nodes.append(helper.make_node("ReduceMax", ["colours"], ["scores"], axes=[1], keepdims=0))
        nodes.append(helper.make_node("ArgMax", ["colours"], ["whole"], axis=1, keepdims=0))
        nodes.append(helper.make_node("Cast", ["whole"], ["numbers"], to=TensorProto.FLOAT))
        outputs = {"boxes": [1, count, 4], "scores": [1, count], "numbers": [1, count]}
    return _model(nodes, TensorProto.FLOAT, [1, 3, size, size], outputs, constants)


def _model(
    nodes: Sequence[onnx.NodeProto], dtype: int, shape: Sequence[Any], outputs: dict[str, list[int]],
    constants: dict[str, Any] | None = None,
) -> onnx.ModelProto:  # fmt: skip
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("picture", dtype, shape)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, sides) for name, sides in outputs.items()],
        [numpy_helper.from_array(numpy.ascontiguousarray(value), name) for name, value in (constants or {}).items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


class Models:
    """A folder of models of an operator's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, net: onnx.ModelProto | bytes, text: str, name: str = "own") -> Path:
        """Write NAME.onnx and NAME.yml; SHA256 in the text becomes the digest."""
        data = net if isinstance(net, bytes) else net.SerializeToString()
        (self.folder / f"{name}.onnx").write_bytes(data)
        path = self.folder / f"{name}.yml"
        text = text.replace("file: own.onnx", f"file: {name}.onnx")
        path.write_text(text.replace("SHA256", hashlib.sha256(data).hexdigest()), encoding="utf-8")
        return path

    def read(self, name: str = "acme.own") -> ModelDetector:
        """The detector of that name."""
        return next(model for model in read_models(self.folder) if model.name == name)


def painted(patches: dict[tuple[int, int, int, int], str], size: tuple[int, int] = (128, 128)) -> Image.Image:
    """A black picture with patches of colour (left, top, right, bottom in pixels)."""
    picture = Image.new("RGB", size)
    for place, colour in patches.items():
        picture.paste(colour, place)
    return picture


COLOURS = """\
model: acme.own
version: "1"
file: own.onnx
sha256: SHA256
input: {size: 64}
output: {kind: classes}
classes: [red, green, blue]
labels: {red: Custom/RED, blue: Weapons}
"""
CELLS = COLOURS.replace("size: 64", "size: 128").replace("{kind: classes}", "{kind: yolo}")
