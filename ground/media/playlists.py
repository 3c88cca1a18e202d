"""Playlists of films (HLS, RFC 8216): which variants there are, which pieces one is made of. Pure; fetches nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ground.errors import MediaRefused
from ground.media.sniffing import PLAYLIST_HEAD

MAX_BYTES = 1_000_000
"""Of one playlist."""
MAX_PIECES = 1_000
"""Of one film: an hour and a half of six seconds each. Each is a request to whatever host the playlist names."""
MAX_VARIANTS = 50
RENDITIONS = ("AUDIO", "VIDEO", "SUBTITLES")
"""Kinds of what goes with a variant (RFC 8216, 4.3.4.1). Captions (CLOSED-CAPTIONS) lie in its pictures."""
_ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"]*"|[^",\s][^,]*)')


@dataclass(frozen=True)
class Piece:
    """A piece of a film, or what stands before all of them.

    Attributes:
        line: of the playlist, from 1.
        address: as written there.
        seconds: how long it plays.
        span: first byte and length, where it is a part of what lies at the address; a first byte of None is the one
            behind the piece before it.
    """

    line: int
    address: str
    seconds: float = 0.0
    span: tuple[int | None, int] | None = None


@dataclass(frozen=True)
class Variant:
    """One form of the film.

    Attributes:
        line: of the playlist, from 1.
        bits: a second, at most.
        pixels: of a picture; 0 where it is not said.
        groups: of renditions that go with it, by their kind (`RENDITIONS`).
    """

    line: int
    address: str
    bits: int
    pixels: int = 0
    groups: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rendition:
    """Sounds, subtitles or other pictures of the film at an address of their own.

    Attributes:
        line: of the playlist, from 1.
        kind: one of `RENDITIONS`.
        group: what variants name it by.
        address: empty where it lies in the variant's own pieces.
        rank: the lowest of a group is what players play unless somebody chooses: what is the default, then what
            may be chosen without asking, then what comes first.
    """

    line: int
    kind: str
    group: str
    address: str
    rank: tuple[bool, bool, int]


@dataclass(frozen=True)
class Playlist:
    """What a playlist says.

    Attributes:
        variants: best first; empty where it lists pieces.
        head: what stands before all pieces; None where they need none.
        renditions: what goes with variants, in the order of players' choice.
    """

    variants: tuple[Variant, ...] = ()
    pieces: tuple[Piece, ...] = ()
    head: Piece | None = None
    renditions: tuple[Rendition, ...] = ()

    @property
    def seconds(self) -> float:
        """How long the pieces play."""
        return sum(piece.seconds for piece in self.pieces)

    def beside(self, variant: Variant, kind: str) -> tuple[Rendition, ...]:
        """The renditions of a kind that go with a variant, the one that is played first."""
        group = variant.groups.get(kind)
        return tuple(each for each in self.renditions if (each.kind, each.group) == (kind, group))


def parse(data: bytes) -> Playlist:
    """Read a playlist.

    Raises:
        MediaRefused: it is none, too long, encrypted, still being written, or its pieces cannot be joined; the message
            names the line.
    """
    if len(data) > MAX_BYTES:
        raise _refused(f"the playlist has {len(data):,} bytes; at most {MAX_BYTES:,} are read")
    try:
        lines = data.decode("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise _refused(f"the playlist is not UTF-8 (byte {error.start})") from error
    if not lines or lines[0].strip() != PLAYLIST_HEAD.decode():
        raise _refused("line 1: a playlist begins with #EXTM3U")
    if any(line.startswith("#EXT-X-STREAM-INF:") for line in lines):
        return _variants(lines)
    return _pieces(lines)


def _variants(lines: list[str]) -> Playlist:
    found: list[Variant] = []
    beside: list[Rendition] = []
    said: Mapping[str, str] | None = None
    for number, line in _spoken(lines):
        if line.startswith("#EXT-X-MEDIA:"):
            beside.append(_rendition(number, _attributes(line)))
            if len(beside) > MAX_VARIANTS:
                raise _refused(f"line {number}: more than {MAX_VARIANTS} renditions")
        elif line.startswith("#EXT-X-STREAM-INF:"):
            said = _attributes(line)
        elif not line.startswith("#"):
            if said is None:
                raise _refused(f"line {number}: an address without what it is (#EXT-X-STREAM-INF)")
            found.append(_variant(number, line, said))
            said = None
            if len(found) > MAX_VARIANTS:
                raise _refused(f"line {number}: more than {MAX_VARIANTS} variants")
    if not found:
        raise _refused("the playlist names no film")
    best = sorted(found, key=lambda each: (-each.pixels, -each.bits, each.line))
    return Playlist(variants=tuple(best), renditions=tuple(sorted(beside, key=lambda each: each.rank)))


def _variant(number: int, address: str, said: Mapping[str, str]) -> Variant:
    bits = said.get("BANDWIDTH", "")
    if not (bits.isascii() and bits.isdigit() and len(bits) < 12):
        raise _refused(f"line {number}: a variant without its BANDWIDTH")
    size = re.fullmatch(r"(\d{1,6})x(\d{1,6})", said.get("RESOLUTION", ""))
    pixels = int(size[1]) * int(size[2]) if size else 0
    return Variant(number, address, int(bits), pixels, {kind: said[kind] for kind in RENDITIONS if said.get(kind)})


def _rendition(number: int, said: Mapping[str, str]) -> Rendition:
    rank = (said.get("DEFAULT") != "YES", said.get("AUTOSELECT") != "YES", number)
    return Rendition(number, said.get("TYPE", ""), said.get("GROUP-ID", ""), said.get("URI", ""), rank)


def _pieces(lines: list[str]) -> Playlist:
    pieces: list[Piece] = []
    head: Piece | None = None
    seconds: float | None = None
    span: tuple[int | None, int] | None = None
    has_end = False
    for number, line in _spoken(lines):
        tag, _, value = line.partition(":")
        if tag == "#EXTINF":
            seconds = _seconds(number, value)
        elif tag == "#EXT-X-BYTERANGE":
            span = _span(number, value)
        elif tag == "#EXT-X-MAP":
            made = _map(number, value)
            if pieces or (head is not None and (made.address, made.span) != (head.address, head.span)):
                raise _refused(f"line {number}: its pieces have heads that differ (#EXT-X-MAP), which are not joined")
            head = made
        elif tag in ("#EXT-X-KEY", "#EXT-X-SESSION-KEY") and _attributes(line).get("METHOD") != "NONE":
            method = _attributes(line).get("METHOD", "")[:20]
            raise _refused(f"line {number}: it is encrypted (#EXT-X-KEY, {method}), and nobody here has the key")
        elif tag in _NOT_JOINED:
            raise _refused(f"line {number}: {_NOT_JOINED[tag]} ({tag})")
        elif tag == "#EXT-X-ENDLIST":
            has_end = True
            break
        elif not line.startswith("#"):
            if seconds is None:
                raise _refused(f"line {number}: an address without its length (#EXTINF)")
            pieces.append(Piece(number, line, seconds, span))
            seconds = span = None
            if len(pieces) > MAX_PIECES:
                raise _refused(f"line {number}: more than {MAX_PIECES:,} pieces")
    if not has_end:
        raise _refused("it is still being written (no #EXT-X-ENDLIST); `moderation watch` looks at live films")
    if not pieces:
        raise _refused("the playlist names no film")
    return Playlist(pieces=tuple(pieces), head=head)


_NOT_JOINED = {
    "#EXT-X-I-FRAMES-ONLY": "it has still pictures for seeking alone",
    "#EXT-X-GAP": "a piece of it is missing",
    "#EXT-X-DEFINE": "its addresses have variables in them, which are not filled in here",
    "#EXT-X-SKIP": "it leaves pieces out",
}


def _spoken(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Lines that say something, with their numbers."""
    for number, line in enumerate(lines, 1):
        line = line.strip()
        if line and (not line.startswith("#") or line.startswith("#EXT")):
            yield number, line


