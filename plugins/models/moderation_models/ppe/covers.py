"""What is worn: for each kind of cover a small linear head over features of a crop of the body part."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moderation_models.heads import Head, read_head
from moderation_models.onnx_file import ModelBroken
from moderation_models.ppe.nets import CROP

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

    from moderation_models.ppe.bodies import Region
    from moderation_models.ppe.nets import Nets

SHIPPED = Path(__file__).parent / "heads"


@dataclass(frozen=True)
class Cover:
    """A kind of cover.

    Attributes:
        name: as policies write it.
        part: what it is worn on.
        label: of it in the taxonomy.
        margin: what is looked at round the part, as a share of it; a face is looked at in a square.
    """

    name: str
    part: str
    label: str
    margin: float = 1.0
    is_square: bool = False

    @property
    def file(self) -> str:
        """Name of the file of its head, in the package and in the operator's folder."""
        return f"ppe-{self.name.replace('_', '-')}.npz"


COVERS = (
    Cover("head_cover", "head", "PPE/HEAD_COVER"),
    Cover("face_cover", "face", "PPE/FACE_COVER", margin=1.25, is_square=True),
    Cover("vest", "torso", "PPE/VEST"),
)


class Heads:
    """The heads of all covers: those of a folder, where it has them, and the shipped ones.

    Raises:
        ModelBroken: one cannot be read, or is not of one class over the features of the net.
    """

    def __init__(self, folder: Path | None) -> None:
        self.paths = {cover.name: head_path(cover, folder) for cover in COVERS}
        self._heads: dict[str, Head] = {}
        for name, path in self.paths.items():
            head = read_head(path)
            if head.weights.shape != (1, FEATURES):
                raise ModelBroken(f"{path} is no head of `moderation models train ppe`: train it again, or remove it")
            self._heads[name] = head

    def percents(self, cover: Cover, features: NDArray[Any]) -> NDArray[Any]:
        """How sure it is that the cover is worn, 0-100, for rows of features as `crops_of` gives pictures."""
        import numpy

        odds = self._heads[cover.name].apply(features)[:, 0].reshape(-1, VIEWS).mean(1)
        percents: NDArray[Any] = 100 / (1 + numpy.exp(-odds.clip(-50, 50)))
        return percents


FEATURES, VIEWS = 1280, 2
"""Numbers of the net for a crop; crops of a part: it, and it mirrored."""


def head_path(cover: Cover, folder: Path | None) -> Path:
    """Where the head of a cover is read from."""
    own = folder / cover.file if folder is not None else None
    return own if own is not None and own.is_file() else SHIPPED / cover.file


def digest_of(folder: Path | None) -> str:
    """Eight digits that change when a head does, for the detector's version. Raises `ModelBroken`."""
    digest = hashlib.sha256()
    for cover in COVERS:
        path = head_path(cover, folder)
        try:
            digest.update(path.read_bytes())
        except OSError as error:
            raise ModelBroken(f"{path} cannot be read: {error.strerror}; mend or remove it") from error
    return digest.hexdigest()[:8]


def crops_of(picture: Image, cover: Cover, region: Region) -> list[Image]:
    """What is looked at of a body part; what lies beyond the picture is black."""
    from PIL import Image

    crop = cut(picture, cover, region)
    return [crop, crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT)]


def cut(picture: Image, cover: Cover, region: Region) -> Image:
    """One crop of a body part, `CROP` pixels a side."""
    from PIL import Image

    x, y = (region[0] + region[2]) / 2, (region[1] + region[3]) / 2
    across, down = (region[2] - region[0]) / 2 * cover.margin, (region[3] - region[1]) / 2 * cover.margin
    if cover.is_square:
        across = down = max(across, down)
    box = (x - across, y - down, x + across, y + down)
    # A transform does not blur what it shrinks: what is larger than the crop is cut out and resized.
    if min(across, down) > CROP:
        whole = (round(box[0]), round(box[1]), round(box[2]), round(box[3]))
        return picture.crop(whole).resize((CROP, CROP), Image.Resampling.BILINEAR)
    return picture.transform((CROP, CROP), Image.Transform.EXTENT, box, Image.Resampling.BILINEAR)


def worn_by(
    picture: Image, people: Sequence[Mapping[str, Region]], nets: Nets, heads: Heads
) -> list[dict[str, tuple[Cover, float]]]:
    """For each of the people, by the places of their parts: part to cover and percent."""
    found: list[dict[str, tuple[Cover, float]]] = [{} for _ in people]
    for cover in COVERS:
        have = [number for number, parts in enumerate(people) if cover.part in parts]
        if not have:
            continue
        crops = [crop for number in have for crop in crops_of(picture, cover, people[number][cover.part])]
        for number, percent in zip(have, heads.percents(cover, nets.features(crops)), strict=True):
            found[number][cover.part] = (cover, float(percent))
    return found
