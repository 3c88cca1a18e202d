"""What `moderation.hookspecs.Context` shows plugins of a picture, in the service and in tests alike."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ground.errors import MediaRefused
from moderation.core.items import Part
from moderation.hookspecs import Frame, Unreadable

if TYPE_CHECKING:
    from PIL.Image import Image


def looks(part: Part, data: bytes, longest: int | None) -> list[Image]:
    """See `moderation.hookspecs.Context.looks`; of a picture's bytes."""
    # Detectors of text start without the library.
    from ground.media import rendering

    try:
        return rendering.looks(data, longest, is_deceptive=part.media is not None and part.media.is_deceptive)
    except MediaRefused as error:
        raise Unreadable(str(error)) from error


def pixel_digest(look: Image) -> str:
    """The SHA-256 of what a tool is shown, as `moderation.core.verdicts.Look` has it."""
    head = look.width.to_bytes(4, "big") + look.height.to_bytes(4, "big")
    return hashlib.sha256(head + look.tobytes()).hexdigest()


def frames(data: bytes, longest: int | None) -> Iterator[Frame]:
    """See `moderation.hookspecs.Context.frames`; of a picture's bytes."""
    from ground.media import rendering

    try:
        yield from rendering.frames(data, longest)
    except MediaRefused as error:
        raise Unreadable(str(error)) from error
