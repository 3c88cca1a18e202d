"""A net, ready: an ONNX file in the runtime, on one thread; what goes in and out is held against the YAML file."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moderation_models.file import Input
from moderation_models.onnx_file import ModelBroken, read_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

TYPES = {
    "float32": "tensor(float)", "float16": "tensor(float16)", "uint8": "tensor(uint8)", "int32": "tensor(int32)"
}  # fmt: skip
"""The runtime's words for what `Input.type` may be."""
MOST_NUMBERS = 50_000_000
"""In all outputs together; more is a mistake, or meant to fill the memory."""


class Net:
    """A net. Not for use by several threads at once.

    Raises:
        ModelBroken: it cannot be loaded, or does not read what `given` says.
    """

    def __init__(self, path: Path, sha256: str | None, given: Input) -> None:
        import onnxruntime

        data = read_weights(path, sha256)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        # Each shape of picture would keep the memory of its own for good.
        options.enable_cpu_mem_arena = given.multiple_of is None
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the runtime has a class for each of its codes, and no common one
            raise ModelBroken(f"{path.name} cannot be loaded: {_first_line(error)}") from error
        self.path, self.given = path, given
        self.tensor = self._input(given)
        self.outputs = {output.name: output.shape for output in self._session.get_outputs()}

    def run(self, prepared: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """What comes out, by name, for a batch as `Input` says it.

        Raises:
            ModelBroken: it cannot compute this, or gives too much.
        """
        import numpy

        try:
            answers = self._session.run(None, {self.tensor: prepared})
        except Exception as error:  # as above
            raise ModelBroken(f"{self.path.name} cannot compute: {_first_line(error)}") from error
        arrays = {name: numpy.asarray(answer) for name, answer in zip(self.outputs, answers, strict=True)}
        if sum(array.size for array in arrays.values()) > MOST_NUMBERS:
            raise ModelBroken(f"{self.path.name} gives more than {MOST_NUMBERS:,} numbers")
        return arrays

    def output(self, name: str | None) -> str:
        """The name of an output; of the only one, when None is asked for."""
        if name is None and len(self.outputs) == 1:
            return str(next(iter(self.outputs)))
        if name is None:
            raise ModelBroken(f"{self.path.name} has several outputs: say which, with tensor: one of {self._named()}")
        if name not in self.outputs:
            raise ModelBroken(f"{self.path.name} has no output '{name}': there are {self._named()}")
        return name

    def carried_names(self) -> Mapping[str, int]:
        """Names of classes as Ultralytics writes them into its files (``names``), to their numbers; none is empty."""
        written = self._session.get_modelmeta().custom_metadata_map.get("names", "")
        try:
            names = ast.literal_eval(written) if len(written) < 1_000_000 else {}
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            return {}
        pairs = names.items() if isinstance(names, dict) else enumerate(names if isinstance(names, list) else [])
        return {str(name): number for number, name in pairs if isinstance(number, int)}

    def _named(self) -> str:
        return ", ".join(self.outputs)

    def _input(self, given: Input) -> str:
        inputs = {each.name: each for each in self._session.get_inputs()}
        if given.tensor is None and len(inputs) > 1:
            raise ModelBroken(f"{self.path.name} has several inputs ({', '.join(inputs)}); one is wanted")
        if given.tensor is not None and given.tensor not in inputs:
            raise ModelBroken(f"{self.path.name} has no input '{given.tensor}': there are {', '.join(inputs)}")
        chosen = inputs[given.tensor or next(iter(inputs))]
        if chosen.type != TYPES[given.type]:
            raise ModelBroken(f"{self.path.name} reads {chosen.type}, not {given.type}: mend input: type")
        height, width = given.size if given.multiple_of is None else ("height", "width")
        wanted: list[int | str] = ["n", 3, height, width] if given.layout == "nchw" else ["n", height, width, 3]
        shape = list(chosen.shape)
        fits = len(shape) == len(wanted) and all(
            not isinstance(has, int) or has == want or (number == 0 and has == 1)
            for number, (has, want) in enumerate(zip(shape, wanted, strict=False))
        )
        if not fits:
            raise ModelBroken(
                f"{self.path.name} reads {_shape(shape)}, not {_shape(wanted)}: mend input: size or layout"
            )
        return str(chosen.name)


def _shape(sides: list[Any]) -> str:
    return " x ".join(str(side) for side in sides)


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:300]
