"""Films as still pictures: every shot with its seconds, whatever the container; what could not be looked at is told."""

from __future__ import annotations

import io
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from moderation_film import frames as module
from moderation_film import opening, register_extractors
from moderation_film.frames import Frames
from moderation_film.opening import FORMATS
from PIL import Image

from moderation.core.items import Extraction, Part, TimeRange, Tool
from moderation.core.policy.policies import PolicyWords
from moderation.hookspecs import Incomplete, Unreadable
from moderation.settings import Settings
from moderation.testing import ExtractorContract, FakeContext
from plugins.film.tests.films import BLUE, GREEN, GREY, RED, card, color_of, film, is_near, made, moving, shots, turned

THREE = shots((3, RED), (7, GREEN), (12, BLUE))


class TestFrames(ExtractorContract):
    extractor = Frames
    extracts = ((made(THREE, 4), ""),)


def looked(tmp_path: Path, data: bytes, *, every: float | None = None, most: int = 60) -> list[Part]:
    words = [PolicyWords(name="p", version="1", description="", labels=(), every=every)] if every else []
    context = FakeContext(tmp_path, policies=words)
    return Frames(most).extract(context.media(data), context)


def seen(parts: list[Part]) -> list[tuple[float, float, tuple[int, ...]]]:
    found = []
    for part in parts:
        assert part.extraction is not None
        assert part.extraction.time_range is not None
        assert part.data is not None
        found.append((part.extraction.time_range.start, part.extraction.time_range.end, color_of(part.data)))
    return found


def are_near(found: list[tuple[float, float, tuple[int, ...]]], colors: list[tuple[int, int, int]]) -> bool:
    return all(is_near(color, wanted, 25) for (*_, color), wanted in zip(found, colors, strict=True))


@pytest.mark.parametrize(
    ("form", "codec"),
    [("mp4", "libx264"), ("mov", "mpeg4"), ("webm", "libvpx"), ("matroska", "libx264"), ("mpegts", "libx264")],
)
def test_each_shot_comes_once_with_its_seconds_in_every_container(tmp_path: Path, form: str, codec: str) -> None:
    parts = looked(tmp_path, film(THREE, 12, form=form, codec=codec, sound=form != "mov"))

    times = seen(parts)
    assert are_near(times, [RED, GREEN, BLUE])
    assert [start for start, *_ in times] == pytest.approx([0, 3, 7], abs=0.05)
    assert [end for _, end, _ in times[:2]] == [start for start, *_ in times[1:]]
    assert times[-1][1] == pytest.approx(12, abs=0.1)


@pytest.mark.parametrize(
    ("form", "codec", "gop"),
    [("mp4", "libx264", 50), ("mp4", "libx264", 250), ("webm", "libvpx", 50), ("matroska", "libx264", 50), ("mpegts", "libx264", 50)],
)  # fmt: skip
def test_a_film_looked_at_in_windows_is_looked_at_without_a_gap(
    tmp_path: Path, form: str, codec: str, gop: int
) -> None:
    words = [PolicyWords(name="p", version="1", description="", labels=(), every=0.25)]
    context = FakeContext(tmp_path, policies=words)
    part = context.media(made(moving, 6, form=form, codec=codec, gop=gop))
    tool = Tool(name="redaction", version="1")

    times = []
    for start in (0.0, 2.0, 4.0, 6.0):
        window = Extraction(part="", extractor=tool, time_range=TimeRange(start=start, end=start + 2))
        times += seen(Frames().extract(part.model_copy(update={"extraction": window}), context))

    starts = [start for start, *_ in times]
    assert starts == sorted(starts)
    assert starts[0] == 0
    assert all(after - before <= 0.3 for before, after in pairwise([*starts, 6.0])), starts


def glances(tmp_path: Path, data: bytes, *, are_small: bool) -> list[tuple[float, bool, tuple[int, int]]]:
    """Of a film that is looked at closely: when each picture begins, whether a quick look will do, and its size."""
    words = [PolicyWords(name="p", version="1", description="", labels=(), every=0.25)]
    context = FakeContext(tmp_path, policies=words)
    window = TimeRange(start=0, end=4)
    tool = Tool(name="redaction", version="1")
    extraction = Extraction(part="", extractor=tool, time_range=window, is_glance=are_small)
    found = []
    for each in Frames(200).extract(context.media(data).model_copy(update={"extraction": extraction}), context):
        assert each.extraction is not None
        assert each.extraction.time_range is not None
        with Image.open(io.BytesIO(each.data or b"")) as picture:
            found.append((each.extraction.time_range.start, each.extraction.is_glance, picture.size))
    return found


def crossing(at: float) -> Image.Image:
    """A large picture in which something moves, and which is another from 2.4 s on."""
    return (card(RED, moving(at).size) if at >= 2.4 and at < 2.5 else moving(at)).resize((800, 450))


