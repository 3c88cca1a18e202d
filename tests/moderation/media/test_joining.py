"""Films that a playlist names in pieces: joined whole, or refused by the line that stands in the way."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import av
import pytest
from moderation_film.frames import Frames

from ground.media.limits import Limits
from ground.media.playlists import MAX_PIECES, parse
from moderation.core.errors import InputError, MediaRefused
from moderation.media.inspecting import inspect
from moderation.media.joining import in_folder, joined
from moderation.settings import Settings
from moderation.testing import FakeContext
from plugins.film.tests.films import BLUE, GREEN, RED, color_of, film, is_near, made, shots

LIMITS = Limits.of(Settings())
MOST = LIMITS.max_media_bytes
COLORS = (RED, GREEN, BLUE)


def listed(*names: str, end: str = "#EXT-X-ENDLIST\n", head: str = "") -> bytes:
    pieces = "".join(f"#EXTINF:4.0,\n{name}\n" for name in names)
    return f"#EXTM3U\n#EXT-X-TARGETDURATION:4\n{head}{pieces}{end}".encode()


def piece(number: int) -> bytes:
    """Four seconds of a colour, whose time stamps begin anew."""
    return made(shots((99, COLORS[number])), 4, form="mpegts", sound=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three pieces of a film in MPEG-TS."""
    at = tmp_path_factory.mktemp("hls")
    for number in range(3):
        (at / f"{number}.ts").write_bytes(piece(number))
    (at / "film.m3u8").write_bytes(listed("0.ts", "1.ts", "2.ts"))
    return at


def read(folder: Path, playlist: bytes, most: int = MOST) -> bytes:
    return joined(playlist, "film.m3u8", in_folder(folder), most).data


def colors(data: bytes, folder: Path) -> list[tuple[int, ...]]:
    context = FakeContext(folder)
    return [color_of(each.data) for each in Frames().extract(context.media(data), context) if each.data]


def in_boxes(folder: Path) -> tuple[bytes, list[bytes]]:
    """A film as fragments of an MP4: its head, and its pieces."""
    out = io.BytesIO()
    with av.open(io.BytesIO(made(shots((4, RED), (8, GREEN), (99, BLUE)), 12, gop=100))) as source:
        options = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
        with av.open(out, "w", format="mp4", options=options) as target:
            stream = target.add_stream_from_template(source.streams.video[0])
            for packet in source.demux(source.streams.video[0]):
                if packet.dts is not None:
                    packet.stream = stream
                    target.mux(packet)
    data = out.getvalue()
    at = [place - 4 for place in _places(data, b"moof")]
    tail = data.find(b"mfra") - 4 if b"mfra" in data else len(data)
    return data[: at[0]], [data[start:end] for start, end in zip(at, [*at[1:], tail], strict=True)]


def _places(data: bytes, name: bytes) -> Iterator[int]:
    at = data.find(name)
    while at >= 0:
        yield at
        at = data.find(name, at + 4)


def test_all_pieces_of_a_film_are_seen_though_their_time_stamps_begin_anew(folder: Path, tmp_path: Path) -> None:
    data = read(folder, (folder / "film.m3u8").read_bytes())

    facts = inspect(data, LIMITS, "video")
    assert facts.seconds == pytest.approx(12, abs=0.5)
    assert facts.sound_seconds == pytest.approx(12, abs=0.5)
    seen = colors(data, tmp_path)
    assert all(any(is_near(each, color) for each in seen) for color in COLORS)


def test_fragments_of_an_mp4_are_put_behind_their_head(tmp_path: Path) -> None:
    head, pieces = in_boxes(tmp_path)
    (tmp_path / "head.mp4").write_bytes(head)
    for number, each in enumerate(pieces):
        (tmp_path / f"{number}.m4s").write_bytes(each)
    names = [f"{number}.m4s" for number in range(len(pieces))]

    data = read(tmp_path, listed(*names, head='#EXT-X-MAP:URI="head.mp4"\n'))

    assert inspect(data, LIMITS, "video").content_type == "video/mp4"
    assert all(any(is_near(each, color) for each in colors(data, tmp_path)) for color in COLORS)


