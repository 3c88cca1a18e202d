"""Joining: a film that a playlist (HLS) names in pieces, as one file, which is then looked at as any other.

The pieces of one variant are put one behind the other: MPEG-TS, or fragmented MP4 behind its head. What would leave
some of the film unseen or unheard is refused by name.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote

from ground.errors import MediaRefused
from ground.media.playlists import HEAD, Piece, Playlist, Variant, parse
from ground.media.reading import Damaged
from ground.media.sniffing import sniff
from ground.media.transport import PACKET, is_transport_stream, tracks_of
from moderation.core.errors import InputError, UrlRefused

Read = Callable[[str, str, int], tuple[str, bytes]]
"""Of where the playlist lies, an address in it and the most bytes: where that really lies, and what lies there."""
_BOXES = (b"moof", b"styp", b"sidx", b"emsg", b"prft")
"""With which a piece of fragmented MP4 begins (ISO/IEC 14496-12)."""


def is_playlist(data: bytes) -> bool:
    """Whether these bytes are a list of other addresses."""
    return data.startswith((HEAD, b"\xef\xbb\xbf" + HEAD))


def joined(data: bytes, where: str, read: Read, max_bytes: int) -> bytes:
    """The film.

    Args:
        data: the playlist.
        where: it lies.
        max_bytes: that may be read for all of it, playlists too.

    Raises:
        MediaRefused: it is no film that can be joined; the message names the line.
        InputError: an address in it must not be read; and what `read` raises.
    """
    reading = _Reading(read, max_bytes)
    playlist = _parsed(data)
    if playlist.variants:
        where, playlist = _chosen(playlist, where, reading, max_bytes)
    return b"".join(_checked(playlist, where, reading))


class _Reading:
    """Reads within a number of bytes. What lies at one address is read once for all pieces of it that follow."""

    def __init__(self, read: Read, max_bytes: int) -> None:
        self._read, self._max_bytes, self._left = read, max_bytes, max_bytes
        self._held: tuple[str, str, bytes] = ("", "", b"")
        self._given = 0
        self._next = 0

    def whole(self, where: str, address: str, line: int) -> tuple[str, bytes]:
        """Where it really lies, and all of it."""
        try:
            found, data = self._read(where, address, self._left)
        except InputError as error:
            raise _at(line, str(error)) from error
        self._left -= len(data)
        if self._left < 0:
            raise self._too_much()
        return found, data

    def piece(self, where: str, piece: Piece) -> bytes:
        """The bytes of a piece."""
        if piece.address != self._held[1] or where != self._held[0]:
            self._held = (where, piece.address, self.whole(where, piece.address, piece.line)[1])
            self._next = 0
        held = self._held[2]
        start, length = piece.span if piece.span is not None else (0, len(held))
        start = self._next if start is None else start
        self._next = start + length
        if self._next > len(held):
            raise _at(piece.line, f"it ends at byte {self._next:,} of {len(held):,}")
        self._given += length  # ranges may be named again and again
        if self._given > self._max_bytes:
            raise self._too_much()
        return held[start : self._next]

    def _too_much(self) -> MediaRefused:
        return MediaRefused("too_large", f"the film has more than {self._max_bytes:,} bytes")


def _parsed(data: bytes) -> Playlist:
    return parse(data.removeprefix(b"\xef\xbb\xbf"))


def _chosen(playlist: Playlist, where: str, reading: _Reading, max_bytes: int) -> tuple[str, Playlist]:
    """The best variant that is no larger than is taken in, by what the playlist says of it; else the smallest."""
    whole = [each for each in playlist.variants if each.sound not in playlist.apart]
    if not whole:
        line = playlist.variants[0].line
        raise _at(line, "its sound lies at an address of its own (#EXT-X-MEDIA), and nobody would listen to it")
    found: tuple[str, Playlist] | None = None
    for each in whole:
        found = _opened(each, where, reading)
        if found[1].seconds * each.bits / 8 <= max_bytes:
            return found
    assert found is not None
    return found


def _opened(variant: Variant, where: str, reading: _Reading) -> tuple[str, Playlist]:
    at, data = reading.whole(where, variant.address, variant.line)
    if not is_playlist(data):
        raise _at(variant.line, "what lies there is no playlist")
    inner = _parsed(data)
    if inner.variants:
        raise _at(variant.line, "a list of variants that names another one")
    return at, inner


def _checked(playlist: Playlist, where: str, reading: _Reading) -> Iterator[bytes]:
    """The pieces, in order, as long as they go together."""
    head = reading.piece(where, playlist.head) if playlist.head is not None else b""
    is_boxes = sniff(head) in ("video/mp4", "video/quicktime", "audio/mp4")
    if head:
        yield head
    tracks = _tracks(head, playlist.head.line) if playlist.head is not None and not is_boxes else {}
    for piece in playlist.pieces:
        data = reading.piece(where, piece)
        if is_boxes:
            if data[4:8] not in _BOXES:
                raise _at(piece.line, "what lies there is no piece of an MP4")
        else:
            found = _tracks(data, piece.line)
            # Whoever plays it goes on with the new ones; who looks at the joined film would not.
            if tracks and found and found != tracks:
                raise _at(piece.line, "from there on it has other tracks, which are not joined")
            tracks = found or tracks
        yield data


def _tracks(data: bytes, line: int) -> dict[int, str]:
    if len(data) % PACKET or not is_transport_stream(data):
        raise _at(line, "what lies there is neither MPEG-TS nor a piece of an MP4 whose head is named (#EXT-X-MAP)")
    try:
        return tracks_of(data)
    except (Damaged, IndexError) as error:
        raise _at(line, f"it is damaged: {error}") from error


def in_folder(folder: Path) -> Read:
    """Reads what lies in a folder and below, and nothing else. Raises `InputError`."""
    root = folder.resolve()

    def read(where: str, address: str, most: int) -> tuple[str, bytes]:
        at = posixpath.join(posixpath.dirname(where), unquote(address))
        path = (root / at.replace("\0", "")).resolve()
        if ":" in address or not path.is_relative_to(root):
            raise UrlRefused(f"{address[:100]!r} is not in the playlist's folder")
        if not path.is_file():
            raise InputError(f"{address[:100]!r} is not there")
        with path.open("rb") as file:
            return at, file.read(most + 1)

    return read


def _at(line: int, why: str) -> MediaRefused:
    return MediaRefused("unsupported", f"line {line} of its playlist: {why}")
