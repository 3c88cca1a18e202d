"""The chosen frames of a film, decoded: of each stretch between key frames no more than what leads to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from moderation.core.items import TimeRange
from moderation.hookspecs import Unreadable
from moderation_film.opening import Film
from moderation_film.planning import Packet

BEYOND_SECONDS = 2.0
"""After a window, so long its frames may come in the file: they are stored in another order than shown."""
MAX_FRAMES = 1_000_000
"""Of one film: nine hours at 30 a second. They are listed, not decoded."""
AGAIN_SECONDS = 0.5
"""That a packet is to be decoded before the one in front of it, from which on the film's time stamps begin anew."""


class Stamps:
    """A film's time stamps, going on where they begin anew, as in recordings that were put end to end.

    Else what is shown at the same time as something else would stand for both.

    Attributes:
        begin_anew: how often they did so far.
    """

    def __init__(self, film: Film) -> None:
        self._step = AGAIN_SECONDS / float(film.stream.time_base)
        self._shift = self._latest = 0
        self._before: int | None = None
        self._usual = 1
        self.begin_anew = 0

    def of(self, packet: Any) -> int:
        """The stamp of the next packet in the file, which has one."""
        decode = packet.dts if packet.dts is not None else packet.pts
        if self._before is not None and decode < self._before - self._step:
            self.begin_anew += 1
            self._shift = self._latest + self._usual - decode
        elif self._before is not None and decode > self._before:
            self._usual = decode - self._before
        self._before = decode
        stamp = int(packet.pts + self._shift)
        self._latest = max(self._latest, stamp)
        return stamp


def listed(film: Film, window: TimeRange | None = None) -> tuple[list[Packet], bool]:
    """The film's frames in the order of the file, and whether these are all of them. Nothing is decoded.

    Args:
        film: nothing of it read yet.
        window: only those of this time are needed, and those that they are made of.

    Raises:
        Unreadable: it is to be looked at in windows, and its time stamps begin anew.
    """
    if window is not None and window.start <= 0:
        # Once in a film that is looked at in windows: by time, its pictures cannot be told apart.
        stamps = Stamps(film)
        whole, is_whole = _listed(film, None, stamps)
        if stamps.begin_anew:
            raise Unreadable("its time stamps begin anew in the middle, as of films that were put end to end")
        found = [each for each in whole if each.time <= window.end + BEYOND_SECONDS]
        return found, is_whole or len(found) < len(whole)
    found, is_whole = _listed(film, window, Stamps(film))
    if window is not None and not any(each.is_key and each.time <= window.start for each in found):
        # The file cannot be jumped in, or not rightly.
        film.container.seek(0)
        return _listed(film, None, Stamps(film))
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


def _listed(film: Film, window: TimeRange | None, stamps: Stamps) -> tuple[list[Packet], bool]:
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
            stamp = stamps.of(packet)
            time = max(film.seconds(stamp), 0.0)
            if window is not None and time > window.end + BEYOND_SECONDS:
                break
            found.append(Packet(stamp, time, packet.is_keyframe, packet.size, time < latest))
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
    for stretch, wanted in _stretches(film, {each.stamp: each for each in chosen}):
        if is_over():
            return
        yield from _decode(film, stretch, wanted)


def _stretches(film: Film, wanted: Mapping[int, Packet]) -> Iterator[tuple[list[Any], dict[int, Packet]]]:
    """Packets from a key frame up to the last wanted one before the next; stretches without any are left out.

    With each come those that are wanted of it, by the time stamps that they have in the file.
    """
    import av

    stamps = Stamps(film)
    stretch: list[Any] = []
    within: dict[int, Packet] = {}
    needed, left = 0, set(wanted)
    try:
        for packet in film.container.demux(film.stream):
            if packet.pts is None or packet.size == 0:
                continue
            stamp = stamps.of(packet)
            if packet.is_keyframe:
                if needed:
                    yield stretch[:needed], within
                stretch, needed, within = [], 0, {}
            elif not stretch:
                continue  # before the first key frame
            stretch.append(packet)
            if stamp in wanted:
                needed = len(stretch)
                within[packet.pts] = wanted[stamp]
                left.discard(stamp)
                if not left:
                    break
    except av.FFmpegError:
        pass  # what comes behind is missed by the caller
    if needed:
        yield stretch[:needed], within


def _decode(film: Film, stretch: Sequence[Any], wanted: Mapping[int, Packet]) -> Iterator[tuple[Packet, Any]]:
    """The wanted frames of a stretch: without others that no frame is made of where it goes, else with them."""
    asked = sorted(wanted)
    given = 0
    for kept in (wanted, None):
        for frame in _frames(film, stretch, kept):
            # A frame that is not the next wanted one, but later, says that the decoder has left that one out.
            if kept is not None and given < len(asked) and frame.pts is not None and frame.pts > asked[given]:
                break
            if given < len(asked) and frame.pts in asked[given:] and not frame.is_corrupt:
                given = asked.index(frame.pts) + 1
                yield wanted[frame.pts], frame
        if given == len(asked):
            return


def _frames(film: Film, stretch: Sequence[Any], kept: Mapping[int, Packet] | None) -> Iterator[Any]:
    """Frames of a stretch: all, or those that are kept and those that others are made of."""
    import av

    codec = film.stream.codec_context
    is_second = False
    try:
        codec.open(strict=False)  # the decoder of AV1 would hold on to what it is told to leave out when it opens
        for packet in stretch:
            is_kept = kept is None or packet.pts in kept
            codec.skip_frame = "DEFAULT" if is_kept or is_second else "NONREF"
            # Of interlaced films, the other half of a frame that no frame is made of may lie behind the first.
            is_second = kept is not None and packet.pts in kept and kept[packet.pts].is_between
            yield from codec.decode(packet)
        yield from codec.decode(None)
    except av.FFmpegError:
        pass
    finally:
        codec.flush_buffers()
