"""What a film or sound is by its container: which tracks it has, and how long it plays. Nothing is decoded.

A name and eight right bytes make no film. A container is believed when its own bookkeeping holds together: it has a
track, the track has a length, and what the track is made of lies within the file.

Sources: ISO/IEC 14496-12 (MP4, MOV, M4A), RFC 8794 and RFC 9559 (EBML, Matroska, of which WebM is a part), Microsoft's
"Multiple channel audio data and WAVE files", RFC 9639 (FLAC), RFC 3533, 7845 and the Vorbis and Speex headers (Ogg),
ISO/IEC 11172-3 2.4 (MP3), ID3v2.4.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ground.errors import MediaRefused
from ground.media.boxes import Boxes, IsoBox
from ground.media.reading import MAX_BLOCKS, Damaged, big, little, piece
from ground.media.transport import transport_stream

Kind = Literal["video", "audio"]
_WORDS = {"video": "a film", "audio": "a sound"}
_PLAYED_AS = {
    "video": {"audio/mp4": "video/mp4"},
    "audio": {
        "video/mp4": "audio/mp4",
        "video/quicktime": "audio/mp4",
        "video/webm": "audio/webm",
        "video/x-matroska": "audio/webm",
    },
}


@dataclass(frozen=True)
class Recording:
    """A film or sound.

    Attributes:
        kind: ``video`` when it has a track of pictures, whatever its name; else ``audio``.
        content_type: of the container, as it is played.
        seconds: of its longest track; more than 0.
        sound_seconds: of its longest track of sound; 0 where it has none.
    """

    kind: Kind
    content_type: str
    seconds: float
    sound_seconds: float


def probe(data: bytes, content_type: str) -> Recording:
    """Say what a film or sound is. Pure; looks at no more than `MAX_BLOCKS` pieces of it.

    Args:
        content_type: as `sniff` says.

    Raises:
        MediaRefused: damaged, cut off, without a track or without a length.
    """
    readers = {
        "video/webm": _matroska,
        "video/x-matroska": _matroska,
        "video/mp2t": transport_stream,
        "audio/wav": _wave,
        "audio/flac": _flac,
        "audio/ogg": _ogg,
        "audio/mpeg": _mp3,
    }
    try:
        lengths = readers.get(content_type, _mp4)(data)
    except (Damaged, IndexError, OverflowError, struct.error, ZeroDivisionError) as error:
        why = str(error) if isinstance(error, Damaged) else "its header makes no sense"
        raise MediaRefused("damaged", f"the {content_type} file is damaged: {why}") from error
    kind: Kind = "video" if "video" in lengths else "audio"
    if not lengths:
        raise MediaRefused("damaged", f"the {content_type} file is damaged: it has no track of pictures or sound")
    seconds = max(lengths.values())
    if not (math.isfinite(seconds) and seconds > 0):
        raise MediaRefused("damaged", f"the {content_type} file is damaged: {_WORDS[kind]} of no length")
    return Recording(kind, _PLAYED_AS[kind].get(content_type, content_type), seconds, lengths.get("audio", 0.0))


# MP4, MOV, M4A


def _mp4(data: bytes) -> dict[Kind, float]:
    boxes = Boxes(data)
    top = list(boxes.top())
    movie = next((box for box in top if box.kind == b"moov"), None)
    if movie is None:
        raise Damaged("no index (moov)")
    if not any(box.kind == b"mdat" and box.end > box.start for box in top):
        raise Damaged("no content (mdat)")
    fragments = _fragments(boxes, [box for box in top if box.kind == b"moof"], movie)
    lengths: dict[Kind, float] = {}
    for track in (box for box in boxes.inside(movie) if box.kind == b"trak"):
        number, kind, scale, length = _mp4_track(boxes, track)
        if kind is None:
            continue
        ticks = max(length, fragments.get(number, 0))
        lengths[kind] = max(lengths.get(kind, 0.0), ticks / scale)
    return lengths


def _mp4_track(boxes: Boxes, track: IsoBox) -> tuple[int, Kind | None, int, int]:
    """Number, kind, ticks a second, ticks. The length is 0 where the samples are in fragments."""
    head, media = boxes.first(track, b"tkhd"), boxes.first(track, b"mdia")
    if head is None or media is None:
        raise Damaged("a track without a header")
    number = boxes.number(head, 20 if boxes.number(head, 0, 1) == 1 else 12, 4)
    handler, times = boxes.first(media, b"hdlr"), boxes.first(media, b"mdhd")
    if handler is None or times is None:
        raise Damaged("a track without a kind or a length")
    letters = piece(boxes.data, handler.start + 8, 4)
    kind: Kind | None = "video" if letters in (b"vide", b"auxv", b"pict") else "audio" if letters == b"soun" else None
    if kind is None:
        return number, None, 1, 0
    at, wide = (20, 8) if boxes.number(times, 0, 1) == 1 else (12, 4)
    scale, length = boxes.number(times, at, 4), boxes.number(times, at + 4, wide)
    if scale == 0:
        raise Damaged("a track without a clock")
    table = boxes.first(media, b"minf", b"stbl")
    if table is None or not _has_samples(boxes, table):
        length = 0
    return number, kind, scale, 0 if length == (1 << 8 * wide) - 1 else length


def _has_samples(boxes: Boxes, table: IsoBox) -> bool:
    """True when the track has samples, and those lie within the file."""
    inside = {box.kind: box for box in boxes.inside(table)}
    counted = inside.get(b"stsz") or inside.get(b"stz2")
    if b"stsd" not in inside or counted is None:
        raise Damaged("a track without samples")
    if boxes.number(counted, 8, 4) == 0:
        return False
    wide = 8 if b"co64" in inside else 4
    places = inside.get(b"co64") or inside.get(b"stco")
    count = boxes.number(places, 4, 4) if places is not None else 0
    if places is None or count == 0:
        raise Damaged("samples without a place")
    for which in (0, count - 1):
        if boxes.number(places, 8 + wide * which, wide) >= len(boxes.data):
            raise Damaged("cut off")
    return True


def _fragments(boxes: Boxes, found: list[IsoBox], movie: IsoBox) -> dict[int, int]:
    """Where each track's last fragment ends, in its ticks."""
    usual: dict[int, int] = {}
    if (extends := boxes.first(movie, b"mvex")) is not None:
        for box in boxes.inside(extends):
            if box.kind == b"trex":
                usual[boxes.number(box, 4, 4)] = boxes.number(box, 12, 4)
    ends: dict[int, int] = {}
    samples = 0
    for fragment in found:
        for track in (box for box in boxes.inside(fragment) if box.kind == b"traf"):
            head = boxes.first(track, b"tfhd")
            if head is None:
                raise Damaged("a fragment without a header")
            flags, number = boxes.number(head, 1, 3), boxes.number(head, 4, 4)
            each = usual.get(number, 0)
            if flags & 0x8:
                each = boxes.number(head, 8 + (8 if flags & 0x1 else 0) + (4 if flags & 0x2 else 0), 4)
            at = ends.get(number, 0)
            if (clock := boxes.first(track, b"tfdt")) is not None:
                at = boxes.number(clock, 4, 8 if boxes.number(clock, 0, 1) == 1 else 4)
            for run in (box for box in boxes.inside(track) if box.kind == b"trun"):
                ticks, count = _run(boxes, run, each)
                at += ticks
                samples += count
                if samples > MAX_BLOCKS * 10:
                    raise Damaged("too many samples")
            ends[number] = max(ends.get(number, 0), at)
    return ends


