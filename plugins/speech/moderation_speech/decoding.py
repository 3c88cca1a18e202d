"""From the bytes of a sound or film to samples, under limits of seconds and samples.

FFmpeg knows hundreds of formats, some of which name other files and addresses. Here it is given bytes, never a path,
and told which of the formats it is that the service takes in; others it never tries.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.hookspecs import Unreadable

RATE = 16_000
"""Samples a second, as the model takes them."""
MAX_RATE = 384_000
FORMATS: Mapping[str, str] = {
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/flac": "flac",
    "audio/ogg": "ogg",
    "audio/mp4": "mp4",
    "audio/webm": "matroska",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "matroska",
    "video/x-matroska": "matroska",
    "video/mp2t": "mpegts",
}
"""What the service takes in, to FFmpeg's names of the formats."""


@dataclass(frozen=True)
class Sound:
    """What is to be heard.

    Attributes:
        samples: one channel, from -1 to 1, `RATE` a second.
        is_whole: False when there is more, which was left out.
        others: further tracks of sound, which were left out.
    """

    samples: NDArray[np.float32]
    is_whole: bool
    others: int = 0

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / RATE


def decode(data: bytes, content_type: str, most_seconds: float) -> Sound | None:
    """The first sound of a file, up to so many seconds; None for a film without one.

    Raises:
        Unreadable: it cannot be decoded.
    """
    import av

    form = FORMATS.get(content_type)
    if form is None:
        raise Unreadable(f"sounds of type {content_type} are not decoded here")
    most = int(most_seconds * RATE)
    pieces: list[NDArray[np.float32]] = []
    count = 0
    try:
        with av.open(io.BytesIO(data), format=form, metadata_errors="ignore") as container:
            if not container.streams.audio:
                return None
            others = len(container.streams.audio) - 1
            for piece in _pieces(container):
                pieces.append(piece[: most - count])
                count += len(piece)
                if count > most:
                    return Sound(np.concatenate(pieces), is_whole=False, others=others)
    except Unreadable:
        raise
    except Exception as error:  # decoders raise many kinds on hostile bytes
        raise Unreadable(f"the sound cannot be decoded ({type(error).__name__})") from error
    if not count:
        raise Unreadable("the sound has no samples")
    return Sound(np.concatenate(pieces), is_whole=True, others=others)


def _pieces(container: Any) -> Iterator[NDArray[np.float32]]:
    """The samples, as they come."""
    import av

    stream = container.streams.audio[0]
    stream.thread_type = "NONE"
    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
    for frame in container.decode(stream):
        if not 0 < frame.sample_rate <= MAX_RATE:
            raise Unreadable(f"the sound has {frame.sample_rate} samples a second")
        for made in resampler.resample(frame):
            yield made.to_ndarray()[0]
    for made in resampler.resample(None):
        yield made.to_ndarray()[0]
