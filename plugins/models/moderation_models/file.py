"""What a model's YAML file may say. See docs/models.md; `moderation_models.folder` reads such files.

::

    model: acme.forklifts
    version: "1"
    file: forklifts.onnx
    sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    licence: {weights: MIT}
    input: {size: 640, resize: fit}
    output: {kind: yolo, layout: v8}
    classes: [forklift, person]
    labels: {forklift: Custom/FORKLIFT}
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from moderation.core.cards import Card, Licence
from moderation.core.policy.codes import label_hint
from moderation.core.policy.terms import PolicyModel, is_number, no_entries, wrong
from moderation.core.taxonomy import CUSTOM_PREFIX, Taxonomy

MAX_SIDE = 4096
"""Pixels of what a net reads; 4096 x 4096 x 3 floats are 200 MB."""
PACKAGE = "package:"
"""``package:NAME/FILE`` is a file that an installed Python package carries."""
Table = tuple[tuple[float, float], ...]
"""Raw score and percent, rising; between the points it is a straight line."""
STRAIGHT: Table = ((0.0, 0.0), (1.0, 100.0))


def _size(value: Any) -> Any:
    sides = value if isinstance(value, list) else [value, value]
    if len(sides) != 2 or not all(isinstance(side, int) and 1 <= side <= MAX_SIDE for side in sides):
        raise wrong(
            f"a side is a whole number of pixels, 1 to {MAX_SIDE}", hint="write size: 640, or size: [HEIGHT, WIDTH]"
        )
    return tuple(sides)


def _three(value: Any) -> Any:
    three = value if isinstance(value, list) else [value] * 3
    if len(three) != 3 or not all(is_number(number) for number in three):
        raise wrong("a number is wanted, or one for each of the three channels", hint="write 127, or [123, 117, 104]")
    return tuple(float(number) for number in three)


def _table(value: Any) -> Table:
    pairs = value if isinstance(value, list) else []
    if len(pairs) < 2 or not all(isinstance(p, list) and len(p) == 2 and all(map(is_number, p)) for p in pairs):
        raise wrong("a list of pairs of raw score and percent is wanted", hint="write [[0.2, 40], [0.9, 95]]")
    for (raw, percent), (next_raw, next_percent) in pairwise(pairs):
        if next_raw <= raw or next_percent < percent:
            raise wrong("scores rise from pair to pair, and percents do not fall", hint="sort the pairs")
    if pairs[0][1] < 0 or pairs[-1][1] > 100:
        raise wrong("a percent is 0 to 100", hint="write [[0.2, 40], [0.9, 95]]: the raw score first")
    return tuple((float(raw), float(percent)) for raw, percent in pairs)


def _tables(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {label: _table(table) for label, table in value.items()}
    return {"": _table(value)}


def _known(labels: dict[str, str]) -> dict[str, str]:
    taxonomy = Taxonomy(label for label in labels.values() if label.startswith(CUSTOM_PREFIX))
    for name, label in labels.items():
        if label not in taxonomy:
            raise wrong(f"unknown label '{label}'", at=name, hint=label_hint(taxonomy, label))
    return labels


Side = Annotated[int, Field(ge=1, le=MAX_SIDE)]
Three = Annotated[tuple[float, float, float], BeforeValidator(_three)]
Share = Annotated[float, Field(ge=0, le=1)]


class Input(PolicyModel):
    """How a picture becomes what the net reads.

    Attributes:
        tensor: name of the input; may be left out when there is one.
        size: height and width in pixels.
        resize: ``stretch`` to the size; ``fit`` inside it, the rest filled with `fill`; ``crop`` so that it is covered,
            and its middle taken.
        resize_to: pixels to resize to instead, of which the middle `size` is taken; with ``crop`` of the shorter side.
        multiple_of: with ``fit``, for nets that read any shape: no more is filled than makes the sides multiples of it.
        mean, std: ``(value - mean) / std`` of levels 0-255, for floats.
        jpeg: quality at which the resized picture goes through a JPEG, for nets that know such pictures alone.
    """

    tensor: str | None = None
    size: Annotated[tuple[int, int], BeforeValidator(_size)]
    resize: Literal["stretch", "fit", "crop"] = "stretch"
    resize_to: Side | None = None
    multiple_of: Side | None = None
    fill: Annotated[int, Field(ge=0, le=255)] = 114
    layout: Literal["nchw", "nhwc"] = "nchw"
    channels: Literal["rgb", "bgr"] = "rgb"
    type: Literal["float32", "float16", "uint8", "int32"] = "float32"
    mean: Three = (0.0, 0.0, 0.0)
    std: Three = (255.0, 255.0, 255.0)
    jpeg: Annotated[int, Field(ge=1, le=100)] | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Input:
        if 0.0 in self.std:
            raise wrong("a std of 0 divides by nothing", at="std", hint="write 255 for values from 0 to 1")
        if self.multiple_of is not None and self.resize != "fit":
            raise wrong("multiple_of goes with resize: fit", at="multiple_of")
        if self.resize_to is not None and (self.resize == "fit" or self.resize_to < max(self.size)):
            raise wrong("resize_to is at least size, and goes with stretch and crop", at="resize_to")
        if self.type in ("uint8", "int32") and {"mean", "std"} & self.model_fields_set:
            raise wrong(f"levels stay as they are in {self.type}", at="mean", hint="remove mean and std")
        return self


KEYS: Mapping[str, tuple[str, ...]] = {
    "classes": ("tensor", "scores"),
    "yolo": ("tensor", "layout", "overlap"),
    "ssd": ("boxes", "class_scores", "class_numbers", "corners", "unit", "overlap"),
    "embedding": ("tensor", "head", "scores"),
}
"""What may be said of each kind of output."""


class Output(PolicyModel):
    """What comes out of the net.

    Attributes:
        kind: ``classes`` one number for each; ``yolo`` boxes as YOLO gives them; ``ssd`` boxes and scores apart;
            ``embedding`` features, of which a linear head makes classes.
        tensor: name of the output; may be left out when there is one.
        scores: what makes scores of the numbers.
        layout: ``v5`` n x (box, objectness, classes), as YOLOv5 and v7; ``v8`` (box, classes) x n, as YOLOv8 and later.
        overlap: from which on two boxes of a class are one thing: what they have in common by what they cover together.
        boxes, class_scores, class_numbers: names of outputs. Without ``class_numbers``, scores are n x classes.
        corners: in which order a box says its corners (``xyxy``, ``yxyx``).
        unit: ``ratio`` of what the net reads, or ``pixels`` of it.
        head: file beside the model's: ``.npz`` or ``.json`` with weights (classes x features), bias, mean and scale.
    """

    kind: Literal["classes", "yolo", "ssd", "embedding"]
    tensor: str | None = None
    scores: Literal["softmax", "sigmoid", "as_is"] = "as_is"
    layout: Literal["v5", "v8"] = "v8"
    overlap: Share = 0.45
    boxes: str = "boxes"
    class_scores: str = "scores"
    class_numbers: str | None = None
    corners: Literal["xyxy", "yxyx"] = "xyxy"
    unit: Literal["ratio", "pixels"] = "ratio"
    head: str | None = None

    @model_validator(mode="after")
    def _goes_with_kind(self) -> Output:
        for key in sorted(self.model_fields_set - {"kind"}):
            if key not in KEYS[self.kind]:
                hint = f"with {self.kind} go {', '.join(KEYS[self.kind])}"
                raise wrong(f"'{key}' does not go with kind: {self.kind}", at=key, hint=hint)
        if self.kind == "embedding" and self.head is None:
            raise wrong("an embedding needs a head", at="kind", hint="add head: FILE.npz with weights and bias")
        return self

    @property
    def has_boxes(self) -> bool:
        """True when it says where."""
        return self.kind in ("yolo", "ssd")


class Tiles(PolicyModel):
    """Parts of a picture that are looked at beside the whole, as if each were a picture.

    Attributes:
        grid: so many across and down.
        overlap: what neighbours share, of a tile's side.
        rule: of scores for a whole picture: ``most`` takes the highest of all; ``agree`` takes the lower of the whole
            and of the highest tile, so that what only the whole looks like does not count.
        worth: with ``agree``, the raw score of the whole from which tiles are looked at; below it, it stands.
        agree_at: with ``agree``, the raw score that a tile must reach; where none does, the score is that of the
            middle tile when they are sorted. The highest of many tiles is a little high by chance.
    """

    grid: Annotated[int, Field(ge=2, le=8)]
    overlap: Annotated[float, Field(ge=0, le=0.8)] = 0.3
    rule: Literal["most", "agree"] = "most"
    worth: Share = 0.0
    agree_at: Share = 0.0

    @model_validator(mode="after")
    def _goes_with_rule(self) -> Tiles:
        for key in ("worth", "agree_at"):
            if key in self.model_fields_set and self.rule != "agree":
                raise wrong(f"{key} goes with rule: agree", at=key)
        return self


class Example(PolicyModel):
    """A picture that ``moderation doctor`` and ``moderation models check`` look at.

    Attributes:
        picture: file beside the model's.
        expect: labels that must be found; none when nothing may be.
    """

    picture: str
    expect: list[str]


class Words(PolicyModel):
    """What the file says for the model's card; see `moderation.core.cards.Card`."""

    sees: Annotated[str, Field(min_length=1)]
    does_not_see: Annotated[str, Field(min_length=1)]
    training_data: str | None = None
    figures: list[str] = Field(default_factory=no_entries)
    cost: Annotated[str, Field(min_length=1)] = "not measured"
    languages: str | None = None


