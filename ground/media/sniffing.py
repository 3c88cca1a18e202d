"""What bytes are, by their first ones. Names and declared types are never believed."""

from __future__ import annotations

import re

from ground.media.claims import picture_format
from ground.media.transport import is_transport_stream

EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/gif": "gif",
    "image/avif": "avif",
    "image/heic": "heic",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "video/x-matroska": "mkv",
    "video/mp2t": "ts",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/flac": "flac",
    "audio/ogg": "ogg",
    "audio/mp4": "m4a",
    "audio/webm": "weba",
    "text/plain": "txt",
}
"""The end of a stored file's name, by the type of its content."""
CONTENT_TYPES = frozenset(EXTENSIONS)
"""What is accepted, by what it turns out to be."""
ACCEPTED = (
    "JPEG, PNG, WebP, GIF, AVIF, HEIC; MP4, MOV, WebM, Matroska, MPEG-TS; MP3, WAV, FLAC, Ogg, M4A; text in UTF-8"
)
"""In words."""
PLAYLIST_HEAD = b"#EXTM3U"
"""With which a playlist of a film begins (HLS, RFC 8216, 4.3.1.1)."""
_MATROSKA = re.compile(rb"\x42\x82(?:\x88|[\x01-\x40]\0*\x08)matroska")
_WEBM = re.compile(rb"\x42\x82(?:\x84|[\x01-\x40]\0*\x04)webm")  # the document's type, its length in 1 to 8 bytes
_MP4_BRAND = re.compile(rb"iso[m2-9a-c]|mp4[12]|mp71|avc1|dash|cmfc|M4V[ HP]|MSNV|F4V |3g[p2][0-9a-z]")


def sniff(data: bytes) -> str | None:
    """The media type by the first bytes (64 are enough, 565 for MPEG-TS), or None when it is none that we accept.

    Of MP4 and WebM the bytes do not say here whether there are pictures in it: `recordings.probe` does.
    """
    head = data[:64]
    picture = picture_format(head)
    if picture is not None:
        return "image/heic" if picture == "HEIF" else f"image/{picture.lower()}"
    if head[:4] == b"RIFF":
        return "audio/wav" if head[8:12] == b"WAVE" else None
    if head[4:8] == b"ftyp":
        return _sniff_mp4(head[8:12])
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "video/webm" if _WEBM.search(head) else "video/x-matroska" if _MATROSKA.search(head) else None
    if is_transport_stream(data):
        return "video/mp2t"
    if head.startswith(b"fLaC"):
        return "audio/flac"
    if head.startswith(b"OggS"):
        is_sound = head[28:].startswith((b"\x01vorbis", b"OpusHead", b"\x7fFLAC", b"Speex"))
        return "audio/ogg" if is_sound else None  # else Theora, say
    if head.startswith(b"ID3") or _is_mp3_frame(head):
        return "audio/mpeg"
    return None


def _sniff_mp4(brand: bytes) -> str | None:
    """By the major brand of ISO 14496-12. HEIC and AVIF are pictures in the same boxes, known before."""
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


def is_playlist(data: bytes) -> bool:
    """Whether these bytes are a list of other addresses."""
    return data.startswith((PLAYLIST_HEAD, b"\xef\xbb\xbf" + PLAYLIST_HEAD))
