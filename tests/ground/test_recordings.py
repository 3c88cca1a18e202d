"""A film or sound is believed by what its container says of itself, and garbage costs neither time nor an error."""

from __future__ import annotations

import contextlib
import random
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ground.errors import MediaRefused
from ground.media.recordings import Recording, probe
from ground.media.sniffing import sniff
from tests.recordings import flac, fragmented, id3, mp3, mp4, ogg, transport_stream, wav, webm

GOOD = [
    ("film", mp4(b"vide"), "video", "video/mp4"),
    ("film with sound", mp4(b"soun", b"vide"), "video", "video/mp4"),
    ("QuickTime", mp4(b"vide", b"tmcd", brand=b"qt  "), "video", "video/quicktime"),
    ("recorded in fragments", fragmented(), "video", "video/mp4"),
    ("M4A", mp4(b"soun", brand=b"M4A "), "audio", "audio/mp4"),
    ("M4A with pictures", mp4(b"soun", b"vide", brand=b"M4A "), "video", "audio/mp4"),
    ("MP4 without pictures", mp4(b"soun"), "audio", "audio/mp4"),
    ("WebM", webm(1, 2), "video", "video/webm"),
    ("WebM as browsers record it", webm(1, live=True), "video", "video/webm"),
    ("WebM without pictures", webm(2, live=True), "audio", "audio/webm"),
    ("Matroska", webm(1, 2, form=b"matroska"), "video", "video/x-matroska"),
    ("MPEG-TS", transport_stream(0x1B, 0x0F), "video", "video/mp2t"),
    ("MPEG-TS whose clock begins anew", transport_stream(0x24, start=(1 << 33) - 50_000), "video", "video/mp2t"),
    ("WAV", wav(), "audio", "audio/wav"),
    ("FLAC", flac(), "audio", "audio/flac"),
    ("Ogg", ogg(), "audio", "audio/ogg"),
    ("MP3", mp3(), "audio", "audio/mpeg"),
    ("MP3 with a tag", mp3(tag=id3()), "audio", "audio/mpeg"),
]


def probed(data: bytes) -> Recording:
    return probe(data, sniff(data) or "")


@pytest.mark.parametrize(("data", "kind", "content_type"), [case[1:] for case in GOOD], ids=[case[0] for case in GOOD])
def test_what_plays_has_a_kind_and_a_length(data: bytes, kind: str, content_type: str) -> None:
    found = probed(data)

    assert found.kind == kind
    assert found.content_type == ("video/mp4" if kind == "video" and content_type == "audio/mp4" else content_type)
    assert found.seconds == pytest.approx(2.0, abs=0.05)


def test_a_film_made_by_a_library_is_read(tmp_path: Path) -> None:
    cv2 = pytest.importorskip("cv2")
    numpy = pytest.importorskip("numpy")
    for ending in ("mp4", "mov"):
        path = str(tmp_path / f"a.{ending}")
        writer = cv2.VideoWriter(path, cv2.VideoWriter_fourcc(*"mp4v"), 10, (64, 48))
        for number in range(15):
            writer.write(numpy.full((48, 64, 3), number * 10, numpy.uint8))
        writer.release()

        found = probed(Path(path).read_bytes())
        assert (found.kind, found.seconds) == ("video", 1.5)


def test_how_much_of_it_is_sound_is_said() -> None:
    found = [probed(data).sound_seconds for data in (mp4(b"vide"), mp4(b"vide", b"soun"), transport_stream(0x1B, 0x0F))]

    assert found == pytest.approx([0.0, 2.0, 2.0], abs=0.05)


