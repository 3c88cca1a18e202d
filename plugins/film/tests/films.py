"""Films made of known pictures, whose every second is known too."""

from __future__ import annotations

import functools
import io
import math
import struct
from collections.abc import Callable, Sequence
from fractions import Fraction

import av
import numpy as np
from PIL import Image, ImageDraw

RED, GREEN, BLUE, GREY = (200, 30, 30), (30, 160, 40), (40, 40, 190), (120, 120, 120)
Paint = Callable[[float], Image.Image]
SIZE = (320, 180)


def card(color: tuple[int, int, int], size: tuple[int, int] = SIZE) -> Image.Image:
    """A picture of one colour."""
    return Image.new("RGB", size, color)


def shots(*given: tuple[float, tuple[int, int, int]], size: tuple[int, int] = SIZE) -> Paint:
    """Cards one after the other: until when, and which colour."""

    def paint(at: float) -> Image.Image:
        return card(next((color for until, color in given if at < until), given[-1][1]), size)

    return paint


def moving(at: float) -> Image.Image:
    """A square that goes across, a little further in each frame."""
    picture = card(GREY)
    left = int(at * 40) % 280
    ImageDraw.Draw(picture).rectangle((left, 70, left + 40, 110), fill="white")
    return picture


def film(
    paint: Paint,
    seconds: float,
    *,
    rate: int = 25,
    gop: int = 50,
    codec: str = "libx264",
    form: str = "mp4",
    sound: bool = False,
    times: Sequence[float] | None = None,
    options: tuple[tuple[str, str], ...] = (),
) -> bytes:
    """A film of what `paint` makes of each time.

    Args:
        times: of the frames, in place of an even rate.
        gop: frames from a key frame to the next.
    """
    out = io.BytesIO()
    at = times if times is not None else [number / rate for number in range(round(seconds * rate))]
    first = paint(at[0])
    with av.open(out, "w", format=form) as container:
        stream = container.add_stream(codec, rate=rate, options=dict(options))
        stream.width, stream.height, stream.pix_fmt = first.width, first.height, "yuv420p"
        stream.gop_size = gop
        stream.codec_context.time_base = Fraction(1, 1000)
        stream.thread_type, stream.codec_context.thread_count = "NONE", 1
        voice = (
            container.add_stream("aac" if form != "webm" else "libopus", rate=48_000, layout="mono") if sound else None
        )
        for time in at:
            frame = av.VideoFrame.from_image(paint(time))
            frame.pts, frame.time_base = round(time * 1000), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if voice is not None:
            samples = np.sin(np.arange(int(seconds * 48_000)) * 0.05).astype(np.float32) * 0.2
            for start in range(0, len(samples), 960):
                piece = av.AudioFrame.from_ndarray(samples[None, start : start + 960], format="flt", layout="mono")
                piece.sample_rate, piece.pts, piece.time_base = 48_000, start, Fraction(1, 48_000)
                container.mux(voice.encode(piece))
            container.mux(voice.encode(None))
    return out.getvalue()


def turned(data: bytes, degrees: int) -> bytes:
    """An MP4 that players turn clockwise, as telephones write it: the matrix of its tracks (ISO/IEC 14496-12, 8.3.2)."""
    cos, sin = round(math.cos(math.radians(degrees))), round(math.sin(math.radians(degrees)))
    matrix = struct.pack(">9i", cos << 16, sin << 16, 0, -sin << 16, cos << 16, 0, 0, 0, 1 << 30)
    at = data.index(b"tkhd")
    start = at + 4 + (52 if data[at + 4] else 40)
    return data[:start] + matrix + data[start + 36 :]


def color_of(data: bytes) -> tuple[int, ...]:
    """The mean of a picture."""
    with Image.open(io.BytesIO(data)) as picture:
        return tuple(int(value) for value in np.asarray(picture.convert("RGB"), float).mean((0, 1)))


def is_near(one: Sequence[int], other: Sequence[int], levels: int = 20) -> bool:
    """Whether two colours are alike."""
    return all(abs(a - b) <= levels for a, b in zip(one, other, strict=True))


made = functools.cache(film)
"""The same, made once for all that ask for it."""
