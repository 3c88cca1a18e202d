"""PDQ: 256 bits of a picture that stay nearly the same when it is saved anew, made smaller or changed a little.

Written after the description by Facebook, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm"
(2019), so that lists made by other programs are understood: a picture is filtered and sampled to 64 x 64 grey levels,
its 16 x 16 lowest frequencies but the constant ones are kept, and each bit says whether one of them is over the median.
Two pictures whose hashes differ in at most 31 bits are taken for the same, which is what the description recommends.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image

BITS = 256
MIN_QUALITY = 50
"""Of 100. Pictures under it are too even to be told from others: neither listed nor compared, as others do it too."""
SAMPLES, KEPT = 64, 16
"""Sides of the grid of grey levels, and of the grid of frequencies."""
LONGEST = 1024
"""Pixels of the longest side that pictures are shrunk to first: of a photograph of 1,600 pixels 2 bits change by it."""

Grid = NDArray[np.float64]

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_FREQUENCIES = np.sqrt(2 / SAMPLES) * np.cos(
    np.pi / (2 * SAMPLES) * np.arange(1, KEPT + 1)[:, None] * (2 * np.arange(SAMPLES) + 1)
)
_FLIPPED = (-1.0) ** np.arange(1, KEPT + 1)
"""What mirroring a picture does to its frequencies: every other one changes its sign."""


@dataclass(frozen=True)
class PictureHash:
    """The hash of a picture as it is, and turned and mirrored.

    Attributes:
        turns: eight hashes of 32 bytes; the first is of the picture as it is, the others of it turned by a quarter, a
            half and three quarters, and of the mirror images of these four.
        quality: 0-100: how much there is to see.
    """

    turns: tuple[bytes, ...]
    quality: int

    @property
    def is_telling(self) -> bool:
        """Whether there is enough in the picture to tell it from others."""
        return self.quality >= MIN_QUALITY


def picture_hash(picture: Image) -> PictureHash:
    """The PDQ hash of an RGB picture."""
    luma = np.asarray(picture, np.float32) @ _LUMA
    grey = (_sampler(luma.shape[0]) @ luma @ _sampler(luma.shape[1]).T).astype(np.float64)
    found = _FREQUENCIES @ grey @ _FREQUENCIES.T
    across, down = found * _FLIPPED, found * _FLIPPED[:, None]
    ways = (found, across.T, across * _FLIPPED[:, None], down.T, across, down, found.T, (across * _FLIPPED[:, None]).T)
    return PictureHash(tuple(map(_bits, ways)), _quality(grey))


def cropped(picture: Image, share: float) -> Image:
    """Without a share of its width and height, half of it on either side."""
    across, down = picture.width * share / 2, picture.height * share / 2
    return picture.crop((round(across), round(down), round(picture.width - across), round(picture.height - down)))


def _bits(frequencies: Grid) -> bytes:
    # Of 256 values the lower of the two in the middle counts as the median. The first frequency is the last bit.
    median = np.partition(frequencies.ravel(), BITS // 2 - 1)[BITS // 2 - 1]
    return np.packbits((frequencies > median).ravel()[::-1]).tobytes()


def _quality(grey: Grid) -> int:
    steps = (grey[:-1] - grey[1:], grey[:, :-1] - grey[:, 1:])
    total = sum(int(np.abs((step * 100 / 255).astype(np.int64)).sum()) for step in steps)
    return min(total // 90, 100)


@lru_cache(maxsize=32)
def _sampler(size: int) -> NDArray[Any]:
    """How much each of `size` pixels counts in each of the 64 samples: a running mean, twice, read in 64 places."""
    window = -(-size // (2 * SAMPLES))
    ahead = (window + 2) // 2 - 1
    behind = window - 1 - ahead
    places = np.arange(size)
    first, last = np.maximum(places - behind, 0), np.minimum(places + ahead, size - 1)
    weights = np.zeros((SAMPLES, size), np.float64)
    for sample, row in enumerate(weights):
        middle = int((sample + 0.5) * size / SAMPLES)
        for place in range(first[middle], last[middle] + 1):
            row[first[place] : last[place] + 1] += 1 / (last[place] - first[place] + 1)
        row /= last[middle] - first[middle] + 1
    return weights.astype(np.float32)
