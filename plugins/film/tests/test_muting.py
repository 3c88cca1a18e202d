"""What is said is silent in the copy for its seconds; the rest is heard, and a sound without such seconds is the same."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from moderation_film.covering import Cover, CoverWithPatch
from moderation_film.muting import SOUNDS, Mute
from numpy.typing import NDArray

from moderation.core.detections import Detection
from moderation.core.items import Box, TimeRange
from moderation.core.redaction import HEARD
from moderation.hookspecs import Unreadable
from moderation.testing import FakeContext
from plugins.film.tests.films import RED, film, moving, shots

ENCODERS = {
    "mp3": "libmp3lame",
    "wav": "pcm_s16le",
    "flac": "flac",
    "ogg": "libopus",
    "mp4": "aac",
    "matroska": "libopus",
}


def said(start: float, end: float) -> Detection:
    when = TimeRange(start=start, end=end)
    return Detection(label="PII/NAME", confidence=90, time_range=when, attributes={HEARD: True})


def sound(form: str, seconds: float = 4.0) -> bytes:
    """A tone of even loudness."""
    out = io.BytesIO()
    with av.open(out, "w", format=form) as container:
        stream = container.add_stream(ENCODERS[form], rate=48_000, layout="mono")
        container.metadata["title"] = "Ann Lee"
        samples = (np.sin(np.arange(int(seconds * 48_000)) * 0.05) * 0.5).astype(np.float32)
        shaped = av.AudioResampler(format=stream.codec_context.format.name, layout="mono", rate=48_000)
        for start in range(0, len(samples), 960):
            piece = av.AudioFrame.from_ndarray(samples[None, start : start + 960], format="flt", layout="mono")
            piece.sample_rate, piece.pts = 48_000, start
            for made in shaped.resample(piece):
                container.mux(stream.encode(made))
        for made in shaped.resample(None):
            container.mux(stream.encode(made))
        container.mux(stream.encode(None))
    return out.getvalue()


def loudness(data: bytes) -> NDArray[np.float32]:
    """Of each tenth of a second."""
    with av.open(io.BytesIO(data)) as container:
        plain = av.AudioResampler(format="fltp", layout="mono", rate=48_000)
        frames: Iterator[object] = container.decode(audio=0)
        heard = np.concatenate([made.to_ndarray()[0] for frame in [*frames, None] for made in plain.resample(frame)])
    return np.abs(heard[: len(heard) // 4800 * 4800].reshape(-1, 4800)).max(1)


@pytest.mark.parametrize("content_type", list(SOUNDS))
def test_what_is_said_is_silent_and_the_rest_is_heard_in_every_format(tmp_path: Path, content_type: str) -> None:
    context = FakeContext(tmp_path)
    part = context.media(sound(SOUNDS[content_type][0]), declared=("audio", content_type))

    copy = Mute().redact(part, [said(1, 2)], context).data

    assert copy is not None
    assert b"Ann Lee" not in copy
    heard = loudness(copy)
    assert abs(len(heard) - 40) <= 1
    assert heard[10:20].max() < 0.002
    assert heard[2:8].min() > 0.3
    assert heard[23:38].min() > 0.3


def test_of_a_film_the_sound_is_muted_and_the_pictures_stay(tmp_path: Path) -> None:
    context = FakeContext(tmp_path)

    copy = Cover().redact(context.media(film(shots((4, RED)), 4, sound=True)), [said(1, 2)], context).data

    assert copy is not None
    heard = loudness(copy)
    assert heard[10:20].max() < 0.002
    assert heard[2:8].min() > 0.1
    with av.open(io.BytesIO(copy)) as container:
        assert all(
            abs(frame.to_ndarray(format="rgb24").mean((0, 1)) - RED).max() < 20 for frame in container.decode(video=0)
        )


def test_a_patch_in_a_film_shows_what_is_around_and_nothing_of_what_is_covered(tmp_path: Path) -> None:
    context = FakeContext(tmp_path)
    box = Box(left=0, top=0.3, width=1, height=0.4)
    place = Detection(label="Face", confidence=90, box=box)

    copy = CoverWithPatch().redact(context.media(film(moving, 2)), [place], context).data

    assert copy is not None
    with av.open(io.BytesIO(copy)) as container:
        shown = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    assert len(shown) == 50
    assert all(abs(pixels.astype(int) - 120).max() < 12 for pixels in shown), "the white square is gone, and no black"


def test_what_is_no_sound_has_no_copy(tmp_path: Path) -> None:
    context = FakeContext(tmp_path)
    part = context.media(bytes(1000), declared=("audio", "audio/flac"))

    with pytest.raises(Unreadable, match="cannot be decoded"):
        Mute().redact(part, [said(0, 1)], context)
