"""``vision.frames``: animated pictures as still ones, so that nothing hides behind the first frame.

It sees every frame that differs visibly from those that are looked at already, up to `MOST` beside the first; of more
it takes those that are shown longest, and says that there are others. It sees no letters that only come together from
several frames. Films are no pictures.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from moderation.core.items import Extraction, Part, TimeRange, Tool
from moderation.hookspecs import Context, Frame, Incomplete
from moderation_vision.cards import FRAMES

if TYPE_CHECKING:
    from PIL.Image import Image

MOST = 24
"""Frames taken out of one picture: each is read for text and searched for faces, in about 0.2 s of a processor, so that
one picture costs about 5 s at most beside the choice (5 s for 300 frames)."""
LONGEST = 1280
COMPARED = 512
"""Pixels of the longest side at which frames are compared, in blocks of `BLOCK` by `BLOCK`."""
BLOCK = 4
BRIEF_SECONDS = 0.1
"""What is shown no longer has to differ more to be read, or missed."""
VISIBLE, VISIBLE_IN_BRIEF = 4, 16
"""Levels of 255, as the mean over a block, from which a frame differs visibly."""


@dataclass(frozen=True)
class _Taken:
    frame: Frame
    seen: Sequence[Image]


class Frames:
    """The frames that show something else than the first, which is what detectors see anyway."""

    name = "vision.frames"
    version = "2.0"
    card = FRAMES
    reads = ("image",)
    makes = ("image",)
    time_limit_seconds = 30.0

    def extract(self, part: Part, context: Context) -> list[Part]:
        """Frames as PNG with the seconds they are shown; none for a still picture.

        Raises:
            Unreadable: it cannot be decoded.
            Incomplete: more than `MOST` frames differ from each other.
        """
        if part.media is not None and part.media.frames == 1:
            return []
        frames = context.frames(part, LONGEST)
        first = next(frames)
        looked_at, taken, left_out = [_small(first)], list[_Taken](), 0
        for frame in frames:
            small = _small(frame)
            if not _is_new(frame, small, looked_at):
                continue
            if len(taken) == MOST:
                left_out += 1
                briefest = min(taken, key=lambda each: _shown_seconds(each.frame))
                if _shown_seconds(briefest.frame) >= _shown_seconds(frame):
                    continue
                taken.remove(briefest)
                looked_at.remove(briefest.seen)
            taken.append(_Taken(frame, small))
            looked_at.append(small)
        parts = [self._part(part, each.frame) for each in taken]
        if left_out:
            raise Incomplete(f"{MOST} of its frames were looked at; {left_out} more differ from them", parts)
        return parts

    def _part(self, part: Part, frame: Frame) -> Part:
        out = io.BytesIO()
        frame.picture.save(out, "PNG", compress_level=1)
        when = TimeRange(start=frame.start, end=frame.start + frame.seconds)
        tool = Tool(name=self.name, version=self.version)
        return Part(
            type="image",
            data=out.getvalue(),
            extraction=Extraction(part=part.id, extractor=tool, time_range=when if frame.seconds else None),
        )


def _small(frame: Frame) -> Sequence[Image]:
    """What is seen of a frame, small."""
    small = [look.copy() for look in frame.looks]
    for look in small:
        look.thumbnail((COMPARED, COMPARED), reducing_gap=2.0)
    return small


def _shown_seconds(frame: Frame) -> float:
    """How long people may look at it; without end where it is a still picture for some of them."""
    return frame.seconds or math.inf


def _is_new(frame: Frame, small: Sequence[Image], looked_at: Sequence[Sequence[Image]]) -> bool:
    least = VISIBLE_IN_BRIEF if _shown_seconds(frame) <= BRIEF_SECONDS else VISIBLE
    return all(_apart(small, other) >= least for other in looked_at)


def _apart(one: Sequence[Image], other: Sequence[Image]) -> int:
    """How far two frames differ on white, and on black where either shows through."""
    on_white = _difference(one[0], other[0])
    return max(on_white, _difference(one[-1], other[-1])) if len(one) + len(other) > 2 else on_white


def _difference(one: Image, other: Image) -> int:
    """The most that a block of pixels differs in a channel, 0-255."""
    from PIL import ImageChops

    if one.size != other.size:
        return 255
    blocks = ImageChops.difference(one, other).reduce(BLOCK)
    return max(int(high) for _, high in blocks.getextrema())
