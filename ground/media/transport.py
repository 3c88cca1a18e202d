"""MPEG-TS (ISO/IEC 13818-1), as cameras and recorders write it: which tracks there are, and how long they play.

Nothing is decoded. Time stamps are those of the packets that begin a picture or a piece of sound.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from ground.media.reading import Damaged, big

PACKET = 188
CLOCK = 90_000
"""Ticks a second."""
_ROLL = 1 << 33
"""At which time stamps begin anew."""
AGAIN = 2 * CLOCK
"""Ticks that a stamp lies before the last one, from which on stamps begin anew; what is stored in another order than
shown is nearer."""
MAX_PACKETS = 1_000_000
_ENOUGH = 3
_KINDS: dict[int, Literal["video", "audio"]] = {
    **dict.fromkeys((0x01, 0x02, 0x10, 0x1B, 0x24, 0x33, 0x42, 0xD1, 0xEA), "video"),
    **dict.fromkeys((0x03, 0x04, 0x0F, 0x11, 0x81, 0x87), "audio"),
}
"""By the type of a stream (ISO/IEC 13818-1, table 2-34; AC-3 as ATSC A/53 has it)."""


def is_transport_stream(data: bytes) -> bool:
    """True when the first packets follow each other as they must; a shorter file has too little to say so."""
    return len(data) > PACKET * _ENOUGH and all(data[PACKET * number] == 0x47 for number in range(_ENOUGH + 1))


def transport_stream(data: bytes) -> dict[Literal["video", "audio"], float]:
    """Seconds of the longest track of each kind.

    Raises:
        Damaged: a packet is not where it should be, or no programme says what is in there.
    """
    maps: set[int] = set()
    kinds: dict[int, Literal["video", "audio"]] = {}
    spans: dict[int, tuple[int, int, int]] = {}  # first, longest distance from it, the one before
    for number, payload in begun(data):
        if number == 0:
            maps.update(maps_of(payload))
        elif number in maps:
            kinds.update(_tracks(payload))
        elif number in kinds and (stamp := _stamp(payload)) is not None:
            first, longest, before = spans.get(number, (stamp, 0, stamp))
            if AGAIN < (before - stamp) % _ROLL < _ROLL // 2:
                first = (stamp - longest) % _ROLL  # put end to end with another one, whose stamps begin anew
            after = (stamp - first) % _ROLL
            # What is shown before the first one of the file lies just behind it on the clock that goes round.
            spans[number] = (first, max(longest, after if after < _ROLL // 2 else 0), stamp)
    if not kinds:
        raise Damaged("no programme")
    lengths: dict[Literal["video", "audio"], float] = {}
    for number, (_, longest, _) in spans.items():
        lengths[kinds[number]] = max(lengths.get(kinds[number], 0.0), max(longest, 1) / CLOCK)
    return lengths


def tracks_of(data: bytes) -> dict[int, str]:
    """Numbers and kinds of the tracks that a piece of a stream names; empty where it names none. Raises `Damaged`."""
    maps: set[int] = set()
    kinds: dict[int, str] = {}
    for number, payload in begun(data):
        if number == 0:
            maps.update(maps_of(payload))
        elif number in maps:
            kinds.update(_tracks(payload))
    return kinds


def begun(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Number of the track and payload of each packet that begins something."""
    for at in range(0, min(len(data) - PACKET + 1, MAX_PACKETS * PACKET), PACKET):
        if data[at] != 0x47:
            raise Damaged("no packet where one should be")
        if not data[at + 1] & 0x40 or not data[at + 3] & 0x10:
            continue
        start = at + 4 + (1 + data[at + 4] if data[at + 3] & 0x20 else 0)
        if start < at + PACKET:
            yield big(data, at + 1, 2) & 0x1FFF, data[start : at + PACKET]
    if len(data) > MAX_PACKETS * PACKET:
        raise Damaged("too many packets")


def section_of(payload: bytes) -> bytes:
    """A table without its head and its check; of one that goes beyond its packet, what is in there."""
    start = 1 + payload[0]
    end = start + 3 + (big(payload, start + 1, 2) & 0xFFF) - 4
    return payload[start + 8 : max(end, start + 8)]


def maps_of(payload: bytes) -> Iterator[int]:
    """Numbers of the tables of tracks, of the table that names them."""
    section = section_of(payload)
    for at in range(0, len(section) - 3, 4):
        if big(section, at, 2):
            yield big(section, at + 2, 2) & 0x1FFF


def _tracks(payload: bytes) -> Iterator[tuple[int, Literal["video", "audio"]]]:
    section = section_of(payload)
    at = 4 + (big(section, 2, 2) & 0xFFF)
    while at + 5 <= len(section):
        kind = kind_of(section[at])
        if kind is not None:
            yield big(section, at + 1, 2) & 0x1FFF, kind
        at += 5 + (big(section, at + 3, 2) & 0xFFF)


def kind_of(stream_type: int) -> Literal["video", "audio"] | None:
    """What a track of a type is; None for what is neither seen nor heard."""
    # Private data: Opus and AC-3 in Europe; what it is not was never listened to either.
    return "audio" if stream_type == 0x06 else _KINDS.get(stream_type)


def _stamp(payload: bytes) -> int | None:
    """The time at which a picture or piece of sound is shown (PTS), of a packet that begins one."""
    if payload[:3] != b"\0\0\1" or len(payload) < 14 or not payload[7] & 0x80:
        return None
    one, two, three = payload[9], big(payload, 10, 2), big(payload, 12, 2)
    return (one >> 1 & 7) << 30 | two >> 1 << 15 | three >> 1
