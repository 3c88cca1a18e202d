"""Labelled pictures to learn covers from: YOLO files beside pictures, and folders of faces with and without masks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from moderation.core.errors import InputError
from moderation_models.labelled import ENDINGS

if TYPE_CHECKING:
    from moderation_models.ppe.bodies import Region

CLASSES = ("helmet", "vest", "bare_head", "no_vest", "mask", "no_mask")
"""What the numbers of YOLO files mean, where no ``classes.txt`` beside them says otherwise."""
MEANINGS: Mapping[str, tuple[str, bool]] = {
    "helmet": ("head_cover", True),
    "bare_head": ("head_cover", False),
    "vest": ("vest", True),
    "no_vest": ("vest", False),
    "mask": ("face_cover", True),
    "no_mask": ("face_cover", False),
}
"""Class to a cover, and whether it is worn. A box is round the head, the torso or the face."""
FACES: Mapping[str, bool] = {"with_mask": True, "without_mask": False}
"""Folders of pictures that show one face each."""
MOST_BOXES = 1000


@dataclass(frozen=True)
class Labelled:
    """A body part in a picture.

    Attributes:
        box: left, top, right, bottom as ratios; None for a picture that is one face.
    """

    cover: str
    is_worn: bool
    box: Region | None


@dataclass(frozen=True)
class Picture:
    """A picture and all that is labelled in it; those of one name are never on both sides of a split.

    Attributes:
        source: its file, or its bytes.
    """

    source: Path | bytes
    name: str
    labels: tuple[Labelled, ...]


def read_pictures(folder: Path) -> list[Picture]:
    """The labelled pictures of a folder and all below, by name.

    Raises:
        InputError: there are none, or a label cannot be read; names file, line and remedy.
    """
    found = list(_of(folder))
    if not found:
        raise InputError(
            f"{folder} has no labelled pictures: put a YOLO file (NAME.txt, lines of CLASS X Y WIDTH HEIGHT as shares) "
            f"beside each, or pictures of faces into folders {' and '.join(FACES)}"
        )
    return found


def _of(folder: Path) -> Iterator[Picture]:
    classes: dict[Path, Sequence[str]] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in ENDINGS or not path.is_file():
            continue
        name = path.relative_to(folder).as_posix()
        labels = path.with_suffix(".txt")
        if path.parent.name in FACES:
            yield Picture(path, name, (Labelled("face_cover", FACES[path.parent.name], None),))
        elif labels.is_file():
            if path.parent not in classes:
                classes[path.parent] = _classes(path.parent / "classes.txt")
            yield Picture(path, name, tuple(_boxes(labels, classes[path.parent])))


def _classes(path: Path) -> Sequence[str]:
    if not path.is_file():
        return CLASSES
    names = _text(path).split()
    for number, name in enumerate(names, 1):
        if name not in MEANINGS:
            raise InputError(f"{path}:{number}: '{name}' is no class; there are {', '.join(MEANINGS)}")
    return names


def _boxes(path: Path, classes: Sequence[str]) -> Iterator[Labelled]:
    lines = _text(path).splitlines()
    if len(lines) > MOST_BOXES:
        raise InputError(f"{path} has {len(lines):,} lines; a picture has at most {MOST_BOXES:,} boxes")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            written, *shares = line.split()
            x, y, width, height = (float(share) for share in shares)
            cover, is_worn = MEANINGS[classes[_whole(written, len(classes))]]
            if not (0 < width <= 1 and 0 < height <= 1 and -0.5 <= x <= 1.5 and -0.5 <= y <= 1.5):
                raise ValueError("sides and middle are shares of the picture, from 0 to 1")
        except ValueError as error:
            raise InputError(
                f"{path}:{number}: no box of CLASS X Y WIDTH HEIGHT, class 0 to {len(classes) - 1}: {error}"
            ) from error
        yield Labelled(cover, is_worn, (x - width / 2, y - height / 2, x + width / 2, y + height / 2))


def _whole(written: str, count: int) -> int:
    if not (written.isascii() and written.isdigit() and len(written) < 6 and int(written) < count):
        raise ValueError(f"class '{written[:20]}' is none")
    return int(written)


def _text(path: Path) -> str:
    try:
        return path.read_bytes()[:1_000_000].decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as text: {error}") from error
