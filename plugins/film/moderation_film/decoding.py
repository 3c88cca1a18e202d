"""The chosen frames of a film, decoded: of each stretch between key frames no more than what leads to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from moderation_film.opening import Film
from moderation_film.planning import Packet

MAX_FRAMES = 1_000_000
"""Of one film: nine hours at 30 a second. They are listed, not decoded."""
EXACT_SECONDS = 0.5
"""So long before a chosen frame, frames that no other is made of are decoded too: it may be one of them."""


def listed(film: Film) -> tuple[list[Packet], bool]:
    """The film's frames in the order of the file, and whether these are all of them. Nothing is decoded."""
    import av

    found: list[Packet] = []
    try:
        for packet in film.container.demux(film.stream):
            if packet.pts is None or packet.is_discard or packet.size == 0:
                continue
            if len(found) >= MAX_FRAMES:
                return found, False
            time = max(film.seconds(packet.pts), 0.0)
            found.append(Packet(packet.pts, time, packet.is_keyframe, packet.size))
    except av.FFmpegError:
        return found, False
    return found, True


def decoded(film: Film, chosen: Sequence[Packet], is_over: Callable[[], bool]) -> Iterator[tuple[Packet, Any]]:
    """The chosen frames, as far as they can be decoded: those that the caller misses could not be.

    Args:
        film: opened anew, nothing of it read yet.
        is_over: asked before each stretch; when it says so, the rest is left.
    """
    for stretch in _stretches(film, {each.stamp for each in chosen}):
        if is_over():
            return
        yield from _decode(film, stretch, {each.stamp: each for each in chosen})


def _stretches(film: Film, wanted: set[int]) -> Iterator[list[Any]]:
    """Packets from a key frame up to the last wanted one before the next; stretches without any are left out."""
    import av

    stretch: list[Any] = []
    needed = 0
    try:
        for packet in film.container.demux(film.stream):
            if packet.pts is None or packet.size == 0:
                continue
            if packet.is_keyframe:
                if needed:
                    yield stretch[:needed]
                stretch, needed = [], 0
            elif not stretch:
                continue  # before the first key frame
            stretch.append(packet)
            if packet.pts in wanted:
                needed = len(stretch)
    except av.FFmpegError:
        pass  # what comes behind is missed by the caller
    if needed:
        yield stretch[:needed]


def _decode(film: Film, stretch: Sequence[Any], wanted: dict[int, Packet]) -> Iterator[tuple[Packet, Any]]:
    import av

    codec = film.stream.codec_context
    times = [film.seconds(packet.pts) for packet in stretch if packet.pts in wanted]
    try:
        for packet in stretch:
            time = film.seconds(packet.pts)
            is_near = any(-0.001 <= at - time <= EXACT_SECONDS for at in times)
            codec.skip_frame = "DEFAULT" if is_near else "NONREF"
            yield from _wanted(codec.decode(packet), wanted)
        yield from _wanted(codec.decode(None), wanted)
    except av.FFmpegError:
        pass
    finally:
        codec.flush_buffers()


def _wanted(frames: Sequence[Any], wanted: dict[int, Packet]) -> Iterator[tuple[Packet, Any]]:
    for frame in frames:
        if frame.pts in wanted and not frame.is_corrupt:
            yield wanted[frame.pts], frame
