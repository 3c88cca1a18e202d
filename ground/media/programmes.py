"""MPEG-TS with tracks of two: a film's own and those of a sound, MPEG-TS too, or AAC frames with a time stamp.

The tables that say what is in a stream (ISO/IEC 13818-1, 2.4.4) are written anew. Nothing is decoded.
"""

from __future__ import annotations

import binascii
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ground.media.reading import Damaged, big
from ground.media.transport import CLOCK, PACKET, begun, is_transport_stream, kind_of, maps_of, section_of

_ADTS = 0x0F
"""The type of a stream of AAC in ADTS frames (table 2-34)."""
_RATES = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350)
"""Samples a second by index (ISO/IEC 14496-3, table 1.18)."""
_SAMPLES = 1024
"""Of a frame of AAC."""
_STAMP = b"com.apple.streaming.transportStreamTimestamp\0"
"""Whose eight bytes a PRIV frame of ID3 has (RFC 8216, 3.4)."""
_FRAMES = 8
"""Of AAC behind one time stamp."""
_MAP = 0x1000
_FIRST = 0x1100
"""Where numbers for tables and sounds are looked for that the film does not use."""


@dataclass(frozen=True)
class _Track:
    """A track as a table names it: its type, its number and the rest of its entry."""

    kind: int
    number: int
    rest: bytes


class Programme:
    """Puts a sound beside a film.

    Args:
        pictures: a piece of the film that names its tracks.
        sound: a piece of the sound; of MPEG-TS one that names its tracks.

    Raises:
        Damaged: they are no such pieces, or more than one programme is in there.
    """

    def __init__(self, pictures: bytes, sound: bytes) -> None:
        film = _tracks(pictures)
        self._is_packed = not is_transport_stream(sound)
        voice = [_Track(_ADTS, 0, b"\xf0\x00")] if self._is_packed else _tracks(sound)[1]
        voice = [each for each in voice if kind_of(each.kind) == "audio"]
        if not voice:
            raise Damaged("it has no track of sound")
        clock, known = film
        taken = {each.number for each in known} | {clock}
        free = (number for number in range(_FIRST, 0x1FFF) if number not in taken)
        self._numbers = {each.number: next(free) for each in voice}
        entries = [*known, *(_Track(each.kind, self._numbers[each.number], each.rest) for each in voice)]
        self._map = next(number for number in range(_MAP, _FIRST) if number not in taken)
        self._keeps = taken
        self._tables = (
            (0, _section(0x00, struct.pack(">HH", 1, 0xE000 | self._map))),
            (self._map, _section(0x02, struct.pack(">HH", 0xE000 | clock, 0xF000) + b"".join(map(_entry, entries)))),
        )
        self._counts: dict[int, int] = {}

    def pictures(self, data: bytes) -> bytes:
        """A piece of the film behind the new tables. Raises `Damaged`."""
        tables = b"".join(self._packets(number, b"\0" + section) for number, section in self._tables)
        return tables + b"".join(packet for number, packet in _numbered(data) if number in self._keeps)

    def sound(self, data: bytes) -> bytes:
        """A piece of the sound under its new numbers. Raises `Damaged`."""
        if self._is_packed:
            number = self._numbers[0]
            return b"".join(self._packets(number, each) for each in _stamped(data))
        made = []
        for number, packet in _numbered(data):
            if (new := self._numbers.get(number)) is not None:
                made.append(
                    packet[:1] + (packet[1] & 0xE0 | new >> 8).to_bytes(1, "big") + bytes([new & 0xFF]) + packet[3:]
                )
        return b"".join(made)

    def _packets(self, number: int, payload: bytes) -> bytes:
        """A table or a stamped stretch of sound, cut into packets; what is left of the last one is filled."""
        made, at = b"", 0
        while at < len(payload):
            room = payload[at : at + PACKET - 4]
            count = self._counts[number] = (self._counts.get(number, -1) + 1) % 16
            head = struct.pack(">BH", 0x47, (0x4000 if at == 0 else 0) | number)
            fill = PACKET - 4 - len(room)
            if fill and number in (0, self._map):
                made += head + bytes([0x10 | count]) + room + b"\xff" * fill
            elif fill:
                field = bytes([fill - 1]) + (b"\0" + b"\xff" * (fill - 2) if fill > 1 else b"")
                made += head + bytes([0x30 | count]) + field + room
            else:
                made += head + bytes([0x10 | count]) + room
            at += len(room)
        return made