def _run(boxes: Boxes, run: IsoBox, each: int) -> tuple[int, int]:
    """Ticks and samples of a ``trun``."""
    flags, count = boxes.number(run, 1, 3), boxes.number(run, 4, 4)
    if not flags & 0x100:
        return each * count, 0
    start = 8 + (4 if flags & 0x1 else 0) + (4 if flags & 0x4 else 0)
    step = 4 * sum(1 for bit in (0x100, 0x200, 0x400, 0x800) if flags & bit)
    table = piece(boxes.data, run.start + start, step * count)
    return sum(ticks for (ticks,) in struct.iter_unpack(f">I{step - 4}x", table)), count


# WebM

_SEGMENT, _INFO, _TRACKS, _TRACK, _CLUSTER = 0x18538067, 0x1549A966, 0x1654AE6B, 0xAE, 0x1F43B675
_SCALE, _LENGTH, _KIND, _TIME, _SIMPLE_BLOCK, _GROUP, _BLOCK = 0x2AD7B1, 0x4489, 0x83, 0xE7, 0xA3, 0xA0, 0xA1
_BLOCK_LENGTH = 0x9B
_ENTERED = frozenset({_SEGMENT, _INFO, _TRACKS, _TRACK, _CLUSTER, _GROUP})


def _matroska(data: bytes) -> dict[Kind, float]:
    """One walk over all elements, groups entered: those of unknown size, which recorders write, then need no end."""
    scale, stated, time, last, kinds, blocks = 1_000_000, 0.0, 0, 0, set[int](), 0
    for number, start, length in _elements(data):
        if number == _SCALE:
            scale = big(data, start, length)
        elif number == _LENGTH and length in (4, 8):
            (stated,) = struct.unpack(">f" if length == 4 else ">d", piece(data, start, length))
        elif number == _KIND:
            kinds.add(big(data, start, length))
        elif number == _TIME:
            time = big(data, start, length)
        elif number == _BLOCK_LENGTH:
            last = max(last, time + big(data, start, length))
        elif number in (_SIMPLE_BLOCK, _BLOCK):
            _, at = _variable(data, start, keep_marker=False)
            (offset,) = struct.unpack(">h", piece(data, at, 2))
            last, blocks = max(last, time + offset), blocks + 1
    if not blocks:
        raise Damaged("no content")
    ticks = stated if math.isfinite(stated) and stated > 0 else last
    seconds = ticks * scale / 1e9
    found: tuple[tuple[int, Kind], ...] = ((1, "video"), (2, "audio"))
    return {kind: seconds for number, kind in found if number in kinds}


