"""Fingerprints of texts and of shrunk pictures, and what is said of earlier decisions."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.core.decisions import Decision, PolicyRef
from moderation.core.fingerprints import (
    LONG_SIDE,
    MAX_DISTANCE,
    SHORT_SIDE,
    EarlierDecision,
    bands,
    distance,
    newest,
    normalised,
    picture_bits,
    text_bits,
    text_fingerprint,
)

DAY = datetime(2026, 11, 19, 9, 30, tzinfo=UTC)
BITS = st.integers(0, 2**64 - 1)
LONG = (
    "The flat is on the third floor of a quiet house near the station, with two rooms, a kitchen and a small balcony. "
    "It was painted last spring, the windows are new, and the cellar has room for three bicycles. Pets are welcome. "
    "The rent includes water and heating; electricity and internet are extra. Call in the evening to see it."
)


def earlier(item: str = "i", distance: int | None = 2, day: datetime = DAY, **more: object) -> EarlierDecision:
    values = {"outcome": "reject", "decided_by": "people", "reason": "because", "decided_at": day} | more
    decision = Decision(policy=PolicyRef(name="p", version="1"), **values)  # type: ignore[arg-type]
    return EarlierDecision(item, "picture", distance, decision)


@given(BITS, st.sets(st.integers(0, 63), max_size=MAX_DISTANCE))
def test_values_that_differ_in_three_bits_share_a_band(bits: int, flipped: set[int]) -> None:
    other = bits
    for bit in flipped:
        other ^= 1 << bit

    assert distance(bits, other) == len(flipped)
    assert any(one == two for one, two in zip(bands(bits), bands(other), strict=True))


@given(BITS)
def test_bands_are_the_whole_value(bits: int) -> None:
    assert int("".join(f"{band:04x}" for band in bands(bits)), 16) == bits


@pytest.mark.parametrize("text", ["", "hello", "Have a nice day!", "!?!" * 40, "   \n" * 30, "\u200b" * 50])
def test_a_short_text_has_no_fingerprint(text: str) -> None:
    assert text_fingerprint("p0", text) is None


@pytest.mark.parametrize("text", ["ha " * 40, "a" * 500, "buy now " * 30])
def test_a_text_that_repeats_itself_is_known_by_its_digest_alone(text: str) -> None:
    made = text_fingerprint("p0", text)

    assert made is not None
    assert made.bits is None
    assert text_fingerprint("p1", text.upper() + "!").digest == made.digest  # type: ignore[union-attr]


def test_capitals_widths_spaces_and_punctuation_make_no_difference() -> None:
    plain = text_fingerprint("p0", "Call me at once about the flat")

    assert text_fingerprint("p0", "  CALL... me at\tonce,\n\nabout — the ｆｌａｔ!!") == plain


@given(st.text())
def test_any_text_is_normalised_for_good_and_has_bits_or_none(text: str) -> None:
    plain = normalised(text)
    made = text_fingerprint("p0", text)

    assert (made is None) == (len(plain) < 20)
    assert made is None or made.bits is None or 0 <= made.bits < 2**64


@given(st.text(alphabet="abcdefgh ", min_size=1, max_size=60).map(normalised))
def test_text_bits_are_the_majority_of_the_shingles_hashes(plain: str) -> None:
    import hashlib

    shingles = {plain[at : at + 4] for at in range(len(plain) - 3)}
    hashes = [int.from_bytes(hashlib.blake2b(s.encode(), digest_size=8).digest(), "little") for s in shingles]
    bits = sum(1 << bit for bit in range(64) if 2 * sum(h >> bit & 1 for h in hashes) > len(hashes))

    assert text_bits(plain) == (bits if len(shingles) >= 14 else None)


def test_a_long_text_with_a_word_replaced_is_nearly_the_same_and_another_text_is_not() -> None:
    one, two = text_bits(normalised(LONG)), text_bits(normalised(LONG.replace("spring", "summer")))
    other = text_bits(normalised(LONG[::-1]))

    assert one is not None
    assert two is not None
    assert other is not None
    assert distance(one, two) <= MAX_DISTANCE < distance(one, other)


def grids(level: Callable[[int, int], int]) -> tuple[bytes, bytes]:
    """A picture by its grey level at a row and a column of 40."""
    across = bytes(level(5 * row, 8 * column) for row in range(LONG_SIDE) for column in range(SHORT_SIDE))
    down = bytes(level(8 * row, 5 * column) for row in range(SHORT_SIDE) for column in range(LONG_SIDE))
    return across, down


@pytest.mark.parametrize(
    "level",
    [
        lambda row, column: 0,
        lambda row, column: 255,
        lambda row, column: 5 * column,
        lambda row, column: 200 - 5 * column,
        lambda row, column: 6 * row,
        lambda row, column: 3 * row + 3 * column,
        lambda row, column: 120 + (row * column) % 3,
    ],
    ids=["black", "white", "brighter", "darker", "downwards", "aslant", "noise"],
)
def test_an_even_picture_says_nothing(level: Callable[[int, int], int]) -> None:
    assert picture_bits(*grids(level)) is None


@given(st.binary(min_size=40, max_size=40), st.binary(min_size=40, max_size=40))
def test_each_bit_of_a_picture_is_a_step(across: bytes, down: bytes) -> None:
    rising = [across[5 * row + step] < across[5 * row + step + 1] for row in range(8) for step in range(4)]
    rising += [down[8 * step + column] < down[8 * step + column + 8] for step in range(4) for column in range(8)]
    bits = picture_bits(across, down)

    assert bits is None or bits.bit_count() == sum(rising)


def test_a_step_turned_round_is_one_bit() -> None:
    across, down = (bytearray(random.Random(n).randbytes(40)) for n in (1, 2))
    first = picture_bits(bytes(across), bytes(down))
    across[0], across[1] = across[1], across[0]
    across[1] = max(across[1], across[2] + 1) if across[1] > across[2] else min(across[1], across[2])
    second = picture_bits(bytes(across), bytes(down))

    assert first is not None
    assert second is not None
    assert distance(first, second) == 1


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            earlier(labels=("Violence", "Weapons")),
            "Rejected by people on 2026-11-19 (Violence, Weapons): a picture nearly the same (2 of 64 bits differ), item i",
        ),
        (
            earlier(distance=None, outcome="approve", decided_by="rules"),
            "Approved by rules on 2026-11-19: the same picture, byte for byte, item i",
        ),
        (
            EarlierDecision("i", "text", None, earlier().decision),
            "Rejected by people on 2026-11-19: the same text, but for capitals, spaces and punctuation, item i",
        ),
    ],
)
def test_a_decision_is_told_in_a_sentence(given: EarlierDecision, sentence: str) -> None:
    assert given.sentence() == sentence


def test_of_each_item_what_is_most_alike_is_told_newest_decisions_first() -> None:
    found = [earlier("a", 3), earlier("a", 1), earlier("b", 0, DAY + timedelta(days=1)), earlier("c", None, DAY)]

    told = newest(found, 2)

    assert [(each.item_id, each.distance) for each in told] == [("b", 0), ("c", None)]
    assert [(e.item_id, e.distance) for e in newest(found[:2], 9)] == [("a", 1)]