def _attributes(line: str) -> dict[str, str]:
    """The list of attributes of a tag (RFC 8216, 4.2), without quotes."""
    return {name: value.strip().strip('"') for name, value in _ATTRIBUTE.findall(line.partition(":")[2])}


def _seconds(number: int, value: str) -> float:
    said = value.partition(",")[0].strip()
    if not re.fullmatch(r"\d{1,6}(\.\d{1,12})?", said):
        raise _refused(f"line {number}: {said[:20]!r} is no length in seconds")
    return float(said)


def _span(number: int, value: str) -> tuple[int | None, int]:
    match = re.fullmatch(r"(\d{1,12})(?:@(\d{1,12}))?", value.strip())
    if match is None or not int(match[1]):
        raise _refused(f"line {number}: {value[:30]!r} is no range of bytes")
    return (int(match[2]) if match[2] is not None else None), int(match[1])


def _map(number: int, value: str) -> Piece:
    said = _attributes(f":{value}")
    if not said.get("URI"):
        raise _refused(f"line {number}: #EXT-X-MAP without an address")
    span = _span(number, said["BYTERANGE"]) if "BYTERANGE" in said else None
    return Piece(number, said["URI"], span=(span[0] or 0, span[1]) if span else None)


def _refused(why: str) -> MediaRefused:
    return MediaRefused("unsupported", why)