def test_ranges_of_one_file_are_read_as_pieces(folder: Path, tmp_path: Path) -> None:
    whole = b"".join(piece(number) for number in range(3))
    (tmp_path / "all.ts").write_bytes(whole)
    ranges = [f"#EXT-X-BYTERANGE:{len(piece(0))}@0", f"#EXT-X-BYTERANGE:{len(piece(1))}"]
    lines = "".join(f"#EXTINF:4,\n{each}\nall.ts\n" for each in ranges)

    data = read(tmp_path, f"#EXTM3U\n{lines}#EXT-X-ENDLIST\n".encode())

    assert data == piece(0) + piece(1)
    with pytest.raises(MediaRefused, match=r"line 4 of its playlist: it ends at byte 9,999,999,999"):
        read(tmp_path, b"#EXTM3U\n#EXTINF:4,\n#EXT-X-BYTERANGE:9999999999@0\nall.ts\n#EXT-X-ENDLIST\n")


def variants(*given: str) -> bytes:
    return ("#EXTM3U\n" + "\n".join(given) + "\n").encode()


def test_the_best_variant_that_is_small_enough_is_taken(folder: Path) -> None:
    for name, pieces in (("large.m3u8", "0.ts"), ("middle.m3u8", "1.ts"), ("small.m3u8", "2.ts")):
        (folder / name).write_bytes(listed(pieces))
    master = variants(
        "#EXT-X-STREAM-INF:BANDWIDTH=100000,RESOLUTION=320x180",
        "small.m3u8",
        "#EXT-X-STREAM-INF:BANDWIDTH=900000000,RESOLUTION=3840x2160",
        "large.m3u8",
        '#EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=1280x720,CODECS="avc1.4d401f,mp4a.40.2"',
        "middle.m3u8",
    )

    assert read(folder, master) == piece(1)


PIECE = "#EXTINF:4,\n0.ts\n"


@pytest.mark.parametrize(
    ("playlist", "why"),
    [
        (listed("0.ts", end=""), "still being written .no #EXT-X-ENDLIST.; `moderation watch`"),
        (listed("0.ts", head='#EXT-X-KEY:METHOD=AES-128,URI="k"\n'), "line 3: it is encrypted .#EXT-X-KEY, AES-128"),
        (listed("0.ts", "gone.ts"), r"line 6 of its playlist: 'gone.ts' is not there"),
        (listed("../film.m3u8"), "not in the playlist's folder"),
        (listed("a/../../x.ts"), "not in the playlist's folder"),
        (listed("/etc/hostname"), "not in the playlist's folder"),
        (listed("file:///etc/hostname"), "not in the playlist's folder"),
        (listed("data:video/mp2t;base64,AAAA"), "not in the playlist's folder"),
        (listed("http://127.0.0.1:9/a.ts"), "not in the playlist's folder"),
        (listed("film.m3u8"), "line 4 of its playlist: what lies there is neither MPEG-TS nor"),
        (listed("0.ts", head='#EXT-X-MAP:URI="0.ts"\n') .replace(b"#EXT-X-END", b'#EXT-X-MAP:URI="1.ts"\n#EXT-X-END'),
         "line 6: its pieces have heads that differ"),
        (listed("0.ts", head="#EXT-X-GAP\n"), "line 3: a piece of it is missing"),
        (listed("0.ts", head='#EXT-X-DEFINE:NAME="a",VALUE="b"\n'), "line 3: its addresses have variables"),
        (listed(*["0.ts"] * (MAX_PIECES + 1)), "more than 1,000 pieces"),
        (listed(*["0.ts"] * 100_000), "at most 1,000,000 are read"),
        (listed(), "names no film"),
        (b"#EXTM3U\n0.ts\n#EXT-X-ENDLIST\n", "line 2: an address without its length"),
        (b"#EXTM3U\n#EXTINF:-1,\n0.ts\n", "line 2: '-1' is no length"),
        (b"#EXTM3U\n\xff", "not UTF-8 .byte 8."),
        (variants("#EXT-X-STREAM-INF:BANDWIDTH=1", "master.m3u8"), "line 3 of its playlist: a list of variants that names"),
        (variants("#EXT-X-STREAM-INF:BANDWIDTH=1", "0.ts"), "line 3 of its playlist: what lies there is no playlist"),
        (variants("#EXT-X-STREAM-INF:RESOLUTION=1x1", "film.m3u8"), "line 3: a variant without its BANDWIDTH"),
    ],
)  # fmt: skip
def test_what_cannot_be_joined_is_refused_by_its_line(folder: Path, playlist: bytes, why: str) -> None:
    (folder / "master.m3u8").write_bytes(variants("#EXT-X-STREAM-INF:BANDWIDTH=1", "master.m3u8"))

    with pytest.raises(InputError, match=why):
        read(folder, playlist)


