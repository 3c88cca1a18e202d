"""What glyphs read: words and lines by where they stand, in the order of drawing and in that of reading."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from moderation.containers.pdf.canvases import Glyph

View = list[str | tuple[int, int]]
"""A text: stretches of glyphs, by the first and behind the last, and what only shows how they stand."""
_WORD, _CELL, _LINE, _BLOCK, _BACK, _PITCH = 0.18, 1.5, 0.5, 1.9, 0.5, 0.75
"""In sizes of the font: the gap between words and between cells, the step to another line, over a blank one and back,
and from one letter of a typewriter to the next."""


def views(glyphs: Sequence[Glyph]) -> list[View]:
    """The text in the order of drawing; and in that of reading, lines from top to bottom, where it is another."""
    drawn = list(range(len(glyphs)))
    read = _by_lines(glyphs)
    views = [_view(glyphs, drawn)]
    if read != drawn:
        views.append(_view(glyphs, read))
    return views


def _view(glyphs: Sequence[Glyph], order: Sequence[int]) -> View:
    view: View = []
    start = order[0] if order else 0
    gaps = _gaps([glyphs[number] for number in order])
    for (last, following), between in zip(pairwise([*order, -1]), [*gaps, ""], strict=bool(order)):
        if following < 0 or between or following != last + 1:
            view.append((start, last + 1))
            if between:
                view.append(between)
            start = following
    return view


def _gaps(glyphs: Sequence[Glyph]) -> list[str]:
    """What the place of each glyph behind the one before it means: nothing, a blank, a tab, a line or a paragraph."""
    gaps: list[str] = []
    line: list[Glyph] = list(glyphs[:1])
    for last, following in pairwise(glyphs):
        size = math.hypot(*last.up) or 1.0
        along, across = _way(last, following)
        is_turned = abs(_angle(last) - _angle(following)) > 0.1
        if is_turned or abs(across) > _LINE * size or along < -_BACK * size:
            gaps += _words(line)
            is_going_on = "@" in (last.text, following.text)  # an address that goes on in the next line
            gaps.append("" if is_going_on else "\n\n" if abs(across) > _BLOCK * size else "\n")
            line = []
        line.append(following)
    return gaps + _words(line)


def _words(line: Sequence[Glyph]) -> list[str]:
    """The gaps in a line. Letters may be set wide apart, or all as far from each other as those of a typewriter."""
    pairs = list(pairwise(line))
    ways = [_way(last, following)[0] / (math.hypot(*last.up) or 1.0) for last, following in pairs]
    steps = [math.dist((a.x, a.y), (b.x, b.y)) / (math.hypot(*a.up) or 1.0) for a, b in pairs]
    among = sorted(w for w, (a, b) in zip(ways, pairs, strict=True) if not a.text.isspace() and not b.text.isspace())
    word = max(_WORD, 1.6 * among[len(among) // 2]) if len(among) > 3 else _WORD
    gaps = []
    for number, (way, (last, following)) in enumerate(zip(ways, pairs, strict=True)):
        beside = [*steps[max(number - 1, 0) : number], *steps[number + 1 : number + 2]]
        is_pitch = steps[number] < _PITCH and any(abs(step - steps[number]) < 0.02 for step in beside)
        if way > max(_CELL, word):
            gaps.append("\t")
        elif way > word and not is_pitch and not last.text.isspace() and not following.text.isspace():
            gaps.append(" ")
        else:
            gaps.append("")
    return gaps


def _way(last: Glyph, following: Glyph) -> tuple[float, float]:
    """From the end of a glyph to another one: along its line and across."""
    angle = _angle(last)
    x, y = following.x - last.x - last.right[0], following.y - last.y - last.right[1]
    cos, sin = math.cos(angle), math.sin(angle)
    return x * cos + y * sin, y * cos - x * sin


def _angle(glyph: Glyph) -> float:
    """The way that a line goes, in radians."""
    x, y = glyph.right
    if not x and not y:
        return math.atan2(-glyph.up[0], glyph.up[1])
    return math.atan2(y, x)


def _by_lines(glyphs: Sequence[Glyph]) -> list[int]:
    """The numbers of glyphs, line by line; what is drawn twice in one place is read once."""
    placed = []
    for number, glyph in enumerate(glyphs):
        angle = round(_angle(glyph), 1)
        cos, sin = math.cos(angle), math.sin(angle)
        placed.append((angle, sin * glyph.x - cos * glyph.y, cos * glyph.x + sin * glyph.y, number))
    placed.sort()
    order: list[int] = []
    line: list[tuple[float, int]] = []
    for last, (angle, down, along, number) in zip([None, *placed], placed, strict=False):
        size = math.hypot(*glyphs[number].up)
        if last is not None and (angle != last[0] or down - last[1] > 0.3 * size):
            order += _once(glyphs, line)
            line = []
        line.append((along, number))
    return order + _once(glyphs, line)


def _once(glyphs: Sequence[Glyph], line: list[tuple[float, int]]) -> list[int]:
    kept: list[tuple[float, int]] = []
    for along, number in sorted(line):
        glyph = glyphs[number]
        is_again = kept and glyphs[kept[-1][1]].text == glyph.text
        if not is_again or along - kept[-1][0] > 0.1 * math.hypot(*glyph.up):
            kept.append((along, number))
    return [number for _, number in kept]
