"""Read the tensors of a PyTorch checkpoint of before 1.6 (pickles, then bare arrays) without PyTorch, and run none of it.

The unpickler knows three names and refuses every other, so that a file can hold nothing but tensors.
"""

from __future__ import annotations

import io
import pickle
import struct
from collections import OrderedDict

import numpy

MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
"""What such a file begins with (``torch.serialization``)."""
STORAGES = {"FloatStorage": numpy.dtype("<f4"), "LongStorage": numpy.dtype("<i8")}


class _Tensors(pickle.Unpickler):
    """Builds (storage, offset, size, stride) where the file says tensor."""

    def find_class(self, module: str, name: str) -> object:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, size, stride, *_: (storage, offset, size, stride)
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a file of tensors")

    def persistent_load(self, pid: tuple) -> tuple:
        kind, dtype, key, _, count, view = pid
        if kind != "storage" or view is not None:
            raise pickle.UnpicklingError(f"a {kind} is no part of a file of tensors")
        return key, dtype, count


def tensors_of(file: bytes) -> dict[str, numpy.ndarray]:
    """Each tensor of the checkpoint by its name."""
    stream = io.BytesIO(file)
    if (_Tensors(stream).load(), _Tensors(stream).load()) != (MAGIC, PROTOCOL):
        raise ValueError("this is no PyTorch file of before 1.6")
    if not _Tensors(stream).load()["little_endian"]:
        raise ValueError("this file was written on a big-endian machine")
    described = _Tensors(stream).load()
    dtypes = {key: dtype for (key, dtype, _), *_ in described.values()}
    storages = {}
    for key in _Tensors(stream).load():
        (count,) = struct.unpack("<q", stream.read(8))
        storages[key] = numpy.frombuffer(stream.read(count * dtypes[key].itemsize), dtypes[key])
    found = {}
    for name, ((key, dtype, _), offset, size, stride) in described.items():
        steps = tuple(step * dtype.itemsize for step in stride)
        found[name] = numpy.lib.stride_tricks.as_strided(storages[key][offset:], size, steps).copy()
    return found