@pytest.mark.parametrize("are_small", [True, False])
def test_pictures_soon_after_another_of_their_scene_are_for_a_quick_look_and_small_where_they_may_be(
    tmp_path: Path, are_small: bool
) -> None:
    found = glances(tmp_path, made(crossing, 4), are_small=are_small)

    whole = [start for start, is_glance, _ in found if not is_glance]
    assert len(whole) < len(found) / 2
    assert all(after - before < 1.2 for before, after in pairwise([*whole, 4.0]))
    assert any(2.4 <= start < 2.5 for start in whole)
    assert {size for _, is_glance, size in found if not is_glance} == {(800, 450)}
    assert {size == (800, 450) for _, is_glance, size in found if is_glance} == {not are_small}


def test_of_a_film_that_a_policy_looks_at_all_pictures_are_whole(tmp_path: Path) -> None:
    parts = looked(tmp_path, made(crossing, 4), every=0.25)

    assert {Image.open(io.BytesIO(part.data or b"")).size for part in parts} == {(800, 450)}
    assert not any(part.extraction and part.extraction.is_glance for part in parts)


def test_a_shot_as_long_as_the_interval_is_never_missed_whatever_the_key_frames(tmp_path: Path) -> None:
    for number, gop in enumerate((12, 50, 250)):
        card_at = 4.3 + number
        paint = shots((card_at, GREY), (card_at + 2.0, RED), (20, GREY))
        (folder := tmp_path / str(gop)).mkdir()

        parts = looked(folder, film(paint, 20, gop=gop, options=(("sc_threshold", "0"),)))

        assert any(is_near(color, RED, 25) for *_, color in seen(parts)), gop


@pytest.mark.parametrize("gop", [50, 250])
def test_a_plain_scene_begins_when_it_begins_though_the_encoder_wrote_little_for_it(tmp_path: Path, gop: int) -> None:
    pale, paler = (150, 150, 150), (176, 176, 176)
    data = film(shots((7.4, pale), (12, paler)), 12, gop=gop, options=(("sc_threshold", "0"),))

    found = seen(looked(tmp_path, data, every=4))

    assert [(round(start, 1), round(end, 1)) for start, end, _ in found] == [(0, 7.4), (7.4, 12)]


def test_a_shorter_interval_of_a_policy_finds_shorter_shots(tmp_path: Path) -> None:
    paint = shots((4.1, GREY), (4.7, RED), (10, GREY))
    data = film(paint, 10, gop=250, options=(("sc_threshold", "0"),))

    parts = looked(tmp_path, data, every=0.5)

    assert any(is_near(color, RED, 25) for *_, color in seen(parts))


def test_what_does_not_change_is_taken_once(tmp_path: Path) -> None:
    ((start, end, color),) = seen(looked(tmp_path, film(shots((9, GREEN)), 9)))

    assert (start, round(end, 1)) == (0.0, 9.0)
    assert is_near(color, GREEN, 25)


def test_movement_is_seen(tmp_path: Path) -> None:
    assert len(looked(tmp_path, film(moving, 6), every=1)) >= 6


def test_a_film_of_a_telephone_stands_upright(tmp_path: Path) -> None:
    left_half = card(GREY)
    left_half.paste(card(RED, (160, 180)), (0, 0))

    (part,) = looked(tmp_path, turned(film(lambda at: left_half, 1), 90))

    assert part.data is not None
    with Image.open(io.BytesIO(part.data)) as picture:
        assert picture.size == (180, 320)
        top, bottom = np.asarray(picture, float)[20].mean(0), np.asarray(picture, float)[-20].mean(0)
    assert is_near(top, RED, 30)
    assert is_near(bottom, GREY, 30)


def test_rates_that_vary_and_pauses_keep_their_times(tmp_path: Path) -> None:
    times = [0.0, 0.03, 0.1, 1.0, 1.01, 6.0, 6.5, 6.52, 11.0]

    parts = looked(tmp_path, film(shots((1, RED), (6, GREEN), (12, BLUE)), 12, times=times, gop=3))

    assert [round(start, 1) for start, *_ in seen(parts)] == [0.0, 1.0, 6.0]
    assert are_near(seen(parts), [RED, GREEN, BLUE])


def test_of_too_many_pictures_some_from_all_over_are_taken_and_the_rest_is_told(tmp_path: Path) -> None:
    with pytest.raises(Incomplete, match=r"4 of its pictures were looked at; 1[0-9] more differ") as caught:
        looked(tmp_path, film(moving, 16), every=1, most=4)

    starts = [start for start, *_ in seen(caught.value.parts)]
    assert len(starts) == 4
    assert starts[-1] > 8


def test_the_setting_says_how_many_pictures_are_taken(tmp_path: Path) -> None:
    (extractor,) = register_extractors(Settings(film_frames=2))
    context = FakeContext(tmp_path)

    with pytest.raises(Incomplete) as caught:
        extractor.extract(context.media(made(THREE, 12)), context)

    assert len(caught.value.parts) == 2


def test_a_tail_that_cannot_be_decoded_is_told_beside_what_could(tmp_path: Path) -> None:
    data = bytearray(film(moving, 12, gop=25))
    at = data.index(b"mdat")
    size = int.from_bytes(data[at - 4 : at], "big")
    middle = at + 4 + size // 2
    data[middle : at - 4 + size] = bytes(at - 4 + size - middle)

    with pytest.raises(Incomplete, match="could not be decoded") as caught:
        looked(tmp_path, bytes(data), every=1)

    assert 1 < len(caught.value.parts) < 12


