"""Content streams without some of their glyphs: the bytes go, what follows stays where it was, a box is put there."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import pikepdf

from moderation.containers.pdf.canvases import Canvas, Content, Glyph

Corners = tuple[tuple[float, float], ...]
Places = dict[Content, set[tuple[int, int, int, int]]]
_CELLS = 4_000
"""Cells of the grid that one box may lie in; larger ones are compared with everything."""


def covered(canvas: Canvas, wanted: set[int]) -> set[int]:
    """The glyphs that are to go: those that are wanted, what is said of them with others, what lies under their box."""
    gone = set(wanted)
    marks = {glyph.mark for number in gone if (glyph := canvas.glyphs[number]).mark is not None}
    if marks:
        gone |= {number for number, glyph in enumerate(canvas.glyphs) if glyph.mark in marks}
    boxes = _Boxes([canvas.glyphs[number].corners() for number in sorted(gone)])
    for number, glyph in enumerate(canvas.glyphs):
        if number not in gone and boxes.hold(_middle(glyph.corners())):
            gone.add(number)
    return gone


def boxes_of(canvas: Canvas, gone: Iterable[int]) -> bytes:
    """Instructions that paint a black box over each stretch of glyphs; one for all of a line, to say less of them."""
    boxes: list[list[tuple[float, float]]] = []
    last: Glyph | None = None
    for number in sorted(gone):
        glyph = canvas.glyphs[number]
        below, right_below, right_above, above = glyph.corners()
        if last is not None and _goes_on(last, glyph):
            boxes[-1][1:3] = [right_below, right_above]
        else:
            boxes.append([below, right_below, right_above, above])
        last = glyph
    drawn = []
    for box in boxes:
        (x, y), *more = box
        lines = " ".join(f"{a:.3f} {b:.3f} l" for a, b in more)
        drawn.append(f"{x:.3f} {y:.3f} m {lines} h f")
    return ("q 0 0 0 rg\n" + "\n".join(drawn) + "\nQ\n").encode() if drawn else b""


def written(content: Content, gone: set[tuple[int, int, int, int]], numbers: dict[Any, float], boxes: bytes) -> bytes:
    """A content stream as it is written anew, without what nobody draws (comments, what is no operator).

    Args:
        gone: the bytes that go.
        numbers: by how much each of them moves the text on.
        boxes: painted at the end, over all; else empty.
    """
    by_step: dict[int, dict[int, list[tuple[int, int]]]] = {}
    for step, element, start, end in sorted(gone):
        by_step.setdefault(step, {}).setdefault(element, []).append((start, end))
    steps: list[Any] = []
    for number, step in enumerate(content.steps):
        if number in content.surplus:
            continue
        texts = {key: content.texts[at, key] for at, key in content.texts if at == number} if content.texts else {}
        if number in by_step:
            steps += _without(step, number, by_step[number], numbers)
        elif texts:
            for key, text in texts.items():
                step.operands[-1][key] = pikepdf.String(text)
            steps.append(step)
        else:
            steps.append(step)
    data = pikepdf.unparse_content_stream(steps)
    if not boxes:
        return data
    closing = b"\nET" * content.in_text + b"\nQ" * (content.opened + 1)
    return b"q\n" + data + closing + b"\n" + boxes


def _without(step: Any, number: int, cuts: dict[int, list[tuple[int, int]]], numbers: dict[Any, float]) -> list[Any]:
    """One showing instruction as those that show the rest of it."""
    operator, operands = str(step.operator), list(step.operands)
    before: list[Any] = []
    if operator == '"' and len(operands) > 2:
        before += [([operands[0]], pikepdf.Operator("Tw")), ([operands[1]], pikepdf.Operator("Tc"))]
    if operator in ("'", '"'):
        before.append(([], pikepdf.Operator("T*")))
    elements = list(operands[0]) if operator == "TJ" else operands[-1:]
    shown: list[Any] = []
    moved = 0.0
    for place, element in enumerate(elements):
        if not isinstance(element, pikepdf.String):
            moved += float(element) if isinstance(element, int | float) or hasattr(element, "as_tuple") else 0.0
            continue
        data, at = bytes(element), 0
        for start, end in cuts.get(place, []):
            if data[at:start]:
                moved = _put(shown, moved, data[at:start])
            moved += numbers[number, place, start, end]
            at = max(at, end)
        if data[at:]:
            moved = _put(shown, moved, data[at:])
    if moved:
        shown.append(round(moved, 3))
    return [*before, ([pikepdf.Array(shown)], pikepdf.Operator("TJ"))]


def _put(shown: list[Any], moved: float, data: bytes) -> float:
    if moved:
        shown.append(round(moved, 3))
    shown.append(pikepdf.String(data))
    return 0.0


def _goes_on(last: Glyph, glyph: Glyph) -> bool:
    """True when a glyph stands right behind another one, in one line and size."""
    size = math.hypot(*last.up)
    x, y = glyph.x - last.x - last.right[0], glyph.y - last.y - last.right[1]
    is_alike = math.dist(last.up, glyph.up) < 0.01 * size
    length = math.hypot(*last.right) or 1.0
    along = (x * last.right[0] + y * last.right[1]) / length
    return is_alike and math.hypot(x, y) < 0.6 * size and along > -0.2 * size


class _Boxes:
    """Boxes, to be asked which hold a point: a grid of cells, so that many of them cost no more than their number."""

    def __init__(self, boxes: Sequence[Corners]) -> None:
        self._boxes = boxes
        heights = sorted(math.dist(box[0], box[3]) for box in boxes)
        self._cell = max(heights[len(heights) // 2] if heights else 1.0, 1e-3) * 2
        self._grid: dict[tuple[int, int], list[int]] = {}
        self._large: list[int] = []
        for number, box in enumerate(boxes):
            (left, low), (right, high) = self._at(box, min), self._at(box, max)
            if (right - left + 1) * (high - low + 1) > _CELLS:
                self._large.append(number)
                continue
            for x in range(left, right + 1):
                for y in range(low, high + 1):
                    self._grid.setdefault((x, y), []).append(number)

    def hold(self, point: tuple[float, float]) -> bool:
        """Whether any of them does."""
        cell = (math.floor(point[0] / self._cell), math.floor(point[1] / self._cell))
        return any(_holds(self._boxes[number], point) for number in (*self._grid.get(cell, ()), *self._large))

    def _at(self, box: Corners, end: Any) -> tuple[int, int]:
        return math.floor(end(x for x, _ in box) / self._cell), math.floor(end(y for _, y in box) / self._cell)


def _holds(box: Corners, point: tuple[float, float]) -> bool:
    (x, y), (ax, ay), _, (bx, by) = box
    ax, ay, bx, by, x, y = ax - x, ay - y, bx - x, by - y, point[0] - x, point[1] - y
    area = ax * by - ay * bx
    if not area:
        return False
    along, across = (x * by - y * bx) / area, (ax * y - ay * x) / area
    return 0 <= along <= 1 and 0 <= across <= 1


def _middle(box: Corners) -> tuple[float, float]:
    return (box[0][0] + box[2][0]) / 2, (box[0][1] + box[2][1]) / 2
