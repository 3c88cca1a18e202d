"""Pictures of which is known what they show: a folder for each label, or a COCO file with boxes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moderation.core.errors import InputError
from moderation.core.items import Box
from moderation.core.taxonomy import Taxonomy
from moderation_models.detector import ModelDetector

NOTHING = "none"
"""The folder of pictures that show nothing of what is looked for."""
ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".avif"})
MAX_COCO_BYTES = 1_000_000_000


@dataclass(frozen=True)
class Sample:
    """A picture.

    Attributes:
        name: its path in the folder.
        labels: what it shows.
        boxes: where, by label; None where nobody said.
    """

    path: Path
    name: str
    labels: frozenset[str]
    boxes: Sequence[tuple[str, Box]] | None = None


def read_samples(source: Path, models: Sequence[ModelDetector], taxonomy: Taxonomy) -> list[Sample]:
    """The pictures of a folder (labels are the folders' paths in it), or of a COCO file.

    A label is a name of the taxonomy, or a class that one of the models knows by its own name.

    Raises:
        InputError: there are none, or a label is not known.
    """
    classes = {name: label for model in models for name, label in model.file.labels.items()}
    if source.is_dir():
        samples = list(_of_folder(source, classes, taxonomy))
    else:
        samples = list(_of_coco(source, classes, taxonomy))
    if not samples:
        raise InputError(f"{source} has no pictures; put them into a folder for each label, and one called {NOTHING}")
    return samples


def _of_folder(source: Path, classes: Mapping[str, str], taxonomy: Taxonomy) -> Iterator[Sample]:
    for path in sorted(source.rglob("*")):
        if path.suffix.lower() not in ENDINGS or not path.is_file():
            continue
        name = path.parent.relative_to(source).as_posix()
        if name == ".":
            raise InputError(f"{path} lies in no folder of a label; put it into one, or into {NOTHING}")
        labels = (
            frozenset() if name == NOTHING else frozenset({_label(name, classes, taxonomy, f"folder {path.parent}")})
        )
        yield Sample(path, path.relative_to(source).as_posix(), labels)


def _label(name: str, classes: Mapping[str, str], taxonomy: Taxonomy, place: str) -> str:
    if name in classes:
        return classes[name]
    if name in taxonomy:
        return name
    close = taxonomy.suggest(name)
    hint = f"did you mean '{close}'? " if close else ""
    raise InputError(
        f"{place}: '{name}' is no label and no class of a model; {hint}What shows nothing lies in {NOTHING}"
    )


def _of_coco(source: Path, classes: Mapping[str, str], taxonomy: Taxonomy) -> Iterator[Sample]:
    try:
        if source.stat().st_size > MAX_COCO_BYTES:
            raise InputError(f"{source} is larger than {MAX_COCO_BYTES:,} bytes")
        content = json.loads(source.read_bytes())
        names = {int(each["id"]): str(each["name"]) for each in content["categories"]}
        found: dict[int, list[Mapping[str, Any]]] = {int(each["id"]): [] for each in content["images"]}
        for each in content["annotations"]:
            found[int(each["image_id"])].append(each)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"{source} is no COCO file (images, categories, annotations): {error!r}") from error
    labels = {number: _label(name, classes, taxonomy, f"{source}: category") for number, name in names.items()}
    for number, image in enumerate(content["images"]):
        try:
            name, width, height = str(image["file_name"]), float(image["width"]), float(image["height"])
            boxes = [
                (labels[int(each["category_id"])], _box(each["bbox"], width, height))
                for each in found[int(image["id"])]
            ]  # fmt: skip
        except (ValueError, KeyError, TypeError, ZeroDivisionError) as error:
            raise InputError(f"{source}: images[{number}], or an annotation of it, is damaged: {error!r}") from error
        path = source.parent / name
        if not path.resolve().is_relative_to(source.parent.resolve()):
            raise InputError(f"{source}: images[{number}]: '{name}' lies outside of the file's folder")
        yield Sample(path, name, frozenset(label for label, _ in boxes), boxes)


def _box(corner_and_sides: Sequence[float], width: float, height: float) -> Box:
    left, top, across, down = (float(number) for number in corner_and_sides)
    left, right = (min(max(edge / width, 0.0), 1.0) for edge in (left, left + across))
    top, bottom = (min(max(edge / height, 0.0), 1.0) for edge in (top, top + down))
    return Box(left=left, top=top, width=right - left, height=bottom - top)
