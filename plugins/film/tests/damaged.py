"""Films with something wrong in their bytes, made by chance from a seed, so that each can be made again."""

from __future__ import annotations

import random
from collections.abc import Iterator

from plugins.film.tests.films import GREEN, RED, made, shots

CONTAINERS = (
    ("mp4", "libx264", "video/mp4"),
    ("mov", "libx264", "video/quicktime"),
    ("webm", "libvpx", "video/webm"),
    ("matroska", "libx264", "video/x-matroska"),
    ("mpegts", "libx264", "video/mp2t"),
)
"""FFmpeg's names of a format and a codec, and what the service calls it."""
PAINT = shots((2, RED), (4, GREEN))


def damaged(number: int) -> tuple[str, bytes]:
    """A film with damage, by its number: what it says that it is, and its bytes."""
    chance = random.Random(number)
    form, codec, content_type = CONTAINERS[number % len(CONTAINERS)]
    data = bytearray(made(PAINT, 4, form=form, codec=codec, sound=True))
    for _ in range(chance.choice((1, 1, 3))):
        DAMAGES[chance.randrange(len(DAMAGES))](data, chance)
    return content_type, bytes(data)


def films(count: int) -> Iterator[tuple[int, str, bytes]]:
    """So many of them, with their numbers."""
    for number in range(count):
        yield (number, *damaged(number))


def _flip(data: bytearray, chance: random.Random) -> None:
    """Single bits, half of them in the head, where lengths and counts are."""
    for _ in range(chance.choice((1, 8, 64))):
        most = min(len(data), 2000) if chance.random() < 0.5 else len(data)
        data[chance.randrange(most)] ^= 1 << chance.randrange(8)


def _cut(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(len(data) // 10, len(data)) :]


def _empty(data: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(data))
    end = min(len(data), start + chance.choice((16, 512, 20_000)))
    data[start:end] = bytes(end - start)


def _enlarge(data: bytearray, chance: random.Random) -> None:
    """Four bytes become the largest number: of a length, a count, a size in pixels."""
    at = chance.randrange(min(len(data), 4000) - 4)
    data[at : at + 4] = chance.choice((b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x00\x00\x00\x00"))


def _insert(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data))
    data[at:at] = chance.randbytes(chance.choice((1, 188, 4096)))


def _repeat(data: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(data))
    piece = data[start : start + chance.randrange(1, 5000)]
    at = chance.randrange(len(data))
    data[at:at] = piece


DAMAGES = (_flip, _cut, _empty, _enlarge, _insert, _repeat)
