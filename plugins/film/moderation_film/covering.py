"""``film.blank`` and ``film.patch``: films with places covered while they are to be, times kept, metadata left behind.

Stretches of H.264 in which nothing is covered are copied as they were, and so is the sound; where something that is
said is to go, it is muted in its seconds and encoded anew.

It sees the boxes of detections and when they are there, and nothing of the film itself: what no detector found stays.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ground.media.patching import Place, patch
from moderation.core.detections import Detection
from moderation.core.items import Box, Part
from moderation.core.redaction import HEARD
from moderation.hookspecs import Context, Unreadable
from moderation_film.decoding import Stamps
from moderation_film.muting import Silencer, muted_ranges
from moderation_film.opening import Film, opened
from moderation_film.sparing import Spared, Splicing, spared

MARGIN = 0.25
"""Of a box's width and height, on each side: hair and ears tell who somebody is."""
LEAST_MARGIN = 0.01
"""Of the picture, likewise: compression smears an edge."""
EDGE_SECONDS = 0.03
"""Before and after, because times are rounded; a frame of 30 a second."""
BLACK, GREY = 16, 128
"""Of brightness and of colour."""
KEPT = frozenset({"aac", "mp3", "opus", "ac3", "eac3", "flac"})
"""Sounds that an MP4 can hold; others are made AAC."""
QUALITY = "22"
"""The quantizer of H.264. The same throughout: to aim at an even rate, as x264 does else (``crf``), takes a third more
time, and twice the bytes of a film in which little moves. A copy is 43 dB from its film then, and better."""
ENCODED = {"preset": "ultrafast", "qp": QUALITY}
KEY_SECONDS = 0.9
"""From one key frame of a copy to the next, about: players jump to them, and looks at the copy cost less."""


class Covers:
    """Which boxes are covered at a time, in ratios of the frames as they are stored.

    Args:
        detections: one without a box covers all of the picture, one without a time all of the film.
        rotation: degrees against the clock by which players turn the frames.
    """

    def __init__(self, detections: Sequence[Detection], rotation: int) -> None:
        self._always: list[Box] = []
        self._by_second: dict[int, list[tuple[float, float, Box]]] = {}
        for each in detections:
            if each.attributes.get(HEARD) is True:
                continue
            box = stored(grown(each.box), rotation) if each.box is not None else Box(left=0, top=0, width=1, height=1)
            if each.time_range is None:
                self._always.append(box)
                continue
            start, end = each.time_range.start - EDGE_SECONDS, each.time_range.end + EDGE_SECONDS
            for second in range(math.floor(start), math.floor(end) + 1):
                self._by_second.setdefault(second, []).append((start, end, box))

    def at(self, seconds: float) -> list[Box]:
        """The boxes of one frame."""
        timed = self._by_second.get(math.floor(seconds), ())
        return [*self._always, *(box for start, end, box in timed if start <= seconds <= end)]


def grown(box: Box) -> Box:
    """A box with its margin, cut to the picture."""
    across, down = max(MARGIN * box.width, LEAST_MARGIN), max(MARGIN * box.height, LEAST_MARGIN)
    left, top = max(0.0, box.left - across), max(0.0, box.top - down)
    right, bottom = min(1.0, box.left + box.width + across), min(1.0, box.top + box.height + down)
    return Box(left=left, top=top, width=right - left, height=bottom - top)


def stored(box: Box, rotation: int) -> Box:
    """A box of the upright picture in the frame as it is stored."""
    left, top, right, bottom = box.left, box.top, box.left + box.width, box.top + box.height
    match rotation % 360:
        case 90:
            left, top, right, bottom = 1 - bottom, left, 1 - top, right
        case 180:
            left, top, right, bottom = 1 - right, 1 - bottom, 1 - left, 1 - top
        case 270:
            left, top, right, bottom = top, 1 - right, bottom, 1 - left
    left, top = max(0.0, left), max(0.0, top)
    return Box(left=left, top=top, width=min(1.0, right) - left, height=min(1.0, bottom) - top)


class Cover:
    """Covers boxes in black; the copy is an MP4 in H.264, without metadata."""

    name = "film.blank"
    version = "1.1"
    reads = ("video",)
    time_limit_seconds = 900.0
    fill = "solid"

    def redact(self, part: Part, detections: Sequence[Detection], context: Context) -> Part:
        """A copy in which the places cannot be read back.

        Raises:
            Unreadable: some of the film cannot be decoded: what is not seen cannot be covered.
        """
        assert part.media is not None
        with TemporaryDirectory(prefix="moderation-") as folder:
            out = Path(folder) / "copy.mp4"
            path, kind = context.path(part), part.media.content_type
            with opened(path, kind) as film:
                first = _first(film)
            rotation = round(first.rotation / 90) * 90 % 360
            covers = Covers(detections, rotation)
            with opened(path, kind) as film:
                plan = spared(film, lambda at: bool(covers.at(at)))
            with opened(path, kind) as film:
                film.stream.thread_type = "AUTO"
                _copy(film, first, covers, detections, out, self.fill == "patch", plan)
            return Part(type="video", data=turned(out.read_bytes(), rotation))


class CoverWithPatch(Cover):
    """The same, with a patch in place of black, made of what is around each box."""

    name = "film.patch"
    fill = "patch"


def _first(film: Film) -> Any:
    """Its first frame, which says how large they are and how they are to be turned."""
    frame = next(iter(film.container.decode(film.stream)), None)
    if frame is None:
        raise Unreadable("the film has no picture that can be decoded")
    return frame


