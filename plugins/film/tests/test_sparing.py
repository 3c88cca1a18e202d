"""Stretches of a film in which nothing is covered are copied as they were, and play on from those that are covered."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moderation_film.sparing import decode_stamps, units

from plugins.film.tests.copies import copied, found, shown
from plugins.film.tests.films import film, made, moving, turned

CLOSED = (("bf", "3"),)
EDGES = (1.2, 1.6, 3.2, 3.4)
OPEN = (("bf", "3"), ("x264-params", "open-gop=1:keyint=25:min-keyint=25"))


def slices(data: bytes, after: float, until: float) -> list[bytes]:
    """Units of pictures that are shown in some seconds, in the order of the file."""
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        head = stream.codec_context.extradata or b""
        size = (head[4] & 3) + 1 if head[0] == 1 else 0
        start = container.start_time / 1_000_000
        packets = [each for each in container.demux(stream) if each.size and each.pts is not None]
        within = [each for each in packets if after <= float(each.pts * each.time_base) - start < until]
        return [unit for packet in within for unit in units(bytes(packet), size) if unit[0] & 31 in (1, 5)]


def check_packets(data: bytes) -> None:
    """What any player relies on: packets are decoded one after the other, and none is shown before."""
    with av.open(io.BytesIO(data)) as container:
        packets = [each for each in container.demux(video=0) if each.size]
    assert all(before.dts < after.dts for before, after in pairwise(packets))
    assert all(each.dts <= each.pts for each in packets)


@pytest.mark.parametrize("form", ["mp4", "matroska", "mpegts"])
def test_stretches_without_a_place_are_copied_bit_by_bit_and_all_is_shown_at_its_time(
    tmp_path: Path, form: str
) -> None:
    data = made(moving, 5, gop=25, form=form, sound=True, options=CLOSED)

    copy = copied(tmp_path, data, found(1.2, 1.6), found(3.2, 3.4))

    before, after = shown(data), shown(copy)
    assert [at - after[0][0] for at, _ in after] == pytest.approx([at - before[0][0] for at, _ in before], abs=0.002)
    for number, ((_, one), (_, other)) in enumerate(zip(before, after, strict=True)):
        at = number / 25
        if 1.2 <= at <= 1.6 or 3.2 <= at <= 3.4:
            assert other[:, :120].mean() < 5, at
        elif int(at) in (1, 3):
            assert np.abs(one.astype(int) - other).mean() < 5 or min(abs(at - edge) for edge in EDGES) < 0.1, at
        else:
            assert (one == other).all(), at
    for start in (0, 2, 4):
        assert slices(copy, start, start + 1) == slices(data, start, start + 1)
    check_packets(copy)


def test_the_first_and_the_last_stretch_may_be_the_covered_ones(tmp_path: Path) -> None:
    data = made(moving, 5, gop=25, options=CLOSED)

    copy = copied(tmp_path, data, found(0, 0.2), found(4.9, 9))

    assert len(shown(copy)) == 125
    assert all(pixels[:, :120].mean() < 5 for at, pixels in shown(copy) if at <= 0.2 or at >= 4.9)
    assert slices(copy, 1, 4) == slices(data, 1, 4)
    check_packets(copy)


def test_where_pictures_look_back_over_a_key_frame_all_is_encoded_anew(tmp_path: Path) -> None:
    data = made(moving, 4, gop=25, options=OPEN)

    copy = copied(tmp_path, data, found(2.2, 2.6))

    assert len(shown(copy)) == 100
    assert not set(slices(data, 0, 4)) & set(slices(copy, 0, 4))
    check_packets(copy)


def test_a_film_without_a_place_is_copied_as_a_whole_but_for_what_it_says_of_itself(tmp_path: Path) -> None:
    data = made(moving, 4, gop=25, options=CLOSED)

    copy = copied(tmp_path, data)

    assert b"x264" in data
    assert b"x264" not in copy
    assert slices(copy, 0, 4) == slices(data, 0, 4)


def test_rates_that_vary_keep_their_times_across_the_seam(tmp_path: Path) -> None:
    steps = [0.03, 0.07, 0.01, 0.2, 0.04] * 12
    times = [round(sum(steps[:number]), 3) for number in range(len(steps))]

    copy = copied(tmp_path, film(moving, 0, times=times, gop=10, options=CLOSED), found(1.5, 2.0))

    assert [at for at, _ in shown(copy)] == pytest.approx(times, abs=0.002)
    check_packets(copy)


def test_a_turned_film_stays_turned(tmp_path: Path) -> None:
    data = turned(made(moving, 4, gop=25, options=CLOSED), 90)

    copy = copied(tmp_path, data, found(2.2, 2.6))

    turns = []
    for each in (data, copy):
        with av.open(io.BytesIO(each)) as container:
            turns.append({round(frame.rotation) % 360 for frame in container.decode(video=0)})
    assert turns[0] == turns[1]


def test_pictures_that_players_hide_are_not_in_a_copy(tmp_path: Path) -> None:
    data = bytearray(made(moving, 4, gop=25, options=CLOSED))
    at = data.index(b"elst") + 16  # from where on players show a track (ISO/IEC 14496-12, 8.6.6): 0.6 s later
    data[at : at + 4] = (int.from_bytes(data[at : at + 4], "big") + round(0.6 * 16_000)).to_bytes(4, "big")
    with av.open(io.BytesIO(data)) as container:
        hidden = [bytes(packet) for packet in container.demux(video=0) if packet.is_discard]

    copy = copied(tmp_path, bytes(data), found(2.2, 2.6))

    assert hidden
    assert len(shown(copy)) == len(shown(bytes(data))) < 100
    assert all(packet[-40:] not in copy for packet in hidden)


@given(st.lists(st.integers(-10_000, 10_000), min_size=1, max_size=40, unique=True))
def test_packets_are_decoded_in_the_order_of_the_file_and_none_after_it_is_shown(times: list[int]) -> None:
    made = decode_stamps(times)

    assert all(before < after for before, after in pairwise(made))
    assert all(decode <= show for decode, show in zip(made, times, strict=True))
