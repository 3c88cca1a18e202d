"""Media at the door: what bytes are, by their content, held against what they were declared as; and stored."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from ground.blobs import Blobs
from ground.media.limits import Limits
from ground.media.naming import foreign, markup
from ground.media.sniffing import ACCEPTED, EXTENSIONS, sniff
from moderation.core.errors import MediaRefused
from moderation.core.items import PART_TYPES, Media, PartType

KINDS: Mapping[str, str] = {"image": "an image", "audio": "a sound", "video": "a video", "text": "a text"}
"""Part types in words."""
_TEXTS = frozenset(
    f"application/{name}" for name in ("json", "ld+json", "x-ndjson", "xml", "yaml", "x-yaml", "javascript", "toml")
)
_SAYS_NOTHING = frozenset({"", "application/octet-stream", "binary/octet-stream"})
_MARKUP = {"svg": "an SVG drawing", "html": "an HTML page", "xml": "an XML document"}


@dataclass(frozen=True)
class MediaFacts:
    """What bytes turned out to be. Sizes in pixels after EXIF orientation; None where they do not apply.

    Attributes:
        seconds: how long a film or sound plays.
        sound_seconds: how long the sound of a film or sound plays; 0 for a silent film.
        is_deceptive: see `moderation.core.items.Media`.
    """

    type: PartType
    content_type: str
    width: int | None = None
    height: int | None = None
    frames: int | None = None
    seconds: float | None = None
    sound_seconds: float | None = None
    is_deceptive: bool = False


def inspect_file(data: bytes, limits: Limits, content_type: str | None) -> MediaFacts:
    """Say what a file is that comes with a content type: of a form, or of an object in S3. Raises as `inspect` does."""
    try:
        declared = declared_type(content_type)
    except MediaRefused as error:
        raise MediaRefused(error.kind, f"{error}; the content is {_named(data)}") from error
    return inspect(data, limits, declared)


def declared_type(content_type: str | None) -> PartType | None:
    """The type of part that a content type declares; None when it says nothing of what is inside.

    Raises:
        MediaRefused: it declares what is no part: a document, an archive, a program.
    """
    bare = (content_type or "").partition(";")[0].strip().lower()
    if bare in _SAYS_NOTHING:
        return None
    kind = bare.partition("/")[0]
    if kind == "text" or bare in _TEXTS:
        return "text"
    for each in PART_TYPES:
        if kind == each:
            return each
    raise MediaRefused("mismatch", f"declared as {bare[:60]}, which is not accepted ({ACCEPTED})")


def inspect(data: bytes, limits: Limits, declared: PartType | None) -> MediaFacts:
    """Say what `data` is, having decoded it when it is a picture, and read its container when it is a film or sound.

    Args:
        data: the whole object.
        limits: what it may cost.
        declared: what the caller said it is; None for no claim: then pages and XML, which are texts only for those
            who say so, are refused.

    Raises:
        MediaRefused: empty, too large, unknown, damaged, a bomb, or not what was declared.
    """
    if not data:
        raise MediaRefused("damaged", "the file is empty")
    if len(data) > limits.max_media_bytes:
        raise MediaRefused("too_large", f"{len(data):,} bytes; at most {limits.max_media_bytes:,} are accepted")
    content_type = sniff(data)
    if content_type is None:
        return _inspect_text(data, limits, declared)
    is_recording = not content_type.startswith("image/")
    if declared is not None and (declared not in ("video", "audio") if is_recording else declared != "image"):
        raise _mismatch(declared, content_type)
    facts = _inspect_recording(data, content_type) if is_recording else _inspect_picture(data, content_type, limits)
    if declared is not None and facts.type != declared:
        inside = "with pictures" if facts.type == "video" else "without pictures"
        raise _mismatch(declared, f"{KINDS[facts.type]} ({facts.content_type}, {inside})")
    return facts


def inspect_copy(data: bytes, original: MediaFacts, limits: Limits) -> MediaFacts:
    """Say what a copy is that was made here of something inspected, and that somebody will look at.

    A picture is not decoded: whoever looks decodes all of it, and one that is the same at every size has no copy that
    is not.

    Raises:
        MediaRefused: it is beyond the limits, or damaged as far as that can be seen.
    """
    from ground.media.rendering import read_size

    content_type = sniff(data)
    if original.type != "image" or content_type is None:
        return inspect(data, limits, original.type)
    found = read_size(data, limits)
    return MediaFacts(
        "image", content_type, found.width, found.height, found.frames, is_deceptive=original.is_deceptive
    )


def store_media(
    blobs: Blobs, data: bytes, facts: MediaFacts, name: str | None, left_out: tuple[str, ...] = ()
) -> Media:
    """Put inspected bytes into the media store under a name made from their digest; the same bytes lie there once."""
    digest = hashlib.sha256(data).hexdigest()
    uri = blobs.put(f"media/{digest[:2]}/{digest}.{EXTENSIONS[facts.content_type]}", data, facts.content_type)
    return media_at(uri, data, facts, name, left_out)


def media_at(
    uri: str, data: bytes, facts: MediaFacts, name: str | None = None, left_out: tuple[str, ...] = ()
) -> Media:
    """Inspected bytes as parts have them, under an address of the caller's."""
    return Media(
        uri=uri,
        sha256=hashlib.sha256(data).hexdigest(),
        content_type=facts.content_type,
        size_bytes=len(data),
        width=facts.width,
        height=facts.height,
        frames=facts.frames,
        seconds=facts.seconds,
        sound_seconds=facts.sound_seconds,
        name=name[:200] if name else None,
        is_deceptive=facts.is_deceptive,
        left_out=left_out,
    )