def _elements(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Number, start and length of each element that is not only a group."""
    at = 0
    for _ in range(MAX_BLOCKS):
        if at >= len(data):
            return
        number, at = _variable(data, at, keep_marker=True)
        size_at = at
        length, at = _variable(data, at, keep_marker=False)
        is_unknown = length == (1 << 7 * (at - size_at)) - 1
        if number in _ENTERED:
            if not is_unknown and at + length > len(data):
                raise Damaged("cut off")
            continue
        if is_unknown or at + length > len(data):
            raise Damaged("cut off")
        yield number, at, length
        at += length
    raise Damaged("too many elements")


def _variable(data: bytes, at: int, *, keep_marker: bool) -> tuple[int, int]:
    """A number of variable length (RFC 8794, 4), and where it ends."""
    first = big(data, at, 1)
    if first == 0:
        raise Damaged("no element where one should be")
    length = 9 - first.bit_length()
    number = big(data, at, length)
    return number if keep_marker else number & (1 << 7 * length) - 1, at + length


# Sounds


def _wave(data: bytes) -> dict[Kind, float]:
    at, rate = 12, 0
    for _ in range(MAX_BLOCKS):
        kind, length = piece(data, at, 4), little(data, at + 4, 4)
        at += 8
        if kind == b"fmt ":
            channels, rate, align = little(data, at + 2, 2), little(data, at + 8, 4), little(data, at + 12, 2)
            if length < 14 or not (channels and rate and align):
                raise Damaged("its header makes no sense")
        elif kind == b"data":
            if not rate:
                raise Damaged("no header")
            # What is written while it is recorded, or to a pipe, does not know its length yet.
            if length not in (0, 0xFFFFFFFF) and at + length > len(data):
                raise Damaged("cut off")
            return {"audio": min(length or len(data), len(data) - at) / rate}
        at += length + (length & 1)
    raise Damaged("too many chunks")


def _flac(data: bytes) -> dict[Kind, float]:
    if big(data, 4, 1) & 127 or big(data, 5, 3) != 34:
        raise Damaged("no header")
    packed = big(data, 18, 8)
    rate, samples = packed >> 44, packed & (1 << 36) - 1
    at, is_last = 4, False
    for _ in range(MAX_BLOCKS):
        if is_last:
            break
        is_last, length = bool(big(data, at, 1) & 128), big(data, at + 1, 3)
        at += 4 + length
    if big(data, at, 2) & 0xFFFC != 0xFFF8:
        raise Damaged("no content")
    if not samples:
        raise Damaged("it does not say its length; write it to a file, not to a pipe")
    return {"audio": samples / rate}


def _ogg(data: bytes) -> dict[Kind, float]:
    """The first page of a stream says what it is and how fast; the last says how much there was."""
    rates: dict[int, tuple[int, int]] = {}
    ends: dict[int, int] = {}
    at = 0
    for _ in range(MAX_BLOCKS):
        if at >= len(data):
            break
        if piece(data, at, 5) != b"OggS\0":
            raise Damaged("no page where one should be")
        flags, position, stream, count = data[at + 5], little(data, at + 6, 8), little(data, at + 14, 4), data[at + 26]
        start = at + 27 + count
        at = start + sum(piece(data, at + 27, count))
        if at > len(data):
            raise Damaged("cut off")
        if flags & 2:
            rates[stream] = _ogg_rate(data[start:at])
        elif position != (1 << 64) - 1:
            ends[stream] = max(ends.get(stream, 0), position)
    else:
        raise Damaged("too many pages")
    lengths = [(end - rates[stream][1]) / rates[stream][0] for stream, end in ends.items() if stream in rates]
    if not lengths:
        raise Damaged("no content")
    return {"audio": max(lengths)}


def _ogg_rate(packet: bytes) -> tuple[int, int]:
    """Positions a second, and the position at which the sound begins."""
    if packet.startswith(b"OpusHead"):
        return 48_000, little(packet, 10, 2)
    if packet.startswith(b"\x01vorbis"):
        return little(packet, 12, 4), 0
    if packet.startswith(b"\x7fFLAC"):
        return big(packet, 27, 3) >> 4, 0
    if packet.startswith(b"Speex   "):
        return little(packet, 36, 4), 0
    raise Damaged("a stream that is no sound in it, such as a film in Theora")


# Kilobits a second by index 1-14, of MPEG 1 layer III and of MPEG 2 and 2.5 layer III (ISO/IEC 11172-3 2.4.2.3).
_RATES = (
    (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
)
_SAMPLE_RATES = (44_100, 48_000, 32_000)
_MP3_HEAD = re.compile(rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb]")
MP3_FRAMES = 3
"""That must follow one another before a sound is believed; chance makes one, hardly ever three."""
_MP3_SEARCH = 65_536


def _mp3(data: bytes) -> dict[Kind, float]:
    at = 0
    while data[at : at + 3] == b"ID3":
        size = piece(data, at + 6, 4)
        at += 10 + sum((byte & 127) << 21 - 7 * place for place, byte in enumerate(size))
        at += 10 if data[at - 10 : at - 7] == b"3DI" else 0
    begun = False
    seconds, in_a_row = 0.0, 0
    searched_to = at + _MP3_SEARCH
    for _ in range(MAX_BLOCKS):
        frame = _mp3_frame(data, at)
        if frame is not None:
            length, duration = frame
            at, seconds, in_a_row = at + length, seconds + duration, in_a_row + 1
            begun = begun or in_a_row >= MP3_FRAMES
            continue
        in_a_row = 0
        if not begun:
            seconds = 0.0
        found = _MP3_HEAD.search(data, at + 1)
        if found is None or (not begun and found.start() > searched_to):
            break
        at = found.start()
    if not begun:
        raise Damaged(f"no {MP3_FRAMES} frames of MP3 that follow one another")
    return {"audio": seconds}


def _mp3_frame(data: bytes, at: int) -> tuple[int, float] | None:
    """Bytes and seconds of the frame that begins here, or None."""
    if at + 4 > len(data) or _MP3_HEAD.match(data, at) is None:
        return None
    version, quick, padding = data[at + 1] >> 3 & 3, data[at + 2] >> 2 & 3, data[at + 2] >> 1 & 1
    index = data[at + 2] >> 4
    if version == 1 or index in (0, 15) or quick == 3:
        return None
    is_first = version == 3
    rate = _SAMPLE_RATES[quick] >> (0 if is_first else 1 if version == 2 else 2)
    samples = 1152 if is_first else 576
    length = samples // 8 * _RATES[0 if is_first else 1][index - 1] * 1000 // rate + padding
    return length, samples / rate
