"""ONNX files are not trusted: what is wrong with one is found before the runtime reads it.

The runtime reads tensors from other files where a model says so, at paths that the model names. Such a model is
refused. The file is walked as Protocol Buffers are encoded (protobuf.dev/programming-guides/encoding), by the field
numbers of ``onnx.proto``, to the depth that subgraphs may have; nothing is built of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from moderation.core.errors import ModerationError

MAX_BYTES = 512 * 1024 * 1024
MAX_DEPTH = 40
"""Messages within messages; a graph within a graph takes three."""
MODEL = {7: "graph", 20: "training", 25: "function"}
TRAINING = {1: "graph", 2: "graph"}
GRAPH = {1: "node", 5: "tensor", 15: "sparse"}
FUNCTION = {7: "node", 11: "attribute"}
NODE = {5: "attribute"}
ATTRIBUTE = {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"}
SPARSE = {1: "tensor", 2: "tensor"}
INSIDE = {
    "model": MODEL, "training": TRAINING, "graph": GRAPH, "function": FUNCTION, "node": NODE, "attribute": ATTRIBUTE,
    "sparse": SPARSE,
}  # fmt: skip
"""Of each message, the fields that lead to a tensor."""
EXTERNAL, LOCATION = 13, 14
"""Fields of a tensor: where it lies in another file, and that it lies elsewhere (1)."""


class ModelBroken(ModerationError):
    """A model cannot be used; says why and what to do, and nothing of any content."""


def read_weights(path: Path, sha256: str | None) -> bytes:
    """The bytes of an ONNX file that can be given to the runtime.

    Raises:
        ModelBroken: it is not there, too large, another file than `sha256` says, no ONNX, or spread over other files.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise ModelBroken(f"{path.name} has {size:,} bytes; a model has at most {MAX_BYTES:,}")
        data = path.read_bytes()
    except OSError as error:
        raise ModelBroken(f"{path} cannot be read: {error.strerror}") from error
    digest = hashlib.sha256(data).hexdigest()
    if sha256 != digest:
        raise ModelBroken(
            f"{path.name} is another file: its sha256 is {digest}; put the right file there, or mend sha256"
        )
    try:
        _walk(memoryview(data), "model", 0)
    except (IndexError, ValueError) as error:
        raise ModelBroken(f"{path.name} is no ONNX file, or damaged; export it again") from error
    return data


def _walk(message: memoryview, kind: str, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise ValueError("too deep")
    for number, value in _fields(message):
        if kind == "tensor":
            if number == EXTERNAL or (number == LOCATION and value == 1):
                raise ModelBroken("its tensors lie in other files; save it as one file (save_as_external_data=False)")
        elif (inner := INSIDE[kind].get(number)) is not None:
            if not isinstance(value, memoryview):
                raise ValueError("a message is wanted")
            _walk(value, inner, depth + 1)


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview | int]]:
    """Number and value of each field; of fixed ones, 0."""
    at, end = 0, len(message)
    while at < end:
        tag, at = _varint(message, at)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, at = _varint(message, at)
            yield number, value
        elif wire == 2:
            length, at = _varint(message, at)
            if length > end - at:
                raise ValueError("longer than its message")
            yield number, message[at : at + length]
            at += length
        elif wire in (1, 5):
            at += 8 if wire == 1 else 4
            if at > end:
                raise ValueError("longer than its message")
            yield number, 0
        else:
            raise ValueError("groups are not used")


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 127) << shift
        at += 1
        if byte < 128:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("a number of more than 64 bits")
