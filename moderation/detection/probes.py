"""Probes: what a new process is asked before anything depends on it, so that its models are loaded by then.

A plain text and a small picture stand for what people post. There is none for films and sounds, nor for tools whose
calls cost money (`on_demand`): of those it is enough that their process started.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from moderation.core.detections import Detection
from moderation.core.items import Box, Media, Part
from moderation.detection.process import Call

APP = "probe"
"""What a detector sees as the posting app."""
TEXT = (
    "Maria Garcia of 12 Main Street, Springfield, born 4 May 1980, wrote: call me at 206-555-0100, or ada@example.com."
)
"""Of nobody. It has what detectors look for, so that they load what they look it up in."""
PICTURE = Path(__file__).with_name("probe.png")
"""320 x 240 pixels with a line of text, so that a reader of texts loads all it has."""


def probes_of(tool: Any) -> tuple[Call, ...]:
    """A call for each type of part that the tool reads and that there is a sample of."""
    if getattr(tool, "on_demand", False):
        return ()
    operation = next(name for name in ("detect", "extract", "redact") if hasattr(tool, name))
    return tuple(_call(operation, part) for part in _samples() if part.type in tool.reads)


def _samples() -> Sequence[Part]:
    data = PICTURE.read_bytes()
    media = Media(
        uri="probe:picture",
        sha256=hashlib.sha256(data).hexdigest(),
        content_type="image/png",
        size_bytes=len(data),
        width=320,
        height=240,
        frames=1,
    )
    return (Part(id="p0", type="text", text=TEXT), Part(id="p0", type="image", media=media))


def _call(operation: str, part: Part) -> Call:
    paths = {part.media.uri: str(PICTURE)} if part.media is not None else {}
    places = (Detection(label="PII", confidence=100, box=Box(left=0, top=0, width=0.5, height=0.5)),)
    return Call(operation, APP, part, paths, places if operation == "redact" else ())
