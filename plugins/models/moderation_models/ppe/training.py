"""Heads trained from labelled pictures: crops as the detector takes them, a part held back, figures."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

from ground.statistics import Interval, wilson
from moderation.core.errors import InputError
from moderation.hookspecs import Unreadable
from moderation_models.heads import Head, read_head
from moderation_models.ppe.covers import COVERS, Cover, head_path
from moderation_models.ppe.detector import LONGEST
from moderation_models.ppe.learning import Rows, learn, odds
from moderation_models.ppe.nets import CROP, Nets
from moderation_models.ppe.people import clean, people_of
from moderation_models.ppe.samples import Labelled, Picture
from moderation_models.ppe.wearing import crops_of, cut

if TYPE_CHECKING:
    from numpy.random import Generator
    from PIL.Image import Image

    from moderation_models.ppe.bodies import Region

VARIANTS = 6
"""Of each part, moved, lit, coloured and blurred at random: pictures of other cameras."""
HELD_BACK = 5
"""One picture of so many is not learnt from, and measured instead."""
LEAST = 20
"""Parts with and parts without a cover that a head is learnt from."""
SAME = 0.15
"""What a labelled box and the part that the detector found have in common, at least, to be one: area shared of both."""
SURE = 80.0
"""Percent from which a cover is surely worn; under a hundred less that, surely not."""


@dataclass(frozen=True)
class Figures:
    """How a head does on the parts that were held back.

    Attributes:
        worn, bare: of those with and those without the cover: how many at 50 % are told right; None without any.
        sure: how many of all are told with `SURE` percent.
        sure_right: of those, how many right.
    """

    worn: Interval | None
    bare: Interval | None
    sure: Interval | None
    sure_right: Interval | None
    right: int


@dataclass(frozen=True)
class Trained:
    """A head that was learnt, and what it is worth."""

    cover: Cover
    head: Head
    learnt: int
    held: int
    before: Figures | None
    after: Figures

    @property
    def is_better(self) -> bool:
        """Whether it is right at least as often as the one before."""
        return self.before is None or self.after.right >= self.before.right


def train(
    pictures: Sequence[Picture],
    folder: Path | None,
    *,
    afresh: bool,
    told: Callable[[Iterable[Picture]], Iterable[Picture]],
) -> Iterator[Trained]:
    """Learn a head for each cover of which there is enough.

    Args:
        folder: of the heads to begin with (`covers.head_path`).
        afresh: begin with nothing instead.
        told: gives pictures on, and says how far it is.

    Raises:
        InputError: there is not enough of any cover.
    """
    gathered = gather(told(pictures))
    is_any = False
    for cover in COVERS:
        rows = gathered.get(cover.name)
        if rows is None or min(int(rows.is_worn.sum()), int((~rows.is_worn).sum())) < LEAST:
            continue
        is_any = True
        held = rows.picture % HELD_BACK == 0
        inside, outside = rows.where(~held), rows.where(held)
        before = None if afresh else read_head(head_path(cover, folder))
        head = learn(inside, before)
        was = figures(before, outside) if before is not None else None
        yield Trained(cover, head, len(inside), len(outside), was, figures(head, outside))
    if not is_any:
        counts = ", ".join(f"{name}: {int(rows.is_worn.sum())} of {len(rows)}" for name, rows in gathered.items())
        raise InputError(
            f"at least {LEAST} parts with and {LEAST} without a cover are wanted; worn are {counts or 'none'}"
        )


def gather(pictures: Iterable[Picture]) -> dict[str, Rows]:
    """Features of the labelled parts of pictures by cover: as they were drawn, and as the detector finds them."""
    import numpy
    from moderation_vision.yunet import YuNet

    nets, faces = Nets(), YuNet()
    found: dict[str, list[tuple[Any, ...]]] = {}
    for picture in pictures:
        opened = clean(_opened(picture))
        number = crc32(picture.name.encode())
        random = numpy.random.default_rng(number)
        people = people_of(opened, nets.bodies, faces)
        for cover in COVERS:
            regions = [person.parts[cover.part] for person in people if cover.part in person.parts]
            for label, region, is_found in _parts(picture.labels, cover, regions, opened):
                plain = nets.features(crops_of(opened, cover, region))
                varied = nets.features([_varied(opened, cover, region, random) for _ in range(VARIANTS)])
                found.setdefault(cover.name, []).append((plain, varied, label.is_worn, number, is_found))
    return {name: Rows(*(numpy.array(column) for column in zip(*rows, strict=True))) for name, rows in found.items()}


def figures(head: Head, rows: Rows) -> Figures:
    """How often a head is right about parts that the detector found; about all, where it found none of them."""
    import numpy

    rows = rows.where(rows.is_found) if rows.is_found.any() else rows
    percents = 100 / (1 + numpy.exp(-odds(head, rows.plain).clip(-50, 50)))
    says_worn, is_sure = percents >= 50, (percents >= SURE) | (percents <= 100 - SURE)
    right = says_worn == rows.is_worn
    return Figures(
        wilson(int((right & rows.is_worn).sum()), int(rows.is_worn.sum())),
        wilson(int((right & ~rows.is_worn).sum()), int((~rows.is_worn).sum())),
        wilson(int(is_sure.sum()), len(rows)),
        wilson(int((right & is_sure).sum()), int(is_sure.sum())),
        int(right.sum()),
    )


def write_head(head: Head, path: Path) -> None:
    """Write a head as `read_head` reads it, in 32 bits; the file is whole or is not there."""
    import numpy

    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.stem}", delete=False) as file:
        numpy.savez_compressed(
            file,
            weights=head.weights.astype(numpy.float32),
            bias=head.bias.astype(numpy.float32),
            mean=head.mean.astype(numpy.float32),
            scale=head.scale.astype(numpy.float32),
        )
    Path(file.name).chmod(0o644)
    Path(file.name).replace(path)


def _parts(
    labels: Sequence[Labelled], cover: Cover, regions: Sequence[Region], picture: Image
) -> Iterator[tuple[Labelled, Region, bool]]:
    """What is labelled, with its region as drawn and as found."""
    mine = [label for label in labels if label.cover == cover.name]
    whole = [label for label in mine if label.box is None]
    if whole:
        # A picture of one face: the one that is found, the largest; where none is, most of the picture.
        largest = max(regions, key=lambda region: region[3] - region[1], default=None)
        width, height = picture.size
        yield whole[0], largest or (0.1 * width, 0.1 * height, 0.9 * width, 0.9 * height), largest is not None
    drawn = [(label, _scaled(label.box, picture)) for label in mine if label.box is not None]
    yield from ((label, box, False) for label, box in drawn)
    pairs = sorted(
        ((_shared(box, region), a, b) for a, (_, box) in enumerate(drawn) for b, region in enumerate(regions)),
        reverse=True,
    )
    taken: set[int] = set()
    given: set[int] = set()
    for share, one, other in pairs:
        if share >= SAME and one not in taken and other not in given:
            taken.add(one)
            given.add(other)
            yield drawn[one][0], regions[other], True


def _varied(picture: Image, cover: Cover, region: Region, random: Generator) -> Image:
    """A crop as another camera might have made it."""
    from PIL import Image, ImageEnhance

    width, height = region[2] - region[0], region[3] - region[1]
    x = (region[0] + region[2]) / 2 + random.normal(0, 0.08) * width
    y = (region[1] + region[3]) / 2 + random.normal(0, 0.08) * height
    scale, shape = random.lognormal(0, 0.12), random.lognormal(0, 0.06)
    across, down = width / 2 * scale * shape, height / 2 * scale / shape
    crop = cut(picture, cover, (x - across, y - down, x + across, y + down))
    if random.random() < 0.5:
        crop = crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if random.random() < 0.5:
        side = int(random.integers(14, 64))
        crop = crop.resize((side, side), Image.Resampling.BOX).resize((CROP, CROP), Image.Resampling.BILINEAR)
    for change, spread in ((ImageEnhance.Brightness, 0.25), (ImageEnhance.Contrast, 0.2), (ImageEnhance.Color, 0.3)):
        crop = change(crop).enhance(float(random.lognormal(0, spread)))
    return crop


def _opened(picture: Picture) -> Image:
    """The picture under the limits that posted ones have. Raises `InputError`."""
    from moderation.testing import FakeContext

    with tempfile.TemporaryDirectory() as folder:
        context = FakeContext(Path(folder))
        try:
            data = picture.source if isinstance(picture.source, bytes) else picture.source.read_bytes()
            return context.looks(context.media(data), LONGEST)[0]
        except (Unreadable, ValueError, OSError) as error:
            raise InputError(f"{picture.name} cannot be read as a picture: {error}; mend or remove it") from error


def _scaled(box: Region, picture: Image) -> Region:
    return box[0] * picture.width, box[1] * picture.height, box[2] * picture.width, box[3] * picture.height


def _shared(one: Region, other: Region) -> float:
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    if across <= 0 or down <= 0:
        return 0.0
    areas = sum((region[2] - region[0]) * (region[3] - region[1]) for region in (one, other))
    return across * down / (areas - across * down)
