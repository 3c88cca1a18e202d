"""Films that a playlist names in pieces: joined whole, or refused by the line that stands in the way."""

from __future__ import annotations

import io
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
    return joined(playlist, "film.m3u8", in_folder(folder), most)


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
SOUND = '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="x",URI="2.ts"'


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
        (variants(SOUND, '#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="a"', "film.m3u8"), "its sound lies at an address of its own"),
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


def test_comments_and_unknown_tags_say_nothing() -> None:
    playlist = parse(b"#EXTM3U\r\n# a word\r\n#EXT-X-NEW:1\r\n#EXTINF:2.5,title\r\na.ts\r\n#EXT-X-ENDLIST\r\nb.ts\r\n")

    assert ([each.address for each in playlist.pieces], playlist.seconds) == (["a.ts"], 2.5)
