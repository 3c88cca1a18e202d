"""The chosen frames of a film, decoded: of each stretch between key frames no more than what leads to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from moderation.core.items import TimeRange
from moderation_film.opening import Film
from moderation_film.planning import Packet

BEYOND_SECONDS = 2.0
"""After a window, so long its frames may come in the file: they are stored in another order than shown."""
MAX_FRAMES = 1_000_000
"""Of one film: nine hours at 30 a second. They are listed, not decoded."""


def listed(film: Film, window: TimeRange | None = None) -> tuple[list[Packet], bool]:
    """The film's frames in the order of the file, and whether these are all of them. Nothing is decoded.

    Args:
        film: nothing of it read yet.
        window: only those of this time are needed, and those that they are made of.
    """
    found, is_whole = _listed(film, window)
    if window is not None and not any(each.is_key and each.time <= window.start for each in found):
        # The file cannot be jumped in, or not rightly.
        film.container.seek(0)
        return _listed(film, None)
    return found, is_whole


def jump(film: Film, seconds: float) -> None:
    """Read on from the key frame at or before a time; the film's beginning where the file cannot be jumped in."""
    import av

    if seconds <= 0:
        return
    try:
        film.container.seek(int((seconds + film.start) * 1_000_000), backward=True)
    except av.FFmpegError:
        film.container.seek(0)


def _listed(film: Film, window: TimeRange | None) -> tuple[list[Packet], bool]:
    import av

    found: list[Packet] = []
    latest = -1.0
    try:
        if window is not None:
            jump(film, window.start)
        for packet in film.container.demux(film.stream):
            if packet.pts is None or packet.is_discard or packet.size == 0:
                continue
            if len(found) >= MAX_FRAMES:
                return found, False
            time = max(film.seconds(packet.pts), 0.0)
            if window is not None and time > window.end + BEYOND_SECONDS:
                break
            found.append(Packet(packet.pts, time, packet.is_keyframe, packet.size, time < latest))
            latest = max(latest, time)
    except av.FFmpegError:
        return found, False
    return found, True


def decoded(film: Film, chosen: Sequence[Packet], is_over: Callable[[], bool]) -> Iterator[tuple[Packet, Any]]:
    """The chosen frames, as far as they can be decoded: those that the caller misses could not be.

    Args:
        film: opened anew, nothing read yet of what leads to the chosen frames.
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
    needed, left = 0, set(wanted)
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
                left.discard(packet.pts)
                if not left:
                    break
    except av.FFmpegError:
        pass  # what comes behind is missed by the caller
    if needed:
        yield stretch[:needed]


def _decode(film: Film, stretch: Sequence[Any], wanted: dict[int, Packet]) -> Iterator[tuple[Packet, Any]]:
    """The wanted frames of a stretch: without those that no other is made of where it goes, else with them."""
    asked = sorted({packet.pts for packet in stretch if packet.pts in wanted})
    given = 0
    for how in ("DEFAULT",) if any(wanted[stamp].is_between for stamp in asked) else ("NONREF", "DEFAULT"):
        for frame in _frames(film, stretch, how):
            # A frame that is not the next wanted one, but later, says that the decoder has left that one out.
            if how == "NONREF" and given < len(asked) and frame.pts is not None and frame.pts > asked[given]:
                break
            if given < len(asked) and frame.pts in asked[given:] and not frame.is_corrupt:
                given = asked.index(frame.pts) + 1
                yield wanted[frame.pts], frame
        if given == len(asked):
            return


def _frames(film: Film, stretch: Sequence[Any], how: str) -> Iterator[Any]:
    import av

    codec = film.stream.codec_context
    codec.skip_frame = how
    try:
        for packet in stretch:
            yield from codec.decode(packet)
        yield from codec.decode(None)
    except av.FFmpegError:
        pass
    finally:
        codec.flush_buffers()
