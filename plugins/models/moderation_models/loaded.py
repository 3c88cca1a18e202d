"""A model that is loaded: its net, its head, and what they say of a picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moderation_models.decoding import Boxes, check_count, class_scores, distinct, found_boxes
from moderation_models.file import ModelFile
from moderation_models.heads import read_head
from moderation_models.net import Net
from moderation_models.onnx_file import ModelBroken
from moderation_models.preparing import prepare

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image


class Loaded:
    """A net and its head. Everything raises `ModelBroken` where they are not as the file says.

    Args:
        file: what the YAML file says.
        folder: in which it lies.
        weights: the ONNX file.

    Attributes:
        by_label: label to the numbers of its classes, with their names.
    """

    def __init__(self, file: ModelFile, folder: Path, weights: Path) -> None:
        self._file = file
        self._net = Net(weights, file.sha256, file.input)
        self._head = read_head(folder / file.output.head) if file.output.head is not None else None
        names: Mapping[str, int] = file.names if file.names is not None else self._net.carried_names()
        unknown = next((name for name in file.labels if name not in names), None)
        if unknown is not None:
            carried = ", ".join(list(names)[:20]) or "nothing: add classes:"
            raise ModelBroken(f"{weights.name} knows no class '{unknown}'; it carries {carried}")
        self._listed = len(names) if not isinstance(file.classes, dict) else None
        self.by_label: dict[str, dict[int, str]] = {}
        for name, label in file.labels.items():
            self.by_label.setdefault(label, {})[names[name]] = name

    def scores(self, picture: Image) -> NDArray[Any]:
        """The raw score of each class, 0-1, for a picture (RGB)."""
        answers = self._net.run(prepare(picture, self._file.input).values)
        scores = class_scores(self._file.output, self._net, self._head, answers)
        check_count(self._net, len(scores), max(max(of) for of in self.by_label.values()) + 1, self._listed)
        return scores

    def boxes(self, picture: Image, least: Mapping[int, float]) -> Boxes:
        """What is found in a picture (RGB).

        Args:
            least: numbers of classes to the raw scores from which they count.
        """
        prepared = prepare(picture, self._file.input)
        answers = self._net.run(prepared.values)
        return found_boxes(self._file.output, self._net, answers, prepared, least, self._listed)

    def distinct(self, corners: NDArray[Any]) -> NDArray[Any]:
        """Which of the boxes of a class, the surest first, are things of their own."""
        return distinct(corners, self._file.output.overlap)