class ModelFile(PolicyModel):
    """One model.

    Attributes:
        model: the detector's name, ``vendor.task``.
        file: the ONNX file beside this one, or ``package:NAME/FILE``.
        sha256: of that file, so that another one is noticed.
        classes: raw names in the order of the net's classes, or name to number for those that are used; may be left out
            where the ONNX file carries them, as Ultralytics writes them.
        labels: raw name to label of the taxonomy, or ``Custom/NAME``; other classes are not reported.
        percent: what confidence a raw score is: a table, or one for each label. Scores under its beginning are nothing.
        floor: percent from which it is reported.
        examines: false for a net that knows a few things: its silence is no look at a picture.
        crops_from: looks at these places of a picture instead of all of it: ``face``, or a model with boxes.
        crop_margin: so much more of a place's sides, on each side.
    """

    model: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*\.[a-z0-9][a-z0-9_-]*$", max_length=100)]
    version: Annotated[str, Field(min_length=1, max_length=100)]
    file: Annotated[str, Field(min_length=1)]
    sha256: str | None = None
    licence: Licence = Licence()
    input: Input
    output: Output
    classes: list[str] | dict[str, Annotated[int, Field(ge=0, le=100_000)]] | None = None
    labels: Annotated[dict[str, str], Field(min_length=1), AfterValidator(_known)]
    percent: Annotated[dict[str, Table], BeforeValidator(_tables)] = Field(default_factory=lambda: {"": STRAIGHT})
    floor: Annotated[float, Field(ge=0, le=100)] = 20.0
    examines: bool = True
    crops_from: str | None = None
    crop_margin: Annotated[float, Field(ge=0, le=4)] = 0.0
    tiles: Tiles | None = None
    time_limit_seconds: Annotated[float, Field(gt=0, le=600)] = 10.0
    examples: list[Example] = Field(default_factory=no_entries)
    card: Words | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> ModelFile:
        names = self.names
        for name in self.labels:
            if names is not None and name not in names:
                raise wrong(f"'{name}' is none of the classes", at="labels", hint="add it to classes:, or mend it")
        for label in self.percent:
            if label and label not in self.labels.values():
                raise wrong(f"percents of '{label}', which no class leads to", at="percent")
        for example in self.examples:
            for label in example.expect:
                if label not in self.labels.values():
                    raise wrong(f"no class leads to '{label}', which an example expects", at="examples")
        if self.tiles is not None and self.crops_from is not None:
            raise wrong("either tiles or crops, not both", at="tiles", hint="remove one")
        return self

    @property
    def names(self) -> dict[str, int] | None:
        """Raw name to number of the class; None when the ONNX file says."""
        if isinstance(self.classes, list):
            return {name: number for number, name in enumerate(self.classes)}
        return self.classes

    def table(self, label: str) -> Table:
        """What confidence a raw score of a label is."""
        return self.percent.get(label) or self.percent.get("") or STRAIGHT

    def card_words(self) -> Card | None:
        """The card; None when the file says nothing for one."""
        if self.card is None:
            return None
        return Card(licence=self.licence, **{**self.card.model_dump(), "figures": tuple(self.card.figures)})
