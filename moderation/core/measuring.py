"""Measuring: what a part is before anybody looks at it, as conditions of policies name it."""

from __future__ import annotations

from collections.abc import Mapping

from moderation.core.items import Part

Fact = float | str | None
"""None: not measured."""
_SEEN = ("width", "height", "megapixels", "frames")


def measured(part: Part) -> Mapping[str, Fact]:
    """The facts of a part by name; what such a part does not have (the width of a text) is left out."""
    if part.text is not None:
        return {"text_length": len(part.text)}
    media = part.media
    if media is None:  # not fetched: it may be anything of its type
        plays = ("duration", "sound") if part.type in ("video", "audio") else ()
        names = ("bytes", "media_type", *(_SEEN if part.type in ("image", "video") else ()), *plays)
        return {"text_length": None} if part.type == "text" else dict.fromkeys(names)
    facts: dict[str, Fact] = {"bytes": media.size_bytes, "media_type": media.content_type}
    if part.type in ("video", "audio"):
        facts["duration"] = media.seconds
        facts["sound"] = media.sound_seconds
    if part.type in ("image", "video"):
        known = media.width is not None and media.height is not None
        facts |= {"width": media.width, "height": media.height, "frames": media.frames}
        facts["megapixels"] = (media.width or 0) * (media.height or 0) / 1e6 if known else None
    return facts
