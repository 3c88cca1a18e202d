"""PDQ hashes are those that other programs make."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from moderation_hashes.pdq import picture_hash
from PIL import Image

BRIDGE = Path(__file__).parent / "samples" / "bridge.jpg"
PUBLISHED = "d0f8f1ccc0f4a84d0a370a3a228f67f0b36e2ed5b6623e1d33e6339c4e9c9b22"
# Made once by Meta's own program (pdqhash 0.2.8) of what `noise` draws: width, height, seed, hash, quality.
REFERENCE = (
    (64, 64, 1, "e32c9cd31cc329653867e71cd69ae71c632c9cd318e3296518e3c798d69ae32c", 92),
    (300, 200, 2, "5a9b9daf5b739c20b5a6725db58f7a40e160d8e56327a4366664f08adbc8f003", 100),
    (777, 1013, 3, "11aa1db0764035839bd76f6e6941218efcc51769496c954c237ed53cdb8db493", 100),
    (1024, 640, 4, "dfdcec6bc9dcd6004dd53dc6c1c3367060fd5a5cc24586468f687193f50ee910", 100),
    (129, 500, 5, "79652ac7665c502f8b912666b4d6f03f36e62b54d52a869855a9f41ed01b746e", 100),
)
Turn = Image.Transpose


def bridge() -> Image.Image:
    with Image.open(BRIDGE) as picture:
        return picture.convert("RGB")


def noise(width: int, height: int, seed: int) -> Image.Image:
    """Blocks of colour, the same on every machine."""
    colours = random.Random(seed)
    picture = Image.new("RGB", (width, height))
    for left in range(0, width, 23):
        for top in range(0, height, 17):
            picture.paste(tuple(colours.randrange(256) for _ in range(3)), (left, top, left + 23, top + 17))
    return picture


def differing(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


def test_a_picture_has_the_hash_that_is_published_for_it() -> None:
    assert picture_hash(bridge()).turns[0].hex() == PUBLISHED


@pytest.mark.parametrize(("width", "height", "seed", "value", "quality"), REFERENCE)
def test_hash_and_quality_are_those_of_the_reference(
    width: int, height: int, seed: int, value: str, quality: int
) -> None:
    made = picture_hash(noise(width, height, seed))

    # Sums of single floats differ in their last bits from program to program; the reference allows for it.
    assert differing(made.turns[0], bytes.fromhex(value)) <= 2
    assert made.quality == quality


@pytest.mark.parametrize("turn", list(Turn))
def test_a_turned_or_mirrored_picture_is_found_by_one_of_the_eight(turn: Turn) -> None:
    large = bridge().resize((640, 400))
    turned = picture_hash(large.transpose(turn)).turns[0]

    near = [differing(turned, each) for each in picture_hash(large).turns]

    assert sum(distance <= 16 for distance in near) == 1
    assert near[0] > 31


def test_an_even_picture_tells_nothing() -> None:
    assert not picture_hash(Image.new("RGB", (200, 100), (90, 120, 30))).is_telling
    assert picture_hash(bridge()).is_telling


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (5, 5), (63, 64), (65, 129)])
def test_pictures_of_any_size_have_a_hash(size: tuple[int, int]) -> None:
    assert {len(way) for way in picture_hash(noise(*size, 1)).turns} == {32}
