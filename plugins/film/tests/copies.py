"""Copies of films, and what they show."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
from moderation_film.covering import Cover
from numpy.typing import NDArray

from moderation.core.detections import Detection
from moderation.core.items import Box, TimeRange
from moderation.testing import FakeContext

LEFT = Box(left=0, top=0, width=0.4, height=1)


def found(start: float, end: float, box: Box | None = LEFT) -> Detection:
    """Something in a place for some seconds: the left of the picture, unless told."""
    return Detection(label="Face", confidence=90, box=box, time_range=TimeRange(start=start, end=end))


def copied(tmp_path: Path, data: bytes, *detections: Detection) -> bytes:
    """A film with the places covered."""
    context = FakeContext(tmp_path)
    part = Cover().redact(context.media(data), detections, context)
    assert part.data is not None
    return part.data


def shown(data: bytes) -> list[tuple[float, NDArray[np.uint8]]]:
    """Its frames by time, in RGB."""
    with av.open(io.BytesIO(data)) as container:
        return [(frame.time, frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]