def _tracks(data: bytes) -> tuple[int, list[_Track]]:
    """The number of the clock, and the tracks that a piece names."""
    maps: set[int] = set()
    for number, payload in begun(data):
        if number == 0:
            maps.update(maps_of(payload))
        elif number in maps:
            if len(maps) > 1:
                raise Damaged("it has more than one programme")
            section = section_of(payload)
            at = 4 + (big(section, 2, 2) & 0xFFF)
            found = []
            while at + 5 <= len(section):
                end = at + 5 + (big(section, at + 3, 2) & 0xFFF)
                found.append(_Track(section[at], big(section, at + 1, 2) & 0x1FFF, section[at + 3 : end]))
                at = end
            if not found or at != len(section):
                raise Damaged("its table of tracks goes beyond a packet")
            return big(section, 0, 2) & 0x1FFF, found
    raise Damaged("it does not name its tracks")


def _entry(track: _Track) -> bytes:
    return struct.pack(">BH", track.kind, 0xE000 | track.number) + track.rest


def _section(table: int, content: bytes) -> bytes:
    """A table with its head and its check (2.4.4.3, 2.4.4.8)."""
    length = 5 + len(content) + 4
    if length > 1021:
        raise Damaged("it has too many tracks")
    made = struct.pack(">BHHBBB", table, 0xB000 | length, 1, 0xC1, 0, 0) + content
    return made + struct.pack(">I", _check(made))


def _check(data: bytes) -> int:
    """CRC-32 of MPEG-2 (annex A): that of zlib with the bits the other way round, and not turned over at the end."""
    turned = binascii.crc32(bytes(_TURNED[byte] for byte in data)) ^ 0xFFFFFFFF
    return int(f"{turned:032b}"[::-1], 2)


_TURNED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def _numbered(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Each packet with the number of its track."""
    for at in range(0, len(data) - PACKET + 1, PACKET):
        if data[at] != 0x47:
            raise Damaged("no packet where one should be")
        yield (data[at + 1] & 0x1F) << 8 | data[at + 2], data[at : at + PACKET]


def _stamped(data: bytes) -> Iterator[bytes]:
    """Stretches of AAC frames, each as a packet of an elementary stream (PES, 2.4.3.6) with its time."""
    start, at = _stamp(data)
    frames: list[bytes] = []
    samples = rate = 0
    while at < len(data):
        if data[at : at + 3] == b"ID3":
            at = _behind_id3(data, at)
            continue
        if big(data, at, 2) & 0xFFF6 != 0xFFF0:
            raise Damaged("it is no AAC with a time stamp")
        index, length = data[at + 2] >> 2 & 15, big(data, at + 3, 3) >> 5 & 0x1FFF
        if index >= len(_RATES) or length < 7 or at + length > len(data):
            raise Damaged("it is AAC that breaks off")
        rate = rate or _RATES[index]
        frames.append(data[at : at + length])
        at += length
        if len(frames) == _FRAMES or at >= len(data):
            yield _stream_packet(start + samples * CLOCK // rate, frames)
            samples += _SAMPLES * len(frames)
            frames = []


def _stream_packet(stamp: int, frames: Sequence[bytes]) -> bytes:
    body = b"".join(frames)
    stamp %= 1 << 33
    shown = (0x21 | stamp >> 29 & 0xE, (stamp >> 14 & 0xFFFE) | 1, (stamp << 1 & 0xFFFE) | 1)
    head = struct.pack(">BBBBHH", 0x80, 0x80, 5, *shown)
    return (
        b"\0\0\1\xc0" + struct.pack(">H", len(head) + len(body) if len(head) + len(body) < 1 << 16 else 0) + head + body
    )


def _stamp(data: bytes) -> tuple[int, int]:
    """The time of the first frame on the film's clock, and where what says so ends."""
    if data[:3] != b"ID3":
        raise Damaged("it is no AAC with a time stamp")
    end = _behind_id3(data, 0)
    at = data.find(_STAMP, 0, end)
    if at < 0:
        raise Damaged("it is AAC without a time stamp")
    return big(data, at + len(_STAMP), 8) % (1 << 33), end


def _behind_id3(data: bytes, at: int) -> int:
    length = 0
    for byte in data[at + 6 : at + 10]:
        length = length << 7 | byte & 127
    return at + 10 + length
