"""``film.mute``: sounds in which what is said in some seconds cannot be heard; and the same for the sound of films.

What is muted is decoded, silenced and encoded anew as a whole; what is not, is copied as it was. A film's or sound's
metadata stays behind.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from moderation.core.detections import Detection
from moderation.core.items import Part, TimeRange
from moderation.core.redaction import HEARD
from moderation.hookspecs import Context, Unreadable

EDGE_SECONDS = 0.15
"""Muted before and after as well: a word begins before a transcript says so, and one can be told by its end."""
SOUNDS: Mapping[str, tuple[str, str, str]] = {
    "audio/mpeg": ("mp3", "mp3", "libmp3lame"),
    "audio/wav": ("wav", "wav", "pcm_s16le"),
    "audio/flac": ("flac", "flac", "flac"),
    "audio/ogg": ("ogg", "ogg", "libopus"),
    "audio/mp4": ("mp4", "mp4", "aac"),
    "audio/webm": ("matroska", "webm", "libopus"),
}
"""What the service takes in, to FFmpeg's names of what is read, what is written, and who writes it."""
BITS = 160_000
"""A second, of a sound that is encoded anew."""
RATES = {"libopus": 48_000}
"""Samples a second, of those that take no others."""


def muted_ranges(detections: Sequence[Detection]) -> list[tuple[float, float]]:
    """From when to when nothing is to be heard: where something was said, and where all of a part is to go."""
    return [_range(each.time_range) for each in detections if each.attributes.get(HEARD) is True or each.box is None]


def _range(when: TimeRange | None) -> tuple[float, float]:
    return (when.start - EDGE_SECONDS, when.end + EDGE_SECONDS) if when is not None else (-1.0, float("inf"))


class Silencer:
    """Encodes a sound anew, silent for its seconds.

    Args:
        target: PyAV's, that is written to.
        sound: the stream that is read.
        start: seconds on the file's own clock, at which a player begins.
    """

    def __init__(
        self, target: Any, sound: Any, encoder: str, ranges: Sequence[tuple[float, float]], start: float
    ) -> None:
        import av

        rate = RATES.get(encoder, sound.codec_context.sample_rate)
        layout = "stereo" if sound.codec_context.channels > 1 else "mono"
        self.stream = target.add_stream(encoder, rate=rate, layout=layout)
        if not encoder.startswith(("pcm", "flac")):
            self.stream.bit_rate = BITS
        self._ranges, self._start = ranges, start
        shape = self.stream.codec_context.format.name
        self._plain = av.AudioResampler(format="fltp", layout=layout, rate=rate)
        self._shaped = av.AudioResampler(format=shape, layout=layout, rate=rate)

    def packets(self, packet: Any) -> Iterator[Any]:
        """What is written for a packet that was read; None for the end."""
        for frame in packet.decode() if packet is not None else [None]:
            for plain in self._plain.resample(frame):
                for shaped in self._shaped.resample(self._silenced(plain)):
                    yield from self.stream.encode(shaped)
        if packet is None:
            for shaped in self._shaped.resample(None):
                yield from self.stream.encode(shaped)
            yield from self.stream.encode(None)

    def _silenced(self, frame: Any) -> Any:
        import av
        import numpy

        if frame.pts is None:
            raise Unreadable("a piece of its sound has no time, so that nobody can say what is in it")
        begins = float(frame.pts * frame.time_base) - self._start
        samples = frame.to_ndarray()
        for start, end in self._ranges:
            first = int(max(0.0, (start - begins) * frame.sample_rate))
            last = int(min(float(frame.samples), max(0.0, (end - begins) * frame.sample_rate + 1)))
            samples[:, first:last] = 0
        made = av.AudioFrame.from_ndarray(numpy.ascontiguousarray(samples), format="fltp", layout=frame.layout.name)
        made.sample_rate, made.pts, made.time_base = frame.sample_rate, frame.pts, frame.time_base
        return made


class Mute:
    """Mutes what was said, in the format of the original; MP3, WAV, FLAC, Ogg, M4A and WebM."""

    name = "film.mute"
    version = "1.0"
    reads = ("audio",)
    time_limit_seconds = 300.0

    def redact(self, part: Part, detections: Sequence[Detection], context: Context) -> Part:
        """A copy in which these seconds are silent. Raises `Unreadable`."""
        import av

        assert part.media is not None
        if part.media.content_type not in SOUNDS:
            raise Unreadable(f"sounds of type {part.media.content_type} are not redacted here")
        read, written, encoder = SOUNDS[part.media.content_type]
        with TemporaryDirectory(prefix="moderation-") as folder:
            out = Path(folder) / "copy"
            try:
                with av.open(io.BytesIO(context.read(part)), format=read, metadata_errors="ignore") as source:
                    _silence(source, out, written, encoder, muted_ranges(detections))
            except (av.FFmpegError, OSError, ArithmeticError, LookupError, TypeError, ValueError) as error:
                raise Unreadable(f"the sound cannot be decoded ({type(error).__name__})") from error
            return Part(type="audio", data=out.read_bytes())


def _silence(source: Any, out: Path, written: str, encoder: str, ranges: Sequence[tuple[float, float]]) -> None:
    import av

    if not source.streams.audio or source.streams.audio[0].codec_context is None:
        raise Unreadable("it has no sound that can be decoded")
    sound = source.streams.audio[0]
    start = source.start_time / 1_000_000 if source.start_time is not None else 0.0
    with av.open(str(out), "w", format=written) as target:
        silencer = Silencer(target, sound, encoder, ranges, start)
        for packet in source.demux(sound):
            target.mux(list(silencer.packets(packet)))
        target.mux(list(silencer.packets(None)))
