"""Where on a part something is: boxes over a picture, lines of a transcript, moments of a film or sound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from review_ui.portal import untrusted as reading
from review_ui.portal.languages import _
from review_ui.portal.marking import Mark, Run, cut

LONGEST_LINE = 90
"""Characters of a transcript's line after which a new one begins."""
MAX_MARKS, MAX_FRAMES, MAX_TIMES, MAX_PLACES = 500, 200, 50, 20_000
"""Most places drawn per part; beyond that a page helps nobody and grows without end. The page says what it leaves."""


@dataclass(frozen=True)
class Frame:
    """A box over a picture, in percent of its width and height.

    Attributes:
        words: label and confidence, or what text was read there.
        label: of the detection; empty for a place where text was read.
        tone: the label's colour; None for a place where text was read.
        anchor: id on the page; empty when no list leads to it.
    """

    words: str
    left: float
    top: float
    width: float
    height: float
    tone: int | None = None
    anchor: str = ""
    label: str = ""


@dataclass(frozen=True)
class Line:
    """A run of a transcript that can be jumped to.

    Attributes:
        start: seconds.
        words: the same for people.
    """

    start: float
    words: str
    runs: tuple[Run, ...]


@dataclass(frozen=True)
class Moment:
    """A detection's time in a film or sound: seconds, and the same for people.

    Attributes:
        picture: address of a picture of the film in which it is seen; empty where there is none.
    """

    label: str
    confidence: str
    tone: int
    start: float
    end: float
    words: str
    anchor: str
    picture: str = ""

    def in_words(self) -> Moment:
        """With its times in words."""
        words = _("%(start)s to %(end)s", start=reading.clock(self.start), end=reading.clock(self.end))
        return replace(self, words=words)


@dataclass(frozen=True)
class Shown:
    """A detection as it was read. `raw` has its place."""

    label: str
    confidence: float
    part: str
    by: str
    anchor: str
    tone: int
    raw: Mapping[str, Any]


def mark_of(one: Shown) -> Mark | None:
    """The run of text that a detection covers; None when it is about no run."""
    span = reading.mapping(one.raw, "span")
    start, end = reading.whole(span, "start"), reading.whole(span, "end")
    if start is None or end is None or end <= start:
        return None
    return Mark(start, end, one.label, one.tone, one.anchor)


def frames_of_text(child: Mapping[str, Any], here: Sequence[Shown]) -> list[Frame]:
    """A text's places: a box for each detection that touches one, a plain box for those that none touches."""
    words = reading.text(child, "text")
    marks = [(mark, one) for one in here[:MAX_FRAMES] if (mark := mark_of(one)) is not None]
    plain, found = [], []
    for place in reading.mappings(child, "places")[:MAX_FRAMES]:
        span = reading.mapping(place, "span")
        start, end = reading.whole(span, "start"), reading.whole(span, "end")
        frame = frame_of(place.get("box"))
        if start is None or end is None or frame is None:
            continue
        touching = [one for mark, one in marks if mark.start < end and start < mark.end]
        found += [replace(frame, words=label_words(one), tone=one.tone, label=one.label) for one in touching]
        if not touching:
            plain.append(replace(frame, words=words[start:end][:200]))
    return [*found, *plain]


def frame_of(box: Any, one: Shown | None = None) -> Frame | None:
    """A box, moved inside its picture; None when it is no box.

    Args:
        one: the detection there; None for a place where text was read.
    """
    if not isinstance(box, Mapping):
        return None
    left, top, width, height = (reading.number(box, side, 0, 1) for side in ("left", "top", "width", "height"))
    if left is None or top is None or width is None or height is None:
        return None
    width, height = min(width, 1 - left), min(height, 1 - top)
    left, top, width, height = (round(side * 100, 3) for side in (left, top, width, height))
    if one is None:
        return Frame("", left, top, width, height)
    return Frame(label_words(one), left, top, width, height, one.tone, one.anchor, one.label)


def lines_of(part: Mapping[str, Any], words: str, marks: Sequence[Mark]) -> tuple[Line, ...]:
    """A transcript's lines: words with a time, together until a sentence ends or the line is long enough."""
    begins: list[tuple[int, float]] = []
    for place in reading.mappings(part, "places")[:MAX_PLACES]:
        at = reading.whole(reading.mapping(place, "span"), "start")
        seconds = reading.number(reading.mapping(place, "time_range"), "start", 0, reading.MAX_SECONDS)
        if at is None or seconds is None or at >= len(words):
            continue
        if begins and at <= begins[-1][0]:
            continue
        so_far = words[begins[-1][0] : at].rstrip() if begins else ""
        # What stands before the first word with a time belongs to the first line.
        at = at if begins else 0
        if not begins or so_far.endswith((".", "?", "!", "…", "。")) or len(so_far) > LONGEST_LINE:
            begins.append((at, seconds))
    lines = []
    for (at, seconds), (end, _later) in pairwise([*begins, (len(words), 0.0)]):
        inside = [replace(m, start=m.start - at, end=m.end - at) for m in marks if m.start < end and at < m.end]
        lines.append(Line(seconds, reading.clock(seconds), cut(words[at:end], inside)))
    return tuple(lines)


def moments_of(here: Sequence[Shown]) -> tuple[Moment, ...]:
    """The times of the detections that have one, earliest first."""
    moments = []
    for one in here:
        time = reading.mapping(one.raw, "time_range")
        start, end = (reading.number(time, edge, 0, reading.MAX_SECONDS) for edge in ("start", "end"))
        if start is not None and end is not None:
            confidence = reading.percent(one.confidence)
            made = Moment(one.label, confidence, one.tone, start, max(start, end), "", one.anchor)
            moments.append(made.in_words())
    return tuple(sorted(moments[:MAX_TIMES], key=lambda moment: moment.start))


def label_words(one: Shown) -> str:
    """Label and confidence, for people."""
    return f"{one.label} {reading.percent(one.confidence)} %"
