"""Stretches of a film in which nothing is covered, copied bit by bit between those that are encoded anew.

A stretch of H.264 begins with a picture that nothing behind it in the file looks back over (IDR; ITU-T H.264,
7.4.1.2.4), so that it can stand beside any other. What is encoded anew gets parameter sets of its own number, and both
are in the copy's head. Of what is copied, slices alone are: what a recording says of itself (SEI) stays behind.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from moderation_film.decoding import Stamps
from moderation_film.opening import Film

SLICES, IDR, SETS = frozenset({1, 5}), 5, frozenset({7, 8})
"""Kinds of units (ITU-T H.264, table 7-1)."""
LEFT_BEHIND = frozenset({6, 9, 10, 11, 12})
"""Words of the recording, marks and filling, which no picture is made of."""
NUMBERS = range(31, -1, -1)
"""Of parameter sets, the likeliest to be free first."""
_CODE = b"\0\0\0\1"
Encoder = Callable[[int], Any]
"""Makes an encoder whose parameter sets have a number; not open yet."""


@dataclass(frozen=True)
class Spared:
    """What of a film is copied as it is.

    Attributes:
        stretches: how many packets each has, and whether it is encoded anew; by place in the file.
        decode_stamps: of each packet, when a player decodes it, in the film's units. Some containers do not say.
        sets: the film's parameter sets.
        number: of those that its encoder uses: the film has none of it.
        length_bytes: before each unit in a packet; 0 where marks are between them.
    """

    stretches: tuple[tuple[int, bool], ...]
    decode_stamps: tuple[int, ...]
    sets: tuple[bytes, ...]
    number: int
    length_bytes: int


def spared(film: Film, is_covered: Callable[[float], bool]) -> Spared | None:
    """What can be copied as it is; None where that is nothing, or cannot be told for sure.

    Args:
        film: nothing of it read yet.
        is_covered: whether something is covered at a time, in seconds.
    """
    codec = film.stream.codec_context
    head = codec.extradata or b""
    if codec.name != "h264" or codec.pix_fmt != "yuv420p" or codec.width % 2 or codec.height % 2:
        return None
    length_bytes = (head[4] & 3) + 1 if len(head) > 6 and head[0] == 1 else 0
    sets = tuple(_sets(head) if length_bytes else [unit for unit in units(head, 0) if _kind(unit) in SETS])
    used = {_number(unit) for unit in sets}
    if {_kind(unit) for unit in sets} != SETS or None in used:
        return None
    stretches: list[tuple[int, bool]] = []
    stamps, shown = Stamps(film), list[int]()
    for packet in film.container.demux(film.stream):
        if packet.size == 0:
            continue
        # Hidden frames would be shown by a copy; those without times cannot be put between others.
        if packet.pts is None or packet.is_discard or packet.is_corrupt:
            return None
        within = units(bytes(packet), length_bytes)
        kinds = {_kind(unit) for unit in within}
        shown.append(stamps.of(packet))
        is_known = all(_kind(unit) not in SETS or unit in sets for unit in within)
        if not is_known or stamps.begin_anew or not kinds <= SLICES | SETS | LEFT_BEHIND or not kinds & SLICES:
            return None
        if IDR in kinds:
            stretches.append((0, False))
        elif not stretches:
            return None
        count, is_anew = stretches[-1]
        stretches[-1] = count + 1, is_anew or is_covered(max(film.seconds(packet.pts), 0.0))
    if all(is_anew for _, is_anew in stretches) or len(set(shown)) < len(shown):
        return None
    number = next(number for number in NUMBERS if number not in used)
    return Spared(tuple(stretches), decode_stamps(shown), sets, number, length_bytes)


def decode_stamps(shown: Sequence[int]) -> tuple[int, ...]:
    """When to decode packets in the order of the file, as late as goes: rising, and none after it is shown.

    Args:
        shown: when each is, all different, at least one.
    """
    by_time = sorted(shown)
    rank = {stamp: number for number, stamp in enumerate(by_time)}
    ahead = max(number - rank[stamp] for number, stamp in enumerate(shown))
    step = min((after - before for before, after in pairwise(by_time)), default=1)
    early = [by_time[0] - number * step for number in range(ahead, 0, -1)]
    return tuple([*early, *by_time][: len(shown)])


class Splicing:
    """Writes a film of which some stretches are encoded anew.

    Args:
        target: PyAV's, that is written to.
        encoder: makes one for each run of stretches, all alike.
        frame_of: what is encoded for a frame that was decoded; raises where it cannot be shown.
    """

    def __init__(self, target: Any, film: Film, plan: Spared, encoder: Encoder, frame_of: Callable[[Any], Any]) -> None:
        self._film, self._plan, self._encoder, self._frame_of = film, plan, encoder, frame_of
        self._left, self._stamps = deque(plan.stretches), iter(plan.decode_stamps)
        self._count = 0
        self._is_anew = False
        self._running: Any = None
        self._waiting: deque[int] = deque()
        own = [unit for unit in units(self._open().extradata, 0) if _kind(unit) in SETS]
        self.stream = target.add_stream_from_template(film.stream)
        self.stream.codec_context.extradata = _CODE + _CODE.join([*plan.sets, *own])

    def packets(self, packet: Any) -> Iterator[Any]:
        """What is written for a packet of the film; None for the end."""
        if packet is None:
            yield from self._end()
        if packet is None or packet.size == 0:
            return
        if self._count == 0:
            self._count, is_anew = self._left.popleft()
            if is_anew != self._is_anew:
                yield from self._end()
            self._is_anew = is_anew
        self._count -= 1
        stamp = next(self._stamps)
        self._waiting.append(stamp)
        yield from self._encoded(packet.decode())
        if not self._is_anew:
            yield self._copied(packet, stamp)

    def _encoded(self, frames: Sequence[Any]) -> Iterator[Any]:
        """Frames of a run, where it is encoded. All are decoded: what nobody can decode nobody has looked at."""
        for frame in frames:
            shown = self._frame_of(frame)
            if self._is_anew:
                self._running = self._running or self._open()
                yield from self._timed(self._running.encode(shown))

    def _end(self) -> Iterator[Any]:
        """The rest of a run."""
        codec = self._film.stream.codec_context
        yield from self._encoded(codec.decode(None))
        codec.flush_buffers()
        if self._running is not None:
            yield from self._timed(self._running.encode(None))
        self._running = None
        self._waiting.clear()

    def _timed(self, packets: Sequence[Any]) -> Iterator[Any]:
        """What was encoded, in the places of what it stands for: so it ends before what is copied behind it begins."""
        for packet in packets:
            packet.dts = min(self._waiting.popleft(), packet.pts)
            packet.stream = self.stream
            yield packet

    def _copied(self, packet: Any, stamp: int) -> Any:
        import av

        kept = [unit for unit in units(bytes(packet), self._plan.length_bytes) if _kind(unit) in SLICES]
        made = av.Packet(_CODE + _CODE.join(kept))
        made.pts, made.dts, made.time_base = packet.pts, stamp, packet.time_base
        made.duration, made.is_keyframe = packet.duration, any(_kind(unit) == IDR for unit in kept)
        made.stream = self.stream
        return made

    def _open(self) -> Any:
        made = self._encoder(self._plan.number)
        made.open()
        return made


def units(data: bytes, length_bytes: int) -> list[bytes]:
    """The units of a packet, or of a head with marks between them; what does not come out even is left."""
    if not length_bytes:
        return [unit for each in re.split(b"\0\0\1", data)[1:] if (unit := each.rstrip(b"\0"))]
    found, at = [], 0
    while at + length_bytes < len(data):
        start = at + length_bytes
        at = start + int.from_bytes(data[at:start], "big")
        found.append(data[start:at])
    return [unit for unit in found if unit]


def _sets(head: bytes) -> Iterator[bytes]:
    """Parameter sets of an MP4's head (ISO/IEC 14496-15, 5.3.3.1)."""
    at = 5
    for mask in (31, 255):
        if at >= len(head):
            return
        count, at = head[at] & mask, at + 1
        for _ in range(count):
            size = int.from_bytes(head[at : at + 2], "big")
            yield head[at + 2 : at + 2 + size]
            at += 2 + size


def _kind(unit: bytes) -> int:
    return unit[0] & 31


def _number(unit: bytes) -> int | None:
    """Of a parameter set: the number that it begins with, behind the profile in one of a sequence (7.3.2.1, 9.1)."""
    begin = 4 if _kind(unit) == 7 else 1
    bits = "".join(f"{byte:08b}" for byte in unit[begin : begin + 4])
    zeros = bits.find("1")
    return int(bits[zeros : 2 * zeros + 1], 2) - 1 if 0 <= zeros < 9 else None
