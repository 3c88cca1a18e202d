"""``film.frames``: a film as still pictures, each with the seconds for which it stands.

No shot that is as long as the interval is missed; of shorter ones it sees those that begin with a key frame or with
much that is new, where an encoder wrote one. Pictures that look like the one before them are not taken again. Where the
scene changes between two pictures, the frames between are looked through for when it does.
"""

from __future__ import annotations

import math
import time
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from moderation.core.items import Extraction, Part, TimeRange, Tool
from moderation.hookspecs import Context, Incomplete, Unreadable
from moderation_film.cards import FRAMES
from moderation_film.decoding import decoded, jump, listed
from moderation_film.opening import is_cover, opened
from moderation_film.pictures import apart, difference, glance, is_cut, saved, side_of, small, upright
from moderation_film.planning import Packet, decodable, plan, rate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

EVERY_SECONDS = 2.0
LONGEST = 1280
GLANCE_PIXELS = 230_000
"""Of a picture for a quick look: what such a look shrinks it to, and a little more."""
WHOLE_SECONDS = 0.9
"""After a picture that a quick look is not enough for, those of its scene need no more."""
MAX_SECONDS = 4 * 3600.0
WORK_SECONDS = 45.0
"""Of decoding: what is not reached by then is said to be left."""
VISIBLE = 10
"""Levels of 255, as the mean over a block, from which a picture differs visibly: what compression does stays below."""
BEFORE_SECONDS = 1.0
"""So long before a frame a file is jumped to for it, because some count times as frames are stored, not as shown."""
SHORT_SECONDS = 1.0
"""By which a film may end before its container says so: sound goes on when pictures are over."""
SURE_SECONDS = 0.25
"""Pictures nearer to each other than this say well enough when a scene begins."""


@dataclass(frozen=True)
class _Cut:
    """Two neighbours among the pictures that were looked at, of different scenes."""

    before: Packet
    after: Packet
    was: NDArray[np.int16]
    became: NDArray[np.int16]


@dataclass
class _Shown:
    """A picture that was taken, as JPEG, and until when nothing else was seen."""

    data: bytes
    start: float
    end: float
    is_glance: bool