BAD = [
    ("zeros behind a name", b"\0\0\0\x18ftypisom" + bytes(3000)),
    ("a name alone", b"\0\0\0\x18ftypisom" + bytes(4) + b"isomavc1"),
    ("no track", mp4()),
    ("only a track of times", mp4(b"tmcd")),
    ("no length", mp4(b"vide", seconds=0)),
    ("no content", mp4(b"vide", content=b"")),
    ("cut off", mp4(b"vide")[:-600]),
    ("fragments without an end", fragmented(seconds=0)),
    ("index alone", fragmented(runs=0)),
    ("WebM without tracks", webm()),
    ("WebM of subtitles", webm(17)),
    ("WebM without a length", webm(1, live=True, seconds=0)),
    ("WebM cut off", webm(1)[:-3]),
    ("WebM header alone", b"\x1a\x45\xdf\xa3\x87\x42\x82\x84webm" + bytes(500)),
    ("MPEG-TS without a programme", transport_stream()),
    ("MPEG-TS out of step", transport_stream(0x1B)[:-40] + transport_stream(0x1B)),
    ("WAV of zeros", b"RIFF\x24\0\0\0WAVEfmt " + bytes(40)),
    ("WAV without sound", wav(0)),
    ("WAV cut off", wav()[:-100]),
    ("FLAC without a length", flac(0)),
    ("FLAC header alone", flac()[:42]),
    ("Ogg head alone", ogg()[:47]),
    ("Ogg cut off", ogg()[:-10]),
    ("Ogg film", ogg(head=b"OpusHead\1\1" + bytes(9)) + ogg(head=b"\x80theora" + bytes(40))),
    ("MP3 tag alone", b"ID3\4\0\0\0\0\0\0" + bytes(64)),
    ("two frames of MP3", mp3()[: 417 * 2]),
    ("frames far apart", (b"\xff\xfb\x90\x00" + bytes(900)) * 30),
]


@pytest.mark.parametrize("data", [case[1] for case in BAD], ids=[case[0] for case in BAD])
def test_what_cannot_play_is_damaged(data: bytes) -> None:
    with pytest.raises(MediaRefused, match="damaged") as caught:
        probe(data, sniff(data) or "video/mp4")

    assert caught.value.kind == "damaged"


@settings(max_examples=400, deadline=None)
@given(st.sampled_from([case[1] for case in GOOD]), st.integers(0, 2**32))
def test_a_corrupted_recording_is_taken_or_refused_and_nothing_else(good: bytes, seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray(good)
    for _ in range(chance.randint(1, 12)):
        data[chance.randrange(len(data))] = chance.choice([0, 1, 255, chance.randrange(256)])
    broken = bytes(data[: chance.randint(1, len(data))])

    try:
        found = probe(broken, sniff(good) or "")
    except MediaRefused:
        return
    assert found.seconds > 0


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["video/mp4", "video/webm", "video/mp2t", "audio/wav", "audio/flac", "audio/ogg", "audio/mpeg"]),
    st.binary(max_size=300),
)
def test_garbage_is_refused(content_type: str, garbage: bytes) -> None:
    with pytest.raises(MediaRefused):
        probe(garbage, content_type)


SLOW = [
    ("empty boxes", b"\0\0\0\x18ftypisom" + bytes(12) + b"\0\0\0\x08free" * 1_900_000, "video/mp4"),
    ("empty elements", b"\x1a\x45\xdf\xa3\x80" + b"\xec\x80" * 7_000_000, "video/webm"),
    ("empty chunks", b"RIFF\0\0\0\0WAVE" + b"junk\0\0\0\0" * 1_900_000, "audio/wav"),
    ("empty pages", b"OggS\0" + bytes(22) + (b"OggS\0" + bytes(22)) * 500_000, "audio/ogg"),
    ("heads of frames", b"\xff\xfb" * 7_500_000, "audio/mpeg"),
    ("short frames", (b"\xff\xf3\x18\xc0" + bytes(20)) * 600_000, "audio/mpeg"),
    ("empty packets", (b"\x47\x40\0\x10" + bytes(184)) * 80_000, "video/mp2t"),
    ("blocks of metadata", b"fLaC\0\0\0\x22" + bytes(34) + bytes(15_000_000), "audio/flac"),
]


@pytest.mark.parametrize(("data", "content_type"), [case[1:] for case in SLOW], ids=[case[0] for case in SLOW])
def test_a_file_made_to_be_slow_is_not(data: bytes, content_type: str) -> None:
    began = time.process_time()
    with contextlib.suppress(MediaRefused):
        probe(data, content_type)

    assert time.process_time() - began < 3
