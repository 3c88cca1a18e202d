"""A hash is found among others exactly when one is near enough, whatever the others are."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moderation_hashes.index import EXACT, NEAR, Hashes, most_distance, write_hashes

from moderation.hookspecs import Unavailable
from tests.examples import examples


def opened(folder: Path, **found: list[bytes]) -> Hashes:
    write_hashes(folder, found, {})
    return Hashes(folder)


def distance(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


def flipped(value: bytes, bits: list[int]) -> bytes:
    number = int.from_bytes(value)
    for bit in bits:
        number ^= 1 << bit
    return number.to_bytes(len(value))


@pytest.mark.parametrize("kind", sorted(NEAR))
@settings(max_examples=examples(100), deadline=None)
@given(st.data())
def test_the_nearest_is_found_as_a_look_at_all_of_them_finds_it(
    kind: str, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    dice, width = random.Random(data.draw(st.integers(0, 2**32))), NEAR[kind]
    listed = [dice.randbytes(width) for _ in range(dice.randrange(1, 40))]
    # Near to one another, so that bands are shared by many.
    listed += [flipped(dice.choice(listed), dice.sample(range(8 * width), 5)) for _ in range(dice.randrange(40))]
    most = dice.randrange(most_distance(kind) + 1)
    ways = [
        flipped(
            dice.choice(listed), dice.sample(range(8 * width), min(8 * width, max(0, most + dice.randrange(-3, 4))))
        )
        for _ in range(dice.randrange(1, 9))
    ]

    near = opened(tmp_path_factory.mktemp("index") / "i", **{kind: listed}).nearest(kind, ways, most)

    every = sorted((distance(way, value), number, value) for number, way in enumerate(ways) for value in listed)
    expected = every[0] if every[0][0] <= most else None
    assert (near and (near.distance, near.way, near.value)) == expected


@pytest.mark.parametrize("kind", sorted(EXACT))
def test_a_digest_is_found_when_it_is_listed_and_only_then(kind: str, tmp_path: Path) -> None:
    width = EXACT[kind]
    listed = [bytes(8) + n.to_bytes(width - 8) for n in range(0, 100, 2)] + [b"\xff" * width]

    hashes = opened(tmp_path / "i", **{kind: listed})

    assert all(hashes.has(kind, value) for value in listed)
    assert not any(hashes.has(kind, bytes(8) + n.to_bytes(width - 8)) for n in range(1, 100, 2))
    assert not hashes.has(kind, b"\xff" * (width - 1) + b"\xfe")
    assert not hashes.has("sha1" if kind != "sha1" else "md5", listed[0][:16].ljust(20))


def test_an_index_that_is_gone_or_broken_is_no_clean_answer(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="start the service anew"):
        Hashes(tmp_path / "none")
    opened(tmp_path / "i", pdq=[bytes(32)])
    (tmp_path / "i" / "pdq-starts.npy").write_bytes(b"\x93NUMPY no more")
    with pytest.raises(Unavailable, match="start the service anew"):
        Hashes(tmp_path / "i")
    opened(tmp_path / "j", pdq=[bytes(32)])
    (tmp_path / "j" / "pdq-rows.npy").write_bytes((tmp_path / "j" / "pdq-order.npy").read_bytes())
    with pytest.raises(Unavailable, match="start the service anew"):
        Hashes(tmp_path / "j")


def test_an_empty_list_finds_nothing(tmp_path: Path) -> None:
    hashes = opened(tmp_path / "i", pdq=[], sha256=[])

    assert hashes.nearest("pdq", [bytes(32)], 31) is None
    assert not hashes.has("sha256", bytes(32))