def _inspect_text(data: bytes, limits: Limits, declared: PartType | None) -> MediaFacts:
    """Bytes that begin as no medium does: a text, if they are declared as one, or as nothing and look like one."""
    other = foreign(data)
    if other is not None:
        if other.is_picture and declared in (None, "image"):
            raise MediaRefused("unknown_format", f"{other.words}, which is not accepted ({ACCEPTED})")
        raise _not_accepted(declared, other.words)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MediaRefused(
            "unknown_format",
            f"{_declared(declared)}neither a format that is accepted ({ACCEPTED}) nor UTF-8 text (byte {error.start})",
        ) from error
    if "\x00" in text:
        raise MediaRefused(
            "unknown_format", f"{_declared(declared)}binary data in no format that is accepted ({ACCEPTED})"
        )
    kind = markup(text)
    if kind == "svg" or (kind is not None and declared != "text"):
        remedy = (
            ""
            if kind == "svg" or declared is not None
            else "; declare it text/html or text/xml to have its source read as a text"
        )
        raise _not_accepted(declared, _MARKUP[kind], remedy)
    if declared not in (None, "text"):
        raise _mismatch(declared, "a text")
    if len(text) > limits.max_text_chars:
        raise MediaRefused(
            "too_large", f"{len(text):,} characters of text; at most {limits.max_text_chars:,} are accepted"
        )
    return MediaFacts("text", "text/plain")


def _inspect_picture(data: bytes, content_type: str, limits: Limits) -> MediaFacts:
    from ground.media.rendering import measure  # with it comes Pillow, which texts need not wait for

    found = measure(data, limits)
    return MediaFacts("image", content_type, found.width, found.height, found.frames, is_deceptive=found.is_deceptive)


def _inspect_recording(data: bytes, content_type: str) -> MediaFacts:
    from ground.media.recordings import probe

    found = probe(data, content_type)
    return MediaFacts(found.kind, found.content_type, seconds=found.seconds, sound_seconds=found.sound_seconds)


def _named(data: bytes) -> str:
    other = foreign(data)
    if other is not None:
        return other.words
    try:
        return sniff(data) or _MARKUP.get(markup(data.decode("utf-8-sig")) or "", "a text")
    except UnicodeDecodeError:
        return "in no format that is known here"


def _mismatch(declared: PartType, found: str) -> MediaRefused:
    return MediaRefused("mismatch", f"declared as {declared}, but the content is {found}")


def _not_accepted(declared: PartType | None, found: str, remedy: str = "") -> MediaRefused:
    return MediaRefused("mismatch", f"{_declared(declared)}{found}, which is not accepted ({ACCEPTED}){remedy}")


def _declared(declared: PartType | None) -> str:
    return f"declared as {declared}, but the content is " if declared is not None else ""