class _Anew:
    """Pictures that are all encoded anew."""

    def __init__(self, target: Any, film: Film, first: Any, frame_of: Callable[[Any], Any]) -> None:
        self.stream = target.add_stream("libx264", options=dict(ENCODED))
        _set_up(self.stream.codec_context, film, first)
        self._frame_of = frame_of

    def packets(self, packet: Any) -> Iterator[Any]:
        """What is written for a packet of the film; None for the end."""
        for frame in packet.decode() if packet is not None else ():
            yield from self.stream.encode(self._frame_of(frame))
        if packet is None:
            yield from self.stream.encode(None)


def _copy(
    film: Film,
    first: Any,
    covers: Covers,
    detections: Sequence[Detection],
    out: Path,
    is_patched: bool,
    plan: Spared | None,
) -> None:
    """Write the copy."""
    import av

    def encoder(number: int) -> Any:
        codec = av.CodecContext.create("libx264", "w")
        codec.options = {**ENCODED, "x264-params": f"sps-id={number}"}
        codec.flags |= av.codec.context.Flags.global_header
        _set_up(codec, film, first)
        return codec

    def frame_of(frame: Any) -> Any:
        if frame.is_corrupt or frame.pts is None:
            raise Unreadable("a frame of it cannot be decoded, so that nobody can cover what it shows")
        boxes = covers.at(max(film.seconds(frame.pts), 0.0))
        return _covered(frame, _even(first), boxes, is_patched)

    sound = next(iter(film.container.streams.audio), None)
    with av.open(str(out), "w", format="mp4", options={"movflags": "faststart"}) as target:
        pictures = (
            _Anew(target, film, first, frame_of) if plan is None else Splicing(target, film, plan, encoder, frame_of)
        )
        voice = _voice(target, sound, muted_ranges(detections), film.start)
        stamps = Stamps(film)
        wanted = [film.stream] if sound is None else [film.stream, sound]
        for packet in film.container.demux(*wanted):
            if packet.stream is sound:
                target.mux(list(voice.packets(packet)) if voice is not None else [])
                continue
            if packet.pts is not None:
                stamps.of(packet)
            if stamps.begin_anew:
                raise Unreadable("its time stamps begin anew in the middle, as of films that were put end to end")
            target.mux(list(pictures.packets(packet)))
        target.mux(list(pictures.packets(None)))
        target.mux(list(voice.packets(None)) if voice is not None else [])


def _even(frame: Any) -> tuple[int, int]:
    return frame.width // 2 * 2, frame.height // 2 * 2


def _set_up(codec: Any, film: Film, frame: Any) -> None:
    codec.width, codec.height = _even(frame)
    codec.pix_fmt = "yuv420p"
    codec.thread_type = "FRAME"  # else each frame is cut into slices, and waits for the slowest
    codec.time_base = film.stream.time_base
    rate = film.stream.average_rate
    codec.gop_size = max(1, round(float(rate) * KEY_SECONDS)) if rate and 1 <= rate <= 240 else 25
    pixel = film.stream.sample_aspect_ratio
    if pixel:
        codec.sample_aspect_ratio = pixel
    for name in ("color_range", "colorspace", "color_primaries", "color_trc"):
        setattr(codec, name, getattr(frame, name))


def _covered(frame: Any, size: tuple[int, int], boxes: Sequence[Box], is_patched: bool) -> Any:
    import av
    import numpy

    width, height = size
    shown = frame
    if frame.format.name != "yuv420p" or (frame.width, frame.height) != (width, height):
        shown = frame.reformat(width=width, height=height, format="yuv420p")
        shown.pts, shown.time_base = frame.pts, frame.time_base
    elif boxes:
        shown.make_writable()
    # An encoder that is told of key frames by its source writes as many.
    shown.pict_type = av.video.frame.PictureType.NONE
    for plane, value in zip(shown.planes, (BLACK, GREY, GREY), strict=True):
        pixels = numpy.frombuffer(plane, numpy.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
        places = [_pixels(box, plane.width, plane.height) for box in boxes]
        if is_patched:
            patch(pixels, places, value)
            continue
        for left, top, right, bottom in places:
            pixels[top:bottom, left:right] = value
    return shown


def _pixels(box: Box, width: int, height: int) -> Place:
    left, right = math.floor(box.left * width), math.ceil((box.left + box.width) * width)
    return left, math.floor(box.top * height), right, math.ceil((box.top + box.height) * height)


class _Copied:
    """Sound that is written as it was read."""

    def __init__(self, target: Any, sound: Any) -> None:
        self.stream = target.add_stream_from_template(sound)

    def packets(self, packet: Any) -> Iterator[Any]:
        if packet is not None and packet.dts is not None:
            packet.stream = self.stream
            yield packet


def _voice(target: Any, sound: Any, ranges: Sequence[tuple[float, float]], start: float) -> _Copied | Silencer | None:
    if sound is None or sound.codec_context is None:
        return None
    if sound.codec_context.name in KEPT and not ranges:
        return _Copied(target, sound)
    return Silencer(target, sound, "aac", ranges, start)


def turned(data: bytes, rotation: int) -> bytes:
    """An MP4 whose first track players turn against the clock (ISO/IEC 14496-12, 8.3.2: the matrix of a track)."""
    if not rotation:
        return data
    cos, sin = round(math.cos(math.radians(-rotation))), round(math.sin(math.radians(-rotation)))
    matrix = struct.pack(">9i", cos << 16, sin << 16, 0, -sin << 16, cos << 16, 0, 0, 0, 1 << 30)
    at = data.index(b"tkhd")
    start = at + 4 + (52 if data[at + 4] else 40)
    return data[:start] + matrix + data[start + 36 :]