def test_pictures_that_end_before_their_film_are_told(tmp_path: Path) -> None:
    data = film(THREE, 4)
    context = FakeContext(tmp_path)
    part = context.media(data)
    assert part.media is not None
    longer = part.model_copy(update={"media": part.media.model_copy(update={"seconds": 30.0})})

    with pytest.raises(Incomplete, match=r"its pictures end at 4.0 s of 30.0"):
        Frames().extract(longer, context)


def test_what_takes_too_long_is_left_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WORK_SECONDS", 0.0)

    with pytest.raises(Unreadable, match="not one picture"):
        looked(tmp_path, made(THREE, 4))


def test_a_picture_with_too_many_pixels_is_not_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "MAX_PIXELS", 320 * 180 - 1)

    with pytest.raises(Unreadable, match="57,600 pixels; at most 57,599"):
        looked(tmp_path, made(THREE, 4))


@pytest.mark.parametrize("content_type", sorted(FORMATS))
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 4096,
        b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:9/a.ts\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        made(THREE, 4)[:900],
    ],
    ids=["nothing", "zeros", "playlist", "list of files", "broken off"],
)
def test_what_is_no_such_film_is_unreadable(tmp_path: Path, data: bytes, content_type: str) -> None:
    context = FakeContext(tmp_path)

    with pytest.raises(Unreadable):
        Frames().extract(context.media(data, declared=("video", content_type)), context)


def test_a_type_that_is_not_taken_is_not_tried(tmp_path: Path) -> None:
    context = FakeContext(tmp_path)

    with pytest.raises(Unreadable, match="application/x-mpegurl are not decoded"):
        Frames().extract(context.media(made(THREE, 4), declared=("video", "application/x-mpegurl")), context)


@pytest.mark.parametrize("form", ["mp4", "matroska", "mpegts"])
def test_damaged_films_are_read_told_or_refused_and_never_a_crash(tmp_path: Path, form: str) -> None:
    whole, kind = made(moving, 4, form=form, gop=25), {"mp4": "video/mp4", "matroska": "video/x-matroska"}.get(form)
    context = FakeContext(tmp_path)
    outcomes = []
    for at in range(0, len(whole), len(whole) // 20):
        damaged = whole[:at] + bytes(byte ^ 0x5A for byte in whole[at : at + 60]) + whole[at + 60 :]
        part = context.media(damaged, declared=("video", kind or "video/mp2t"))
        try:
            outcomes.append(len(Frames().extract(part, context)) > 0)
        except Incomplete as told:
            outcomes.append(len(told.parts) > 0)
        except Unreadable:
            outcomes.append(True)

    assert len(outcomes) >= 20
    assert all(outcomes)


def test_a_cover_picture_is_no_film(tmp_path: Path) -> None:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=48_000, layout="mono")
        piece = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="flt", layout="mono")
        piece.sample_rate = 48_000
        container.mux([*stream.encode(piece), *stream.encode(None)])
    context = FakeContext(tmp_path)

    with pytest.raises(Unreadable, match="no pictures"):
        Frames().extract(context.media(out.getvalue(), declared=("video", "video/mp4")), context)


def test_films_put_end_to_end_are_all_seen_though_their_time_stamps_begin_anew(tmp_path: Path) -> None:
    data = b"".join(
        made(shots((99, color)), seconds, form="mpegts") for color, seconds in ((GREEN, 8), (RED, 6), (BLUE, 4))
    )

    found = seen(looked(tmp_path, data))

    assert len(found) == 3
    assert all(is_near(color, other) for (_, _, color), other in zip(found, (GREEN, RED, BLUE), strict=True))
    assert found[-1][1] == pytest.approx(18, abs=0.3)


def test_films_put_end_to_end_are_not_looked_at_in_windows(tmp_path: Path) -> None:
    context = FakeContext(tmp_path)
    part = context.media(made(shots((99, GREEN)), 8, form="mpegts") + made(shots((99, RED)), 6, form="mpegts"))
    window = Extraction(part="", extractor=Tool(name="x", version="1"), time_range=TimeRange(start=0, end=8))

    with pytest.raises(Unreadable, match="begin anew in the middle"):
        Frames().extract(part.model_copy(update={"extraction": window}), context)


def test_other_tracks_of_pictures_are_told(tmp_path: Path) -> None:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        streams = [container.add_stream("libx264", rate=25) for _ in range(2)]
        for stream in streams:
            stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for stream, color in zip(streams, (GREEN, RED), strict=True):
            for number in range(50):
                frame = av.VideoFrame.from_image(shots((99, color))(0))
                frame.pts, frame.time_base = number, Fraction(1, 25)
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    context = FakeContext(tmp_path)

    with pytest.raises(Incomplete, match="it has 1 more tracks of pictures, which were not looked at"):
        Frames().extract(context.media(out.getvalue()), context)
