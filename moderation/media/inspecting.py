"""Media at the door: what bytes are, by their content; pictures decoded under limits; a clean copy for reviewers.

Names and declared types are never believed. A picture is accepted when what it claims keeps the limits and Pillow,
restricted to its format and to the bytes that belong to it, then decodes every frame. Only a re-encoded copy ever
reaches a browser, so that metadata and a second file hidden behind a picture stay behind.
"""

from __future__ import annotations

import hashlib
import io
import math
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image, ImageFile

from ground.blobs import Blobs
from moderation.core.errors import MediaRefused
from moderation.core.items import Media, PartType
from moderation.media.claims import Claims, Damaged, orientation, picture_format, read_claims

if TYPE_CHECKING:
    from moderation.settings import Settings

DISPLAY_SIDE = 1600
"""Longest side of a reviewer's copy, in pixels."""
DISPLAY_PIXELS = 24_000_000
"""Most pixels of a reviewer's copy over all frames: a longer animation is shown smaller, never shorter."""

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

CONTENT_TYPES = frozenset(_EXTENSIONS)
"""What is accepted, by what it turns out to be."""

# Pillow's own guard warns late and allows twice that; ours looks at every frame's claim before decoding.
Image.MAX_IMAGE_PIXELS = None
# A truncated picture is damaged, not half good.
ImageFile.LOAD_TRUNCATED_IMAGES = False
# Pillow's remarks on odd metadata are no news to anyone. For good, since filters cannot be changed within a thread.
warnings.filterwarnings("ignore", module=r"PIL\.")

# A decoded picture takes hundreds of megabytes at the limits; more than two at a time wait.
_decoders = threading.BoundedSemaphore(2)

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_MP4_BRAND = re.compile(rb"iso[m2-9a-c]|mp4[12]|mp71|avc1|dash|cmfc|M4V[ HP]|MSNV|F4V |3g[p2][0-9a-z]")


@dataclass(frozen=True)
class Limits:
    """What a single media object may cost.

    Attributes:
        max_media_bytes: bytes.
        max_pixels: width times height. A frame of an animated picture may have a quarter of it (decoders keep several
            at once), all its frames together three times as many.
        max_frames: frames of an animated picture.
        max_text_chars: code points of a text file.
        max_passes: scans of a progressive JPEG; encoders make about ten, each goes over all pixels once more.
    """

    max_media_bytes: int = 15_728_640
    max_pixels: int = 40_000_000
    max_frames: int = 300
    max_text_chars: int = 200_000
    max_passes: int = 100

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """The limits in force."""
        return cls(
            max_media_bytes=settings.max_media_bytes,
            max_pixels=settings.max_pixels,
            max_frames=settings.max_frames,
            max_text_chars=settings.max_text_chars,
        )


_WIDEST = Limits(max_pixels=200_000_000, max_frames=2000)
"""For what was accepted at a door whose limits may have been wider than they are now."""


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
    """The media type by the first bytes (64 are enough), or None when it is none that we accept."""
    head = data[:64]
    picture = picture_format(head)
    if picture is not None:
        return f"image/{picture.lower()}"
    if head[:4] == b"RIFF":
        return "audio/wav" if head[8:12] == b"WAVE" else None
    if head[4:8] == b"ftyp":
        return _sniff_mp4(head[8:12])
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "video/webm" if b"\x42\x82\x84webm" in head else None  # else Matroska
    if head.startswith(b"fLaC"):
        return "audio/flac"
    if head.startswith(b"OggS"):
        is_sound = head[28:].startswith((b"\x01vorbis", b"OpusHead", b"\x7fFLAC", b"Speex"))
        return "audio/ogg" if is_sound else None  # else Theora, say
    if head.startswith(b"ID3") or _is_mp3_frame(head):
        return "audio/mpeg"
    return None


def _sniff_mp4(brand: bytes) -> str | None:
    """By the major brand of ISO 14496-12. HEIC and AVIF are pictures in the same box, and not accepted."""
    if brand == b"qt  ":
        return "video/quicktime"
    if brand in (b"M4A ", b"M4B "):
        return "audio/mp4"
    return "video/mp4" if _MP4_BRAND.fullmatch(brand) else None


