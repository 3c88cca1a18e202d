"""Opening a film, under limits of pixels and without anything that leads out of its bytes.

FFmpeg knows hundreds of formats, some of which name other files and addresses. Here it is given an open file, never a
path, and told which of the formats it is that the service takes in; others it never tries.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moderation.hookspecs import Unreadable

MAX_PIXELS = 36_000_000
"""Of one picture: 8K has 33 million."""
FORMATS: Mapping[str, str] = {
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "matroska",
    "video/x-matroska": "matroska",
    "video/mp2t": "mpegts",
}
"""What the service takes in, to FFmpeg's names of the formats."""


@dataclass(frozen=True)
class Film:
    """A film that is open.

    Attributes:
        container: PyAV's.
        stream: of pictures.
        start: seconds, on the file's own clock, at which a player begins.
    """

    container: Any
    stream: Any
    start: float

    def seconds(self, stamp: int) -> float:
        """A time stamp of the stream on the player's clock."""
        return float(stamp * self.stream.time_base) - self.start


@contextmanager
def opened(path: Path, content_type: str) -> Iterator[Film]:
    """A film, open for as long as the block runs.

    Raises:
        Unreadable: it is no such film, has no pictures, or its pictures are too large; and what FFmpeg raises in the
            block.
    """
    import av

    form = FORMATS.get(content_type)
    if form is None:
        raise Unreadable(f"films of type {content_type} are not decoded here")
    try:
        with path.open("rb") as file, av.open(file, format=form, metadata_errors="ignore") as container:
            yield _film(container)
    except Unreadable:
        raise
    except (av.FFmpegError, OSError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        # What hostile bytes lead to; their words may quote the film.
        raise Unreadable(f"the film cannot be decoded ({type(error).__name__})") from error


def _film(container: Any) -> Film:
    streams = [stream for stream in container.streams.video if not is_cover(stream)]
    if not streams:
        raise Unreadable("the film has no pictures")
    stream = streams[0]
    if stream.codec_context is None:
        raise Unreadable("the film's pictures are in a format that is not decoded here")
    width, height = stream.codec_context.width, stream.codec_context.height
    if width * height > MAX_PIXELS:
        raise Unreadable(f"its pictures have {width * height:,} pixels; at most {MAX_PIXELS:,} are decoded")
    # Frames come out one by one, so that a single one can be asked for.
    stream.thread_type = "NONE"
    stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
    start = container.start_time / 1_000_000 if container.start_time is not None else 0.0
    return Film(container, stream, start)


def is_cover(stream: Any) -> bool:
    """Whether it is a still picture that stands for the film."""
    import av

    return bool(stream.disposition & av.stream.Disposition.attached_pic)