def test_a_link_out_of_the_folder_is_not_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "0.ts").symlink_to(folder / "0.ts")

    with pytest.raises(MediaRefused, match="not in the playlist's folder"):
        read(tmp_path, listed("0.ts"))


def test_a_film_may_not_be_larger_by_naming_a_piece_again_and_again(folder: Path) -> None:
    with pytest.raises(MediaRefused, match="more than 200,000 bytes") as told:
        read(folder, listed(*["0.ts"] * 900), most=200_000)

    assert told.value.kind == "too_large"


def test_pieces_whose_tracks_are_others_are_not_joined(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "0.ts").write_bytes(piece(0))
    (tmp_path / "1.ts").write_bytes(film(shots((99, GREEN)), 1, form="mpegts"))

    with pytest.raises(MediaRefused, match="line 6 of its playlist: from there on it has other tracks"):
        read(tmp_path, listed("0.ts", "1.ts"))


def apart(data: bytes, kind: str, form: str, options: dict[str, str] | None = None) -> bytes:
    """The track of one kind of a film, as a file of its own, with its time stamps."""
    out = io.BytesIO()
    with av.open(io.BytesIO(data)) as source, av.open(out, "w", format=form, options=options or {}) as target:
        track = next(iter(getattr(source.streams, kind)))
        stream = target.add_stream_from_template(track)
        for packet in source.demux(track):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    return out.getvalue()


def stamped(frames: bytes, stamp: int) -> bytes:
    """AAC frames behind the time of the first one (RFC 8216, 3.4)."""
    body = b"com.apple.streaming.transportStreamTimestamp\0" + stamp.to_bytes(8, "big")
    frame = b"PRIV" + len(body).to_bytes(4, "big") + b"\0\0" + body
    return b"ID3\x04\0\0" + bytes([0, 0, 0, len(frame)]) + frame + frames


def heard(data: bytes) -> float:
    """How many seconds of the film's sound are loud."""
    found = 0.0
    with av.open(io.BytesIO(data)) as source:
        for frame in source.decode(audio=0):
            found += frame.samples / frame.sample_rate if abs(frame.to_ndarray()).mean() > 0.01 else 0
    return found


MASTER = ('#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="x",URI="sound.m3u8"',
          '#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="a"', "film.m3u8")  # fmt: skip
FRAGMENTS = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "frag_duration": "1000000"}


def two_apart(folder: Path, form: str) -> None:
    """Eight seconds of pictures and of sound, apart, in two pieces each, and playlists of them."""
    for kind, track in (("film", "video"), ("sound", "audio")):
        head = ""
        if form == "fragments":
            whole = made(shots((4, RED), (99, GREEN)), 8, gop=25, sound=True)
            data = apart(whole, track, "mp4", FRAGMENTS)
            first, *others = [place - 4 for place in _places(data, b"moof")]
            (folder / f"{kind}.mp4").write_bytes(data[:first])
            head = f'#EXT-X-MAP:URI="{kind}.mp4"\n'
            pieces = [data[first : others[2]], data[others[2] : data.find(b"mfra") - 4]]
        else:
            pieces = [apart(piece(number), track, "mpegts") for number in range(2)]
        if form == "frames" and kind == "sound":
            pieces = [stamped(apart(piece(number), track, "adts"), 7_200) for number in range(2)]
        for number, data in enumerate(pieces):
            (folder / f"{kind}{number}").write_bytes(data)
        (folder / f"{kind}.m3u8").write_bytes(listed(f"{kind}0", f"{kind}1", head=head))


@pytest.mark.parametrize("form", ["streams", "frames", "fragments"])
def test_sound_that_lies_apart_is_put_between_the_pictures(tmp_path: Path, form: str) -> None:
    two_apart(tmp_path, form)

    found = joined(variants(*MASTER), "master.m3u8", in_folder(tmp_path), MOST)

    facts = inspect(found.data, LIMITS, "video")
    assert found.left_out == ()
    assert facts.seconds == pytest.approx(8, abs=0.3)
    assert facts.sound_seconds == pytest.approx(8, abs=0.3)
    assert heard(found.data) == pytest.approx(8, abs=0.3)
    assert all(any(is_near(each, color) for each in colors(found.data, tmp_path)) for color in (RED, GREEN))
    with av.open(io.BytesIO(found.data)) as film:
        pictures, sound = film.streams.video[0], film.streams.audio[0]
        begins = [float((each.start_time or 0) * (each.time_base or 0)) for each in (pictures, sound)]
    assert begins[1] == pytest.approx(begins[0], abs=0.1)


