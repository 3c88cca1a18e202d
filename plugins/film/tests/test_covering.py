"""A copy shows nothing of what is covered, at any time it is covered; sound, times and turns are those of the film."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moderation_film.covering import Cover, stored

from moderation.core.items import Box
from moderation.hookspecs import Unreadable
from moderation.testing import FakeContext
from plugins.film.tests.copies import copied, found, shown
from plugins.film.tests.films import GREEN, RED, card, film, made, shots, turned


def test_a_place_is_black_for_its_time_and_all_else_stays(tmp_path: Path) -> None:
    data = film(shots((4, RED)), 4, sound=True)

    copy = copied(tmp_path, data, found(1, 2))

    for at, pixels in shown(copy):
        left, right = pixels[:, :120].mean(), pixels[:, 200:].mean((0, 1))
        assert abs(right - RED).max() < 20
        if 1 <= at <= 2:
            assert left < 5, at
        elif not 0.9 < at < 2.1:
            assert left > 60, at


@pytest.mark.parametrize(("form", "codec"), [("mp4", "libx264"), ("webm", "libvpx"), ("mpegts", "libx264")])
def test_times_frames_and_the_length_of_the_sound_are_kept(tmp_path: Path, form: str, codec: str) -> None:
    data = film(shots((3, RED)), 3, form=form, codec=codec, sound=True)

    copy = copied(tmp_path, data, found(0, 9))

    before, after = ([round(at, 2) for at, _ in shown(each)] for each in (data, copy))
    assert [at - after[0] for at in after] == pytest.approx([at - before[0] for at in before], abs=0.02)
    lengths = []
    for each in (data, copy):
        with av.open(io.BytesIO(each)) as container:
            lengths.append(sum(frame.samples for frame in container.decode(audio=0)) / 48_000)
    assert lengths[1] == pytest.approx(lengths[0], abs=0.05)


def test_sound_is_copied_as_it_was(tmp_path: Path) -> None:
    data = film(shots((2, RED)), 2, sound=True)

    copy = copied(tmp_path, data, found(0, 2))

    packets = []
    for each in (data, copy):
        with av.open(io.BytesIO(each)) as container:
            packets.append([bytes(packet) for packet in container.demux(audio=0) if packet.size])
    assert packets[0] == packets[1]


def test_what_the_film_says_of_itself_is_left_behind(tmp_path: Path) -> None:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        container.metadata.update({"title": "At Ann Lee's", "comment": "N 46.9, E 7.4", "artist": "Ann Lee"})
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        container.mux([*stream.encode(av.VideoFrame.from_image(card(RED))), *stream.encode(None)])

    copy = copied(tmp_path, out.getvalue(), found(0, 2))

    assert b"Ann" not in copy
    assert b"46.9" not in copy


def test_rates_that_vary_keep_their_times(tmp_path: Path) -> None:
    times = [0.0, 0.03, 0.1, 1.0, 1.01, 2.5]

    copy = copied(tmp_path, film(shots((3, RED)), 3, times=times), found(0, 9))

    assert [at for at, _ in shown(copy)] == pytest.approx(times, abs=0.002)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_film_that_players_turn_is_covered_where_people_see_the_place(tmp_path: Path, degrees: int) -> None:
    top = Box(left=0, top=0, width=1, height=0.3)
    data = turned(film(shots((1, GREEN)), 1), degrees)

    copy = copied(tmp_path, data, found(0, 1, top))

    with av.open(io.BytesIO(copy)) as container:
        frame = next(iter(container.decode(video=0)))
        upright = np.rot90(frame.to_ndarray(format="rgb24"), round(frame.rotation / 90))
    assert upright.shape[:2] == ((320, 180) if degrees % 180 else (180, 320))
    assert upright[: int(upright.shape[0] * 0.3)].mean() < 5
    assert abs(upright[-20:].mean((0, 1)) - GREEN).max() < 20


@given(
    st.sampled_from([0, 90, 180, 270]),
    st.tuples(st.floats(0, 0.5), st.floats(0, 0.5), st.floats(0.1, 0.5), st.floats(0.1, 0.5)),
)
def test_four_quarter_turns_are_none(rotation: int, sides: tuple[float, float, float, float]) -> None:
    box = Box.model_validate(sides)

    back = stored(stored(box, rotation), -rotation)

    assert list(back.model_dump().values()) == pytest.approx(list(box.model_dump().values()), abs=1e-9)


def test_odd_sizes_and_a_detection_without_a_place_are_covered(tmp_path: Path) -> None:
    data = film(shots((1, RED), size=(322, 182)), 1, codec="libvpx", form="webm")

    copy = copied(tmp_path, data, found(0, 1, None))

    assert all(pixels.max() < 25 for _, pixels in shown(copy))


def test_a_film_with_a_frame_that_cannot_be_decoded_has_no_copy(tmp_path: Path) -> None:
    data = bytearray(made(shots((4, RED), (8, GREEN)), 8, gop=10))
    at = data.index(b"mdat")
    size = int.from_bytes(data[at - 4 : at], "big")
    middle = at + 4 + size // 2
    data[middle : at - 4 + size] = bytes(at - 4 + size - middle)

    with pytest.raises(Unreadable, match="cannot be decoded"):
        copied(tmp_path, bytes(data), found(0, 1))


def test_films_put_end_to_end_have_no_copy(tmp_path: Path) -> None:
    context = FakeContext(tmp_path)
    part = context.media(made(shots((99, GREEN)), 4, form="mpegts") + made(shots((99, RED)), 4, form="mpegts"))

    with pytest.raises(Unreadable, match="begin anew in the middle"):
        Cover().redact(part, [], context)
