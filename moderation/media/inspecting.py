"""Media at the door: what bytes are, by their content, held against what they were declared as; and stored."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from ground.blobs import Blobs
from ground.media.pictures import Limits, measure
from ground.media.sniffing import EXTENSIONS, sniff
from moderation.core.errors import MediaRefused
from moderation.core.items import Media, PartType


@dataclass(frozen=True)
class MediaFacts:
    """What bytes turned out to be. Sizes in pixels after EXIF orientation; None where they do not apply."""

    type: PartType
    content_type: str
    width: int | None = None
    height: int | None = None
    frames: int | None = None


def inspect(data: bytes, limits: Limits, declared: PartType | None) -> MediaFacts:
    """Say what `data` is, having decoded it when it is a picture.

    Args:
        data: the whole object.
        limits: what it may cost.
        declared: what the caller said it is; None for no claim.

    Raises:
        MediaRefused: empty, too large, unknown, damaged, a bomb, or not what was declared.
    """
    if not data:
        raise MediaRefused("damaged", "the file is empty")
    if len(data) > limits.max_media_bytes:
        raise MediaRefused("too_large", f"{len(data):,} bytes; at most {limits.max_media_bytes:,} are accepted")
    content_type = sniff(data)
    if content_type is None:
        if declared not in (None, "text"):
            raise MediaRefused("unknown_format", f"not {_article(declared)} in a format we accept ({_accepted()})")
        facts = _inspect_text(data, limits)
    elif content_type.startswith("image/"):
        facts = _inspect_picture(data, content_type, limits)
    else:
        facts = MediaFacts("video" if content_type.startswith("video/") else "audio", content_type)
    if declared is not None and facts.type != declared:
        raise MediaRefused("unknown_format", f"declared as {declared}, but the content is {facts.content_type}")
    return facts


def store_media(blobs: Blobs, data: bytes, facts: MediaFacts, name: str | None) -> Media:
    """Put inspected bytes into the media store under a name made from their digest; the same bytes lie there once."""
    digest = hashlib.sha256(data).hexdigest()
    uri = blobs.put(f"media/{digest[:2]}/{digest}.{EXTENSIONS[facts.content_type]}", data, facts.content_type)
    return Media(
        uri=uri,
        sha256=digest,
        content_type=facts.content_type,
        size_bytes=len(data),
        width=facts.width,
        height=facts.height,
        frames=facts.frames,
        name=name[:200] if name else None,
    )


def _inspect_text(data: bytes, limits: Limits) -> MediaFacts:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MediaRefused(
            "unknown_format", f"neither a media format we accept ({_accepted()}) nor UTF-8 text (byte {error.start})"
        ) from error
    if "\x00" in text:
        raise MediaRefused("unknown_format", f"binary data in no format that we accept ({_accepted()})")
    if len(text) > limits.max_text_chars:
        raise MediaRefused(
            "too_large", f"{len(text):,} characters of text; at most {limits.max_text_chars:,} are accepted"
        )
    return MediaFacts("text", "text/plain")


def _inspect_picture(data: bytes, content_type: str, limits: Limits) -> MediaFacts:
    width, height, frames = measure(data, limits)
    return MediaFacts("image", content_type, width, height, frames)


def _article(declared: str) -> str:
    return {"image": "an image", "audio": "a sound", "video": "a video", "text": "a text"}[declared]


def _accepted() -> str:
    return "JPEG, PNG, WebP, GIF; MP4, MOV, WebM; MP3, WAV, FLAC, Ogg, M4A"
