"""What is worn: for each kind of cover a small linear head over features of a crop of the body part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moderation_models.heads import Head, read_head
from moderation_models.onnx_file import ModelBroken
from moderation_models.ppe.covers import COVERS, Cover, head_path
from moderation_models.ppe.nets import CROP

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

    from moderation_models.ppe.bodies import Region
    from moderation_models.ppe.nets import Nets


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