class _Taking:
    """Takes pictures that differ from the one before; of too many, keeps every other, so that they stay spread.

    Args:
        most: pictures that are kept.
        are_small: whether those for which a quick look will do are made small.

    Attributes:
        differing: how many did.
        cuts: where a scene begins somewhere between two pictures.
    """

    def __init__(self, most: int, are_small: bool) -> None:
        self._most, self._are_small = most, are_small
        self._whole_at = -math.inf
        self._kept: list[_Shown] = []
        self._step, self.differing = 1, 0
        self._last: Image | None = None
        self._open: _Shown | None = None
        self._glanced: tuple[Packet, NDArray[np.int16]] | None = None
        self.cuts: list[_Cut] = []

    def add(self, frame: Any, pixel: Fraction | None, packet: Packet) -> None:
        """Look at the next frame by time, whose pixels are so much wider than high."""
        at, tiny, seen = packet.time, small(frame), glance(frame)
        is_scene = False
        if self._glanced is not None:
            before, was = self._glanced
            is_scene = is_cut(was, seen)
            if at - before.time > SURE_SECONDS and is_scene:
                self.cuts.append(_Cut(before, packet, was, seen))
        self._glanced = packet, seen
        if self._last is not None and difference(self._last, tiny) < VISIBLE:
            return
        if self._open is not None:
            self._open.end = max(at, self._open.start)
        self._last, self._open = tiny, None
        if self.differing % self._step == 0:
            is_glance = not is_scene and at - self._whole_at < WHOLE_SECONDS
            longest = min(LONGEST, side_of(frame, GLANCE_PIXELS)) if is_glance and self._are_small else LONGEST
            self._whole_at = self._whole_at if is_glance else at
            self._open = _Shown(saved(upright(frame, pixel, longest)), at, at, is_glance)
            self._kept.append(self._open)
        self.differing += 1
        if len(self._kept) == 4 * self._most:
            self._kept, self._step = self._kept[::2], 2 * self._step

    def kept(self, end: float) -> list[_Shown]:
        """At most as many as wanted, spread over all that differ."""
        if self._open is not None:
            self._open.end = max(end, self._open.start)
        count = min(len(self._kept), self._most)
        return [self._kept[number * len(self._kept) // count] for number in range(count)]


class Frames:
    """Takes pictures out of films.

    Args:
        most: pictures of one film.
    """

    name = "film.frames"
    version = "1.2"
    card = FRAMES
    reads = ("video",)
    makes = ("image",)
    time_limit_seconds = 90.0
    reads_policies = True

    def __init__(self, most: int = 60) -> None:
        self._most = most

    def extract(self, part: Part, context: Context) -> list[Part]:
        """JPEG pictures by time; of a film with a time range (``moderation redact``), those within.

        Of these it says for which a quick look will do, and makes them small where it may (`Extraction.is_glance`).

        Raises:
            Unreadable: it cannot be decoded, or not one picture of it.
            Incomplete: some of it could not be looked at.
        """
        assert part.media is not None
        every = min([words.every for words in context.policies if words.every], default=EVERY_SECONDS)
        path, kind = context.path(part), part.media.content_type
        window = part.extraction.time_range if part.extraction is not None else None
        with opened(path, kind) as film:
            packets, is_whole = listed(film, window)
            others = sum(not is_cover(each) for each in film.container.streams.video) - 1
        within = [each for each in packets if each.time <= MAX_SECONDS]
        chosen = plan(within, every)
        if not chosen:
            raise Unreadable("the film has no picture that can be decoded")
        end = _end(within)
        if window is not None:
            chosen = [each for each in chosen if window.start <= each.time < window.end]
            if not chosen:
                return []
            end = min(end, window.end)
        left = []
        if not is_whole:
            left.append(f"it breaks off after {end:.1f} s")
        elif len(within) < len(packets):
            left.append(f"only the first {MAX_SECONDS:.0f} s of it were looked at")
        elif (
            part.extraction is None
            and part.media.seconds is not None
            and end < part.media.seconds - max(SHORT_SECONDS, every)
        ):
            left.append(f"its pictures end at {end:.1f} s of {part.media.seconds:.1f}")
        until = time.monotonic() + WORK_SECONDS
        taking, missed = self._taken(part, context, chosen, until)
        shown = taking.kept(end)
        self._sharpen(part, context, shown, taking.cuts, within, until)
        if not shown:
            raise Unreadable("not one picture of the film can be decoded")
        if others:
            left.append(f"it has {others} more tracks of pictures, which were not looked at")
        if missed:
            left.append(f"of {len(chosen)} pictures {missed} could not be decoded")
        if taking.differing > len(shown):
            more = taking.differing - len(shown)
            left.append(f"{len(shown)} of its pictures were looked at; {more} more differ from those before them")
        made = [self._part(part, each) for each in shown]
        if left:
            raise Incomplete("; ".join(left), made)
        return made

    def _taken(self, part: Part, context: Context, chosen: Sequence[Packet], until: float) -> tuple[_Taking, int]:
        """The pictures that differ from those before them, and how many could not be decoded."""
        assert part.media is not None
        taking = _Taking(self._most, part.extraction is not None and part.extraction.is_glance)
        seen = set[int]()
        with opened(context.path(part), part.media.content_type) as film:
            if part.extraction is not None:
                jump(film, chosen[0].time - BEFORE_SECONDS)
            for packet, frame in decoded(film, chosen, lambda: time.monotonic() > until):
                seen.add(packet.stamp)
                taking.add(frame, film.stream.sample_aspect_ratio, packet)
        return taking, sum(each.stamp not in seen for each in chosen)

    def _sharpen(
        self,
        part: Part,
        context: Context,
        shown: Sequence[_Shown],
        cuts: Sequence[_Cut],
        packets: Sequence[Packet],
        until: float,
    ) -> None:
        """Say of what is shown when its scene begins, as far as there is time: else when it was first seen."""
        assert part.media is not None
        starts = {each.start: each for each in shown}
        ends = {each.end: each for each in shown}
        usable = sorted(decodable(packets), key=lambda each: each.time)
        times = [each.time for each in usable]
        doubtful = {
            packet.stamp: cut
            for cut in cuts
            if cut.after.time in starts or cut.after.time in ends
            for packet in usable[bisect_right(times, cut.before.time) : bisect_left(times, cut.after.time)]
        }
        chosen = [each for each in packets if each.stamp in doubtful]
        if not chosen:
            return
        with opened(context.path(part), part.media.content_type) as film:
            if part.extraction is not None:
                jump(film, chosen[0].time - BEFORE_SECONDS)
            for packet, frame in decoded(film, chosen, lambda: time.monotonic() > until):
                cut, seen = doubtful[packet.stamp], glance(frame)
                if apart(seen, cut.became) >= apart(seen, cut.was):
                    continue
                if (begins := starts.pop(cut.after.time, None)) is not None:
                    begins.start = packet.time
                if (over := ends.pop(cut.after.time, None)) is not None:
                    over.end = packet.time

    def _part(self, part: Part, shown: _Shown) -> Part:
        tool = Tool(name=self.name, version=self.version)
        when = TimeRange(start=round(shown.start, 3), end=round(shown.end, 3))
        is_glance = shown.is_glance and part.extraction is not None
        extraction = Extraction(part=part.id, extractor=tool, time_range=when, is_glance=is_glance)
        return Part(type="image", data=shown.data, extraction=extraction)


def _end(packets: Sequence[Packet]) -> float:
    """When the last picture is over."""
    usual = rate(packets)
    return max((each.time for each in packets), default=0.0) + (1 / usual if usual else 0.0)
