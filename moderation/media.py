"""Media at the door: what bytes are, by their content; pictures decoded under limits; a clean copy for reviewers.

Names and declared types are never believed. A picture is accepted when Pillow, restricted to four formats, can decode
every frame of it inside the limits; only a re-encoded copy ever reaches a browser, so that metadata and a second file
hidden behind a picture stay behind.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image, ImageFile, ImageOps, ImageSequence

from moderation.blobs import Blobs
from moderation.core.errors import MediaRefused
from moderation.core.items import Media, PartType

if TYPE_CHECKING:
    from moderation.settings import Settings

PICTURE_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
DISPLAY_SIDE = 1600
"""Longest side of a reviewer's copy, in pixels."""

_EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/gif": "gif",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/flac": "flac",
    "audio/ogg": "ogg",
    "audio/mp4": "m4a",
    "text/plain": "txt",
}

# Pillow's own guard warns late and allows twice that; ours is checked against the header before decoding.
Image.MAX_IMAGE_PIXELS = None
# A truncated picture is damaged, not half good.
ImageFile.LOAD_TRUNCATED_IMAGES = False


@dataclass(frozen=True)
class Limits:
    """What a single media object may cost.

    Attributes:
        max_media_bytes: bytes.
        max_pixels: width times height of one frame; all frames together may have eight times as many.
        max_frames: frames of an animated picture.
        max_text_chars: code points of a text file.
    """

    max_media_bytes: int = 15_728_640
    max_pixels: int = 40_000_000
    max_frames: int = 300
    max_text_chars: int = 200_000

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """The limits in force."""
        return cls(
            max_media_bytes=settings.max_media_bytes,
            max_pixels=settings.max_pixels,
            max_frames=settings.max_frames,
            max_text_chars=settings.max_text_chars,
        )


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


def sniff(data: bytes) -> str | None:
    """The media type by the first bytes, or None when it is none that we accept."""
    head = data[:32]
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return "image/gif"
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(head[8:12])
    if head[4:8] == b"ftyp":
        return {b"qt  ": "video/quicktime", b"M4A ": "audio/mp4"}.get(head[8:12], "video/mp4")
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "video/webm"
    if head.startswith(b"fLaC"):
        return "audio/flac"
    if head.startswith(b"OggS"):
        return "audio/ogg"
    if head.startswith(b"ID3") or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2):
        return "audio/mpeg"
    return None


def store_media(blobs: Blobs, data: bytes, facts: MediaFacts, name: str | None) -> Media:
    """Put inspected bytes into the media store under a name made from their digest; the same bytes lie there once."""
    digest = hashlib.sha256(data).hexdigest()
    uri = blobs.put(f"media/{digest[:2]}/{digest}.{_EXTENSIONS[facts.content_type]}", data, facts.content_type)
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


def display_copy(data: bytes) -> tuple[bytes, str]:
    """A picture made anew for a reviewer's browser: upright, at most 1600 px, without metadata.

    Animated pictures stay animated (WebP, up to 40 frames).

    Returns:
        The bytes and their media type.

    Raises:
        MediaRefused: it cannot be decoded.
    """
    with _opened(data) as picture:
        frames = []
        for frame in ImageSequence.Iterator(picture):
            still = ImageOps.exif_transpose(frame).convert("RGBA" if _has_alpha(frame) else "RGB")
            still.thumbnail((DISPLAY_SIDE, DISPLAY_SIDE))
            frames.append(still)
            if len(frames) == 40:
                break
        duration = int(picture.info.get("duration") or 100)
    out = io.BytesIO()
    if len(frames) > 1:
        frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:], duration=max(duration, 20), loop=0)
        return out.getvalue(), "image/webp"
    if frames[0].mode == "RGBA":
        frames[0].save(out, "PNG")
        return out.getvalue(), "image/png"
    frames[0].save(out, "JPEG", quality=88)
    return out.getvalue(), "image/jpeg"


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
    with _opened(data) as picture:
        width, height = picture.size
        pixels = width * height
        if pixels == 0:
            raise MediaRefused("damaged", "the picture has no pixels")
        if pixels > limits.max_pixels:
            raise MediaRefused(
                "bomb", f"the picture has {width} x {height} pixels; at most {limits.max_pixels:,} in all are accepted"
            )
        frames = 0
        for _ in _frames(picture, limits, pixels):
            frames += 1
        picture.seek(0)
        if picture.getexif().get(0x0112) in (5, 6, 7, 8):
            width, height = height, width
    return MediaFacts("image", content_type, width, height, frames)


def _frames(picture: Image.Image, limits: Limits, pixels: int) -> Iterator[Image.Image]:
    """Each frame, decoded in full, within the limits on frames and on pixels over all frames."""
    for number, frame in enumerate(ImageSequence.Iterator(picture), start=1):
        if number > limits.max_frames:
            raise MediaRefused("bomb", f"the picture has more than {limits.max_frames} frames")
        if number * pixels > 8 * limits.max_pixels:
            raise MediaRefused("bomb", f"the frames have more than {8 * limits.max_pixels:,} pixels together")
        frame.load()
        yield frame


@contextmanager
def _opened(data: bytes) -> Iterator[Image.Image]:
    """Pillow over the accepted formats; whatever it raises means that the picture is damaged."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=PICTURE_FORMATS) as picture:
                yield picture
    except MediaRefused:
        raise
    except MemoryError as error:
        raise MediaRefused("bomb", "the picture needs too much memory to decode") from error
    except Exception as error:  # decoders raise many kinds on hostile bytes: OSError, SyntaxError, struct.error, ...
        raise MediaRefused("damaged", f"the picture cannot be decoded ({type(error).__name__})") from error


def _has_alpha(picture: Image.Image) -> bool:
    return picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info


def _article(declared: str) -> str:
    return {"image": "an image", "audio": "a sound", "video": "a video", "text": "a text"}[declared]


def _accepted() -> str:
    return "JPEG, PNG, WebP, GIF; MP4, MOV, WebM; MP3, WAV, FLAC, Ogg, M4A"
