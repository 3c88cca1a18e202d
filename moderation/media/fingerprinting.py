"""Fingerprints of an item's given parts: texts as they are, pictures decoded and shrunk."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from ground.blobs import Blobs
from moderation.core.errors import MediaRefused, NotFound, StoreUnavailable
from moderation.core.fingerprints import LONG_SIDE, SHORT_SIDE, Fingerprint, picture_bits, text_fingerprint
from moderation.core.items import Item, Part

logger = logging.getLogger(__name__)

SMALL_SIDE = 256
"""Pixels that a picture is shrunk to first; a JPEG need not be decoded at more than twice that."""


def fingerprints(item: Item, blobs: Blobs) -> tuple[Fingerprint, ...]:
    """The fingerprints of the given pictures and texts that have one.

    They only help reviewers to remember, so a picture that cannot be read now is left out and holds nothing up: whether
    it can be judged is for detectors to say.
    """
    return tuple(_of_parts(item, blobs))


def picture_fingerprint(part: str, data: bytes, sha256: str) -> Fingerprint:
    """A picture's fingerprint, by the first frame of an animation. Raises `MediaRefused` when it cannot be decoded."""
    from PIL import Image  # which texts need not wait for

    from ground.media.rendering import looks

    grey = looks(data, SMALL_SIDE)[0].convert("L")
    across = grey.resize((SHORT_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
    down = grey.resize((LONG_SIDE, SHORT_SIDE), Image.Resampling.LANCZOS)
    return Fingerprint(part, "picture", sha256, picture_bits(across.tobytes(), down.tobytes()))


def _of_parts(item: Item, blobs: Blobs) -> Iterator[Fingerprint]:
    for part in item.parts:
        made = _of_text(part) if part.text is not None else _of_picture(item, part, blobs)
        if made is not None:
            yield made


def _of_text(part: Part) -> Fingerprint | None:
    return text_fingerprint(part.id, part.text or "")


def _of_picture(item: Item, part: Part, blobs: Blobs) -> Fingerprint | None:
    if part.type != "image" or part.media is None:
        return None
    try:
        return picture_fingerprint(part.id, blobs.local_path(part.media.uri).read_bytes(), part.media.sha256)
    except (MediaRefused, NotFound, StoreUnavailable, OSError) as error:
        logger.warning("item=%s part=%s has no fingerprint (%s)", item.id, part.id, type(error).__name__)
        return None