@pytest.mark.parametrize(
    ("lines", "left_out"),
    [
        ((MASTER[0].replace("sound", "film"), *MASTER[1:]), ["line 2 .*its sound, which was not listened to: it has no"]),
        ((MASTER[0].replace("sound.m3u8", "locked.m3u8"), *MASTER[1:]), ["line 2 .*line 2: it is encrypted"]),
        ((MASTER[0].replace("sound.m3u8", "ac3.m3u8"), *MASTER[1:]), ["line 2 .*it is no AAC with a time stamp"]),
        ((MASTER[0], '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="y",URI="gone"', *MASTER[1:]), ["line 3 .*more sound"]),
        (("#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"t\",URI=\"gone\"", "#EXT-X-STREAM-INF:BANDWIDTH=1,SUBTITLES=\"t\"",
          "film.m3u8"), ["line 2 .*subtitles, which were not read"]),
        (("#EXT-X-MEDIA:TYPE=VIDEO,GROUP-ID=\"v\",URI=\"gone\"", "#EXT-X-STREAM-INF:BANDWIDTH=1,VIDEO=\"v\"",
          "film.m3u8"), ["line 2 .*other pictures of it, which were not looked at"]),
        (("#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"t\",URI=\"gone\"", *MASTER[1:]), []),
    ],
)  # fmt: skip
def test_what_belongs_to_a_film_and_is_not_in_the_joined_file_is_named(
    tmp_path: Path, lines: tuple[str, ...], left_out: list[str]
) -> None:
    two_apart(tmp_path, "streams")
    (tmp_path / "locked.m3u8").write_bytes(b'#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="k"\n')
    (tmp_path / "ac3.m3u8").write_bytes(listed("ac3"))
    (tmp_path / "ac3").write_bytes(b"\x0b\x77" + bytes(900))

    found = joined(variants(*lines), "master.m3u8", in_folder(tmp_path), MOST)

    assert len(found.left_out) == len(left_out)
    assert all(re.search(why, said) for why, said in zip(left_out, found.left_out, strict=True))
    assert inspect(found.data, LIMITS, "video").seconds == pytest.approx(8, abs=0.3)


def test_the_sound_that_players_play_first_is_joined(tmp_path: Path) -> None:
    two_apart(tmp_path, "streams")
    silence = '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="z",URI="silence.m3u8"'
    first = MASTER[0] + ",DEFAULT=YES"

    found = joined(variants(silence, first, *MASTER[1:]), "master.m3u8", in_folder(tmp_path), MOST)

    assert heard(found.data) > 7
    assert [said[:6] for said in found.left_out] == ["line 2"]


@pytest.mark.parametrize("form", ["streams", "frames", "fragments"])
def test_damaged_sound_is_left_out_by_name_or_joined_and_never_a_crash(tmp_path: Path, form: str) -> None:
    two_apart(tmp_path, form)
    files = [tmp_path / name for name in ("sound0", "sound.mp4") if (tmp_path / name).exists()]
    outcomes = []
    for file in files:
        whole = file.read_bytes()
        for at in range(0, min(len(whole), 2000), 121):
            file.write_bytes(whole[:at] + bytes(byte ^ 0x5A for byte in whole[at : at + 30]) + whole[at + 30 :])
            try:
                found = joined(variants(*MASTER), "master.m3u8", in_folder(tmp_path), MOST)
            except MediaRefused:
                continue
            outcomes.append(len(found.data) > 1000 or found.left_out != ())
        file.write_bytes(whole)

    assert len(outcomes) > 3
    assert all(outcomes)


def test_comments_and_unknown_tags_say_nothing() -> None:
    playlist = parse(b"#EXTM3U\r\n# a word\r\n#EXT-X-NEW:1\r\n#EXTINF:2.5,title\r\na.ts\r\n#EXT-X-ENDLIST\r\nb.ts\r\n")

    assert ([each.address for each in playlist.pieces], playlist.seconds) == (["a.ts"], 2.5)
