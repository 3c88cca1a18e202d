"""Canvases: what is drawn on a page, by an annotation or a pattern, with every glyph, where it stands and its bytes.

The operators of content streams are followed as ISO 32000-1 has them (8.4.4, 9.3, 9.4); forms are drawn where they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pikepdf

from moderation.containers.layers import CannotRead
from moderation.containers.pdf.fonts import UNKNOWN, Font

Matrix = tuple[float, float, float, float, float, float]
IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
MOST_GLYPHS = 1_000_000
MOST_STEPS = 1_000_000
"""Operators in the contents of a file, and again those that bear on text, forms each time they are drawn."""
_BEGIN = 20
"""Steps that the beginning of a form is as dear as."""
DEEPEST = 16
"""Forms that are drawn in each other."""
PICTURE = "a picture"
UNSURE = "text in a font that does not say its letters"
_TEXTS = ("/ActualText", "/Alt", "/E")


class Content:
    """A content stream, cut into its instructions.

    Attributes:
        steps: operands and operator of each.
        followed: those that bear on text: number, operator and operands.
        opened: how many graphics states are open at its end.
        surplus: the numbers of instructions that would close more than was opened.
        texts: strings in marks of its own, by their instruction and key.
    """

    def __init__(self, name: str, steps: list[Any]) -> None:
        self.name, self.steps = name, steps
        self.followed: list[tuple[int, str, Any]] = []
        self.opened, self.surplus, self.in_text = 0, set[int](), False
        self.texts: dict[tuple[int, str], str] = {}
        for number, step in enumerate(steps):
            operator = str(step.operator)
            if operator in _FOLLOWED:
                self.followed.append((number, operator, list(step.operands)))
            if operator == "q":
                self.opened += 1
            elif operator == "Q":
                if self.opened:
                    self.opened -= 1
                else:
                    self.surplus.add(number)
            elif operator in ("BT", "ET"):
                self.in_text = operator == "BT"
            elif operator in ("BDC", "DP") and isinstance(step.operands[-1], pikepdf.Dictionary):
                for key in _TEXTS:
                    if isinstance(step.operands[-1].get(key), pikepdf.String):
                        self.texts[number, key] = str(step.operands[-1][key])


class Glyph:
    """A glyph that is shown.

    Attributes:
        content, step, element, start, end: the bytes that show it; `element` of an array, 0 for a string.
        x, y: where it stands on the canvas.
        right: the way to the next one.
        up: the height of its font, across the line.
        number: in thousandths of the font's size, as TJ has it: moves the text on as far as the glyph did.
        mark: the instruction that says of it, and others, what they stand for.
    """

    __slots__ = (
        "content",
        "element",
        "end",
        "font",
        "mark",
        "number",
        "right",
        "start",
        "step",
        "text",
        "up",
        "x",
        "y",
    )

    def __init__(
        self,
        content: Content,
        place: tuple[int, int, int, int],
        text: str,
        font: Font,
        origin: tuple[float, float],
        right: tuple[float, float],
        up: tuple[float, float],
        number: float,
        mark: tuple[Content, int] | None,
    ) -> None:
        self.content, (self.step, self.element, self.start, self.end) = content, place
        self.text, self.font, (self.x, self.y), self.right, self.up = text, font, origin, right, up
        self.number, self.mark = number, mark

    @property
    def place(self) -> tuple[int, int, int, int]:
        """The bytes in their content."""
        return self.step, self.element, self.start, self.end

    def corners(self) -> tuple[tuple[float, float], ...]:
        """Of the box around it: at the left below, to the right and round."""
        low, high = self.font.descent, self.font.ascent
        (ux, uy), (rx, ry) = self.up, self.right
        below, above = (self.x + ux * low, self.y + uy * low), (self.x + ux * high, self.y + uy * high)
        return below, (below[0] + rx, below[1] + ry), (above[0] + rx, above[1] + ry), above


@dataclass
class Canvas:
    """What is drawn in one place.

    Attributes:
        name: for people: ``page 3``.
        content: the outermost stream.
        put: replaces that stream in the file.
        glyphs: in the order in which they are drawn.
    """

    name: str
    content: Content
    put: Callable[[bytes], None]
    glyphs: list[Glyph] = field(default_factory=list)


@dataclass(frozen=True)
class _State:
    """The graphics state, as far as text depends on it."""

    matrix: Matrix = IDENTITY
    font: Font | None = None
    size: float = 0.0
    between: float = 0.0
    words: float = 0.0
    scale: float = 1.0
    leading: float = 0.0
    rise: float = 0.0


class Drawing:
    """Follows content streams, under limits for the whole file.

    Attributes:
        drawn: the forms that were met, by object.
        unread: what cannot be looked through, with how often it is drawn.
    """

    def __init__(self) -> None:
        self.drawn: dict[tuple[int, int], Content] = {}
        self.unread: Counter[str] = Counter()
        self._fonts: dict[tuple[int, int], Font] = {}
        self._parsed = self._steps = self._glyphs = 0

    def content_of(self, name: str, stream: Any) -> Content:
        """A form's or pattern's content; the same one each time."""
        known = self.drawn.get(stream.objgen)
        if known is None:
            known = self.drawn[stream.objgen] = self.parsed(name, stream)
        return known

    def parsed(self, name: str, stream: Any) -> Content:
        """A content, cut into its instructions."""
        steps = list(pikepdf.parse_content_stream(stream))
        self._parsed += len(steps)
        if self._parsed > MOST_STEPS:
            raise CannotRead(f"it has more than {MOST_STEPS:,} drawing steps")
        return Content(name, steps)

    def draw(self, canvas: Canvas, resources: Any) -> None:
        """Find the glyphs of a canvas."""
        self._draw(canvas, canvas.content, resources, _State(), 0)

    def _draw(self, canvas: Canvas, content: Content, resources: Any, state: _State, depth: int) -> None:
        if depth > DEEPEST:
            raise CannotRead(f"it draws more than {DEEPEST} forms in each other")
        run = _Run(self, canvas, content, resources, state, depth)
        self._steps += _BEGIN + len(content.followed)
        if self._steps > MOST_STEPS:
            raise CannotRead(f"it draws more than {MOST_STEPS:,} steps")
        for number, operator, operands in content.followed:
            if number not in content.surplus:
                run.follow(number, operator, operands)

    def form(self, canvas: Canvas, form: Any, outer: Any, state: _State, depth: int) -> None:
        """Draw a form where it is."""
        content = self.content_of(f"form {form.objgen[0]}", form)
        matrix = _matrix(form.get("/Matrix"), IDENTITY)
        inner = replace(state, matrix=multiplied(matrix, state.matrix))
        self._draw(canvas, content, form.get("/Resources", outer), inner, depth + 1)

    def font(self, font: Any) -> Font:
        """A font of the file, read once."""
        if font.objgen == (0, 0):
            return Font(font)
        if font.objgen not in self._fonts:
            self._fonts[font.objgen] = Font(font)
        return self._fonts[font.objgen]

    def take(self, canvas: Canvas, glyph: Glyph) -> None:
        """Note a glyph."""
        self._glyphs += 1
        if self._glyphs > MOST_GLYPHS:
            raise CannotRead(f"it shows more than {MOST_GLYPHS:,} characters")
        canvas.glyphs.append(glyph)
        if glyph.text == UNKNOWN:
            self.unread[UNSURE] += 1


class _Run:
    """One stream on its way."""

    def __init__(
        self, drawing: Drawing, canvas: Canvas, content: Content, resources: Any, state: _State, depth: int
    ) -> None:
        self._drawing, self._canvas, self._content, self._depth = drawing, canvas, content, depth
        self._resources = resources if isinstance(resources, pikepdf.Dictionary) else pikepdf.Dictionary()
        self._state = state
        self._kept: list[_State] = []
        self._text = self._line = IDENTITY
        self._marks: list[tuple[Content, int] | None] = []

    def follow(self, number: int, operator: str, operands: Any) -> None:
        """One instruction; operands that are none of it are passed over, as readers do."""
        if operator in ("Tj", "TJ", "'", '"'):
            self._show(number, operator, operands)
        elif operator in _SETTERS and len(operands):
            name, factor = _SETTERS[operator]
            value: Any = {name: _float(operands[0]) * factor}
            self._state = replace(self._state, **value)
        elif operator in ("Td", "TD", "T*", "Tm", "BT"):
            self._move(operator, operands)
        elif operator == "q":
            self._kept.append(self._state)
        elif operator == "Q" and self._kept:
            self._state = self._kept.pop()
        elif operator == "cm":
            matrix = multiplied(_matrix(operands, IDENTITY), self._state.matrix)
            self._state = replace(self._state, matrix=matrix)
        elif operator == "Tf" and len(operands) > 1:
            self._set_font(self._named("/Font", operands[0]), operands[1])
        elif operator == "gs" and len(operands):
            font = _get(self._named("/ExtGState", operands[0]), "/Font")
            if isinstance(font, pikepdf.Array) and len(font) > 1:
                self._set_font(font[0], font[1])
        elif operator == "Do" and len(operands):
            self._draw_object(self._named("/XObject", operands[0]))
        elif operator == "INLINE IMAGE":
            self._drawing.unread[PICTURE] += 1
        elif operator in ("BMC", "BDC"):
            has_text = any((number, key) in self._content.texts for key in _TEXTS)
            inside = self._marks[-1] if self._marks else None
            self._marks.append((self._content, number) if has_text else inside)
        elif operator == "EMC" and self._marks:
            self._marks.pop()

    def _named(self, kind: str, name: Any) -> Any:
        return _get(_get(self._resources, kind), str(name))

    def _set_font(self, font: Any, size: Any) -> None:
        is_known = isinstance(font, pikepdf.Dictionary)
        # What names no font is not drawn by anybody, and copied out by some all the same.
        known = self._drawing.font(font if is_known else pikepdf.Dictionary())
        if not is_known:
            self._drawing.unread["text without a font"] += 1
        self._state = replace(self._state, font=known, size=_float(size))

    def _draw_object(self, thing: Any) -> None:
        if not isinstance(thing, pikepdf.Stream):
            return
        if thing.get("/Subtype") == "/Form":
            self._drawing.form(self._canvas, thing, self._resources, self._state, self._depth)
        else:
            self._drawing.unread[PICTURE] += 1

    def _move(self, operator: str, operands: Any) -> None:
        if operator == "BT":
            self._line = IDENTITY
        elif operator == "Tm":
            self._line = _matrix(operands, self._line)
        else:
            x, y = 0.0, -self._state.leading
            if operator != "T*":
                if len(operands) < 2:
                    return
                x, y = _float(operands[0]), _float(operands[1])
            if operator == "TD":
                self._state = replace(self._state, leading=-y)
            self._line = multiplied((1.0, 0.0, 0.0, 1.0, x, y), self._line)
        self._text = self._line

    def _show(self, number: int, operator: str, operands: Any) -> None:
        if operator == '"' and len(operands) > 2:
            self._state = replace(self._state, words=_float(operands[0]), between=_float(operands[1]))
        if operator in ("'", '"'):
            self._move("T*", ())
        elements = operands[0] if operator == "TJ" and len(operands) else operands[-1:]
        for place, element in enumerate(elements):
            if isinstance(element, pikepdf.String):
                self._show_string(number, place if operator == "TJ" else 0, bytes(element))
            elif operator == "TJ":
                self._advance(-_float(element) / 1000 * self._state.size)

    def _advance(self, by: float) -> None:
        is_down = self._state.font is not None and self._state.font.is_vertical
        x, y = (0.0, by) if is_down else (by * self._state.scale, 0.0)
        self._text = multiplied((1.0, 0.0, 0.0, 1.0, x, y), self._text)

    def _show_string(self, step: int, element: int, data: bytes) -> None:
        state = self._state
        font = state.font
        if font is None:
            if data.strip():
                self._drawing.unread["text without a font"] += 1
            return
        start = 0
        for glyph in font.shown(data):
            move = glyph.width * state.size + state.between + (state.words if glyph.is_space else 0.0)
            a, b, c, d, e, f = multiplied(self._text, state.matrix)
            origin = (e + state.rise * c, f + state.rise * d)
            if font.is_vertical:
                right, up = (move * c, move * d), (state.size * a, state.size * b)
            else:
                right = (move * state.scale * a, move * state.scale * b)
                up = (state.size * c, state.size * d)
            number = -1000 * move / state.size if state.size else 0.0
            place = (step, element, start, glyph.end)
            mark = self._marks[-1] if self._marks else None
            self._drawing.take(
                self._canvas, Glyph(self._content, place, glyph.text, font, origin, right, up, number, mark)
            )
            start = glyph.end
            self._advance(move)


_FOLLOWED = frozenset(
    {
        *("Tj", "TJ", "'", '"', "Td", "TD", "T*", "Tm", "BT", "Tc", "Tw", "Tz", "TL", "Ts", "Tf"),
        *("q", "Q", "cm", "gs", "Do", "INLINE IMAGE", "BMC", "BDC", "EMC"),
    }
)
_SETTERS = {
    "Tc": ("between", 1.0),
    "Tw": ("words", 1.0),
    "Tz": ("scale", 0.01),
    "TL": ("leading", 1.0),
    "Ts": ("rise", 1.0),
}


def multiplied(one: Matrix, two: Matrix) -> Matrix:
    """First `one`, then `two` (8.3.4)."""
    a, b, c, d, e, f = one
    g, h, i, j, k, m = two
    return (
        a * g + b * i,
        a * h + b * j,
        c * g + d * i,
        c * h + d * j,
        e * g + f * i + k,
        e * h + f * j + m,
    )


def _matrix(operands: Any, otherwise: Matrix) -> Matrix:
    if operands is None or len(operands) != 6:
        return otherwise
    a, b, c, d, e, f = (_float(each) for each in operands)
    return a, b, c, d, e, f


def _float(operand: Any) -> float:
    """A number, kept so small that sums stay numbers."""
    try:
        return min(max(float(operand), -1e9), 1e9)
    except (TypeError, ValueError, OverflowError):
        return 0.0


def _get(thing: Any, key: str) -> Any:
    return thing.get(key) if isinstance(thing, pikepdf.Dictionary) else None
