"""What `moderation.hookspecs.Context` shows plugins of a picture, in the service and in tests alike."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ground.errors import MediaRefused
from moderation.hookspecs import Unreadable

if TYPE_CHECKING:
    from PIL.Image import Image


def looks(path: Path, longest: int | None) -> list[Image]:
    """See `moderation.hookspecs.Context.looks`; of a picture in a file."""
    # Detectors of text start without the library.
    from ground.media import rendering

    try:
        return rendering.looks(path.read_bytes(), longest)
    except MediaRefused as error:
        raise Unreadable(str(error)) from error