def _is_mp3_frame(head: bytes) -> bool:
    """A frame header of MPEG layer III (ISO 11172-3, 2.4.1.3) whose reserved values are not used."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return False
    return head[1] & 0x18 != 0x08 and head[2] >> 4 not in (0, 15) and head[2] >> 2 & 3 != 3 and head[3] & 3 != 2


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


def display_copy(data: bytes, limits: Limits | None = None) -> tuple[bytes, str]:
    """A picture made anew for a reviewer's browser: upright, at most 1600 px, without metadata.

    Animated pictures stay animated, with every frame and its duration (WebP), smaller when there are many.

    Args:
        data: a picture that was accepted at the door.
        limits: for pictures that come another way; None for the door's limits at their widest.

    Returns:
        The bytes and their media type.

    Raises:
        MediaRefused: it cannot be decoded, or is beyond `limits`.
    """
    frames, durations = [], []
    with _opened(data, limits or _WIDEST) as (picture, claims):
        share = math.sqrt(DISPLAY_PIXELS / (claims.frames * claims.width * claims.height))
        side = max(min(DISPLAY_SIDE, int(max(claims.width, claims.height) * share)), 1)
        turn = _UPRIGHT.get(_orientation(picture))
        for frame in _frames(picture, claims):
            still = _eight_bit(frame)
            if still is frame:
                still = frame.copy() if claims.frames > 1 else frame
            still.thumbnail((side, side))
            frames.append(still.transpose(turn) if turn is not None else still)
            durations.append(max(int(frame.info.get("duration") or 100), 20))
    out = io.BytesIO()
    if len(frames) > 1:
        frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:], duration=durations, loop=0, method=0)
        return out.getvalue(), "image/webp"
    if frames[0].mode == "RGBA":
        frames[0].save(out, "PNG")
        return out.getvalue(), "image/png"
    frames[0].save(out, "JPEG", quality=88)
    return out.getvalue(), "image/jpeg"


def small_copy(data: bytes, side: int) -> Image.Image:
    """The first frame of a picture that was accepted at the door, upright, RGB on white, at most `side` pixels a side.

    Raises:
        MediaRefused: it cannot be decoded.
    """
    with _opened(data, _WIDEST) as (picture, claims):
        picture.draft(None, (2 * side, 2 * side))  # a JPEG is decoded at an eighth of its size, where that is enough
        first = next(_frames(picture, claims))
        still = _eight_bit(first)
        still.thumbnail((side, side))
        turn = _UPRIGHT.get(_orientation(picture))
        if turn is not None:
            still = still.transpose(turn)
    if still.mode == "RGBA":
        # What shows through is not the colour that a transparent pixel happens to have.
        still = Image.alpha_composite(Image.new("RGBA", still.size, "white"), still)
    return still.convert("RGB")


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
    with _opened(data, limits) as (picture, claims):
        for _ in _frames(picture, claims):
            pass
        width, height = claims.width, claims.height
        if _orientation(picture) >= 5:
            width, height = height, width
    return MediaFacts("image", content_type, width, height, claims.frames)


def _check_claims(claims: Claims, limits: Limits) -> None:
    size = f"{claims.width} x {claims.height}"
    pixels = claims.width * claims.height
    if pixels > limits.max_pixels:
        raise MediaRefused("bomb", f"the picture has {size} pixels; at most {limits.max_pixels:,} in all are accepted")
    if claims.frames > limits.max_frames:
        raise MediaRefused("bomb", f"the picture has {claims.frames} frames; at most {limits.max_frames} are accepted")
    if claims.frames > 1 and pixels > limits.max_pixels // 4:
        raise MediaRefused(
            "bomb", f"the frames have {size} pixels; at most {limits.max_pixels // 4:,} are accepted in an animation"
        )
    if claims.frames * pixels > 3 * limits.max_pixels:
        raise MediaRefused(
            "bomb", f"{claims.frames} frames of {size} have more than {3 * limits.max_pixels:,} pixels together"
        )
    if claims.passes > limits.max_passes:
        raise MediaRefused("bomb", f"the picture has {claims.passes} scans; at most {limits.max_passes} are accepted")


def _frames(picture: Image.Image, claims: Claims) -> Iterator[Image.Image]:
    """Each frame that the file was read to have, decoded in full; one that is not there is an error."""
    for number in range(claims.frames):
        if number:
            picture.seek(number)
        if picture.width > claims.width or picture.height > claims.height:
            raise ValueError("larger than it claims")
        picture.load()
        yield picture


@contextmanager
def _opened(data: bytes, limits: Limits) -> Iterator[tuple[Image.Image, Claims]]:
    """Pillow over the picture's own bytes, its claims checked first; whatever else is raised means: damaged."""
    try:
        claims = read_claims(data)
    except Damaged as error:
        raise MediaRefused("damaged", f"the picture is damaged: {error}") from error
    _check_claims(claims, limits)
    try:
        with (
            _decoders,
            Image.open(io.BytesIO(data[: claims.end]), formats=(claims.format,)) as picture,
        ):
            yield picture, claims
    except MediaRefused:
        raise
    except MemoryError as error:
        raise MediaRefused("bomb", "the picture needs too much memory to decode") from error
    except Exception as error:  # decoders raise many kinds on hostile bytes: OSError, SyntaxError, struct.error, ...
        raise MediaRefused("damaged", f"the picture cannot be decoded ({type(error).__name__})") from error


def _orientation(picture: Image.Image) -> int:
    """The EXIF orientation, 1-8, of a decoded picture (PNG may carry it behind its pixels)."""
    exif = picture.info.get("exif")
    return orientation(exif) if isinstance(exif, bytes) else 1


def _eight_bit(picture: Image.Image) -> Image.Image:
    """The picture as RGB or RGBA; itself when it is that already."""
    if picture.mode in ("RGB", "RGBA"):
        return picture
    if picture.mode.startswith("I"):  # 16 bits of grey: converting cuts off at 255, which leaves white
        picture = picture.point(lambda value: value * (1 / 257)).convert("L")
    has_alpha = picture.mode in ("LA", "PA", "La", "RGBa") or "transparency" in picture.info
    return picture.convert("RGBA" if has_alpha else "RGB")


def _article(declared: str) -> str:
    return {"image": "an image", "audio": "a sound", "video": "a video", "text": "a text"}[declared]


def _accepted() -> str:
    return "JPEG, PNG, WebP, GIF; MP4, MOV, WebM; MP3, WAV, FLAC, Ogg, M4A"
