"""Joining: a film that a playlist (HLS) names in pieces, as one file, which is then looked at as any other.

The pieces of one variant are put one behind the other: MPEG-TS, or fragmented MP4 behind its head. The sound that is
played unless somebody chooses another one is put between them, where it lies at addresses of its own. What else belongs
to the film is named, so that somebody sees that it was not looked at; pieces that cannot be joined are refused by line.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from heapq import merge
from pathlib import Path
from urllib.parse import unquote

from ground.errors import MediaRefused
from ground.media.fragments import Woven
from ground.media.playlists import Piece, Playlist, Rendition, Variant, parse
from ground.media.programmes import Programme
from ground.media.reading import Damaged
from ground.media.sniffing import is_playlist, sniff
from ground.media.transport import PACKET, is_transport_stream, tracks_of
from moderation.core.errors import InputError, UrlRefused

Read = Callable[[str, str, int], tuple[str, bytes]]
"""Of where the playlist lies, an address in it and the most bytes: where that really lies, and what lies there."""
_OF_BOXES = ("video/mp4", "video/quicktime", "audio/mp4")
_BOXES = (b"moof", b"styp", b"sidx", b"emsg", b"prft")
"""With which a piece of fragmented MP4 begins (ISO/IEC 14496-12)."""


@dataclass(frozen=True)
class Joined:
    """A film, and what belongs to it and is not in there.

    Attributes:
        left_out: for people, each with the line of the playlist.
    """

    data: bytes
    left_out: tuple[str, ...] = ()


def joined(data: bytes, where: str, read: Read, max_bytes: int) -> Joined:
    """The film, with the sound that is played first where that lies at an address of its own.

    Args:
        data: the playlist.
        where: it lies.
        max_bytes: that may be read for all of it, playlists too.

    Raises:
        MediaRefused: it is no film that can be joined; the message names the line.
        InputError: an address in it must not be read; and what `read` raises.
    """
    reading = _Reading(read, max_bytes)
    master = playlist = _parsed(data)
    if not master.variants:
        return Joined(b"".join(_checked(playlist, where, reading)))
    variant, at, playlist = _chosen(master, where, reading, max_bytes)
    head, *pieces = _checked(playlist, at, reading)
    film = _Track(playlist, head, tuple(pieces))
    left_out = [
        f"line {each.line} of its playlist: {_BESIDE[kind]} (#EXT-X-MEDIA)"
        for kind in ("VIDEO", "SUBTITLES")
        for each in master.beside(variant, kind)
        if each.address
    ]
    first, *others = master.beside(variant, "AUDIO") or (None,)
    left_out += [f"line {each.line} of its playlist: {_BESIDE['AUDIO']}" for each in others if each is not None]
    data = b"".join([head, *pieces])
    if first is not None and first.address:
        try:
            data = _with_sound(film, _sound(first, where, reading))
        except Damaged as error:
            left_out.append(f"line {first.line} of its playlist: its sound, which was not listened to: {error}")
    return Joined(data, tuple(left_out))


_BESIDE = {
    "AUDIO": "more sound of it (#EXT-X-MEDIA), which was not listened to",
    "VIDEO": "other pictures of it, which were not looked at",
    "SUBTITLES": "subtitles, which were not read",
}


@dataclass(frozen=True)
class _Track:
    """What lies at the addresses of a playlist; the head is empty where there is none."""

    playlist: Playlist
    head: bytes
    pieces: tuple[bytes, ...]

    def timed(self) -> Iterator[tuple[float, bytes]]:
        """The pieces, each with the seconds at which it begins."""
        at = 0.0
        for each, data in zip(self.playlist.pieces, self.pieces, strict=True):
            yield at, data
            at += each.seconds


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


def _chosen(playlist: Playlist, where: str, reading: _Reading, max_bytes: int) -> tuple[Variant, str, Playlist]:
    """The best variant that is no larger than is taken in, by what the playlist says of it; else the smallest."""
    for each in playlist.variants:
        at, found = _opened(each, where, reading)
        if found.seconds * each.bits / 8 <= max_bytes:
            break
    return each, at, found


def _opened(named: Variant | Rendition, where: str, reading: _Reading) -> tuple[str, Playlist]:
    at, data = reading.whole(where, named.address, named.line)
    if not is_playlist(data):
        raise _at(named.line, "what lies there is no playlist")
    inner = _parsed(data)
    if inner.variants:
        raise _at(named.line, "a list of variants that names another one")
    return at, inner


def _sound(rendition: Rendition, where: str, reading: _Reading) -> _Track:
    """What lies at the addresses of a sound. Raises `Damaged` where its pieces cannot be joined."""
    try:
        at, playlist = _opened(rendition, where, reading)
    except MediaRefused as error:
        raise Damaged(str(error)) from error
    head = reading.piece(at, playlist.head) if playlist.head is not None else b""
    pieces = tuple(reading.piece(at, each) for each in playlist.pieces)
    if not head and all(map(is_transport_stream, pieces)) and len({str(tracks_of(each)) for each in pieces}) > 1:
        raise Damaged("its tracks change")
    return _Track(playlist, head, pieces)


def _with_sound(film: _Track, sound: _Track) -> bytes:
    """Both in one, piece by piece as they are played. Raises `Damaged` where that cannot be."""
    together: Woven | Programme
    is_boxes = sniff(film.head) in _OF_BOXES
    if is_boxes != (sniff(sound.head) in _OF_BOXES):
        raise Damaged("its pictures are in pieces of another kind")
    try:
        if is_boxes:
            woven = together = Woven(film.head, sound.head)
            made = [woven.head]
        else:
            together, made = Programme(film.head + film.pieces[0], sound.head + sound.pieces[0]), []
        pictures = [(at, 0, together.pictures(data)) for at, data in film.timed()]
        sounds = [(at, 1, together.sound(data)) for at, data in sound.timed()]
    except IndexError as error:
        raise Damaged("cut off") from error
    return b"".join([*made, *(data for _, _, data in merge(pictures, sounds, key=lambda each: each[:2]))])


def _checked(playlist: Playlist, where: str, reading: _Reading) -> Iterator[bytes]:
    """The head, empty where there is none, and the pieces, in order, as long as they go together."""
    head = reading.piece(where, playlist.head) if playlist.head is not None else b""
    is_boxes = sniff(head) in _OF_BOXES
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
